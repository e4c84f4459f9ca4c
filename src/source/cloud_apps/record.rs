//! Reads one record of the API, an activity or an alert, as an [`Event`](crate::event::Event).

mod activity;
mod alert;
mod kinds;

pub use activity::activity;
pub use alert::alert;
pub use kinds::RECORDS;

use crate::source::record::{RecordKeys, Unreadable, salvage};

/// Where a record tells its id and its time.
const KEYS: RecordKeys = RecordKeys {
    ids: &["_id", "uid"],
    times: &["created", "timestamp"],
    time: "timestamp",
};

/// A record that is longer than the bound, and of which only the begin is known.
#[must_use]
pub fn too_long(begin: &str, bytes: u64) -> Unreadable {
    salvage::too_long(begin, bytes, &KEYS)
}
