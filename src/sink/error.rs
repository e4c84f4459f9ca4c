//! Errors of the sink: why lines do not reach the SIEM, and the cure.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, ErrorKind};
use std::time::Duration;

use super::peer::{Peer, Spoken};
use super::relp_protocol::RelpFault;
use super::span::Span;
use super::unasked::Unasked;
use crate::trust::{TlsFault, TlsSide};

/// One variant per failing step. Shown as "reason: cure"; each half can be had alone.
#[derive(Debug)]
#[non_exhaustive]
// the fields: `peer` is the other end, `after` how long we waited, `cause` what the system said
#[allow(missing_docs)]
pub enum SinkError {
    /// The name could not be looked up.
    Resolve { host: String, cause: io::Error },
    /// No name server answered.
    ResolveSilent { host: String, after: Duration },
    /// The name exists and has no address.
    NoAddress { host: String },
    /// Our own system refused a socket or one of its options.
    Socket { peer: Peer, cause: io::Error },
    /// Nobody listens: a reset on connecting, or ICMP "port unreachable".
    Refused { peer: Peer },
    /// No way to the host or its network.
    Unreachable { peer: Peer, cause: io::Error },
    /// No answer to the connection request.
    ConnectSilent { peer: Peer, after: Duration },
    /// Connecting failed otherwise.
    Connect { peer: Peer, cause: io::Error },
    /// The name has several addresses and none would do.
    Everywhere { host: String, each: Vec<SinkError> },
    /// The TLS handshake failed, or the session ended in an alert.
    Tls { peer: Peer, fault: Box<TlsFault> },
    /// No answer to the TLS handshake.
    HandshakeSilent { peer: Peer, after: Duration },
    /// The peer closed the connection; `said` is what it told us before, although syslog receivers
    /// tell nothing.
    Closed { peer: Peer, said: Option<Unasked> },
    /// The connection was reset, or died otherwise.
    Broken { peer: Peer, cause: io::Error },
    /// The peer took nothing for so long.
    Stalled { peer: Peer, after: Duration },
    /// The peer's kernel did not acknowledge `left` bytes.
    Unproved {
        peer: Peer,
        after: Duration,
        left: u64,
    },
    /// The peer did not answer our FIN with its own.
    Unconfirmed { peer: Peer, after: Duration },
    /// The RELP session was refused, or broken off in words.
    Relp { peer: Peer, fault: RelpFault },
    /// Not even `bytes` fit into a datagram on this path.
    TooBig { peer: Peer, bytes: usize },
    /// A router dropped a datagram for its size, and only now told us; which one is not known.
    Dropped { peer: Peer },
    /// This wire failed before, or a `send` on it was abandoned midway.
    Spent { peer: Peer },
}

impl SinkError {
    /// What the system said when we connected.
    pub(super) fn connecting(peer: &Peer, cause: io::Error) -> Self {
        let peer = peer.clone();
        match cause.kind() {
            ErrorKind::ConnectionRefused => Self::Refused { peer },
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                Self::Unreachable { peer, cause }
            }
            _ => Self::Connect { peer, cause },
        }
    }

    /// What the system, or rustls above it, said while the connection was up.
    pub(super) fn talking(peer: &Peer, cause: io::Error) -> Self {
        let peer = peer.clone();
        match TlsFault::within(&cause) {
            Some(fault) => Self::Tls {
                peer,
                fault: Box::new(fault),
            },
            None if cause.kind() == ErrorKind::UnexpectedEof => Self::Closed { peer, said: None },
            None => Self::Broken { peer, cause },
        }
    }

    /// Of all addresses tried: one error is itself.
    pub(super) fn everywhere(host: &str, mut each: Vec<Self>) -> Self {
        match (each.len(), each.pop()) {
            (1, Some(only)) => only,
            (_, last) => {
                each.extend(last);
                Self::Everywhere {
                    host: host.to_owned(),
                    each,
                }
            }
        }
    }

    /// What happened.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Resolve { host, cause } => {
                format!("the name {host} cannot be resolved ({cause})")
            }
            Self::ResolveSilent { host, after } => {
                format!("no name server answered for {host} within {}", Span(*after))
            }
            Self::NoAddress { host } => format!("the name {host} has no address"),
            Self::Socket { peer, cause } => {
                format!("this system cannot open a socket to {peer} ({cause})")
            }
            Self::Refused { peer } => format!("connection refused by {peer}"),
            Self::Unreachable { peer, cause } => format!("no route to {peer} ({cause})"),
            Self::ConnectSilent { peer, after } => {
                format!("no answer from {peer} within {}", Span(*after))
            }
            Self::Connect { peer, cause } => format!("cannot connect to {peer} ({cause})"),
            Self::Everywhere { host, each } => {
                let each: Vec<String> = each.iter().map(Self::reason).collect();
                format!(
                    "none of the {} addresses of {host} works: {}",
                    each.len(),
                    each.join("; ")
                )
            }
            Self::Tls { peer, fault } => {
                format!("TLS with {peer} failed: {}", fault.reason(TlsSide::Siem))
            }
            Self::HandshakeSilent { peer, after } => {
                format!(
                    "no answer from {peer} to the TLS handshake within {}",
                    Span(*after)
                )
            }
            Self::Closed { peer, said: None } => format!("{peer} closed the connection"),
            Self::Closed {
                peer,
                said: Some(said),
            } => {
                format!("{peer} closed the connection after sending \"{said}\"")
            }
            Self::Broken { peer, cause } => format!("the connection to {peer} broke ({cause})"),
            Self::Stalled { peer, after } => {
                format!("{peer} accepted no data for {}", Span(*after))
            }
            Self::Unproved { peer, after, left } => format!(
                "{peer} has not acknowledged {left} bytes for {}",
                Span(*after)
            ),
            Self::Unconfirmed { peer, after } => format!(
                "{peer} did not prove within {} that it has read all lines",
                Span(*after)
            ),
            Self::Relp { peer, fault } => fault.reason(peer),
            Self::TooBig { peer, bytes } => {
                format!("a datagram to {peer} cannot hold even {bytes} bytes")
            }
            Self::Dropped { peer } => {
                format!("a router on the way to {peer} dropped a datagram because of its size")
            }
            Self::Spent { peer } => format!("the connection to {peer} cannot be used any more"),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn cure(&self) -> Cow<'static, str> {
        match self {
            Self::Resolve { .. } => "check the spelling of host and this system's name servers",
            Self::ResolveSilent { .. } => "check the network and this system's name servers",
            Self::NoAddress { .. } => "check the spelling of host, or set an address",
            Self::Socket { .. } => "check the limits and the local firewall of this system",
            Self::Refused { .. } => {
                "nothing listens there, or a firewall rejects the connection: check host, port, \
                    protocol"
            }
            Self::Unreachable { .. } => "check the network, its gateway and the address",
            Self::ConnectSilent { .. } => {
                "the machine is off, the address is wrong, or a firewall drops the packets: check host, port, protocol"
            }
            Self::Connect { .. } => "check host, port, protocol, and the local firewall",
            Self::Everywhere { each, .. } => {
                return each.first().map_or(Cow::Borrowed("check host"), Self::cure);
            }
            Self::Tls { fault, .. } => return fault.cure(TlsSide::Siem),
            Self::HandshakeSilent { peer, .. } if peer.protocol == Spoken::RelpTls => {
                "this port may be for RELP without TLS: check port and protocol"
            }
            Self::HandshakeSilent { .. } => {
                "this port may be for plain TCP (TLS is mostly on 6514): check port and protocol"
            }
            Self::Closed { peer, said: Some(Unasked::TlsAlert) } if peer.protocol == Spoken::Relp => {
                "this port is for TLS: set protocol = \"relp+tls\", or choose the port for plain RELP"
            }
            Self::Closed { said: Some(Unasked::TlsAlert), .. } => {
                "this port is for TLS: set protocol = \"tls\", or choose the port for plain TCP"
            }
            Self::Closed { said: Some(Unasked::Words(_)), .. } => "this is not a syslog receiver: \
                check host and port",
            Self::Closed { peer, .. } if peer.protocol == Spoken::Tcp => {
                "it was restarted, its list of allowed senders does not include this system, or \
                    this port is for TLS: check its log"
            }
            Self::Closed { .. } => {
                "it was restarted, or its list of allowed senders does not include this system: \
                    check its log"
            }
            Self::Broken { .. } => "it was restarted, or the network failed: check its log if this \
                repeats",
            Self::Stalled { .. } => "the receiver is overloaded or hangs: check its log and its \
                disk",
            Self::Unproved { .. } => "the network drops packets, or the receiver's machine is \
                down: check both",
            Self::Unconfirmed { .. } => {
                "the last lines are sent again; if this repeats, a relay in between may not \
                    forward the end of a connection"
            }
            Self::Relp { peer, fault } => fault.cure(peer),
            Self::TooBig { .. } => "use protocol = \"tcp\" for this receiver",
            Self::Dropped { .. } => {
                "the lines are sent again; set a smaller max_datagram, or use protocol = \"tcp\""
            }
            Self::Spent { .. } => "a new connection is made",
        }
        .into()
    }
}

impl fmt::Display for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason(), self.cure())
    }
}

impl std::error::Error for SinkError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Resolve { cause, .. }
            | Self::Socket { cause, .. }
            | Self::Unreachable { cause, .. }
            | Self::Connect { cause, .. }
            | Self::Broken { cause, .. } => Some(cause),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn peer() -> Peer {
        Peer {
            host: "10.0.0.5".into(),
            address: "10.0.0.5:514".parse().unwrap(),
            protocol: Spoken::Tcp,
        }
    }

    #[test]
    fn an_operator_understands() {
        let refused = SinkError::connecting(&peer(), ErrorKind::ConnectionRefused.into());
        assert_eq!(
            refused.to_string(),
            "connection refused by 10.0.0.5:514/tcp: nothing listens there, or a firewall rejects \
                the connection: check host, port, protocol"
        );
        let stalled = SinkError::Stalled {
            peer: peer(),
            after: Duration::from_millis(1500),
        };
        assert_eq!(
            stalled.reason(),
            "10.0.0.5:514/tcp accepted no data for 1500 ms"
        );
    }

    #[test]
    fn one_address_speaks_for_itself() {
        let refused = || SinkError::Refused { peer: peer() };
        assert!(matches!(
            SinkError::everywhere("siem", vec![refused()]),
            SinkError::Refused { .. }
        ));
        let both = SinkError::everywhere("siem", vec![refused(), refused()]);
        assert!(
            both.reason()
                .starts_with("none of the 2 addresses of siem works: connection")
        );
        assert_eq!(both.cure(), refused().cure());
    }

    #[test]
    fn the_end_of_a_tls_stream_is_an_end() {
        let told = SinkError::talking(&peer(), ErrorKind::UnexpectedEof.into());
        assert!(matches!(told, SinkError::Closed { said: None, .. }));
    }
}
