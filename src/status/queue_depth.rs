//! How much waited in a spool over the last day and the last 30 days: two small rings, for the
//! page's charts.
//!
//! Registry in memory only: an idle box writes nothing to flash. After a restart the curves begin
//! anew, and the page says so.

use std::time::Duration;

use heapless::Deque;

use super::wall_ms_at;
use crate::clock::Moment;

const DAY_STEP: Duration = Duration::from_secs(10 * 60);
const DAY_STEPS: usize = 144;
const MONTH_STEP: Duration = Duration::from_secs(4 * 3600);
const MONTH_STEPS: usize = 180;

/// The most lines that waited within one step of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueDepth {
    /// When the step began, milliseconds since 1970.
    pub at_ms: i64,
    /// Lines.
    pub waiting: u64,
}

/// Both curves, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueDepths {
    /// The last 24 hours, in steps of 10 minutes.
    pub day: Vec<QueueDepth>,
    /// The last 30 days, in steps of 4 hours.
    pub month: Vec<QueueDepth>,
}

/// What both curves are drawn from: 5 KB, whatever happens.
#[derive(Debug, Default)]
pub(super) struct QueueDepthRings {
    day: Ring<DAY_STEPS>,
    month: Ring<MONTH_STEPS>,
}

/// Number of a step since the process began, and the most that waited in it.
#[derive(Debug, Default)]
struct Ring<const N: usize>(Deque<(u64, u64), N>);

// === impl QueueDepthRings ===

impl QueueDepthRings {
    /// So many lines wait now.
    pub(super) fn sample(&mut self, now: Moment, waiting: u64) {
        self.day.sample(now.steady, DAY_STEP, waiting);
        self.month.sample(now.steady, MONTH_STEP, waiting);
    }

    pub(super) fn depths(&self, now: Moment) -> QueueDepths {
        QueueDepths {
            day: self.day.depths(DAY_STEP, now),
            month: self.month.depths(MONTH_STEP, now),
        }
    }
}

// === impl Ring ===

impl<const N: usize> Ring<N> {
    fn sample(&mut self, now: Duration, step: Duration, waiting: u64) {
        let number = now.as_secs() / step.as_secs();
        match self.0.back_mut() {
            Some((last, most)) if *last == number => *most = (*most).max(waiting),
            _ => {
                if self.0.is_full() {
                    self.0.pop_front();
                }
                // there is room now
                let _ = self.0.push_back((number, waiting));
            }
        }
    }

    fn depths(&self, step: Duration, now: Moment) -> Vec<QueueDepth> {
        let begin = |number| Duration::from_secs(number * step.as_secs());
        self.0
            .iter()
            .map(|&(number, waiting)| QueueDepth {
                at_ms: wall_ms_at(begin(number), now),
                waiting,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_most_of_each_step_and_no_more_than_a_day() {
        let mut rings = QueueDepthRings::default();
        let at = |seconds: u64| Moment {
            wall_ms: 1_000_000 + i64::try_from(seconds).unwrap() * 1000,
            steady: Duration::from_secs(seconds),
        };
        for (seconds, waiting) in [(0, 5), (30, 90), (599, 7), (600, 8)] {
            rings.sample(at(seconds), waiting);
        }
        let depth = |at_ms, waiting| QueueDepth { at_ms, waiting };
        let depths = rings.depths(at(700));
        assert_eq!(depths.day, [depth(1_000_000, 90), depth(1_600_000, 8)]);
        assert_eq!(depths.month, [depth(1_000_000, 90)]);
        for step in 0..1000 {
            rings.sample(at(step * 600), step);
        }
        let depths = rings.depths(at(600_000));
        assert_eq!(depths.day.len(), DAY_STEPS);
        assert_eq!(depths.day.last().map(|depth| depth.waiting), Some(999));
    }
}
