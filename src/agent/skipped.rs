//! What was passed over unseen, because each question that covers it fails: how it stands in the quarantine.

use crate::source::Unserved;
use crate::spool::DeadLetter;

/// The record, or the stretch, of which nobody saw more than when it was.
pub(super) fn aside(passed: Unserved, why: &str, at_ms: i64) -> DeadLetter {
    DeadLetter {
        id: String::new(),
        reason: format!("each question that covers it fails: {why}"),
        at_ms,
        bytes: serde_json::to_vec(&passed).unwrap_or_default(),
    }
}
