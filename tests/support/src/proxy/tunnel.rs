//! Bytes on their way through the proxy, unread or looked into.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};

use crate::pki::Issued;
use crate::wire::{self, Wire};

/// How long one side is listened to before the other's turn.
const TURN: Duration = Duration::from_millis(2);

/// Carries everything as it is; `early` was read already.
pub fn open(client: Wire, mut upstream: TcpStream, early: &[u8]) -> io::Result<()> {
    upstream.set_nodelay(true)?;
    upstream.write_all(early)?;
    take_turns(client.socket(), &upstream)?;
    pump(client, upstream)
}

/// Ends the client's TLS with the certificate `shown`, and begins another towards `host`.
pub fn inspect(
    client: Wire,
    mut upstream: TcpStream,
    ca_pem: &str,
    host: &str,
    shown: &Issued,
) -> io::Result<()> {
    let Wire::Plain(socket) = client else {
        return Err(io::Error::other(
            "inspection inside TLS to the proxy is not played",
        ));
    };
    upstream.set_nodelay(true)?;
    let mut session = client_session(ca_pem, host)?;
    session.complete_io(&mut upstream)?;
    let mut client = Wire::accept(socket, Some(&wire::tls_server(shown)))?;
    client.handshake()?;
    take_turns(client.socket(), &upstream)?;
    pump(client, StreamOwned::new(session, upstream))
}

/// From now on neither side is listened to for long while the other may have something to say.
fn take_turns(one: &TcpStream, other: &TcpStream) -> io::Result<()> {
    one.set_read_timeout(Some(TURN))?;
    other.set_read_timeout(Some(TURN))
}

fn client_session(ca_pem: &str, host: &str) -> io::Result<ClientConnection> {
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(ca_pem.as_bytes()).map_err(io::Error::other)?;
    roots.add(ca).map_err(io::Error::other)?;
    let config =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)
}

/// Carries bytes both ways until one side ends. One thread: TLS sessions can't be split.
fn pump(mut one: impl Read + Write, mut other: impl Read + Write) -> io::Result<()> {
    let mut piece = vec![0; 64 * 1024];
    while carry(&mut one, &mut other, &mut piece)? && carry(&mut other, &mut one, &mut piece)? {}
    Ok(())
}

/// Carries what is there now; false at the end.
fn carry(from: &mut impl Read, to: &mut impl Write, piece: &mut [u8]) -> io::Result<bool> {
    loop {
        match from.read(piece) {
            Ok(0) => return Ok(false),
            Ok(count) => {
                to.write_all(&piece[..count])?;
                to.flush()?;
            }
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                ) =>
            {
                return Ok(true);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
