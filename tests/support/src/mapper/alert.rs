//! An alert: what was found, about whom.

use serde_json::Value;

use super::{Looks, Parts, by_family, names, number_at, plain, text, text_at};

/// Low, medium, high, informational.
const SEVERITIES: [u8; 4] = [3, 6, 9, 0];

pub(super) fn parts(record: &Value, looks: &Looks) -> Parts {
    let id = text_at(record, "/_id");
    // the first four bytes of an id are the second in which it was made
    let second = id
        .get(..8)
        .and_then(|second| i64::from_str_radix(second, 16).ok());
    let time_ms = number_at(record, "/timestamp").or(second.map(|second| second * 1000));
    let time_ms = time_ms.expect("a time");
    let kind = names::alert(&text_at(record, "/idValue"));
    // decided: what has neither title nor address gets them of what it has
    let name = match text_at(record, "/title") {
        title if title.is_empty() => kind.clone(),
        title => title,
    };
    let url = match text_at(record, "/URL") {
        url if url.is_empty() => format!("{}/#/alerts/{id}", looks.portal),
        url => url,
    };
    let severity =
        number_at(record, "/severityValue").and_then(|value| usize::try_from(value).ok());
    // decided: low, the severity that a policy has unless its author chooses another; no published
    // line shows an alert without one
    let severity = severity.and_then(|value| SEVERITIES.get(value).copied());
    let users = of_kind(record, "user", &["id"]);
    let accounts = of_kind(record, "account", &["pa", "em", "label"]);
    let (v4, v6) = by_family(&of_kind(record, "ip", &["id"]));
    let audits = record["audits"].as_array();
    let audits: Vec<String> = audits.into_iter().flatten().map(plain).collect();
    let apps: Vec<String> = (of_kind(record, "service", &["id"]).iter())
        .map(|id| names::app(id))
        .collect();
    let time = time_ms.to_string();
    let pairs = vec![
        ("externalId", id),
        ("rt", time.clone()),
        ("start", time.clone()),
        ("end", time),
        ("msg", text::of_html(&text_at(record, "/description"))),
        (
            "suser",
            if users.is_empty() { accounts } else { users }.join(","),
        ),
        (
            "destinationServiceName",
            of_kind(record, "service", &["label"]).join(","),
        ),
        ("cn1Label", "riskScore".to_owned()),
        ("cn1", text_at(record, "/threatScore")),
        ("cs1Label", "portalURL".to_owned()),
        ("cs1", url),
        ("cs2Label", "uniqueServiceAppIds".to_owned()),
        ("cs2", apps.join(",")),
        ("cs3Label", "relatedAudits".to_owned()),
        ("cs3", audits.join(",")),
        ("cs4Label", "policyIDs".to_owned()),
        ("cs4", of_kind(record, "policyRule", &["id"]).join(",")),
        ("src", v4),
        ("c6a1Label", "Device IPv6 Address".to_owned()),
        ("c6a1", v6),
    ];
    Parts {
        time_ms,
        id: kind,
        name,
        severity: severity.unwrap_or(SEVERITIES[0]),
        pairs,
    }
}

/// What the entities of a kind say: each the first of these fields that it has.
fn of_kind(record: &Value, kind: &str, fields: &[&str]) -> Vec<String> {
    let entities = record["entities"].as_array();
    (entities.into_iter().flatten())
        .filter(|entity| entity["type"] == kind)
        .filter_map(|entity| {
            let mut says = fields.iter().map(|field| plain(&entity[*field]));
            says.find(|text| !text.is_empty())
        })
        .collect()
}
