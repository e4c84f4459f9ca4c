//! `[agent.source.event_hubs]`: the event hubs that the streaming API of Defender XDR fills.

use crate::settings::connection_string::{ExpectedHubs, looks_like_secret};
use crate::settings::host::{host, host_and_port};
use crate::settings::section::Section;
use crate::settings::{Refusal, SecretSource};

/// The port of Event Hubs for Kafka.
pub(in crate::settings) const DEFAULT_PORT: u16 = 9093;
/// The streaming API fills no more hubs of a namespace (reference: successors.md §4).
pub const MOST_HUBS: usize = 10;

/// `[agent.source.event_hubs]`
#[derive(Debug, Clone, PartialEq)]
pub struct EventHubSettings {
    /// The host in `namespace`.
    pub host: String,
    /// The port in `namespace`. 9093
    pub port: u16,
    /// `hubs`: their names, 1 to 10.
    pub hubs: Vec<String>,
    /// `consumer_group`: boxes of the same group share the partitions. "siembox"
    pub consumer_group: String,
    /// `connection_string_file`; without it the Entra app of the source logs on.
    pub connection_string: Option<SecretSource>,
    /// `security`. "sasl-tls"
    pub security: HubSecurity,
}

/// `security`: what the broker asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HubSecurity {
    /// A log-on over TLS, as Event Hubs has it.
    #[default]
    SaslTls,
    /// TLS without a log-on.
    Tls,
    /// Neither: the broker of a test.
    PlainForTests,
}

/// The words of the setting.
const SECURITY: &[(&str, HubSecurity)] = &[
    ("sasl-tls", HubSecurity::SaslTls),
    ("tls", HubSecurity::Tls),
    ("plain-for-tests", HubSecurity::PlainForTests),
];

const HUBS: &str = "a list of 1 to 10 names of event hubs, for example [\"defender\"]";

/// The section, where it is there and can be used.
pub(super) fn read(section: Section) -> Option<EventHubSettings> {
    let address = section.text("namespace", namespace);
    if !section.has("namespace") {
        section.refuse("namespace", &format!("missing; allowed: {NAMESPACE}"));
    }
    let hubs = section.list("hubs", HUBS, |value| hub(value.as_str()?));
    if !section.has("hubs") {
        section.refuse("hubs", &format!("missing; allowed: {HUBS}"));
    }
    let fits = |hubs: &Vec<String>| (1..=MOST_HUBS).contains(&hubs.len());
    if let Some(hubs) = &hubs {
        if !fits(hubs) {
            let found = format!("found {} names; allowed: {HUBS}", hubs.len());
            section.refuse("hubs", &found);
        } else if let Some(twice) = twice(hubs) {
            let found = format!("found {twice:?} twice; allowed: each event hub once");
            section.refuse("hubs", &found);
        }
    }
    let group = section.text("consumer_group", group);
    let expected = ExpectedHubs {
        host: address.iter().map(|(host, _)| host.clone()).collect(),
        hubs: hubs.clone().unwrap_or_default(),
    };
    let connection_string = section.connection_string_file(CONNECTION_STRING, expected);
    let word = section.word("security", SECURITY);
    let security = word.unwrap_or_default();
    if security == HubSecurity::PlainForTests {
        section.warn(
            "security",
            "rows come unencrypted, and from whoever answers; allowed: \"plain-for-tests\" for \
                tests only",
        );
    }
    if security != HubSecurity::SaslTls && section.has(CONNECTION_STRING) {
        let found = SECURITY.iter().find(|(_, it)| *it == security);
        let text = format!(
            "is set with security = {:?}, which logs nobody on; allowed: only with \"sasl-tls\"",
            found.map_or("", |(word, _)| word)
        );
        section.refuse(CONNECTION_STRING, &text);
    }
    section.close();
    let (host, port) = address?;
    Some(EventHubSettings {
        host,
        port,
        hubs: hubs.filter(fits)?,
        consumer_group: group.unwrap_or_else(|| "siembox".to_owned()),
        connection_string: connection_string.map(SecretSource::File),
        security,
    })
}

const NAMESPACE: &str = "the namespace's host, for example \"contoso-siem.servicebus.windows.net\", with :port where \
    it is not 9093";

// === impl EventHubSettings ===

impl EventHubSettings {
    /// Said where a proxy is set, through which Kafka does not go.
    #[must_use]
    pub fn proxy_warning(&self) -> String {
        let Self { host, port, .. } = self;
        format!(
            "Kafka does not go through an HTTP proxy: siembox connects to {host}:{port} directly, \
                and the firewall must allow that (outbound TCP {port}); where it does not, \
                activities.from = \"hunting\" reads the same tables through the proxy"
        )
    }
}

/// The key that names the connection string's file.
const CONNECTION_STRING: &str = "connection_string_file";

fn namespace(text: &str) -> Result<(String, u16), Refusal> {
    if looks_like_secret(text) {
        return Err(Refusal::new(format!(
            "this looks like a connection string, which belongs into a file of its own (mode \
                0600) that connection_string_file names; allowed: {NAMESPACE}"
        )));
    }
    if text.contains("://") {
        // refused with the cure
        host(text)?;
    }
    let (host, port) = host_and_port(text)?;
    Ok((host, port.unwrap_or(DEFAULT_PORT)))
}

/// A name that stands there twice. Event Hubs know no difference between capital and small letters.
fn twice(hubs: &[String]) -> Option<&String> {
    let mut numbered = hubs.iter().enumerate();
    let found = numbered.find(|(at, hub)| {
        let before = &hubs[..*at];
        before.iter().any(|known| known.eq_ignore_ascii_case(hub))
    });
    found.map(|(_, hub)| hub)
}

/// Names of event hubs, and of Kafka's topics.
fn hub(name: &str) -> Option<String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    ((1..=256).contains(&name.len()) && name.bytes().all(fits)).then(|| name.to_owned())
}

fn group(name: &str) -> Result<String, Refusal> {
    let fits = |byte: u8| byte.is_ascii_graphic();
    match (1..=256).contains(&name.len()) && name.bytes().all(fits) {
        true => Ok(name.to_owned()),
        false => Err(Refusal::found(
            name,
            "1 to 256 letters, digits and signs without blanks; boxes with the same name share the \
                work",
        )),
    }
}
