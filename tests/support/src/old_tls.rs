//! A server that knows no TLS newer than 1.1, as old middle boxes do: Debian's `openssl s_server`.

use std::io::{self, BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::pki::Authority;

/// A running `openssl s_server`. Dropping it kills it.
#[derive(Debug)]
pub struct OldTls {
    child: Child,
    addr: SocketAddr,
    ca_pem: String,
    _stdout: BufReader<ChildStdout>,
    _folder: tempfile::TempDir,
}

impl OldTls {
    /// Starts a server for `127.0.0.1` and `localhost` that answers web requests under TLS 1.1
    /// only.
    ///
    /// # Errors
    /// Where `openssl` (Debian package `openssl`) is missing or doesn't start.
    pub fn start() -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let authority = Authority::new("siembox test cloud");
        let (cert, key) = authority
            .issue(&["127.0.0.1", "localhost"])
            .write(folder.path(), "server");
        let mut child = Command::new("openssl")
            .args([
                "s_server",
                "-tls1_1",
                "-cipher",
                "DEFAULT@SECLEVEL=0",
                "-accept",
                "127.0.0.1:0",
                "-www",
                "-cert",
            ])
            .arg(cert)
            .arg("-key")
            .arg(key)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
        match listening(&mut stdout) {
            Ok(addr) => Ok(Self {
                child,
                addr,
                ca_pem: authority.cert_pem,
                _stdout: stdout,
                _folder: folder,
            }),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(error)
            }
        }
    }

    /// `https://127.0.0.1:port`
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.addr)
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The authority behind its certificate, PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }
}

/// Waits for the line `ACCEPT 127.0.0.1:port`.
fn listening(stdout: &mut impl io::BufRead) -> io::Result<SocketAddr> {
    for line in stdout.lines() {
        if let Some(addr) = line?.strip_prefix("ACCEPT ") {
            return addr.trim().parse().map_err(io::Error::other);
        }
    }
    Err(io::Error::other(
        "openssl s_server ended before it listened",
    ))
}

impl Drop for OldTls {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
