//! An incident as Graph gives it, without `$expand`.

use serde_json::{Value, json};

use super::Record;
use crate::dice::Dice;
use crate::records::cast::{PEOPLE, TENANT_GUID};

static TITLES: &[&str] = &[
    "Multi-stage incident involving Initial access & Exfiltration on multiple endpoints",
    "Ransomware activity",
    "Impossible travel activity involving one user",
    "方針: 外部共有",
];

/// The number of an incident.
pub(super) fn id(n: u64) -> String {
    (1000 + n).to_string()
}

/// Its address in the portal.
pub(super) fn address(id: &str) -> String {
    format!("https://security.microsoft.com/incident2/{id}/overview?tid={TENANT_GUID}")
}

/// The incident.
pub(super) fn incident(record: &Record, seed: u64) -> Value {
    let mut dice = Dice::new(seed);
    let id = &record.id;
    let title = *dice.pick(TITLES);
    let severity = dice.one_of(&["low", "medium", "high", "informational", "unknown"]);
    let description = match dice.below(3) {
        0 => json!("A user exfiltrated <b>files</b> &amp; mail.\nSee the alerts."),
        1 => Value::Null,
        _ => json!(""),
    };
    let tags = match dice.below(3) {
        0 => json!(["Defender Experts"]),
        1 => json!(["Ransomware", "Defender Experts"]),
        _ => json!([]),
    };
    let mut incident = json!({
        "id": id,
        "tenantId": TENANT_GUID,
        "status": "active",
        "incidentWebUrl": address(id),
        "redirectIncidentId": null,
        "displayName": title,
        "createdDateTime": record.at.to_string(),
        "lastUpdateDateTime": record.updated.to_string(),
        "assignedTo": null,
        "classification": "unknown",
        "determination": "unknown",
        "severity": severity,
        "customTags": [],
        "systemTags": tags,
        "description": description,
        "lastModifiedBy": null,
        "resolvingComment": null,
        "summary": null,
        "comments": [],
    });
    match record.changes {
        0 => {}
        1 => {
            incident["status"] = "inProgress".into();
            incident["assignedTo"] = PEOPLE[1].upn.into();
            incident["customTags"] = json!(["night shift"]);
        }
        _ => {
            incident["status"] = "redirected".into();
            incident["redirectIncidentId"] = "77".into();
            incident["classification"] = "truePositive".into();
            incident["determination"] = "compromisedAccount".into();
        }
    }
    incident
}
