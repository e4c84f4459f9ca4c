//! A real time server: Debian's chrony on a high port of the loopback, which sets no clock here,
//! and may be told to lie.

use std::net::UdpSocket;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};

/// chronyd until it is dropped.
pub struct Chrony {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

// === impl Chrony ===

impl Chrony {
    /// Starts it; it answers a moment later. `wrong_by`: what it takes for now, in faketime's words
    /// ("+3d"). `None` where this machine has no chronyd or faketime.
    ///
    /// # Panics
    /// Where the loopback has no free port, or the disk no room.
    #[must_use]
    pub fn start(stratum: u8, wrong_by: Option<&str>) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let free = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let port = free.expect("a free port").port();
        let lines = [
            format!("port {port}"),
            "bindaddress 127.0.0.1".to_owned(),
            "cmdport 0".to_owned(),
            "bindcmdaddress /".to_owned(),
            "allow 127.0.0.1".to_owned(),
            format!("local stratum {stratum}"),
            format!("pidfile {}", folder.path().join("pid").display()),
        ];
        let mut command = match wrong_by {
            None => Command::new("chronyd"),
            Some(by) => {
                let mut command = Command::new("faketime");
                command.args(["-f", by, "chronyd"]);
                command
            }
        };
        // -x: it leaves the clock alone; -U: it need not be root
        let child = command
            .args(["-x", "-d", "-U", "-f", "/dev/null"])
            .args(&lines)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match child {
            Ok(child) => Some(Self {
                child,
                port,
                _folder: folder,
            }),
            Err(error) => {
                println!("passed over: chronyd can't be started: {error}");
                None
            }
        }
    }

    /// Its UDP port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Chrony {
    fn drop(&mut self) {
        // faketime stays in between, and would leave it behind
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }
}
