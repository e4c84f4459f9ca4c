//! Reads an incident: alerts that belong together, and what has become of them. The old agent knew
//! none, so that its line is one of our own, in the form of an alert's.

use super::{KEYS, as_update, said, severity};
use crate::event::{AlertClass, Event, EventKind, EventSpan, Names, Origin, PortalPage};
use crate::source::json::{Items, Text, lenient_object};
use crate::source::record::{
    Record, RecordTime, Spoiled, Unreadable, complete, first_time, plain_of, read_or_repair,
};

/// Not `ALERT_…`: a rule that counts alerts must not count their incident beside them.
const CLASS: &str = "INCIDENT";

lenient_object! {
    struct RawIncident<'a> any_case {
        "id" => id: Text<'a>,
        "createdDateTime" => created: RecordTime,
        "lastUpdateDateTime" => updated: RecordTime,
        "displayName" => title: Text<'a>,
        "description" => description: Text<'a>,
        "severity" => severity: Text<'a>,
        "status" => status: Text<'a>,
        "assignedTo" => assigned: Text<'a>,
        "classification" => classification: Text<'a>,
        "determination" => determination: Text<'a>,
        "systemTags" => system_tags: Items<Text<'a>>,
        "customTags" => custom_tags: Items<Text<'a>>,
        "redirectIncidentId" => merged: Text<'a>,
        "incidentWebUrl" => url: Text<'a>,
    }
}

/// Reads an incident. It is another line each time that it changes.
///
/// # Errors
/// [`Unreadable`] when the text is not an object, or has no id or no usable time.
pub fn incident<'r>(raw: &'r str, _: &Names) -> Result<Record<'r>, Unreadable> {
    read_or_repair(raw, &KEYS, |raw| mapped(serde_json::from_str(raw)?)).map(as_update)
}

fn mapped(mut record: RawIncident<'_>) -> Result<Record<'_>, Spoiled> {
    let at_ms = first_time(&[record.updated, record.created]);
    let (id, at_ms) = complete(said(std::mem::take(&mut record.id)), at_ms, &KEYS)?;
    let start_ms = first_time(&[record.created]);
    let url = match said(std::mem::take(&mut record.url)) {
        Some(url) => PortalPage::Told(url),
        None => PortalPage::Defender(format!("/incident2/{id}/overview").into()),
    };
    let title = said(std::mem::take(&mut record.title)).unwrap_or_default();
    let severity = severity(&record.severity);
    let event = Event {
        id,
        identity: None,
        origin: Origin::Source,
        at_ms,
        span: EventSpan::told(start_ms, Some(at_ms), at_ms),
        message: message(record).into(),
        users: Vec::new(),
        apps: Vec::new(),
        addresses: Vec::new(),
        portal_url: Some(url),
        policies: Vec::new(),
        kind: EventKind::Alert {
            class: Some(AlertClass::Name(CLASS.into())),
            title,
            policy_name: None,
            severity,
            risk_score: None,
            related: Vec::new(),
        },
    };
    Ok(Record {
        event,
        cursor_ms: at_ms,
    })
}

/// What is known of it, and what somebody has made of it.
fn message(record: RawIncident<'_>) -> String {
    let known = |text| said(text).filter(|text| text != "unknown");
    let tags = (record.system_tags.texts(said).into_iter()).chain(record.custom_tags.texts(said));
    let tags: Vec<_> = tags.collect();
    let parts = [
        ("", said(record.description).map(plain_of)),
        ("status ", said(record.status)),
        ("assigned to ", said(record.assigned)),
        ("classification ", known(record.classification)),
        ("determination ", known(record.determination)),
        ("tags ", Some(tags.join(", ").into())),
        ("merged into ", said(record.merged)),
    ];
    let said = parts.iter().filter_map(|(word, value)| {
        let value = value.as_ref().filter(|value| !value.is_empty())?;
        Some(format!("{word}{value}"))
    });
    said.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
