//! The clock and the waits of a replay, which ends with its agent or its client.

use std::time::Duration;

use tokio::sync::watch;

use crate::clock::{Moment, Time};
use crate::replay::ReplayReport;

/// Whether somebody still listens is looked at this often.
const LOOK: Duration = Duration::from_millis(200);

/// The agent's time, as long as somebody listens.
pub(super) struct ReplayTime<T> {
    /// The agent's.
    pub(super) agent: T,
    /// Whoever asked; closed where nobody listens any more.
    pub(super) report: watch::Sender<ReplayReport>,
}

// === impl ReplayTime ===

impl<T: Time> Time for ReplayTime<T> {
    fn now(&self) -> Moment {
        self.agent.now()
    }

    fn sleep(&self, time: Duration) -> bool {
        let end = self.now().steady + time;
        loop {
            let left = end.saturating_sub(self.now().steady);
            if self.report.is_closed() || self.agent.sleep(left.min(LOOK)) {
                return true;
            }
            if left.is_zero() {
                return false;
            }
        }
    }

    fn sleep_because(&self, time: Duration, why: &str) -> bool {
        if time > LOOK {
            self.report.send_if_modified(|report| {
                let ReplayReport::Progress(progress) = report else {
                    return false;
                };
                progress.waits = Some(why.to_owned());
                true
            });
        }
        self.sleep(time)
    }

    fn over(&self) -> bool {
        self.report.is_closed() || self.agent.over()
    }

    fn chance(&self) -> u64 {
        self.agent.chance()
    }
}
