//! The simulator's time: real unless a test sets it.

use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970, now. The one look at the system's clock in this crate.
#[must_use]
#[allow(
    clippy::disallowed_methods,
    reason = "this is the support crate's own door to time"
)]
pub fn real_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}

/// A clock that tests can set.
#[derive(Debug, Default)]
pub struct Clock(Mutex<Hands>);

/// How the clock goes.
#[derive(Debug, Clone, Copy)]
enum Hands {
    /// As the system's, so many milliseconds ahead.
    Ahead(i64),
    /// Standing.
    Still(i64),
}

impl Default for Hands {
    fn default() -> Self {
        Self::Ahead(0)
    }
}

impl Clock {
    /// Milliseconds since 1970 by this clock.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        match *self.hands() {
            Hands::Ahead(by) => real_ms() + by,
            Hands::Still(at) => at,
        }
    }

    /// Stops the clock at `at_ms`.
    pub fn stop_at(&self, at_ms: i64) {
        *self.hands() = Hands::Still(at_ms);
    }

    /// Lets the clock go `by_ms` ahead of the system's (behind, where negative).
    pub fn run_ahead(&self, by_ms: i64) {
        *self.hands() = Hands::Ahead(by_ms);
    }

    fn hands(&self) -> std::sync::MutexGuard<'_, Hands> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
