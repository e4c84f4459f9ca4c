//! Two clocks: the cloud's, by the `Date` of its responses, and this machine's. Neither is believed
//! alone. Pure.
//!
//! - What is never read hangs on no clock that runs ahead: for looking back **the earlier one**
//!   counts.
//! - A machine's clock that shows a time before there was any siembox was never set, and does not
//!   count.
//! - Where they differ, somebody is told, for one of them misleads.

use std::time::Duration;

use crate::clock::FIRST_MS;

/// Clocks that are no further apart agree.
const AGREE_MS: u64 = 5 * 60_000;
/// A machine's clock is believed no further beyond the cloud's where it bounds the times of
/// records.
const BEYOND_MS: i64 = 2 * 86_400_000;

/// Both clocks at one moment, milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clocks {
    /// The cloud's, where it ever told its time.
    pub cloud_ms: Option<i64>,
    /// This machine's.
    pub own_ms: i64,
}

// === impl Clocks ===

impl Clocks {
    /// The time to count back from.
    #[must_use]
    pub fn earlier_ms(self) -> i64 {
        match self.cloud_ms {
            Some(cloud_ms) if self.own_ms >= FIRST_MS => cloud_ms.min(self.own_ms),
            Some(cloud_ms) => cloud_ms,
            None => self.own_ms,
        }
    }

    /// It is no later than this, say both; `None` where only one of them was heard.
    #[must_use]
    pub fn latest_ms(self) -> Option<i64> {
        let later_ms = self.cloud_ms?.max(self.own_ms);
        Some(later_ms.saturating_add_unsigned(AGREE_MS))
    }

    /// A record of a later time is from the future: the cloud's time, or our own where that is a
    /// little later. A cloud whose clock is behind must not hold up its own records.
    #[must_use]
    pub fn bound_ms(self) -> i64 {
        match self.cloud_ms {
            Some(cloud_ms)
                if (cloud_ms..=cloud_ms.saturating_add(BEYOND_MS)).contains(&self.own_ms) =>
            {
                self.own_ms
            }
            Some(cloud_ms) => cloud_ms,
            None => self.own_ms,
        }
    }

    /// How far they are apart, where that is too far.
    #[must_use]
    pub fn difference(self) -> Option<Duration> {
        let apart_ms = self.cloud_ms?.abs_diff(self.own_ms);
        (apart_ms > AGREE_MS).then(|| Duration::from_millis(apart_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;
    const NOW: i64 = FIRST_MS + 300 * DAY;

    fn clocks(cloud_ms: i64, own_ms: i64) -> Clocks {
        Clocks {
            cloud_ms: Some(cloud_ms),
            own_ms,
        }
    }

    #[test]
    fn looking_back_counts_from_the_earlier_one_that_was_ever_set() {
        for (cloud, own, earlier) in [
            (NOW, NOW + 5, NOW),
            (NOW + 3 * DAY, NOW, NOW),
            (NOW + 3650 * DAY, NOW, NOW),
            (NOW, NOW - DAY, NOW - DAY),
            (NOW, 10_000, NOW),
            (NOW - 3650 * DAY, NOW, NOW - 3650 * DAY),
        ] {
            assert_eq!(clocks(cloud, own).earlier_ms(), earlier, "{cloud} {own}");
        }
        let alone = Clocks {
            cloud_ms: None,
            own_ms: 7,
        };
        assert_eq!(
            (alone.earlier_ms(), alone.bound_ms(), alone.difference()),
            (7, 7, None)
        );
    }

    #[test]
    fn records_are_bounded_by_the_cloud_and_by_a_clock_a_little_beyond_it() {
        for (cloud, own, bound) in [
            (NOW, NOW - DAY, NOW),
            (NOW - DAY, NOW, NOW),
            (NOW, NOW + 3650 * DAY, NOW),
        ] {
            assert_eq!(clocks(cloud, own).bound_ms(), bound, "{cloud} {own}");
        }
    }

    #[test]
    fn five_minutes_are_told() {
        assert_eq!(clocks(NOW, NOW + 300_000).difference(), None);
        let apart = Duration::from_millis(300_001);
        assert_eq!(clocks(NOW, NOW - 300_001).difference(), Some(apart));
    }
}
