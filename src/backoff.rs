//! Backoff: how long to wait before a retry, with jitter so that peers do not retry in step.
//!
//! Exponential with full jitter between two bounds. Pure: the random number and the lasting of a
//! success come in as arguments. It stands beside the rooms because both the source and the sink
//! wait this way.

use std::time::Duration;

/// A wait that doubles with each failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    /// No wait is shorter.
    floor: Duration,
    /// No wait is longer.
    ceiling: Duration,
    /// Failures since the last success that lasted.
    failures: u32,
}

impl Backoff {
    /// Waits lie between `floor` and `ceiling`. A `ceiling` below `floor` counts as `floor`.
    #[must_use]
    pub const fn new(floor: Duration, ceiling: Duration) -> Self {
        Self {
            floor,
            ceiling,
            failures: 0,
        }
    }

    /// For the SIEM: half a second to half a minute, so that lines flow again soon after a
    /// receiver's restart.
    #[must_use]
    pub const fn for_siem() -> Self {
        Self::new(Duration::from_millis(500), Duration::from_secs(30))
    }

    /// Notes a failure and says how long to wait: evenly spread between the floor and twice the
    /// floor at first, then up to four times, eight times, until the ceiling.
    ///
    /// `random` is any number, all equally likely.
    pub fn failed(&mut self, random: u64) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let doubled = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        let top = self.floor.saturating_mul(doubled).min(self.ceiling);
        let span = top.saturating_sub(self.floor);
        // random / 2^64 of the span, in nanoseconds; a span of 2^64 ns (584 years) is the bound of
        // this arithmetic.
        let part = (span.as_nanos().min(u128::from(u64::MAX)) * u128::from(random)) >> 64;
        self.floor + Duration::from_nanos(u64::try_from(part).unwrap_or(u64::MAX))
    }

    /// Notes a success that lasted so long: only one that outlasts the longest wait counts, so that
    /// a peer that accepts and dies in a circle is still met with patience.
    pub fn lasted(&mut self, success: Duration) {
        if success >= self.ceiling {
            self.failures = 0;
        }
    }

    /// Forgets all failures, where a single success is proof enough.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// Failures since the last success that lasted.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MIDDLE: u64 = 1 << 63;

    #[test]
    fn doubles_up_to_the_ceiling() {
        let mut backoff = Backoff::for_siem();
        let waits: Vec<u128> = (0..9).map(|_| backoff.failed(MIDDLE).as_millis()).collect();
        assert_eq!(
            waits,
            [750, 1250, 2250, 4250, 8250, 15250, 15250, 15250, 15250]
        );
        assert_eq!(backoff.failures(), 9);
    }

    #[test]
    fn only_a_success_that_lasted_counts() {
        let mut backoff = Backoff::for_siem();
        let first = backoff.failed(MIDDLE);
        backoff.lasted(Duration::from_secs(29));
        assert!(backoff.failed(MIDDLE) > first);
        backoff.lasted(Duration::from_secs(30));
        assert_eq!(backoff.failed(MIDDLE), first);
        backoff.reset();
        assert_eq!(backoff.failures(), 0);
    }

    #[test]
    fn bounds_the_wrong_way_round_do_not_panic() {
        let mut backoff = Backoff::new(Duration::from_secs(2), Duration::from_secs(1));
        assert_eq!(backoff.failed(u64::MAX), Duration::from_secs(2));
        let mut backoff = Backoff::new(Duration::MAX, Duration::MAX);
        assert_eq!(backoff.failed(u64::MAX), Duration::MAX);
    }

    proptest! {
        #[test]
        fn stays_within_its_bounds(
            failures in 1_u32..200,
            random: u64,
            floor in 0_u64..10_000,
            more in 0_u64..100_000,
        ) {
            let (floor, ceiling) = (
                Duration::from_millis(floor),
                Duration::from_millis(floor + more),
            );
            let mut backoff = Backoff::new(floor, ceiling);
            for _ in 0..failures {
                let wait = backoff.failed(random);
                prop_assert!(wait >= floor && wait <= ceiling);
            }
        }
    }
}
