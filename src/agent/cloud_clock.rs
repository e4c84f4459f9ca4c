//! The cloud's clock, read from the `Date` headers of its responses.

use std::time::Duration;

use crate::clock::Moment;
use crate::source::Clocks;

/// What the cloud's clock last said, and when: ours may be set at any moment, so that it is not
/// compared with it.
#[derive(Debug, Clone, Copy, Default)]
pub struct CloudClock(Option<(i64, Duration)>);

// === impl CloudClock ===

impl CloudClock {
    /// Did it ever tell the time?
    pub fn is_known(self) -> bool {
        self.0.is_some()
    }

    /// It tells the time, milliseconds since 1970.
    pub fn tell(&mut self, server_ms: Option<i64>, steady: Duration) {
        if let Some(server_ms) = server_ms {
            self.0 = Some((server_ms, steady));
        }
    }

    /// Both clocks at this moment.
    pub fn beside(self, now: Moment) -> Clocks {
        Clocks {
            cloud_ms: self.ms_at(now.steady),
            own_ms: now.wall_ms,
        }
    }

    /// What it said at this steady time, where it ever told it.
    pub fn ms_at(self, steady: Duration) -> Option<i64> {
        let (told_ms, at) = self.0?;
        let ms = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        Some(told_ms.saturating_add(ms(steady)).saturating_sub(ms(at)))
    }
}
