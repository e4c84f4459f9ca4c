//! The boot assessment: marks the running firmware good, or gives it up.

use std::time::Duration;

use super::MainLoop;
use crate::clock;
use crate::firmware::bless::{self, bless};
use crate::firmware::boot_counting;
use crate::firmware::shutdown::ShutdownKind;

impl MainLoop {
    /// How long all has been well with the box itself. A firmware that does not get at its data is
    /// not well, whoever answers.
    fn well_for(&self, now: Duration) -> Duration {
        match self.given.data.is_in_ram() {
            true => Duration::ZERO,
            false => self.watch.well_for(now),
        }
    }

    /// Marks the firmware good, or gives it up where it should have done well long ago and there is
    /// another one.
    pub(super) fn judge(&mut self, now: Duration) {
        if self.blessed || self.ending.is_some() {
            return;
        }
        let well_for = self.well_for(now);
        if well_for >= bless::AFTER {
            self.bless();
        } else if self.given.trial.is_lost(now, well_for) {
            self.given.log.say(format!(
                "firmware: {} did not become healthy within {}: the box restarts, and after the \
                    last try the other firmware runs",
                self.given.image.version,
                clock::span_in_words(boot_counting::WITHIN)
            ));
            self.begin_end(ShutdownKind::Restart, now);
        }
    }

    /// Takes the counter off a firmware that does well, so that the boot loader keeps it.
    fn bless(&mut self) {
        self.blessed = true;
        if let Some(esp) = &self.given.esp {
            match bless(esp, &self.given.image.version) {
                Ok(Some(name)) => self
                    .given
                    .log
                    .say(format!("firmware: healthy, kept: {name}")),
                Ok(None) => {}
                Err(cause) => self
                    .given
                    .log
                    .say(format!("firmware: cannot be marked as good: {cause}")),
            }
        }
    }
}
