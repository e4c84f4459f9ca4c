//! Reads one record of the API, an activity or an alert, as an [`Event`](crate::event::Event).

mod activity;
mod alert;
mod kinds;

pub use activity::activity;
pub use alert::alert;
pub use kinds::RECORDS;

use crate::source::record::RecordKeys;

/// Where a record tells its id and its time.
pub(super) const KEYS: RecordKeys = RecordKeys {
    ids: &["_id", "uid"],
    times: &["created", "timestamp"],
    time: "timestamp",
};
