//! TLS 1.2 and 1.3 on TCP (RFC 5425).
//!
//! In TLS 1.3 the client finishes first: a server that misses or dislikes our certificate says so
//! only after our handshake has succeeded. So when the server asked for a certificate, the
//! connection does not count as up before a session ticket has come (servers send it right after
//! they let us in) or [`StepTimes::settle`] has passed; a refusal that is later still meets
//! [`prove`](super::Sink::prove), which names it.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::error::SinkError;
use super::peer::Peer;
use super::target::StepTimes;
use super::transport::Transport;
use super::trust::Trust;
use crate::certificate;
use crate::trust::TlsFault;

/// Authorities named in a complaint.
const MOST_ISSUERS: usize = 4;

/// An encrypted stream that knows what it was asked for.
#[derive(Debug)]
pub(super) struct SyslogTls {
    stream: TlsStream<TcpStream>,
    asked: Arc<Asked>,
    /// The server has shown that it lets us in.
    let_in: bool,
}

/// Our client certificate, and whether the server asked for one.
struct Asked {
    given: Option<Arc<CertifiedKey>>,
    /// Set when the server asks: the authorities that it names.
    accepted: OnceLock<Vec<String>>,
}

/// Does the handshake, and waits for its late refusals.
pub(super) async fn handshake(
    tcp: TcpStream,
    peer: &Peer,
    trust: &Trust,
    bounds: &StepTimes,
) -> Result<SyslogTls, SinkError> {
    let asked = Arc::new(Asked {
        given: trust.client.clone(),
        accepted: OnceLock::new(),
    });
    let mut config = (*trust.config).clone();
    config.client_auth_cert_resolver = Arc::clone(&asked) as Arc<dyn ResolvesClientCert>;
    let connecting = TlsConnector::from(Arc::new(config)).connect(trust.name.clone(), tcp);
    let failed = |cause: io::Error| {
        let fault = TlsFault::within(&cause).unwrap_or(TlsFault::HungUp);
        SinkError::Tls {
            peer: peer.clone(),
            fault: Box::new(asked.translate(fault)),
        }
    };
    let mut stream = timeout(bounds.handshake, connecting)
        .await
        .map_err(|_| SinkError::HandshakeSilent {
            peer: peer.clone(),
            after: bounds.handshake,
        })?
        .map_err(&failed)?;
    let let_in = match asked.accepted.get() {
        None => true,
        Some(_) => match timeout(bounds.settle, let_in(&mut stream)).await {
            Ok(result) => result.map(|()| true).map_err(&failed)?,
            // Silence is neither a yes nor a no.
            Err(_) => false,
        },
    };
    Ok(SyslogTls {
        let_in,
        asked: Arc::clone(&asked),
        stream,
    })
}

/// Returns when the server has sent a session ticket, or has ended the connection.
async fn let_in(stream: &mut TlsStream<TcpStream>) -> io::Result<()> {
    poll_fn(|context| {
        // Nothing is expected; but reading is what takes tickets and alerts in.
        let mut byte = [0];
        let mut buffer = ReadBuf::new(&mut byte);
        let polled = Pin::new(&mut *stream).poll_read(context, &mut buffer);
        match polled {
            Poll::Ready(Ok(())) if buffer.filled().is_empty() => {
                Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()))
            }
            Poll::Ready(result) => Poll::Ready(result),
            Poll::Pending if stream.get_ref().1.tls13_tickets_received() > 0 => Poll::Ready(Ok(())),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

impl Asked {
    fn translate(&self, fault: TlsFault) -> TlsFault {
        match self.accepted.get() {
            Some(accepted) => fault.asked(accepted, self.given.is_some()),
            None => fault,
        }
    }
}

impl ResolvesClientCert for Asked {
    fn resolve(
        &self,
        authorities: &[&[u8]],
        _schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        let names = authorities.iter().take(MOST_ISSUERS);
        let _ = self.accepted.set(
            names
                .map(|der| certificate::name(der).to_string())
                .collect(),
        );
        self.given.clone()
    }

    // Asked before `resolve` is, which is the only way to hear of the server's wish: so always.
    fn has_certs(&self) -> bool {
        true
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked")
            .field("given", &self.given.is_some())
            .field("accepted", &self.accepted)
            .finish()
    }
}

impl Transport for SyslogTls {
    fn socket(&self) -> &TcpStream {
        self.stream.get_ref().0
    }

    fn translate(&self, fault: TlsFault) -> TlsFault {
        self.asked.translate(fault)
    }

    fn suspicion(&self) -> Option<TlsFault> {
        if self.let_in || self.asked.given.is_some() {
            return None;
        }
        let issuers = self.asked.accepted.get()?.clone();
        Some(TlsFault::ClientWanted { issuers })
    }
}

impl AsyncRead for SyslogTls {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for SyslogTls {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
