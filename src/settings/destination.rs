//! The destination that a kept secret was entered for.
//!
//! A secret is written on the page and never shown there again. That holds only as long as it can't
//! be sent to another place from there, where somebody listens. So each is bound to its
//! [`Destination`]; a changed one asks for the secret anew.
//!
//! | secret | bound to |
//! |---|---|
//! | token | scheme, host and port of `api_url`; over plain http the proxy too, which reads along |
//! | client secret, app's key, assertion | the API's (`graph_url`), log-on host, tenant |
//! | connection string | host and port of the event hubs |
//! | proxy password | scheme, host and port of the proxy |
//! | client key | host and port of the SIEM |
//!
//! Event Hubs are not reached through a proxy. What an Entra app shows goes to the log-on host, and the token that it gets for it to the API.
//! Whoever is believed on the way can read along as well: an authority in `source.ca_file` that is
//! new, or another one, asks anew too. One that is taken away does not: fewer are believed then.
//! The client key never leaves the box, and the authority of the SIEM's certificate is no matter
//! for it.
//!
//! The secrets of `[agent.other_source]` are bound in the same way, to what is written there.

use super::address::service_url;
use super::host::host_and_port;
use super::source::{DEFAULT_HUB_PORT, MicrosoftCloud};
use super::{ApiUrl, Overrides, ProxySettings, TransportName};

/// The keys of an agent that name a secret's file.
pub const SECRET_KEYS: [&str; 13] = [
    "source.token_file",
    "source.client_secret_file",
    "source.key_file",
    ASSERTION_KEY,
    CONNECTION_STRING_KEY,
    "source.proxy_password_file",
    "siem.client_key_file",
    "other_source.token_file",
    "other_source.client_secret_file",
    "other_source.key_file",
    OTHER_ASSERTION_KEY,
    "other_source.event_hubs.connection_string_file",
    "other_source.proxy_password_file",
];

const ASSERTION_KEY: &str = "source.assertion_file";
const CONNECTION_STRING_KEY: &str = "source.event_hubs.connection_string_file";
const OTHER_ASSERTION_KEY: &str = "other_source.assertion_file";

/// The key of another system's secret, which it renews on this machine and for it: it is not taken
/// along to another one.
#[must_use]
pub fn is_renewed_by_others(key: &str) -> bool {
    matches!(key, ASSERTION_KEY | OTHER_ASSERTION_KEY)
}

/// The same key of the agent's other source; `None` where it is no key of a source.
#[must_use]
pub fn of_other_source(key: &str) -> Option<String> {
    match key.split_once('.')? {
        ("source", rest) => Some(format!("other_source.{rest}")),
        ("other_source", rest) => Some(format!("source.{rest}")),
        _ => None,
    }
}

/// Where a secret goes, and who is believed on the way. The default is nowhere: nothing was entered
/// yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Destination {
    /// The settings that say where, with their values in one form.
    places: Vec<(&'static str, String)>,
    /// What `source.ca_file` says, where the secret goes through a connection that it vouches for.
    authority: Option<String>,
}

/// What is another one than a secret was entered for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The setting: `source.api_url`, also of the other source.
    pub key: &'static str,
    /// What it was; empty where there was none, or where it is a file.
    pub was: String,
}

// === impl Destination ===

impl Destination {
    /// Of the secret whose file `key` names, in an agent of which `says` tells what is written for
    /// each of its keys.
    #[must_use]
    pub fn of(key: &str, says: &dyn Fn(&str) -> Option<String>) -> Self {
        if let Some(rest) = key.strip_prefix("other_source.") {
            // what is written there, as if it stood in [agent.source]
            let of_other = |key: &str| match of_other_source(key) {
                Some(key) => says(&key),
                None => says(key),
            };
            return Self::of(&format!("source.{rest}"), &of_other);
        }
        let text = |key: &str| says(key).unwrap_or_default().trim().to_owned();
        let api = Api::of(&text);
        let proxy = proxy(&text("source.proxy"));
        let mut places = Vec::new();
        match key {
            "source.token_file" => places.push((api.key, api.origin.clone())),
            "source.client_secret_file" | "source.key_file" | ASSERTION_KEY => {
                let login = match text("source.login_url") {
                    login if login.is_empty() => api.login_url.to_owned(),
                    login => login.trim_end_matches('/').to_ascii_lowercase(),
                };
                places.push((api.key, api.origin.clone()));
                places.push(("source.login_url", login));
                let tenant = text("source.tenant_id").to_ascii_lowercase();
                places.push(("source.tenant_id", tenant));
            }
            CONNECTION_STRING_KEY => {
                let key = "source.event_hubs.namespace";
                places.push((key, namespace(&text(key))));
            }
            "source.proxy_password_file" => places.push(("source.proxy", proxy.clone())),
            _ => places.push(("siem.host", siem(&text))),
        }
        let goes_to_api = key.starts_with("source.") && key != CONNECTION_STRING_KEY;
        if api.origin.starts_with("http://") && goes_to_api {
            places.push(("source.proxy", proxy));
            places.dedup();
        }
        let authority = says("source.ca_file").filter(|_| key.starts_with("source."));
        Self { places, authority }
    }

    /// What of it is another one in `next`; none where a secret may stay what it is.
    #[must_use]
    pub fn moved(&self, next: &Self) -> Option<Moved> {
        if self.places.iter().all(|(_, place)| place.is_empty()) {
            return None;
        }
        let other = self
            .places
            .iter()
            .find(|place| !next.places.contains(place));
        if let Some((key, was)) = other {
            let was = was.clone();
            return Some(Moved { key, was });
        }
        let believed = next.authority.is_some() && next.authority != self.authority;
        believed.then(|| Moved {
            key: "source.ca_file",
            was: String::new(),
        })
    }
}

/// The API that an access goes to.
struct Api {
    /// The setting that says where it is.
    key: &'static str,
    /// Scheme, host and port; the text of the setting, where that is no address.
    origin: String,
    /// The log-on host where none is set; empty where the API's address does not tell it.
    login_url: &'static str,
}

impl Api {
    fn of(text: &dyn Fn(&str) -> String) -> Self {
        if is_defender_xdr(text) {
            let cloud = MicrosoftCloud::named(&text("source.cloud"));
            let origin = match text("source.graph_url") {
                url if url.is_empty() => cloud.graph_url().to_owned(),
                url => service_url(&url, &[], "").map_or(url, |(url, _)| url),
            };
            return Self {
                key: "source.graph_url",
                origin,
                login_url: cloud.login_url(),
            };
        }
        let api_url = text("source.api_url");
        let parsed = ApiUrl::parse(&api_url);
        Self {
            key: "source.api_url",
            login_url: parsed.as_ref().map_or("", ApiUrl::login_url),
            origin: parsed.map_or(api_url, |url| url.origin()),
        }
    }
}

fn is_defender_xdr(text: &dyn Fn(&str) -> String) -> bool {
    text("source.kind") == "defender-xdr"
}

/// Whether an agent takes the token that siembox was given at its start, and not one of its own.
#[must_use]
pub fn takes_the_given_token(given: &Overrides, says: &dyn Fn(&str) -> Option<String>) -> bool {
    let own = [
        "source.token_file",
        "source.tenant_id",
        "source.client_id",
        "source.client_secret_file",
    ];
    if is_defender_xdr(&|key| says(key).unwrap_or_default()) {
        return false;
    }
    let has_own = own.into_iter().any(|key| says(key).is_some());
    given.credentials.is_some() || (given.spare_token.is_some() && !has_own)
}

fn proxy(text: &str) -> String {
    match ProxySettings::parse(text) {
        Ok(proxy) => format!("{}:{}", proxy.host, proxy.port).to_ascii_lowercase(),
        Err(_) => text.to_owned(),
    }
}

fn namespace(text: &str) -> String {
    match host_and_port(text) {
        Ok((host, port)) => {
            let port = port.unwrap_or(DEFAULT_HUB_PORT);
            format!("{host}:{port}").to_ascii_lowercase()
        }
        Err(_) => text.to_owned(),
    }
}

fn siem(text: &dyn Fn(&str) -> String) -> String {
    let host = text("siem.host").to_ascii_lowercase();
    let protocol = text("siem.protocol");
    let known = TransportName::NAMES
        .iter()
        .find(|(name, _)| *name == protocol);
    let usual = known.map_or(TransportName::Tcp, |(_, transport)| *transport);
    let port = match text("siem.port") {
        port if port.is_empty() => usual.default_port().to_string(),
        port => port,
    };
    match host_and_port(&host) {
        Ok((host, _)) => format!("{host}:{port}"),
        Err(_) if host.is_empty() => host,
        Err(_) => format!("{host}:{port}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What moves where these keys of an agent become those.
    fn moved(secret: &str, before: &[(&str, &str)], after: &[(&str, &str)]) -> Option<Moved> {
        let of = |keys: &[(&str, &str)]| {
            let says = |key: &str| {
                let found = keys.iter().find(|(known, _)| *known == key);
                found.map(|(_, value)| (*value).to_owned())
            };
            Destination::of(secret, &says)
        };
        of(before).moved(&of(after))
    }

    const API: (&str, &str) = (
        "source.api_url",
        "https://contoso.us3.portal.cloudappsecurity.com",
    );
    const TOKEN: &str = "source.token_file";
    const SECRET: &str = "source.client_secret_file";
    const PROXY: &str = "source.proxy_password_file";
    const KEY: &str = "siem.client_key_file";

    #[test]
    fn the_same_place_in_other_words_is_no_other_place() {
        let same = (
            "source.api_url",
            " https://CONTOSO.us3.portal.cloudappsecurity.com:443/cas ",
        );
        assert_eq!(moved(TOKEN, &[API], &[same]), None);
        let login = ("source.login_url", "https://login.microsoftonline.com");
        assert_eq!(
            moved(SECRET, &[API], &[API, login]),
            None,
            "the default, written"
        );
        let proxies = |text| [API, ("source.proxy", text)];
        assert_eq!(
            moved(
                PROXY,
                &proxies("me@Proxy"),
                &proxies("http://me@proxy:8080/")
            ),
            None
        );
        let siem = [("siem.host", "siem.example"), ("siem.protocol", "tls")];
        let port = [siem[0], siem[1], ("siem.port", "6514")];
        assert_eq!(moved(KEY, &siem, &port), None);
    }

    #[test]
    fn each_place_that_a_secret_goes_to_binds_it() {
        let tenant = |name| ("source.tenant_id", name);
        let proxy = |name| ("source.proxy", name);
        let siem = |name| [("siem.host", name), ("siem.protocol", "tls")];
        let local = ("source.api_url", "http://127.0.0.1:8080");
        let ca = |name| ("source.ca_file", name);
        let evil = ("source.api_url", "https://evil.example");
        let login = ("source.login_url", "https://login.evil.example");
        for (secret, before, after, key) in [
            (TOKEN, &[API][..], &[evil][..], "source.api_url"),
            (
                TOKEN,
                &[API],
                &[(
                    "source.api_url",
                    "https://contoso.us3.portal.cloudappsecurity.com:8443",
                )],
                "source.api_url",
            ),
            (TOKEN, &[API], &[], "source.api_url"),
            (TOKEN, &[local], &[local, proxy("evil:1")], "source.proxy"),
            (TOKEN, &[API], &[API, ca("a.pem")], "source.ca_file"),
            (
                TOKEN,
                &[API, ca("a.pem")],
                &[API, ca("b.pem")],
                "source.ca_file",
            ),
            (SECRET, &[API], &[evil], "source.api_url"),
            (SECRET, &[API], &[API, login], "source.login_url"),
            (
                SECRET,
                &[API, tenant("a")],
                &[API, tenant("b")],
                "source.tenant_id",
            ),
            (SECRET, &[API], &[API, ca("a.pem")], "source.ca_file"),
            (
                PROXY,
                &[API, proxy("me@a")],
                &[API, proxy("me@b")],
                "source.proxy",
            ),
            (
                PROXY,
                &[API, proxy("https://me@a")],
                &[API, proxy("me@a")],
                "source.proxy",
            ),
            (KEY, &siem("a"), &siem("b"), "siem.host"),
        ] {
            let moved = moved(secret, before, after);
            assert_eq!(
                moved.map(|moved| moved.key),
                Some(key),
                "{secret} {after:?}"
            );
        }
    }

    #[test]
    fn the_secret_of_an_app_of_defender_xdr_is_bound_to_its_graph() {
        const XDR: (&str, &str) = ("source.kind", "defender-xdr");
        let cloud = |name| ("source.cloud", name);
        let graph = |url| ("source.graph_url", url);
        let same = graph("https://Graph.microsoft.com:443/");
        assert_eq!(moved(SECRET, &[XDR], &[XDR, same, cloud("gcc")]), None);
        for (before, after, key) in [
            (
                &[XDR][..],
                &[XDR, graph("https://evil.example")][..],
                "source.graph_url",
            ),
            (&[XDR], &[XDR, cloud("dod")], "source.graph_url"),
            (
                &[XDR, same],
                &[XDR, same, cloud("gcc-high")],
                "source.login_url",
            ),
            (
                &[XDR, ("source.tenant_id", "a")],
                &[XDR, ("source.tenant_id", "b")],
                "source.tenant_id",
            ),
            (&[API], &[API, XDR], "source.api_url"),
            (&[XDR], &[API], "source.graph_url"),
        ] {
            for shown in [SECRET, "source.key_file", ASSERTION_KEY] {
                let moved = moved(shown, before, after);
                assert_eq!(moved.map(|moved| moved.key), Some(key), "{after:?}");
            }
        }
        let given = Overrides {
            spare_token: Some(crate::settings::Secret::new("t")),
            ..Overrides::default()
        };
        let says = |key: &str| (key == XDR.0).then(|| XDR.1.to_owned());
        assert!(!takes_the_given_token(&given, &says));
    }

    #[test]
    fn a_connection_string_is_bound_to_its_namespace() {
        const STRING: &str = CONNECTION_STRING_KEY;
        const HERE: (&str, &str) = ("source.event_hubs.namespace", "a.servicebus.windows.net");
        let at = |name| ("source.event_hubs.namespace", name);
        let same = at("A.servicebus.windows.net:9093");
        let loopback = ("source.graph_url", "http://127.0.0.1:1");
        let proxy = ("source.proxy", "evil:1");
        assert_eq!(moved(STRING, &[HERE], &[same, proxy, API]), None);
        assert_eq!(
            moved(STRING, &[HERE, loopback], &[HERE, loopback, proxy]),
            None
        );
        for (after, key) in [
            (
                &[at("b.servicebus.windows.net")][..],
                "source.event_hubs.namespace",
            ),
            (
                &[at("a.servicebus.windows.net:443")],
                "source.event_hubs.namespace",
            ),
            (&[], "source.event_hubs.namespace"),
            (&[HERE, ("source.ca_file", "evil.pem")], "source.ca_file"),
        ] {
            let moved = moved(STRING, &[HERE], after);
            assert_eq!(moved.map(|moved| moved.key), Some(key), "{after:?}");
        }
        let other = |name| [("other_source.event_hubs.namespace", name)];
        let secret = "other_source.event_hubs.connection_string_file";
        let found = moved(secret, &other("a.example"), &other("b.example"));
        assert_eq!(
            found.map(|moved| moved.key),
            Some("source.event_hubs.namespace")
        );
    }

    #[test]
    fn a_secret_of_the_other_source_is_bound_to_what_is_written_there() {
        let other = |url| [API, ("other_source.api_url", url)];
        let (here, evil) = (API.1, "https://evil.example");
        let secret = "other_source.token_file";
        let found = moved(secret, &other(here), &other(evil));
        assert_eq!(found.map(|moved| moved.key), Some("source.api_url"));
        assert_eq!(moved(secret, &other(here), &other(here)), None);
        assert_eq!(moved(TOKEN, &other(here), &other(evil)), None);
        let xdr = [("other_source.kind", "defender-xdr"), API];
        let cloud = [xdr[0], API, ("other_source.cloud", "dod")];
        let found = moved("other_source.client_secret_file", &xdr, &cloud);
        assert_eq!(found.map(|moved| moved.key), Some("source.graph_url"));
    }

    #[test]
    fn what_a_secret_does_not_go_to_leaves_it_alone() {
        let proxy = ("source.proxy", "me@proxy");
        let ca = ("source.ca_file", "a.pem");
        let host = ("siem.host", "b");
        assert_eq!(
            moved(TOKEN, &[API], &[API, proxy, host]),
            None,
            "TLS goes through it"
        );
        assert_eq!(moved(TOKEN, &[API, ca], &[API]), None, "fewer are believed");
        assert_eq!(moved(KEY, &[host], &[host, ca, API]), None);
        assert_eq!(
            moved(TOKEN, &[], &[API]),
            None,
            "it was entered for nothing yet"
        );
    }
}
