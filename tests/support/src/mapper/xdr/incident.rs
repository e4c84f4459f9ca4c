//! An incident of Graph, of which the old agent knew nothing: decided.

use serde_json::Value;

use super::alert::severity;
use super::{AlertLine, Times, dynamic, first, or_kind, text, time};
use crate::mapper::{Parts, text as texts};

/// Not `ALERT_…`: a rule that counts alerts must not count their incident.
const KIND: &str = "INCIDENT";

pub(super) fn parts(record: &Value) -> Parts {
    let id = text(record, "id");
    let rt = time(record, &["lastUpdateDateTime", "createdDateTime"]).expect("a time");
    let start = time(record, &["createdDateTime"]);
    let url = first([
        text(record, "incidentWebUrl"),
        format!("https://security.microsoft.com/incident2/{id}/overview"),
    ]);
    let line = AlertLine {
        id,
        msg: message(record),
        url,
        ..AlertLine::default()
    };
    Parts {
        time_ms: rt,
        id: KIND.to_owned(),
        name: or_kind(text(record, "displayName"), KIND),
        severity: severity(&text(record, "severity")),
        pairs: line.pairs(&Times::of(rt, start, Some(rt), rt)),
    }
}

fn message(record: &Value) -> String {
    let known = |key: &str| Some(text(record, key)).filter(|word| word != "unknown");
    let tags: Vec<String> = (["systemTags", "customTags"].iter())
        .flat_map(|key| {
            let list = dynamic(record, key);
            let list = list.as_array().cloned().unwrap_or_default();
            let tags = list.into_iter().map(|tag| crate::mapper::plain(&tag));
            tags.filter(|tag| !tag.is_empty())
        })
        .collect();
    let parts = [
        ("", texts::of_html(&text(record, "description"))),
        ("status ", text(record, "status")),
        ("assigned to ", text(record, "assignedTo")),
        (
            "classification ",
            known("classification").unwrap_or_default(),
        ),
        ("determination ", known("determination").unwrap_or_default()),
        ("tags ", tags.join(", ")),
        ("merged into ", text(record, "redirectIncidentId")),
    ];
    let said = parts.iter().filter(|(_, value)| !value.is_empty());
    let said: Vec<String> = said.map(|(word, value)| format!("{word}{value}")).collect();
    said.join("; ")
}
