//! A connection string of Event Hubs, as the Azure portal shows it under Shared access policies.
//!
//! `Endpoint=sb://HOST/;SharedAccessKeyName=…;SharedAccessKey=…`, and `;EntityPath=HUB` behind it
//! where it lets in to one hub only.

use super::Secret;
use super::host::host_and_port;

/// A connection string, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionString {
    /// All of it: what is sent.
    pub text: Secret,
    /// `SharedAccessKey`: what of it is secret.
    pub key: Secret,
    /// The host in `Endpoint`.
    pub host: String,
    /// `EntityPath`: the one event hub that it lets in to; `None` for all of the namespace.
    pub hub: Option<String>,
}

/// Why a text is no connection string. It never repeats any of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConnectionString {
    /// A signature that ends, in place of the key that signs.
    #[error(
        "is a SAS token (SharedAccessSignature), which expires; allowed: the connection string of \
            a policy with the right Listen, from the Azure portal under Shared access policies"
    )]
    Token,
    /// Several lines, or words.
    #[error(
        "is not a connection string: it contains a blank or a line break; allowed: \
            Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=… in one line"
    )]
    WhiteSpace,
    /// A part is missing, or can't be read.
    #[error(
        "is not a connection string: {0} is missing or not readable; allowed: \
            Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=… in one line, from the Azure \
            portal under Shared access policies"
    )]
    Part(&'static str),
}

/// The event hubs that a connection string is to let in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExpectedHubs {
    /// The host in `namespace`.
    pub(crate) host: String,
    /// `hubs`: their names.
    pub(crate) hubs: Vec<String>,
}

/// Is this the text of a connection string or a SAS token, where a name or a path should stand?
pub(super) fn looks_like_secret(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["sharedaccesskey", "sharedaccesssignature", "endpoint="]
        .iter()
        .any(|word| text.contains(word))
}

// === impl ConnectionString ===

impl ConnectionString {
    /// Takes it apart; quotes and white space around it are taken off.
    ///
    /// # Errors
    /// Where it is none, or a part is missing.
    pub fn parse(text: &str) -> Result<Self, InvalidConnectionString> {
        let text = Secret::unquoted(text);
        let plain = text.reveal();
        if is_sas_token(plain) {
            return Err(InvalidConnectionString::Token);
        }
        if plain.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(InvalidConnectionString::WhiteSpace);
        }
        let part = |name: &str| {
            let mut parts = plain.split(';').filter_map(|part| part.split_once('='));
            let found = parts.find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value).filter(|it| !it.is_empty())
        };
        let needed = |name: &'static str| part(name).ok_or(InvalidConnectionString::Part(name));
        let host =
            endpoint(needed("Endpoint")?).ok_or(InvalidConnectionString::Part("Endpoint"))?;
        needed("SharedAccessKeyName")?;
        let key = Secret::new(needed("SharedAccessKey")?);
        let hub = part("EntityPath").map(str::to_owned);
        Ok(Self {
            key,
            host,
            hub,
            text,
        })
    }

    /// In what it does not match the settings; none where it does. Names of hosts and hubs are no
    /// secrets.
    pub(super) fn mismatch(&self, expected: &ExpectedHubs) -> Option<String> {
        let ExpectedHubs { host, hubs } = expected;
        let other_host = (!self.host.eq_ignore_ascii_case(host)).then(|| {
            format!(
                "its Endpoint is {}, but namespace is {host}: one of the two is wrong",
                self.host
            )
        });
        let is_only = |hub: &String| matches!(&hubs[..], [only] if only.eq_ignore_ascii_case(hub));
        let other_hub = self.hub.as_ref().filter(|hub| !is_only(hub)).map(|hub| {
            format!(
                "its EntityPath lets siembox read the event hub {hub} only, but hubs are {}: use a \
                    connection string of the namespace (without EntityPath), or hubs = [{hub:?}]",
                hubs.join(", ")
            )
        });
        let all: Vec<String> = other_host.into_iter().chain(other_hub).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

/// The host of `sb://HOST/`.
fn endpoint(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let address = rest.strip_suffix('/').unwrap_or(rest);
    let (host, _) = host_and_port(address).ok()?;
    scheme.eq_ignore_ascii_case("sb").then_some(host)
}

/// `SharedAccessSignature sr=…`, also within a connection string.
fn is_sas_token(text: &str) -> bool {
    text.to_ascii_lowercase().contains("sharedaccesssignature")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const WHOLE: &str = "Endpoint=sb://contoso-siem.servicebus.windows.net/;SharedAccessKeyName=siembox;\
        SharedAccessKey=c2VjcmV0LWtleS1vZi1jb250b3Nv=";

    #[test]
    fn it_is_read_as_the_portal_writes_it() {
        for (text, hub) in [
            (WHOLE.to_owned(), None),
            (format!("{WHOLE};EntityPath=defender"), Some("defender")),
            (format!("\"{WHOLE};\"\r\n"), None),
            (
                WHOLE
                    .replace("Endpoint=sb", "endpoint=SB")
                    .replace("net/", "net:9093"),
                None,
            ),
        ] {
            let read = ConnectionString::parse(&text).unwrap();
            assert_eq!(read.host, "contoso-siem.servicebus.windows.net");
            assert_eq!(read.key.reveal(), "c2VjcmV0LWtleS1vZi1jb250b3Nv=");
            assert_eq!(read.hub.as_deref(), hub, "{text}");
            assert!(!read.text.reveal().contains(['"', '\r']));
        }
    }

    #[test]
    fn what_is_none_is_named_and_not_repeated() {
        use InvalidConnectionString::{Part, Token, WhiteSpace};
        let sas = "SharedAccessSignature sr=contoso&sig=c2Vj%3d&se=1798761600&skn=siembox";
        for (text, why) in [
            (sas.to_owned(), Token),
            (
                format!("Endpoint=sb://a.example/;SharedAccessSignature={sas}"),
                Token,
            ),
            ("c2VjcmV0LWtleS1vZi1jb250b3Nv=".to_owned(), Part("Endpoint")),
            (WHOLE.replace("sb://", ""), Part("Endpoint")),
            (WHOLE.replace("sb://", "https://"), Part("Endpoint")),
            (
                WHOLE.replace("SharedAccessKeyName=siembox;", ""),
                Part("SharedAccessKeyName"),
            ),
            (
                WHOLE.replace("SharedAccessKey=", "Key="),
                Part("SharedAccessKey"),
            ),
            (
                WHOLE.replace("c2VjcmV0LWtleS1vZi1jb250b3Nv=", ""),
                Part("SharedAccessKey"),
            ),
            (
                WHOLE.replace(";SharedAccessKey=", ";\nSharedAccessKey="),
                WhiteSpace,
            ),
            (WHOLE.replace("=siembox", "= siembox"), WhiteSpace),
        ] {
            let said = ConnectionString::parse(&text).unwrap_err();
            assert_eq!(said, why, "{text}");
            assert!(!said.to_string().contains("c2Vj"), "{said}");
        }
    }

    #[test]
    fn what_does_not_fit_the_settings_is_told() {
        let said = |text: &str, hubs: &[&str]| {
            let expected = ExpectedHubs {
                host: "contoso-siem.servicebus.windows.net".to_owned(),
                hubs: hubs.iter().map(|hub| (*hub).to_owned()).collect(),
            };
            ConnectionString::parse(text).unwrap().mismatch(&expected)
        };
        let of_hub = format!("{WHOLE};EntityPath=defender");
        assert_eq!(said(WHOLE, &["a", "b"]), None);
        assert_eq!(said(&of_hub, &["Defender"]), None);
        let two = said(&of_hub, &["defender", "identity"]).unwrap();
        assert!(two.contains("hubs are defender, identity: "), "{two}");
        let other = said(&of_hub.replace("contoso-siem", "fabrikam"), &["identity"]).unwrap();
        assert!(other.contains("Endpoint is fabrikam.servicebus"), "{other}");
        assert!(other.contains("or hubs = [\"defender\"]"), "{other}");
        assert!(!other.contains("c2Vj"), "{other}");
    }

    #[test]
    fn a_secret_in_the_place_of_a_name_is_seen() {
        for secret in [WHOLE, "SharedAccessSignature sr=x"] {
            assert!(looks_like_secret(secret), "{secret}");
        }
        for plain in ["contoso-siem.servicebus.windows.net", "./hub"] {
            assert!(!looks_like_secret(plain), "{plain}");
        }
    }
}
