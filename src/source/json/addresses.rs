//! Finds IP addresses in text as the apps' own logs write them: bare, with a port, in brackets,
//! with a zone, behind a name, or several at once.

use std::net::{IpAddr, SocketAddr};

/// The most addresses that are kept of one event.
const MOST: usize = 16;

/// The addresses in some texts, in their order and none twice; IPv4 inside IPv6 as what it is.
pub(in crate::source) fn addresses<'t>(texts: impl IntoIterator<Item = &'t str>) -> Vec<IpAddr> {
    let mut found = Vec::new();
    let words = texts.into_iter().flat_map(|text| text.split(parts));
    for address in words.filter_map(address) {
        if found.len() == MOST {
            break;
        }
        if !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

/// What stands between addresses and other words: `HOST (192.0.2.4)`, `192.0.2.4, 198.51.100.7`,
/// `for="[2001:db8::1]:443"`.
fn parts(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '"' | '\'' | '=' | '|')
}

fn address(word: &str) -> Option<IpAddr> {
    let bare = match word.strip_prefix('[') {
        Some(rest) => {
            let (inside, behind) = rest.split_once(']')?;
            let port = behind.strip_prefix(':').unwrap_or(behind);
            port.bytes()
                .all(|byte| byte.is_ascii_digit())
                .then_some(inside)?
        }
        None => word,
    };
    let parsed = |text: &str| text.parse::<IpAddr>().ok();
    let with_port = || bare.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    let before = |mark| parsed(bare.split_once(mark)?.0);
    let address = parsed(bare)
        .or_else(with_port)
        .or_else(|| before('%'))
        .or_else(|| before('/'))?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_the_ways() {
        for (text, expected) in [
            ("192.0.2.1", vec!["192.0.2.1"]),
            (" 192.0.2.1:443", vec!["192.0.2.1"]),
            ("[192.0.2.4]:7972", vec!["192.0.2.4"]),
            ("[192.0.2.4]", vec!["192.0.2.4"]),
            ("HOST (192.0.2.4)", vec!["192.0.2.4"]),
            ("HOST(2001:db8::4)", vec!["2001:db8::4"]),
            ("192.0.2.4, 198.51.100.7", vec!["192.0.2.4", "198.51.100.7"]),
            (
                "192.0.2.4:1,[2001:db8::1]:2;192.0.2.4",
                vec!["192.0.2.4", "2001:db8::1"],
            ),
            ("for=\"[2001:db8::1]:443\"", vec!["2001:db8::1"]),
            ("192.0.2.4/32", vec!["192.0.2.4"]),
            ("2001:db8:1f05:0:0:0:0:1077", vec!["2001:db8:1f05::1077"]),
            ("[2001:db8::1]", vec!["2001:db8::1"]),
            ("[2001:db8::1]:443", vec!["2001:db8::1"]),
            ("[fe80::1%eth0]:443", vec!["fe80::1"]),
            ("fe80::1%eth0", vec!["fe80::1"]),
            ("::ffff:192.0.2.1", vec!["192.0.2.1"]),
            ("", vec![]),
            ("-", vec![]),
            ("192.0.2", vec![]),
            ("1.2.3.4.5", vec![]),
            ("%", vec![]),
            ("[", vec![]),
            ("[]:", vec![]),
            ("[192.0.2.4]x", vec![]),
        ] {
            let expected: Vec<IpAddr> = (expected.into_iter())
                .map(|text| text.parse().unwrap_or_else(|_| panic!("{text}")))
                .collect();
            assert_eq!(addresses([text]), expected, "{text}");
        }
    }

    #[test]
    fn no_more_than_so_many() {
        let many: Vec<String> = (0..200).map(|nth| format!("192.0.2.{nth}")).collect();
        assert_eq!(addresses(many.iter().map(String::as_str)).len(), MOST);
    }
}
