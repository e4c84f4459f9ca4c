//! Hosts and ports, as the SIEM's address, the API's and the proxy's have them.

use std::net::IpAddr;

use super::Refusal;

const ALLOWED: &str = "a host name or an IP address";

/// Reads a host name or an IP address; an IPv6 address may stand in brackets, which are taken off.
///
/// # Errors
/// With the cure where a port or a scheme was written along.
pub(super) fn host(text: &str) -> Result<String, Refusal> {
    let bare = text
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .unwrap_or(text);
    if bare.parse::<IpAddr>().is_ok() {
        return Ok(bare.to_owned());
    }
    if text.contains("://") {
        return Err(Refusal::because(text, "remove the \"…://\"", ALLOWED));
    }
    if let Some((before, after)) = text.rsplit_once(':')
        && !before.contains(':')
        && after.bytes().all(|b| b.is_ascii_digit())
    {
        return Err(Refusal::because(text, "set the port in `port`", ALLOWED));
    }
    if !text.is_ascii() {
        return Err(Refusal::because(
            text,
            "write it in its ASCII form, \"xn--…\"",
            ALLOWED,
        ));
    }
    if is_name(text) {
        Ok(text.to_owned())
    } else {
        Err(Refusal::found(text, ALLOWED))
    }
}

/// Takes `HOST`, `HOST:PORT`, `[IPv6]` or `[IPv6]:PORT` apart.
///
/// # Errors
/// A host that is none, a port outside 1 to 65535.
pub(super) fn host_and_port(text: &str) -> Result<(String, Option<u16>), Refusal> {
    let (before, after) = match text.rfind(']') {
        Some(end) if end + 1 == text.len() => (text, None),
        Some(end) => (
            &text[..=end],
            Some(
                text[end + 1..]
                    .strip_prefix(':')
                    .ok_or_else(|| Refusal::found(text, "HOST:PORT"))?,
            ),
        ),
        None if text.parse::<IpAddr>().is_ok() => (text, None),
        None => text
            .rsplit_once(':')
            .map_or((text, None), |(host, port)| (host, Some(port))),
    };
    Ok((host(before)?, after.map(port).transpose()?))
}

fn port(text: &str) -> Result<u16, Refusal> {
    let digits_only = text.bytes().all(|b| b.is_ascii_digit());
    match text.parse() {
        Ok(port) if port > 0 && digits_only => Ok(port),
        _ if digits_only && !text.is_empty() => Err(Refusal::found(text, "a port from 1 to 65535")),
        // not repeated: it may be a password whose "@" and host were forgotten
        _ => Err(Refusal::new(
            "the part after the \":\" is not a port; allowed: a port from 1 to 65535",
        )),
    }
}

/// Letters, digits, `-` and `_` in labels of 1 to 63, 253 in all. A name that ends in a number
/// would be a broken IPv4 address.
fn is_name(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let ends_in_a_number = name
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    name.len() <= 253 && name.split('.').all(label_fits) && !ends_in_a_number
}

/// Whether a host is this machine itself.
pub(super) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn takes_names_and_addresses() {
        for (written, kept) in [
            ("siem.example", "siem.example"),
            ("siem", "siem"),
            ("siem_1.example.", "siem_1.example."),
            ("192.0.2.1", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
        ] {
            assert_eq!(host(written).unwrap(), kept);
        }
    }

    #[test]
    fn refuses_with_the_cure() {
        for (wrong, cure) in [
            ("", "a host name or an IP address"),
            ("siem.example:514", "set the port in `port`"),
            ("tcp://siem.example", "remove the \"…://\""),
            ("10.0.0.256", "a host name or an IP address"),
            ("bücher.example", "\"xn--…\""),
            ("-a.example", "a host name or an IP address"),
            ("a..example", "a host name or an IP address"),
            ("siem example", "a host name or an IP address"),
        ] {
            let refusal = host(wrong).unwrap_err().to_string();
            assert!(refusal.contains(cure), "{wrong}: {refusal}");
        }
    }

    #[test]
    fn takes_host_and_port_apart() {
        for (written, expected) in [
            ("siem", Some(("siem", None))),
            ("siem:514", Some(("siem", Some(514)))),
            ("[::1]:514", Some(("::1", Some(514)))),
            ("[::1]", Some(("::1", None))),
            ("::1", Some(("::1", None))),
            ("siem:0", None),
            ("siem:65536", None),
            ("siem:+5", None),
            ("siem:", None),
            ("[::1]514", None),
            ("]", None),
            (":514", None),
        ] {
            let read = host_and_port(written).ok();
            assert_eq!(
                read,
                expected.map(|(host, port)| (host.to_owned(), port)),
                "{written}"
            );
        }
    }
}
