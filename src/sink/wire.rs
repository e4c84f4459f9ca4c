//! The wire: one connection to a target, whatever the protocol.
//!
//! A protocol is a file or folder beside `connection.rs`, a variant or two here and one in
//! [`Protocol`]: `dial` and `tls::handshake` give it its bytes, plain or encrypted, `stream.rs` and
//! `duplex.rs` the writing and the end, and [`Sink`] is all that it must answer to.

use std::net::SocketAddr;

use tokio::net::TcpStream;

use super::connection::Connection;
use super::error::SinkError;
use super::peer::Peer;
use super::rate_limit::LineRate;
use super::relp::Session;
use super::stream::SyslogStream;
use super::target::{Protocol, Target};
use super::tls::{self, SyslogTls};
use super::udp::Udp;
use super::{Answers, Farewell, Sink, connect};
use crate::lines::Lines;
use crate::syslog::frame::FramingRepairs;

/// A connection to the SIEM.
#[derive(Debug)]
pub struct Wire(Inner);

/// One variant per protocol.
#[derive(Debug)]
enum Inner {
    Udp(Box<Udp>),
    Tcp(Box<Connection<TcpStream>>),
    Tls(Box<Connection<SyslogTls>>),
    Relp(Box<Session<TcpStream>>),
    RelpTls(Box<Session<SyslogTls>>),
}

impl Wire {
    /// Connects: looks the name up and tries each of its addresses in turn, each with its own time
    /// limit. With TLS an address has answered when its certificate was accepted, and ours was not
    /// refused as far as can be seen so early; with RELP when it has opened the session.
    ///
    /// `attempt` is the number of failures before this one
    /// ([`Backoff::failures`](crate::backoff::Backoff::failures)): the first address to be tried
    /// moves on with it.
    ///
    /// # Errors
    /// The failing step, for each address tried. The future may be abandoned at any time.
    pub async fn connect(target: &Target, attempt: u32) -> Result<Self, SinkError> {
        let mut each = Vec::new();
        for address in connect::addresses(target, attempt).await? {
            match Self::connect_to(target, address).await {
                Ok(wire) => return Ok(wire),
                Err(fault) => each.push(fault),
            }
        }
        Err(SinkError::everywhere(&target.host, each))
    }

    async fn connect_to(target: &Target, address: SocketAddr) -> Result<Self, SinkError> {
        let peer = Peer {
            host: target.host.as_str().into(),
            address,
            protocol: target.protocol.spoken(),
        };
        let (bounds, pace) = (
            target.bounds,
            target.max_lines_per_second.map(LineRate::new),
        );
        let inner = match &target.protocol {
            Protocol::Udp { max_datagram } => Inner::Udp(Box::new(
                Udp::connect(peer, *max_datagram, pace, bounds).await?,
            )),
            Protocol::Tcp { framing } => {
                let stream = connect::tcp(&peer, &bounds).await?;
                Inner::Tcp(Box::new(Connection::new(
                    SyslogStream::new(stream, peer, bounds),
                    *framing,
                    pace,
                )))
            }
            Protocol::Tls { framing, trust } => {
                let stream = connect::tcp(&peer, &bounds).await?;
                let stream = tls::handshake(stream, &peer, trust, &bounds).await?;
                Inner::Tls(Box::new(Connection::new(
                    SyslogStream::new(stream, peer, bounds),
                    *framing,
                    pace,
                )))
            }
            Protocol::Relp { trust: None } => {
                let stream = connect::tcp(&peer, &bounds).await?;
                let stream = SyslogStream::new(stream, peer, bounds);
                Inner::Relp(Box::new(Session::open(stream, pace).await?))
            }
            Protocol::Relp { trust: Some(trust) } => {
                let stream = connect::tcp(&peer, &bounds).await?;
                let stream = tls::handshake(stream, &peer, trust, &bounds).await?;
                let stream = SyslogStream::new(stream, peer, bounds);
                Inner::RelpTls(Box::new(Session::open(stream, pace).await?))
            }
        };
        Ok(Self(inner))
    }
}

impl Sink for Wire {
    async fn send(
        &mut self,
        lines: &Lines,
        first: Option<u64>,
    ) -> Result<FramingRepairs, SinkError> {
        match &mut self.0 {
            Inner::Udp(wire) => wire.send(lines, first).await,
            Inner::Tcp(wire) => wire.send(lines, first).await,
            Inner::Tls(wire) => wire.send(lines, first).await,
            Inner::Relp(wire) => wire.send(lines, first).await,
            Inner::RelpTls(wire) => wire.send(lines, first).await,
        }
    }

    async fn prove(&mut self) -> Result<(), SinkError> {
        match &mut self.0 {
            Inner::Udp(wire) => wire.prove().await,
            Inner::Tcp(wire) => wire.prove().await,
            Inner::Tls(wire) => wire.prove().await,
            Inner::Relp(wire) => wire.prove().await,
            Inner::RelpTls(wire) => wire.prove().await,
        }
    }

    async fn gone(&mut self) -> SinkError {
        match &mut self.0 {
            Inner::Udp(wire) => wire.gone().await,
            Inner::Tcp(wire) => wire.gone().await,
            Inner::Tls(wire) => wire.gone().await,
            Inner::Relp(wire) => wire.gone().await,
            Inner::RelpTls(wire) => wire.gone().await,
        }
    }

    async fn close(self) -> Result<Farewell, SinkError> {
        match self.0 {
            Inner::Udp(wire) => wire.close().await,
            Inner::Tcp(wire) => wire.close().await,
            Inner::Tls(wire) => wire.close().await,
            Inner::Relp(wire) => wire.close().await,
            Inner::RelpTls(wire) => wire.close().await,
        }
    }

    fn unread_at_most(&self) -> u64 {
        match &self.0 {
            Inner::Udp(wire) => wire.unread_at_most(),
            Inner::Tcp(wire) => wire.unread_at_most(),
            Inner::Tls(wire) => wire.unread_at_most(),
            Inner::Relp(wire) => wire.unread_at_most(),
            Inner::RelpTls(wire) => wire.unread_at_most(),
        }
    }

    fn peer(&self) -> &Peer {
        match &self.0 {
            Inner::Udp(wire) => wire.peer(),
            Inner::Tcp(wire) => wire.peer(),
            Inner::Tls(wire) => wire.peer(),
            Inner::Relp(wire) => wire.peer(),
            Inner::RelpTls(wire) => wire.peer(),
        }
    }

    fn sent(&self) -> u64 {
        match &self.0 {
            Inner::Udp(wire) => wire.sent(),
            Inner::Tcp(wire) => wire.sent(),
            Inner::Tls(wire) => wire.sent(),
            Inner::Relp(wire) => wire.sent(),
            Inner::RelpTls(wire) => wire.sent(),
        }
    }

    fn answers(&mut self) -> Answers {
        match &mut self.0 {
            Inner::Udp(wire) => wire.answers(),
            Inner::Tcp(wire) => wire.answers(),
            Inner::Tls(wire) => wire.answers(),
            Inner::Relp(wire) => wire.answers(),
            Inner::RelpTls(wire) => wire.answers(),
        }
    }
}
