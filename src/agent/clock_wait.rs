//! Waits for the clock on siembox's own firmware until a time server has set it, for a while, and
//! reports that.

use std::time::Duration;

use super::worker::Worker;
use crate::clock::Time;
use crate::status::InternalEvent;
use crate::timekeeping::{Gate, Look};

/// How often it is looked whether the clock is set.
const LOOK: Duration = Duration::from_millis(250);

/// What one stream knows of the clock.
pub struct ClockWait {
    /// Opens when the clock is set; TLS needs it.
    gate: Gate,
    /// Was it set when it was last looked at? Nobody takes that back.
    is_set: bool,
    /// What was last said about a clock that is not set; `None` where it is.
    unset: Option<Look>,
}

// === impl ClockWait ===

impl ClockWait {
    /// It was not looked at yet.
    pub fn new(gate: &Gate) -> Self {
        Self {
            gate: gate.clone(),
            is_set: false,
            unset: None,
        }
    }

    /// How long to wait before the clock is looked at again; `None` where there is nothing to wait
    /// for.
    pub fn wait<T: Time>(&mut self, worker: &Worker<T>, stream: &'static str) -> Option<Duration> {
        if self.is_set {
            return None;
        }
        let look = self.gate.look(worker.now());
        let waits = matches!(look, Look::Shut { .. });
        match &look {
            Look::Open => {
                self.is_set = true;
                if self.unset.take().is_some() {
                    worker.tell(&InternalEvent::ClockSet { stream });
                }
            }
            // who was asked becomes known only after a while
            Look::Shut { asked } | Look::Late { asked } => {
                let asked = asked.clone();
                if self.unset.as_ref() != Some(&look) {
                    worker.tell(&InternalEvent::ClockNotSet {
                        stream,
                        asked,
                        waits,
                    });
                    self.unset = Some(look);
                }
            }
        }
        waits.then_some(LOOK)
    }
}
