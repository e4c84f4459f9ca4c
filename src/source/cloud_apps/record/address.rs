//! Client addresses, as the apps' own logs have them: bare, with a port, in brackets, with a zone.

use std::net::{IpAddr, SocketAddr};

/// The address in a text, an IPv4 address inside IPv6 as what it is; `None` where there is none.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let zoned = || text.split_once('%')?.0.parse().ok();
    let address = bare.or_else(with_port).or_else(bracketed).or_else(zoned)?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_the_ways() {
        for (text, expected) in [
            ("192.0.2.1", Some("192.0.2.1")),
            (" 192.0.2.1:443", Some("192.0.2.1")),
            ("2001:db8:1f05:0:0:0:0:1077", Some("2001:db8:1f05::1077")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("fe80::1%eth0", Some("fe80::1")),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("", None),
            ("-", None),
            ("192.0.2", None),
            ("%", None),
            ("[", None),
        ] {
            let expected = expected.map(|text| text.parse().unwrap_or_else(|_| panic!("{text}")));
            assert_eq!(address(text), expected, "{text}");
        }
    }
}
