//! A cap on lines per second, for receivers (and UDP buffers) that can't take a backlog at full
//! speed.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::clock;

/// A bucket of tokens, one a line, that holds a hundredth of a second's worth: what goes out at
/// once must fit into a small receive buffer.
#[derive(Debug, Clone)]
pub(super) struct LineRate {
    /// Time per line.
    interval: Duration,
    /// The bucket, as time.
    depth: Duration,
    /// When the bucket will be full again (the "theoretical arrival time" of GCRA), by the steady
    /// clock.
    full: Option<Duration>,
}

impl LineRate {
    pub(super) fn new(lines_per_second: NonZeroU32) -> Self {
        let rate = lines_per_second.get();
        // Above a billion lines per second this is no cap any more, but still no division by zero.
        let interval = (Duration::from_secs(1) / rate).max(Duration::from_nanos(1));
        Self {
            interval,
            depth: interval * (rate / 100).max(1),
            full: None,
        }
    }

    /// Takes up to `wanted` tokens and says how many, at least one; or how long to wait for one.
    pub(super) fn take(&mut self, wanted: usize, now: Duration) -> Result<usize, Duration> {
        let full = self.full.map_or(now, |full| full.max(now));
        let free = (now + self.depth).saturating_sub(full);
        if free < self.interval {
            return Err(self.interval - free);
        }
        let tokens = free.as_nanos() / self.interval.as_nanos();
        let taken = wanted.min(usize::try_from(tokens).unwrap_or(usize::MAX));
        let time = self
            .interval
            .saturating_mul(u32::try_from(taken).unwrap_or(u32::MAX));
        self.full = Some(full + time);
        Ok(taken)
    }
}

/// Waits until some of `wanted` lines may go and says how many. Without a cap: all of them, now.
pub(super) async fn wait(pace: &mut Option<LineRate>, wanted: usize) -> usize {
    let Some(pace) = pace else {
        return wanted;
    };
    loop {
        match pace.take(wanted, clock::steady()) {
            Ok(taken) => return taken,
            Err(wait) => tokio::time::sleep(wait).await,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn pace(rate: u32) -> LineRate {
        LineRate::new(NonZeroU32::new(rate).unwrap())
    }

    #[test]
    fn a_slow_cap_gives_one_at_a_time() {
        let (mut pace, now) = (pace(2), Duration::from_secs(9));
        assert_eq!(pace.take(10, now), Ok(1));
        assert_eq!(pace.take(10, now), Err(Duration::from_millis(500)));
        assert_eq!(
            pace.take(10, now + Duration::from_millis(200)),
            Err(Duration::from_millis(300))
        );
        assert_eq!(pace.take(10, now + Duration::from_millis(500)), Ok(1));
    }

    #[test]
    fn a_fast_cap_gives_a_hundredth_of_a_second_at_once() {
        let (mut pace, now) = (pace(10_000), Duration::from_secs(9));
        assert_eq!(pace.take(5_000, now), Ok(100));
        assert!(pace.take(1, now).is_err());
        // A pause doesn't fill the bucket beyond its depth.
        assert_eq!(pace.take(5_000, now + Duration::from_secs(60)), Ok(100));
    }

    proptest! {
        #[test]
        fn never_more_than_the_cap(
            rate in 1_u32..2_000_000_000,
            asks in proptest::collection::vec((0_u64..50_000_000, 1_usize..1_000_000), 1..50),
        ) {
            let mut pace = pace(rate);
            let start = Duration::from_secs(9);
            let (mut now, mut sent) = (start, 0_f64);
            for (nanos, wanted) in asks {
                now += Duration::from_nanos(nanos);
                if let Ok(taken) = pace.take(wanted, now) {
                    prop_assert!(taken >= 1 && taken <= wanted);
                    sent += taken as f64;
                }
            }
            // The interval is rounded down to nanoseconds, which counts at absurd rates only.
            let interval = (Duration::from_secs(1) / rate).as_nanos().max(1) as f64;
            let burst = f64::from((rate / 100).max(1));
            prop_assert!(sent <= (now - start).as_nanos() as f64 / interval + burst + 1.0);
        }
    }
}
