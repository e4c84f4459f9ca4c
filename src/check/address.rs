//! A host and port of the settings: found, and connected to.

use std::net::{IpAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// A host and port of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Name or address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Is TLS spoken there?
    pub secure: bool,
}

// === impl Address ===

impl Address {
    /// Of `https://host[:port][/path]`.
    pub(super) fn of_url(url: &str) -> Option<Self> {
        let uri: ureq::http::Uri = url.parse().ok()?;
        let secure = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let host = uri
            .host()?
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        Some(Self { host, port, secure })
    }

    pub(super) fn resolve(&self) -> Result<String, String> {
        if self.host.parse::<IpAddr>().is_ok() {
            return Ok(format!("{} is an address, no name to resolve", self.host));
        }
        let addresses: Vec<String> = (self.host.as_str(), self.port)
            .to_socket_addrs()
            .map_err(|error| {
                format!(
                    "the name {} cannot be resolved: {error}: check DNS and the name",
                    self.host
                )
            })?
            .map(|address| address.ip().to_string())
            .collect();
        match addresses.len() {
            0 => Err(format!(
                "the name {} has no address: check DNS and the name",
                self.host
            )),
            _ => Ok(format!("{} is {}", self.host, addresses.join(", "))),
        }
    }

    pub(super) fn connect(&self) -> Result<TcpStream, String> {
        let cure = "check the address, the port and the firewall (outbound TCP)";
        let addresses = (self.host.as_str(), self.port)
            .to_socket_addrs()
            .map_err(|error| error.to_string())?;
        let mut last = format!("no address: {cure}");
        for address in addresses {
            match TcpStream::connect_timeout(&address, Duration::from_secs(10)) {
                Ok(stream) => {
                    let patience = Some(Duration::from_secs(10));
                    stream
                        .set_read_timeout(patience)
                        .map_err(|error| error.to_string())?;
                    stream
                        .set_write_timeout(patience)
                        .map_err(|error| error.to_string())?;
                    return Ok(stream);
                }
                Err(error) => last = format!("{address}: {error}: {cure}"),
            }
        }
        Err(last)
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn takes_an_address_apart() {
        let address = |url| Address::of_url(url).map(|a| (a.host, a.port, a.secure));
        assert_eq!(address("https://a.b"), Some(("a.b".into(), 443, true)));
        assert_eq!(
            address("http://[::1]:8080/cas"),
            Some(("::1".into(), 8080, false))
        );
    }

    #[test]
    fn an_address_is_not_resolved() {
        let resolved = |url| Address::of_url(url).unwrap().resolve();
        for (url, host) in [
            ("https://127.0.0.1", "127.0.0.1"),
            ("https://[2001:db8::1]:8443", "2001:db8::1"),
        ] {
            assert_eq!(
                resolved(url),
                Ok(format!("{host} is an address, no name to resolve"))
            );
        }
        let name = resolved("https://localhost").unwrap();
        assert!(name.starts_with("localhost is "), "{name}");
    }
}
