//! `[agent.alerts]`, `[agent.incidents]` and `[agent.activities]` of `kind = "defender-xdr"`: one
//! section sets several streams.

use std::time::Duration;

use serde_json::json;

use super::filter;
use super::section::Section;
use super::source::only_with_cloud_apps;
use super::stream::{StreamDefaults, look_back, of_all, severity_map};
use super::{AlertSettings, Refusal, StreamSettings};
use crate::stream::{
    BEHAVIORS, CLOUD_APP_EVENTS, EVENT_HUBS, GRAPH_ALERTS, IDENTITY_DIRECTORY_EVENTS,
    IDENTITY_LOGON_EVENTS, IDENTITY_QUERY_EVENTS, INCIDENTS, StreamSpec,
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

/// `[agent.activities] from`: the API that rows of tables come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum RowsFrom {
    /// Advanced hunting.
    #[default]
    Hunting,
    /// The streaming API, by `[agent.source.event_hubs]`.
    EventHubs,
}

const FROM: &[(&str, RowsFrom)] = &[
    ("hunting", RowsFrom::Hunting),
    ("event-hubs", RowsFrom::EventHubs),
];

/// Keys of `[agent.activities]` that mean nothing with `from = "event-hubs"`, and what serves
/// instead.
const NOT_OF_HUBS: [(&str, &str); 4] = [
    (
        "filters",
        "the streaming API sends whole tables, and nothing filters them on the way; tables says \
            which are read",
    ),
    (
        "queries",
        "nobody is asked a query, the rows come as the service sends them; tables says which are \
            read",
    ),
    (
        "page_size",
        "the service sends as much as there is, and siembox bounds its own memory",
    ),
    (
        "overlap",
        "nothing is read again, because the service keeps each partition's offset; look_back is \
            the time in which a repeated row is recognised",
    ),
];

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
    let from = section.word("from", FROM).unwrap_or_default();
    let names = TABLES.map(|(name, _)| name);
    let allowed = format!("a list of names out of {}", names.join(", "));
    let listed = section.list("tables", &allowed, |value| {
        let name = value.as_str()?;
        names
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(name))
    });
    let is_asked = |name| listed.as_ref().is_none_or(|listed| listed.contains(&name));
    let streams = match from {
        RowsFrom::Hunting => of_hunting(&section, is_asked).into(),
        RowsFrom::EventHubs => vec![of_event_hubs(&section, is_asked)],
    };
    section.close();
    streams
}

/// One stream a table; those that are not asked for are off.
fn of_hunting(section: &Section, is_asked: impl Fn(&'static str) -> bool) -> [StreamSettings; 4] {
    let queries = section.table("queries");
    let of_each = of_all(section, CLOUD_APP_EVENTS, "activities", &OF_TABLES);
    let streams = TABLES.map(|(name, spec)| StreamSettings {
        spec,
        enabled: of_each.enabled && is_asked(name),
        query_file: queries.path(name),
        ..of_each.clone()
    });
    queries.close();
    streams
}

/// One stream brings the rows of all tables that are asked for.
fn of_event_hubs(section: &Section, is_asked: impl Fn(&'static str) -> bool) -> StreamSettings {
    for (key, instead) in NOT_OF_HUBS {
        section.refuse_elsewhere(
            key,
            &format!("is known only with from = \"hunting\"; with \"event-hubs\" {instead}"),
        );
    }
    let asked = TABLES.into_iter().filter(|(name, _)| is_asked(name));
    let tables: Vec<StreamSpec> = asked.map(|(_, spec)| spec).collect();
    StreamSettings {
        spec: EVENT_HUBS,
        section: "activities",
        enabled: section.flag("enabled").unwrap_or(true) && !tables.is_empty(),
        filters: serde_json::Map::new(),
        overlap: Duration::ZERO,
        look_back: look_back(section, OF_TABLES.look_back),
        page_size: OF_TABLES.page_size,
        query_file: None,
        tables,
    }
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
