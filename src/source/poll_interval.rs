//! The poll interval: short while behind or while records come, long if nothing is new.

use std::time::Duration;

/// The shares of the idle interval: one third after news, then half as long again each time nothing
/// is new.
#[derive(Debug, Clone)]
pub struct PollInterval {
    idle: Duration,
    current: Duration,
}

impl PollInterval {
    /// `idle` is the interval when nothing is new.
    #[must_use]
    pub fn new(idle: Duration) -> Self {
        Self {
            idle,
            current: idle / 3,
        }
    }

    /// The walk has reached the present and brought `news` records: the time until the next.
    pub fn caught_up(&mut self, news: u64) -> Duration {
        self.current = if news > 0 {
            self.idle / 3
        } else {
            (self.current * 3 / 2).min(self.idle)
        };
        self.current
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slows_down_when_quiet_and_wakes_with_news() {
        let mut pace = PollInterval::new(Duration::from_secs(30));
        let waits: Vec<u64> = [5, 0, 0, 0, 0, 1]
            .map(|news| pace.caught_up(news).as_secs())
            .to_vec();
        assert_eq!(waits, [10, 15, 22, 30, 30, 10]);
    }
}
