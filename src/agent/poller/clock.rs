//! A clock that nobody set: on siembox's own firmware a poller waits for it, for a while, and says so.

use std::time::Duration;

use super::Poller;
use crate::clock::Time;
use crate::source::Source;
use crate::spool::Spool;
use crate::status::Happening;
use crate::timekeeping::Look;

/// How often it is looked whether the clock is set.
const LOOK: Duration = Duration::from_millis(250);

impl<S: Spool, C: Source, T: Time> Poller<S, C, T> {
    /// How long to wait before the clock is looked at again; `None` where there is nothing to wait for.
    pub(super) fn wait_for_clock(&mut self) -> Option<Duration> {
        // once it is set, nobody takes it back
        if self.state.clock_is_set {
            return None;
        }
        let stream = self.stream.name();
        let look = self.gate.look(self.time.now());
        let waits = matches!(look, Look::Shut { .. });
        match &look {
            Look::Open => {
                self.state.clock_is_set = true;
                if self.state.unset.take().is_some() {
                    self.tell(&Happening::ClockSet { stream });
                }
            }
            // who was asked becomes known only after a while
            Look::Shut { asked } | Look::Late { asked } => {
                let asked = asked.clone();
                if self.state.unset.as_ref() != Some(&look) {
                    self.tell(&Happening::ClockNotSet {
                        stream,
                        asked,
                        waits,
                    });
                    self.state.unset = Some(look);
                }
            }
        }
        waits.then_some(LOOK)
    }
}
