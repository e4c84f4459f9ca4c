//! A connection of a test server, plain or TLS, that can be ended in the ways a network ends them.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::pki::Issued;

/// One accepted connection.
#[derive(Debug)]
pub enum Wire {
    /// As it comes.
    Plain(TcpStream),
    /// Under TLS.
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

/// Settings of a TLS server with this certificate.
///
/// # Panics
/// Where the certificate is none.
#[must_use]
pub fn tls_server(issued: &Issued) -> Arc<ServerConfig> {
    let cert = CertificateDer::from_pem_slice(issued.cert_pem.as_bytes()).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(issued.key_pem.as_bytes()).expect("a key");
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions of rustls")
            .with_no_client_auth()
            .with_single_cert(vec![cert], key)
            .expect("a certificate and its key");
    Arc::new(config)
}

impl Wire {
    /// Takes a connection over; with `tls` the handshake happens on the first read or write.
    ///
    /// # Errors
    /// Where the socket or TLS can't be set up.
    pub fn accept(socket: TcpStream, tls: Option<&Arc<ServerConfig>>) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        let Some(config) = tls else {
            return Ok(Self::Plain(socket));
        };
        let session = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
        Ok(Self::Tls(Box::new(StreamOwned::new(session, socket))))
    }

    /// The socket underneath.
    #[must_use]
    pub fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => &stream.sock,
        }
    }

    /// Shakes hands now instead of on the first read or write.
    ///
    /// # Errors
    /// What TLS or the socket says.
    pub fn handshake(&mut self) -> io::Result<()> {
        if let Self::Tls(stream) = self {
            let StreamOwned { conn, sock } = stream.as_mut();
            while conn.is_handshaking() {
                conn.complete_io(sock)?;
            }
        }
        Ok(())
    }

    /// Ends the connection with a reset: what is under way is lost.
    pub fn reset(self) {
        let _ = socket2::SockRef::from(self.socket()).set_linger(Some(Duration::ZERO));
    }

    /// Ends the connection without a word of TLS: the peer can't tell the end from a cut.
    pub fn cut(self) {
        let _ = self.socket().shutdown(Shutdown::Write);
    }

    /// Ends the connection in order.
    pub fn close(mut self) {
        if let Self::Tls(stream) = &mut self {
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
        let _ = self.socket().shutdown(Shutdown::Write);
    }

    /// Reads and forgets until the peer ends the connection.
    pub fn wait_for_end(&mut self) {
        let mut ignored = [0; 1024];
        while matches!(self.read(&mut ignored), Ok(1..)) {}
    }
}

impl Read for Wire {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buf),
            Self::Tls(stream) => stream.read(buf),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(buf),
            Self::Tls(stream) => stream.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
