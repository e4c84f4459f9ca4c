//! Addresses of the cloud's services, brought into one form so that equal addresses are equal
//! texts.

use super::Refusal;
use super::finding::quoted;
use super::host::{host_and_port, is_loopback};

/// Where the API answers (reference: network-requirements.md), without the tenant.
const API_HOSTS: [&str; 3] = [
    "portal.cloudappsecurity.com",
    "portal.cloudappsecurity.us",
    "portal.cloudappsecuritygov.com",
];

pub(super) const API_FORM: &str = "the address shown in the portal under About > API URL, for \
    example \"https://contoso.us3.portal.cloudappsecurity.com\"";

/// `api_url`, checked: `https://host[:port]` or the same with `/cas`; plain http only to this
/// machine itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiUrl {
    url: String,
    host: String,
}

impl ApiUrl {
    /// Reads an address; lower case, without the port 443 and without a slash at the end.
    ///
    /// # Errors
    /// Says what is wrong and what is allowed; never repeats a password written into the address.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let (url, host) = service_url(text, &["/cas"], API_FORM)?;
        Ok(Self { url, host })
    }

    /// The address as text.
    #[must_use]
    pub fn into_string(self) -> String {
        self.url
    }

    /// Scheme, host and port: whom a request goes to.
    pub(super) fn origin(&self) -> String {
        self.url.trim_end_matches("/cas").to_owned()
    }

    /// A doubt about the host, where it is none of Microsoft's.
    pub(super) fn doubt(&self) -> Option<String> {
        let known = API_HOSTS.iter().any(|known| {
            let before = self.host.strip_suffix(known);
            before.is_some_and(|tenant| tenant.is_empty() || tenant.ends_with('.'))
        });
        (!known && !is_loopback(&self.host)).then(|| {
            format!(
                "the host {} is not one of Microsoft's API hosts (*.{}); use it only for a \
                gateway of your own",
                self.host,
                API_HOSTS.join(", *.")
            )
        })
    }

    /// The log-on service of the same cloud (reference: deployments.md).
    pub(super) fn login_url(&self) -> &'static str {
        if self.host.ends_with(".us") {
            "https://login.microsoftonline.us"
        } else {
            "https://login.microsoftonline.com"
        }
    }
}

/// Reads `login_url`.
pub(super) fn login_url(text: &str) -> Result<String, Refusal> {
    let form = "an address such as \"https://login.microsoftonline.com\"";
    service_url(text, &[], form).map(|(url, _)| url)
}

/// Takes the address of a service apart and puts it together again in one form. Returns address and
/// host.
pub(super) fn service_url(
    text: &str,
    paths: &[&str],
    form: &str,
) -> Result<(String, String), Refusal> {
    let refuse = |why: &str| Refusal::because(text, why, form);
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(refuse("\"https://\" is missing"));
    };
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_end);
    if authority.contains('@') {
        return Err(Refusal::new(format!(
            "contains a user or password before an \"@\"; allowed: {form}"
        )));
    }
    let (host, port) =
        host_and_port(authority).map_err(|_| refuse("this is not a host and port"))?;
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let default_port = match scheme.to_ascii_lowercase().as_str() {
        "https" => 443,
        "http" if is_loopback(&host) => 80,
        "http" => {
            return Err(refuse("plain http would send the token unencrypted"));
        }
        _ => return Err(refuse("the scheme is not https")),
    };
    let path = path.trim_end_matches('/');
    if !path.is_empty() && !paths.contains(&path) {
        return Err(refuse(&format!("remove {}", quoted(path))));
    }
    let shown_host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.clone()
    };
    let shown_port = match port {
        Some(port) if port != default_port => format!(":{port}"),
        _ => String::new(),
    };
    let scheme = scheme.to_ascii_lowercase();
    Ok((format!("{scheme}://{shown_host}{shown_port}{path}"), host))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_form_for_equal_addresses() {
        for (written, kept) in [
            (
                "https://contoso.us3.portal.cloudappsecurity.com",
                "https://contoso.us3.portal.cloudappsecurity.com",
            ),
            (
                "HTTPS://Contoso.us3.portal.cloudappsecurity.com:443/",
                "https://contoso.us3.portal.cloudappsecurity.com",
            ),
            (
                "https://portal.cloudappsecurity.com/cas/",
                "https://portal.cloudappsecurity.com/cas",
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://localhost:80", "http://localhost"),
            ("https://[::1]:8443", "https://[::1]:8443"),
        ] {
            assert_eq!(ApiUrl::parse(written).unwrap().into_string(), kept);
        }
    }

    #[test]
    fn refuses_with_the_reason() {
        for (wrong, why) in [
            (
                "contoso.portal.cloudappsecurity.com",
                "\"https://\" is missing",
            ),
            ("http://contoso.portal.cloudappsecurity.com", "plain http"),
            (
                "ftp://contoso.portal.cloudappsecurity.com",
                "the scheme is not https",
            ),
            (
                "https://contoso.portal.cloudappsecurity.com/api/v1/",
                "remove \"/api/v1\"",
            ),
            (
                "https://contoso.portal.cloudappsecurity.com/?x=1",
                "remove \"/?x=1\"",
            ),
            ("https://", "this is not a host and port"),
            ("https://host:99999", "this is not a host and port"),
        ] {
            let refusal = ApiUrl::parse(wrong).unwrap_err().to_string();
            assert!(refusal.contains(why), "{wrong}: {refusal}");
        }
    }

    #[test]
    fn a_password_in_the_address_is_not_repeated() {
        let refusal = ApiUrl::parse("https://me:hunter2@host")
            .unwrap_err()
            .to_string();
        assert!(!refusal.contains("hunter2"), "{refusal}");
    }

    #[test]
    fn knows_the_clouds() {
        for (url, login, doubtful) in [
            (
                "https://contoso.eu2.portal.cloudappsecurity.com",
                "https://login.microsoftonline.com",
                false,
            ),
            (
                "https://portal.cloudappsecurity.com/cas",
                "https://login.microsoftonline.com",
                false,
            ),
            (
                "https://contoso.us1.portal.cloudappsecuritygov.com",
                "https://login.microsoftonline.com",
                false,
            ),
            (
                "https://contoso.us1.portal.cloudappsecurity.us",
                "https://login.microsoftonline.us",
                false,
            ),
            (
                "https://security.microsoft.com",
                "https://login.microsoftonline.com",
                true,
            ),
            (
                "https://evilportal.cloudappsecurity.com",
                "https://login.microsoftonline.com",
                true,
            ),
            (
                "http://127.0.0.1:1",
                "https://login.microsoftonline.com",
                false,
            ),
        ] {
            let read = ApiUrl::parse(url).unwrap();
            assert_eq!(
                (read.login_url(), read.doubt().is_some()),
                (login, doubtful),
                "{url}"
            );
        }
    }
}
