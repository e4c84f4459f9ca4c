//! The target of a connection: all that it needs from the settings.

use std::num::NonZeroU32;
use std::time::Duration;

use super::peer::Spoken;
use super::trust::Trust;
use crate::syslog::frame::Framing;

/// A receiver and the way to talk to it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Target {
    /// Name or address, an IPv6 address without brackets.
    pub host: String,
    /// 1 to 65535.
    pub port: u16,
    /// How to talk to it.
    pub protocol: Protocol,
    /// Cap on the rate; no cap where absent.
    pub max_lines_per_second: Option<NonZeroU32>,
    /// How long each step may take.
    pub bounds: StepTimes,
}

/// How to talk to the receiver, and what only that way needs.
#[derive(Debug, Clone)]
pub enum Protocol {
    /// RFC 5426: one message is one datagram.
    Udp {
        /// Longer lines are cut, bytes; 480 to 65507.
        max_datagram: usize,
    },
    /// RFC 6587.
    Tcp {
        /// How messages are told apart.
        framing: Framing,
    },
    /// RFC 5425.
    Tls {
        /// How messages are told apart.
        framing: Framing,
        /// Whom to believe, and how to show ourselves.
        trust: Trust,
    },
    /// RELP, version 0.
    Relp {
        /// Whom to believe, and how to show ourselves; without it, nothing is encrypted.
        trust: Option<Trust>,
    },
}

impl Protocol {
    /// Without its settings.
    #[must_use]
    pub const fn spoken(&self) -> Spoken {
        match self {
            Self::Udp { .. } => Spoken::Udp,
            Self::Tcp { .. } => Spoken::Tcp,
            Self::Tls { .. } => Spoken::Tls,
            Self::Relp { trust: None } => Spoken::Relp,
            Self::Relp { trust: Some(_) } => Spoken::RelpTls,
        }
    }
}

/// How long each step may take. The defaults are meant for everything but tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepTimes {
    /// Looking up the name. 15 s: two tries at two name servers.
    pub resolve: Duration,
    /// Connecting to one address. 10 s: three SYNs.
    pub connect: Duration,
    /// The TLS handshake with one address, and the opening of a RELP session. 10 s
    pub handshake: Duration,
    /// A TLS receiver that asks for a client certificate may refuse it after the handshake (TLS
    /// 1.3): how long to wait for that word. 300 ms; most receivers answer with a session ticket at
    /// once, which ends the wait.
    pub settle: Duration,
    /// Writing without any progress. 50 s
    pub stall: Duration,
    /// Waiting for the peer's acknowledgement, or its answer, without any progress. 50 s: a dead
    /// peer is known within a minute.
    pub prove: Duration,
    /// How much longer the first proof of a connection takes: relays, and receivers with a list of
    /// allowed senders, accept and acknowledge first and hang up a moment later. 50 ms
    pub first_proof: Duration,
    /// Waiting for the peer's FIN, or its last answers. 60 s: a slow receiver reads first all that
    /// it was sent.
    pub close: Duration,
    /// How long an ICMP objection to a datagram may take. 20 ms
    pub grace: Duration,
}

impl Default for StepTimes {
    fn default() -> Self {
        Self {
            resolve: Duration::from_secs(15),
            connect: Duration::from_secs(10),
            handshake: Duration::from_secs(10),
            settle: Duration::from_millis(300),
            stall: Duration::from_secs(50),
            prove: Duration::from_secs(50),
            first_proof: Duration::from_millis(50),
            close: Duration::from_secs(60),
            grace: Duration::from_millis(20),
        }
    }
}
