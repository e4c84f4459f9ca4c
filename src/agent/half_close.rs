//! Decides when to half-close a connection, so that the receiver proves that it has read
//! everything. Pure.

use std::time::Duration;

use crate::settings::DeliverySettings;

/// A stream with nothing new for so long is quiet.
pub const QUIET: Duration = Duration::from_secs(1);
/// A stream that is never quiet is asked about this often all the same: else a trickle would stay
/// in doubt for hours.
const LONGEST_DOUBT: Duration = Duration::from_secs(30);
/// After so many half-closes in a row without an answer the receiver, or a relay in between, is
/// taken not to know them.
const MOST_REFUSALS: u8 = 3;
/// So long it is then spared.
const SPARED: Duration = Duration::from_secs(3600);

/// When to half-close.
#[derive(Debug)]
pub struct HalfClose {
    /// Bytes of steady stream between two; `None` where it is switched off.
    every: Option<u64>,
    /// Bytes sent since the last one, and when the first of them were.
    since: u64,
    begun: Option<Duration>,
    /// In a row.
    refusals: u8,
    /// None before this moment.
    spared_until: Duration,
}

// === impl HalfClose ===

impl HalfClose {
    /// As the settings have it.
    #[must_use]
    pub fn new(settings: &DeliverySettings) -> Self {
        Self {
            every: settings.half_close.then_some(settings.half_close_every),
            since: 0,
            begun: None,
            refusals: 0,
            spared_until: Duration::ZERO,
        }
    }

    /// So many bytes were sent.
    pub fn sent(&mut self, bytes: u64, now: Duration) {
        self.since += bytes;
        self.begun.get_or_insert(now);
    }

    /// May the receiver be asked at all?
    #[must_use]
    pub fn allowed(&self, now: Duration) -> bool {
        self.every.is_some() && now >= self.spared_until
    }

    /// Has a stream that is never quiet gone on for long enough?
    #[must_use]
    pub fn due(&self, now: Duration) -> bool {
        let long = self.begun.is_some_and(|begun| now >= begun + LONGEST_DOUBT);
        self.allowed(now) && (long || self.every.is_some_and(|every| self.since >= every))
    }

    /// The receiver has answered.
    pub fn answered(&mut self) {
        (self.since, self.begun, self.refusals) = (0, None, 0);
    }

    /// It has not. True where it is now taken not to know how.
    pub fn refused(&mut self, now: Duration) -> bool {
        (self.since, self.begun) = (0, None);
        self.refusals += 1;
        if self.refusals < MOST_REFUSALS {
            return false;
        }
        (self.refusals, self.spared_until) = (0, now + SPARED);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    fn half_close(half_close: bool) -> HalfClose {
        HalfClose::new(&DeliverySettings {
            window: 0,
            half_close,
            half_close_every: 100,
        })
    }

    #[test]
    fn comes_due_with_the_bytes() {
        let mut asks = half_close(true);
        asks.sent(99, S(1));
        assert!(asks.allowed(S(1)) && !asks.due(S(1)));
        asks.sent(1, S(1));
        assert!(asks.due(S(1)));
        asks.answered();
        assert!(!asks.due(S(1)));
    }

    #[test]
    fn comes_due_with_time_where_a_trickle_never_stops() {
        let mut asks = half_close(true);
        for second in 0..30 {
            asks.sent(1, S(second));
            assert!(!asks.due(S(second)));
        }
        assert!(asks.due(S(30)));
        asks.answered();
        assert!(!asks.due(S(1000)), "nothing is in doubt");
    }

    #[test]
    fn can_be_switched_off() {
        let mut asks = half_close(false);
        asks.sent(1_000, S(1));
        assert!(!asks.allowed(S(1)) && !asks.due(S(1)));
    }

    #[test]
    fn a_receiver_that_never_answers_is_spared_for_an_hour() {
        let mut asks = half_close(true);
        assert!(!asks.refused(S(1)));
        assert!(!asks.refused(S(2)));
        asks.answered();
        assert!(!asks.refused(S(3)) && !asks.refused(S(4)) && asks.refused(S(5)));
        asks.sent(100, S(3000));
        assert!(!asks.due(S(3604)));
        assert!(asks.due(S(3605)));
    }
}
