//! The only door to time. Everything else is handed the time it needs, so that tests can choose it.
//!
//! Wall time is an `i64` of milliseconds since 1970-01-01T00:00:00Z, as the cloud's API has it.

use std::time::{SystemTime, UNIX_EPOCH};

/// The wall clock now, in milliseconds since 1970. Negative before 1970; saturates at the ends of `i64`.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub fn now_ms() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
    }
}
