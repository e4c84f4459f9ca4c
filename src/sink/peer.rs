//! The peer's name and address, in words.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// The receiver as an operator knows it and as the network does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// As it stands in the settings: a name or an address.
    pub host: Arc<str>,
    /// What the name led to.
    pub address: SocketAddr,
    /// What is spoken with it.
    pub protocol: Spoken,
}

/// A protocol without its settings, shown by the name that it has in the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // as in the settings
pub enum Spoken {
    Udp,
    Tcp,
    Tls,
    Relp,
    RelpTls,
}

impl fmt::Display for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Relp => "relp",
            Self::RelpTls => "relp+tls",
        })
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            host,
            address,
            protocol,
        } = self;
        if **host == *address.ip().to_string() {
            write!(f, "{address}/{protocol}")
        } else {
            write!(f, "{host} ({address}/{protocol})")
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn says_each_thing_once() {
        let peer = |host: &str, address: &str| Peer {
            host: host.into(),
            address: address.parse().unwrap(),
            protocol: Spoken::Tcp,
        };
        for (host, address, words) in [
            ("10.0.0.5", "10.0.0.5:514", "10.0.0.5:514/tcp"),
            ("::1", "[::1]:514", "[::1]:514/tcp"),
            ("siem", "10.0.0.5:514", "siem (10.0.0.5:514/tcp)"),
        ] {
            assert_eq!(peer(host, address).to_string(), words);
        }
    }
}
