//! Keeps the tenant's request limit: 30 requests in any minute over the whole API (reference:
//! api-introduction.md).
//!
//! A window of the last requests rather than a bucket: a full bucket would let 60 requests into one
//! minute. All pollers of a tenant share one throttle; requests of other clients of the tenant show
//! only as answers 429.

use std::collections::VecDeque;
use std::time::Duration;

/// No answer makes us wait longer than this.
pub(super) const LONGEST_SILENCE: Duration = Duration::from_secs(900);

/// A second more than the minute that the cloud measures: requests do not all travel equally fast.
const MINUTE: Duration = Duration::from_secs(61);

/// Times are monotonic, counted from any fixed moment.
#[derive(Debug)]
pub struct RequestLimit {
    per_minute: usize,
    /// When the requests of the last minute were let through.
    times: VecDeque<Duration>,
    /// The cloud asked for silence until then.
    silent_until: Duration,
}

impl RequestLimit {
    /// Lets `per_minute` requests (at least 1) into any minute.
    #[must_use]
    pub fn new(per_minute: u32) -> Self {
        Self {
            per_minute: per_minute.max(1) as usize,
            times: VecDeque::new(),
            silent_until: Duration::ZERO,
        }
    }

    /// Takes another limit.
    pub fn set_limit(&mut self, per_minute: u32) {
        self.per_minute = per_minute.max(1) as usize;
    }

    /// Lets a request through now, or says how long to wait before asking again.
    ///
    /// # Errors
    /// The time to wait.
    pub fn admit(&mut self, now: Duration) -> Result<(), Duration> {
        while self
            .times
            .front()
            .is_some_and(|&oldest| oldest + MINUTE <= now)
        {
            self.times.pop_front();
        }
        if now < self.silent_until {
            return Err(self.silent_until - now);
        }
        if self.times.len() >= self.per_minute {
            let blocker = self.times[self.times.len() - self.per_minute];
            return Err((blocker + MINUTE).saturating_sub(now));
        }
        self.times.push_back(now);
        Ok(())
    }

    /// The cloud asked for silence: nobody asks for this long.
    pub fn hold(&mut self, now: Duration, silence: Duration) {
        self.silent_until = self.silent_until.max(now.saturating_add(silence));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_31st_request_waits_for_the_first_to_grow_old() {
        let mut throttle = RequestLimit::new(30);
        for i in 0..30 {
            assert_eq!(throttle.admit(s(i)), Ok(()));
        }
        assert_eq!(throttle.admit(s(30)), Err(s(31)));
        assert_eq!(throttle.admit(s(61)), Ok(()));
        assert_eq!(throttle.admit(s(61)), Err(s(1)));
    }

    #[test]
    fn silence_holds_everybody() {
        let mut throttle = RequestLimit::new(30);
        throttle.hold(s(5), s(60));
        assert_eq!(throttle.admit(s(6)), Err(s(59)));
        assert_eq!(throttle.admit(s(65)), Ok(()));
    }

    #[test]
    fn no_silence_is_too_long_to_be_kept() {
        let mut throttle = RequestLimit::new(30);
        throttle.hold(s(5), Duration::MAX);
        assert_eq!(throttle.admit(s(5)), Err(Duration::MAX - s(5)));
    }

    #[test]
    fn a_lower_limit_counts_what_was_let_through() {
        let mut throttle = RequestLimit::new(30);
        for _ in 0..20 {
            assert_eq!(throttle.admit(s(0)), Ok(()));
        }
        throttle.set_limit(10);
        assert_eq!(throttle.admit(s(1)), Err(s(60)));
    }

    proptest! {
        #[test]
        fn no_minute_ever_holds_more(
            limit in 1_u32..40,
            steps in prop::collection::vec(0_u64..5_000, 1..300),
        ) {
            let mut throttle = RequestLimit::new(limit);
            let (mut now, mut let_through) = (Duration::ZERO, Vec::new());
            for step in steps {
                now += Duration::from_millis(step);
                if throttle.admit(now).is_ok() {
                    let_through.push(now);
                }
            }
            for (i, &start) in let_through.iter().enumerate() {
                let within = let_through[i..]
                    .iter()
                    .filter(|&&t| t < start + MINUTE)
                    .count();
                prop_assert!(within <= limit as usize);
            }
        }
    }
}
