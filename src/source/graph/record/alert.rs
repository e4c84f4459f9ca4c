//! Reads an alert: what was found, and whom and what it concerns.

use std::borrow::Cow;

use super::class::class;
use super::evidence::{AllEvidence, Found};
use super::{KEYS, as_update, said, severity};
use crate::event::{AlertClass, Event, EventKind, EventSpan, Names, Origin, PortalPage};
use crate::source::json::{Items, Text, lenient_object};
use crate::source::record::{
    Record, RecordTime, Spoiled, Unreadable, complete, first_time, plain_of, read_or_repair,
};

lenient_object! {
    struct RawAlert<'a> any_case {
        "id" => id: Text<'a>,
        "createdDateTime" => created: RecordTime,
        "lastUpdateDateTime" => updated: RecordTime,
        "firstActivityDateTime" => first: RecordTime,
        "lastActivityDateTime" => last: RecordTime,
        "title" => title: Text<'a>,
        "description" => description: Text<'a>,
        "severity" => severity: Text<'a>,
        "serviceSource" => service_source: Text<'a>,
        "detectorId" => detector: Text<'a>,
        "alertPolicyId" => policy: Text<'a>,
        "category" => category: Text<'a>,
        "categories" => categories: Items<Text<'a>>,
        "alertWebUrl" => url: Text<'a>,
        "evidence" => evidence: AllEvidence<'a>,
    }
}

/// Reads an alert.
///
/// # Errors
/// [`Unreadable`] when the text is not an object, or has no id or no usable time.
pub fn alert<'r>(raw: &'r str, names: &Names) -> Result<Record<'r>, Unreadable> {
    let time = LineTime::Made;
    read_or_repair(raw, &KEYS, |raw| {
        mapped(serde_json::from_str(raw)?, names, time)
    })
}

/// Reads an alert as what it has become: each time that it changes it is another line.
///
/// # Errors
/// As [`alert`].
pub fn alert_update<'r>(raw: &'r str, names: &Names) -> Result<Record<'r>, Unreadable> {
    let time = LineTime::Changed;
    let read = read_or_repair(raw, &KEYS, |raw| {
        mapped(serde_json::from_str(raw)?, names, time)
    });
    read.map(as_update)
}

/// Which time of an alert is that of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineTime {
    /// When it was made.
    Made,
    /// When it changed last.
    Changed,
}

fn mapped<'r>(record: RawAlert<'r>, names: &Names, time: LineTime) -> Result<Record<'r>, Spoiled> {
    let cursor_ms = first_time(&[record.updated, record.created]);
    let (id, cursor_ms) = complete(said(record.id), cursor_ms, &KEYS)?;
    let made_ms = first_time(&[record.created]).filter(|_| time == LineTime::Made);
    let at_ms = made_ms.unwrap_or(cursor_ms);
    let start_ms = first_time(&[record.first]);
    let end_ms = first_time(&[record.last]);

    let title = said(record.title).unwrap_or_default();
    let policy = said(record.policy);
    let detector = said(record.detector);
    let categories = record.categories.kept.into_iter();
    let category = said(record.category).or_else(|| said(categories.into_iter().next()?));
    let class = class(&title, detector, policy.is_some(), category, names);
    let url = match said(record.url) {
        Some(url) => PortalPage::Told(url),
        None => PortalPage::Defender(format!("/alerts/{id}").into()),
    };
    let found = Found::of(record.evidence);
    let event = Event {
        id: legacy_id(id),
        identity: None,
        origin: origin(&record.service_source),
        at_ms,
        span: EventSpan::told(start_ms, end_ms, at_ms),
        message: plain_of(said(record.description).unwrap_or_default()),
        users: found.users,
        apps: found.apps,
        addresses: found.addresses,
        portal_url: Some(url),
        policies: policy.into_iter().collect(),
        kind: EventKind::Alert {
            class: Some(AlertClass::Name(class)),
            title,
            policy_name: None,
            severity: severity(&record.severity),
            risk_score: None,
            related: Vec::new(),
        },
    };
    Ok(Record { event, cursor_ms })
}

/// The id under which the API of Cloud Apps knows the alert: what follows `ca`, where that is an
/// ObjectId. Alerts of other products, and of Cloud Apps with a GUID, have no such id.
fn legacy_id(id: Cow<'_, str>) -> Cow<'_, str> {
    let is_object_id =
        |rest: &&str| rest.len() == 24 && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    match id {
        Cow::Borrowed(id) => {
            let legacy = id.strip_prefix("ca").filter(is_object_id);
            Cow::Borrowed(legacy.unwrap_or(id))
        }
        Cow::Owned(id) => {
            let legacy = id.strip_prefix("ca").filter(is_object_id);
            Cow::Owned(legacy.unwrap_or(&id).to_owned())
        }
    }
}

fn origin(service_source: &Text<'_>) -> Origin {
    match service_source.0.trim() {
        "microsoftDefenderForIdentity" => Origin::DefenderForIdentity,
        _ => Origin::Source,
    }
}

#[cfg(test)]
mod tests;
