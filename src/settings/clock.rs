//! `[clock]`: where siembox's own firmware gets the time from. On other machines their system sees
//! to it, and this is read, checked and left alone.

use std::fmt;

use super::Refusal;
use super::host::host_and_port;
use super::section::Section;

/// `[clock]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClockSettings {
    /// `servers`: asked instead of those that DHCP names and of the pool, at most 8. None
    pub servers: Vec<TimeServer>,
}

/// An NTP server: `ntp.example` or `ntp.example:123`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeServer {
    /// Name or address.
    pub host: String,
    /// 123 where none is written.
    pub port: u16,
}

/// The port of NTP (RFC 5905).
const NTP: u16 = 123;
const MOST_SERVERS: usize = 8;
const SERVERS: &str = "a list of at most 8 names or addresses, [\"ntp.example\", \"192.0.2.1\"]";

// === impl TimeServer ===

impl TimeServer {
    /// Reads `HOST` or `HOST:PORT`.
    ///
    /// # Errors
    /// A host that is none, a port outside 1 to 65535.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let (host, port) = host_and_port(text)?;
        Ok(Self {
            host,
            port: port.unwrap_or(NTP),
        })
    }
}

/// As it would be written.
impl fmt::Display for TimeServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        match (*port, host.contains(':')) {
            (NTP, _) => f.write_str(host),
            (port, true) => write!(f, "[{host}]:{port}"),
            (port, false) => write!(f, "{host}:{port}"),
        }
    }
}

pub(super) fn read(section: Section) -> ClockSettings {
    let listed = section.list("servers", SERVERS, |value| {
        value.as_str().and_then(|text| TimeServer::parse(text).ok())
    });
    if let (Some(item), true) = (
        section.item("servers"),
        listed.as_ref().is_some_and(|all| all.len() > MOST_SERVERS),
    ) {
        section.refuse_item("servers", item, SERVERS);
    }
    section.close();
    ClockSettings {
        servers: listed.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_server_is_shown_as_it_would_be_written() {
        for (written, shown) in [
            ("ntp.example", "ntp.example"),
            ("ntp.example:123", "ntp.example"),
            ("ntp.example:4123", "ntp.example:4123"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4123", "[2001:db8::1]:4123"),
        ] {
            assert_eq!(TimeServer::parse(written).unwrap().to_string(), shown);
        }
    }
}
