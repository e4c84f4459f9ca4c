//! Limits the responses per second: a page for people needs few, and a flood of requests gets no
//! more of the processor than that.

use std::cell::Cell;
use std::time::Duration;

use crate::clock;

/// Between two answers in a row that goes on,
const STEP: Duration = Duration::from_millis(2);
/// and between two that cost more.
const SLOW: Duration = Duration::from_millis(10);
/// So much of the row may come at once after a pause: a page with all that belongs to it, for
/// several visitors.
const BURST: Duration = Duration::from_millis(100);

/// Gives turns, in the order of asking.
#[derive(Debug)]
pub(super) struct ReadRate {
    step: Duration,
    last: Cell<Option<Duration>>,
}

impl Default for ReadRate {
    fn default() -> Self {
        let last = Cell::default();
        Self { step: STEP, last }
    }
}

impl ReadRate {
    /// A pace for expensive responses.
    pub(super) fn slow() -> Self {
        let last = Cell::default();
        Self { step: SLOW, last }
    }

    /// Waits for the next turn.
    pub(super) async fn turn(&self) {
        let now = clock::steady();
        let turn = self.next(now);
        if turn > now {
            tokio::time::sleep(turn.saturating_sub(now)).await;
        }
    }

    fn next(&self, now: Duration) -> Duration {
        let earliest = now.saturating_sub(BURST);
        let turn = self.last.get().map_or(earliest, |last| last.max(earliest)) + self.step;
        self.last.set(Some(turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_goes_at_once_and_a_flood_in_steps() {
        // longer after the start than a burst lasts
        let (pace, now) = (ReadRate::default(), Duration::from_secs(1));
        let at_once = (0..200).filter(|_| pace.next(now) <= now).count();
        assert_eq!(at_once, 50);
        assert_eq!(pace.next(now) - now, STEP * 151);
        let later = now + Duration::from_secs(60);
        assert!(pace.next(later) <= later);
    }
}
