//! The HTTP proxy on the way to the cloud, in the form of the old agent (`ADDRESS[:PORT]`) and as
//! an address with a user.

use percent_encoding::percent_decode_str;

use super::host::host_and_port;
use super::{Refusal, SecretSource};

/// The port where none is written, as the old agent's installer had it.
const DEFAULT_PORT: u16 = 8080;

const FORM: &str =
    "\"proxy:8080\", \"http://proxy:8080\", \"https://proxy:8080\" or \"http://user@proxy:8080\"";

/// `proxy`, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct ProxySettings {
    /// Host name or address, without user, port and brackets. `https://` stands before it where TLS
    /// is spoken to the proxy itself; nothing does where it is plain http, which is the rule.
    pub host: String,
    /// 1 to 65535
    pub port: u16,
    /// Name before the `@`.
    pub user: Option<String>,
    /// `proxy_password_file`; a password inside the URL is refused with the cure.
    pub password: Option<SecretSource>,
}

impl ProxySettings {
    /// Reads `ADDRESS[:PORT]`, with or without a scheme and a user.
    ///
    /// # Errors
    /// In the old agent's words ("Invalid proxy address"), with reason and cure. A password is
    /// never repeated.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let refuse = |reason: &str| {
            Refusal::new(format!("Invalid proxy address: {reason}; allowed: {FORM}"))
        };
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => ("", rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => ("https://", rest),
            Some(_) => return Err(refuse("the scheme is neither http nor https")),
            None => ("", text),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, address) = match rest.rsplit_once('@') {
            Some((user, address)) => (Some(user), address),
            None => (None, rest),
        };
        let user = match user {
            Some(user) if user.contains(':') => {
                return Err(refuse(
                    "a password is not allowed in an address; put it into a file of its own (mode \
                        0600) and set proxy_password_file to that file",
                ));
            }
            Some(user) => {
                Some(decoded(user).ok_or_else(|| {
                    refuse("the user before the \"@\" is empty or not valid text")
                })?)
            }
            None => None,
        };
        let (host, port) = host_and_port(address)
            .map_err(|reason| Refusal::new(format!("Invalid proxy address: {reason}")))?;
        Ok(Self {
            host: format!("{scheme}{host}"),
            port: port.unwrap_or(DEFAULT_PORT),
            user,
            password: None,
        })
    }
}

/// The user's name with `%40` and the like resolved; without control characters, not empty.
fn decoded(user: &str) -> Option<String> {
    let user = percent_decode_str(user).decode_utf8().ok()?;
    let fits = !user.is_empty() && !user.contains(':') && !user.chars().any(char::is_control);
    fits.then(|| user.into_owned())
}

/// Reads `proxy` and `proxy_password_file`; the flag wins over both.
pub(super) fn read(
    section: &super::section::Section,
    given: Option<&ProxySettings>,
) -> Option<ProxySettings> {
    let written = section.text("proxy", ProxySettings::parse);
    let password = section.secret_file("proxy_password_file");
    if let Some(given) = given {
        return Some(given.clone());
    }
    if password.is_some()
        && written.as_ref().is_none_or(|proxy| proxy.user.is_none())
        && !section.failed("proxy")
    {
        section.refuse(
            "proxy_password_file",
            "is set without a user; allowed: only with proxy = \"http://user@proxy:8080\"",
        );
    }
    Some(ProxySettings {
        password: password.map(SecretSource::File),
        ..written?
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_the_old_agents_form_and_addresses() {
        for (written, host, port, user) in [
            ("proxy", "proxy", 8080, None),
            ("10.0.0.1:3128", "10.0.0.1", 3128, None),
            ("http://proxy:8080", "proxy", 8080, None),
            ("https://me@proxy:3129", "https://proxy", 3129, Some("me")),
            ("HTTP://proxy/", "proxy", 8080, None),
            ("http://user@proxy:8080", "proxy", 8080, Some("user")),
            (
                "http://CORP%5Cme%40x@proxy",
                "proxy",
                8080,
                Some("CORP\\me@x"),
            ),
            ("[2001:db8::1]:3128", "2001:db8::1", 3128, None),
        ] {
            let read = ProxySettings::parse(written).unwrap();
            assert_eq!(
                (read.host.as_str(), read.port, read.user.as_deref()),
                (host, port, user),
                "{written}"
            );
        }
    }

    #[test]
    fn refuses_in_the_old_words() {
        for wrong in [
            "",
            "proxy:0",
            "proxy:99999",
            "socks5://proxy",
            "a b",
            "@proxy",
            "http://proxy/path",
        ] {
            let refusal = ProxySettings::parse(wrong).unwrap_err().to_string();
            assert!(
                refusal.starts_with("Invalid proxy address: "),
                "{wrong}: {refusal}"
            );
        }
    }

    #[test]
    fn a_password_is_refused_and_not_repeated() {
        for wrong in [
            "http://user:hunter2@proxy:8080",
            "user:hunter2@proxy",
            "http://user:hun@ter2@proxy",
            "ftp://user:hunter2@x",
            "user:hunter2",
        ] {
            let refusal = ProxySettings::parse(wrong).unwrap_err().to_string();
            assert!(!refusal.contains("hun"), "{refusal}");
        }
        let refusal = ProxySettings::parse("http://user:hunter2@proxy")
            .unwrap_err()
            .to_string();
        assert!(refusal.contains("proxy_password_file"), "{refusal}");
    }
}
