//! What a record says to the questions that filters ask. Read from its JSON, so that answers and
//! filters can't disagree.

use serde_json::Value;

/// One answer: the filter that asks for it, and the value as text.
pub type Fact = (&'static str, Box<str>);

/// Where filters look (reference §1.7, §1.8). A list or number of answers is fine; absent means the
/// filter is "not set".
static PLACES: &[(&str, &str)] = &[
    ("service", "/appId"),
    ("instance", "/instance"),
    ("actionType", "/eventTypeValue"),
    ("activity.eventType", "/eventTypeName"),
    ("activity.eventActionType", "/eventTypeName"),
    ("activity.id", "/_id"),
    ("id", "/_id"),
    ("user.username", "/user/userName"),
    ("ip.address", "/device/clientIP"),
    ("location.country", "/location/countryCode"),
    ("location.organizations", "/location/organizationSearchable"),
    ("ip.category", "/location/category"),
    ("userAgent.userAgent", "/device/userAgent"),
    ("device.type", "/userAgent/deviceType"),
    ("severity", "/severityValue"),
    ("alertOpen", "/is_open"),
    ("resolutionStatus", "/resolutionStatusValue"),
    ("alertType", "/idValue"),
    ("risk", "/threatScore"),
];

/// Which kinds of entity of an alert answer which filter.
static ENTITIES: &[(&str, &[&str])] = &[
    ("entity.service", &["service"]),
    ("entity.policy", &["policyRule"]),
    ("entity.ip", &["ip"]),
    ("entity.file", &["file"]),
    ("entity.entity", &["account"]),
    ("entity.user", &["user"]),
];

/// All answers that the record `json` gives.
pub fn of(json: &str) -> Vec<Fact> {
    let Ok(record) = serde_json::from_str::<Value>(json) else {
        return Vec::new();
    };
    let mut facts = Vec::new();
    for (filter, place) in PLACES {
        if let Some(value) = record.pointer(place) {
            push(&mut facts, filter, value);
        }
    }
    if let Some(name) = record.pointer("/user/userName").and_then(Value::as_str)
        && let Some((_, domain)) = name.rsplit_once('@')
    {
        facts.push(("user.domain", domain.into()));
    }
    if let Some(status) = record.get("statusValue").and_then(Value::as_i64) {
        facts.push(("read", (status != 0).to_string().into()));
    }
    for entity in record
        .get("entities")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let kind = entity
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        for (filter, kinds) in ENTITIES {
            if kinds.contains(&kind)
                && let Some(id) = entity.get("id")
            {
                push(&mut facts, filter, id);
            }
        }
    }
    facts
}

fn push(facts: &mut Vec<Fact>, filter: &'static str, value: &Value) {
    match value {
        Value::Null => {}
        Value::String(text) => facts.push((filter, text.as_str().into())),
        Value::Array(values) => values.iter().for_each(|value| push(facts, filter, value)),
        other => facts.push((filter, other.to_string().into())),
    }
}
