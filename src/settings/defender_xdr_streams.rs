//! `[agent.alerts]`, `[agent.incidents]` and `[agent.activities]` of `kind = "defender-xdr"`: one
//! section sets several streams.

use std::time::Duration;

use serde_json::json;

use super::filter;
use super::section::Section;
use super::source::only_with_cloud_apps;
use super::stream::{StreamDefaults, of_all, severity_map};
use super::{AlertSettings, Refusal, StreamSettings};
use crate::stream::{
    BEHAVIORS, CLOUD_APP_EVENTS, GRAPH_ALERTS, IDENTITY_DIRECTORY_EVENTS, IDENTITY_LOGON_EVENTS,
    IDENTITY_QUERY_EVENTS, INCIDENTS, StreamSpec,
};

/// The tables of advanced hunting that can be read, by their names there.
pub(super) const TABLES: [(&str, StreamSpec); 4] = [
    ("CloudAppEvents", CLOUD_APP_EVENTS),
    ("IdentityLogonEvents", IDENTITY_LOGON_EVENTS),
    ("IdentityQueryEvents", IDENTITY_QUERY_EVENTS),
    ("IdentityDirectoryEvents", IDENTITY_DIRECTORY_EVENTS),
];

/// The products whose alerts the old agent relayed (reference: successors.md §2.3).
const SERVICE_SOURCES: [&str; 4] = [
    "microsoftDefenderForCloudApps",
    "microsoftAppGovernance",
    "microsoftDefenderForIdentity",
    "azureAdIdentityProtection",
];

/// Alerts have been seen to become visible 20 minutes late (reference: successors.md §2.1).
const OF_ALERTS: StreamDefaults = StreamDefaults {
    vocabulary: &filter::GRAPH_ALERTS,
    overlap: Duration::from_secs(30 * 60),
    look_back: Duration::from_secs(24 * 3600),
    page_sizes: 1..=1000,
    page_size: 500,
};

const OF_INCIDENTS: StreamDefaults = StreamDefaults {
    vocabulary: &filter::INCIDENTS,
    page_sizes: 1..=50,
    page_size: 50,
    ..OF_ALERTS
};

const OF_TABLES: StreamDefaults = StreamDefaults {
    vocabulary: &filter::HUNTING,
    page_sizes: 100..=100_000,
    page_size: 5000,
    ..OF_ALERTS
};

const OF_BEHAVIORS: StreamDefaults = StreamDefaults {
    vocabulary: &filter::NONE,
    ..OF_TABLES
};

/// Keys of `[agent.alerts]` that only `kind = "cloud-apps"` has, and what serves instead.
const OTHERS: [(&str, &str); 3] = [
    (
        "defender_for_identity",
        "service_sources says which products' alerts are read",
    ),
    (
        "fetch_related",
        "the API names no activities behind an alert",
    ),
    (
        "name",
        "the API knows no name of a policy, so that the title is the name",
    ),
];

/// The streams of Defender XDR, in their order, and what only alerts have.
pub(super) fn read(section: &Section) -> (Vec<StreamSettings>, AlertSettings) {
    let mut streams = tables(section.table("activities"));
    let (alerts, settings) = alerts(section.table("alerts"));
    streams.extend(alerts);
    let incidents = section.table("incidents");
    let mut of_incidents = of_all(&incidents, INCIDENTS, "incidents", &OF_INCIDENTS);
    of_incidents.enabled = incidents.flag("enabled").unwrap_or(false);
    incidents.close();
    streams.push(of_incidents);
    (streams, settings)
}

/// One stream a table of `tables`; the others are off.
fn tables(section: Section) -> Vec<StreamSettings> {
    let from = section.word("from", &[("hunting", ())]);
    debug_assert!(from.is_none() || from == Some(()));
    let names = TABLES.map(|(name, _)| name);
    let allowed = format!("a list of names out of {}", names.join(", "));
    let listed = section.list("tables", &allowed, |value| {
        let name = value.as_str()?;
        names
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(name))
    });
    let queries = section.table("queries");
    let of_each = of_all(&section, CLOUD_APP_EVENTS, "activities", &OF_TABLES);
    let streams = TABLES.map(|(name, spec)| {
        let asked = listed.as_ref().is_none_or(|listed| listed.contains(&name));
        StreamSettings {
            spec,
            enabled: of_each.enabled && asked,
            query_file: queries.path(name),
            ..of_each.clone()
        }
    });
    queries.close();
    section.close();
    streams.into()
}

/// Alerts, and behaviors as the alerts that they were.
fn alerts(section: Section) -> ([StreamSettings; 2], AlertSettings) {
    for (key, instead) in OTHERS {
        section.refuse_elsewhere(key, &only_with_cloud_apps(instead));
    }
    let mut of_alerts = of_all(&section, GRAPH_ALERTS, "alerts", &OF_ALERTS);
    let sources = service_sources(&section);
    if !sources.is_empty() {
        let list = json!({ "eq": sources });
        of_alerts.filters.insert("serviceSource".to_owned(), list);
    }
    let mut of_behaviors = StreamSettings {
        spec: BEHAVIORS,
        page_size: OF_BEHAVIORS.page_size,
        filters: serde_json::Map::new(),
        ..of_alerts.clone()
    };
    of_behaviors.enabled &= section.flag("behaviors").unwrap_or(false);
    let settings = AlertSettings {
        severity_map: severity_map(&section).unwrap_or(AlertSettings::default().severity_map),
        updates: section.flag("updates").unwrap_or(false),
        ..AlertSettings::default()
    };
    section.close();
    ([of_alerts, of_behaviors], settings)
}

/// `service_sources`; empty for all products.
fn service_sources(section: &Section) -> Vec<String> {
    let allowed = "a list of the API's names, for example [\"microsoftDefenderForCloudApps\"]; an \
            empty one for all products";
    let word = |value: &toml_edit::Value| service_source(value.as_str()?).ok();
    let listed = section.list("service_sources", allowed, word);
    listed.unwrap_or_else(|| SERVICE_SOURCES.map(str::to_owned).into())
}

/// The API adds products over time, so that the form is checked alone.
fn service_source(text: &str) -> Result<String, Refusal> {
    let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match fits && (1..=64).contains(&text.len()) {
        true => Ok(text.to_owned()),
        false => Err(Refusal::found(text, "letters and digits")),
    }
}
