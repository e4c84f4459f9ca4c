//! Reads one record of the API, an alert or an incident, as an [`Event`](crate::event::Event)
//! (reference: successors.md §2.3, §2.4, §7).

mod alert;
mod class;
mod evidence;
mod incident;
mod kinds;
mod titles;

pub use alert::{alert, alert_update};
pub use incident::incident;
pub use kinds::RECORDS;

use std::borrow::Cow;

use crate::event::Severity;
use crate::source::json::Text;
use crate::source::record::{Record, RecordKeys};

/// What each record of the API has.
pub(super) const KEYS: RecordKeys = RecordKeys {
    ids: &["id"],
    times: &["lastUpdateDateTime", "createdDateTime"],
    time: "lastUpdateDateTime",
};

/// A text without blanks around it, where it says something.
fn said(text: Text<'_>) -> Option<Cow<'_, str>> {
    let text = match text.said()? {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    };
    (!matches!(&*text, "{}" | "[]")).then_some(text)
}

fn severity(word: &Text<'_>) -> Severity {
    match word.0.trim().to_ascii_lowercase().as_str() {
        "informational" => Severity::Informational,
        "low" => Severity::Low,
        "medium" => Severity::Medium,
        "high" => Severity::High,
        _ => Severity::Unknown,
    }
}

/// The record is told from what it was before it changed.
fn as_update(mut record: Record<'_>) -> Record<'_> {
    let event = &mut record.event;
    event.identity = Some(format!("{} {}", event.id, record.cursor_ms).into());
    record
}

/// Not twice.
fn add<T: PartialEq>(list: &mut Vec<T>, item: Option<T>) {
    list.extend(item.filter(|item| !list.contains(item)));
}
