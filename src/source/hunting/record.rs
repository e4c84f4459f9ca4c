//! Reads one row of a table as an [`Event`](crate::event::Event), by the names and the grammar of
//! the old agent's lines (reference: successors.md §7).

mod actions;
mod alert_kinds;
mod behavior;
mod cloud_app;
mod directory;
mod dynamic;
mod kinds;
mod message;
mod who;

pub use behavior::behavior;
pub use cloud_app::cloud_app;
pub use directory::{directory_change, directory_query, log_on};
pub(super) use dynamic::lacks;
pub use kinds::RECORDS;

use std::borrow::Cow;

use crate::event::App;
use crate::source::record::RecordKeys;

/// Where a row of a table of activities tells its id and its time.
pub(super) const ROW_KEYS: RecordKeys = RecordKeys {
    ids: &["ReportId", "reportId"],
    times: &["Timestamp", "timestamp"],
    time: "Timestamp",
};

/// The same of a behavior.
pub(super) const BEHAVIOR_KEYS: RecordKeys = RecordKeys {
    ids: &["BehaviorId", "behaviorId"],
    ..ROW_KEYS
};

/// An app of a row; none where nothing is said of it.
fn app(number: Option<u32>, title: Cow<'_, str>) -> Option<App<'_>> {
    let title = trimmed(title);
    (number.is_some() || !title.is_empty()).then_some(App { number, title })
}

/// Without blanks at its ends.
fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}
