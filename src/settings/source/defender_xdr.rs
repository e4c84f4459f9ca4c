//! `kind = "defender-xdr"`: alerts and incidents of Microsoft Graph, activities of advanced hunting.

use super::event_hubs::{self, EventHubSettings};
use super::microsoft_cloud;
use crate::settings::address::{login_url, service_url};
use crate::settings::credentials::{client, tenant};
use crate::settings::overrides::{Needs, Overrides};
use crate::settings::section::Section;
use crate::settings::{EntraCredential, Secret, SecretSource, entra_credential};

/// What only `kind = "defender-xdr"` has.
#[derive(Debug, Clone, PartialEq)]
pub struct DefenderXdrSettings {
    /// `tenant_id`: GUID or domain.
    pub tenant_id: String,
    /// `client_id` of the Entra app.
    pub client_id: String,
    /// `client_secret_file`, `certificate_file` + `key_file`, or `assertion_file`
    pub credential: EntraCredential,
    /// `login_url`: by default of the `cloud`.
    pub login_url: String,
    /// `graph_url`: by default of the `cloud`.
    pub graph_url: String,
    /// The scope that a token of Graph is asked for.
    pub scope: String,
    /// The Defender portal of the `cloud`.
    pub portal: &'static str,
    /// `hunting_calls_per_minute`, of the tenant's 45, which the analysts share. 10; 1 to 45
    pub hunting_calls_per_minute: u32,
    /// `[agent.source.event_hubs]`, of which rows of tables come with `activities.from =
    /// "event-hubs"`.
    pub event_hubs: Option<EventHubSettings>,
}

/// Keys that no other kind has.
pub(super) const OWN_KEYS: [&str; 8] = [
    "cloud",
    "graph_url",
    "hunting_calls_per_minute",
    "certificate_file",
    "key_file",
    "signature",
    "assertion_file",
    "event_hubs",
];

/// Keys of the other kind, and what serves instead.
const OTHERS: [(&str, &str); 2] = [
    (
        "api_url",
        "cloud, or graph_url, says where records come from",
    ),
    (
        "token_file",
        "an Entra app logs on, with tenant_id, client_id and client_secret_file, certificate_file \
            or assertion_file",
    ),
];

/// What is said of a key of `kind = "cloud-apps"`, and what serves instead.
pub(in crate::settings) fn only_with_cloud_apps(instead: &str) -> String {
    format!("is known only with kind = \"cloud-apps\"; with \"defender-xdr\" {instead}")
}

const GRAPH_FORM: &str = "an address such as \"https://graph.microsoft.com\"";

pub(super) fn read(section: &Section, given: &Overrides) -> Option<DefenderXdrSettings> {
    for (key, instead) in OTHERS {
        section.refuse_elsewhere(key, &only_with_cloud_apps(instead));
    }
    let lines_only = given.needs == Needs::Lines;
    for key in ["tenant_id", "client_id"] {
        if !section.has(key) && !lines_only {
            section.refuse(
                key,
                "missing; an Entra app needs tenant_id, client_id and a credential together",
            );
        }
    }
    let written_cloud = section.word("cloud", microsoft_cloud::WORDS);
    let cloud = written_cloud.unwrap_or_default();
    if !cloud.has_security_api() {
        section.warn(
            "cloud",
            "Microsoft documents alerts and advanced hunting of Graph for the global and the US \
                clouds only: siembox check tells whether this tenant has them",
        );
    }
    let login = section.text("login_url", login_url);
    let graph = section.text("graph_url", |text| {
        service_url(text, &[], GRAPH_FORM).map(|(url, _)| url)
    });
    let hunting_calls_per_minute = section
        .number("hunting_calls_per_minute", 1..=45)
        .unwrap_or(10);
    let event_hubs = (section.has("event_hubs"))
        .then(|| event_hubs::read(section.table("event_hubs")))
        .flatten();
    let no_secret = || EntraCredential::ClientSecret(SecretSource::Given(Secret::new("")));
    let credential =
        entra_credential::read(section, !lines_only).or_else(|| lines_only.then(no_secret));
    let unset = || lines_only.then(String::new);
    Some(DefenderXdrSettings {
        tenant_id: section.text("tenant_id", tenant).or_else(unset)?,
        client_id: section.text("client_id", client).or_else(unset)?,
        credential: credential?,
        login_url: login.unwrap_or_else(|| cloud.login_url().to_owned()),
        graph_url: graph.unwrap_or_else(|| cloud.graph_url().to_owned()),
        scope: format!("{}/.default", cloud.graph_url()),
        portal: cloud.defender_portal(),
        hunting_calls_per_minute,
        event_hubs,
    })
}
