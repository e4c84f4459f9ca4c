//! What to do when a page could not be had.

use std::time::Duration;

use super::Poller;
use crate::clock::Time;
use crate::source::{Source, SourceError, Trouble};
use crate::spool::Spool;
use crate::status::Happening;

/// How often a refused secret is looked at again: a replaced token takes effect this soon.
const SECRET_LOOK: Duration = Duration::from_secs(2);

impl<S: Spool, C: Source, T: Time> Poller<S, C, T> {
    /// What to do after trouble: tells it, and says how long to wait.
    pub(super) fn after(&mut self, error: SourceError) -> Duration {
        let wait = match error.trouble {
            Trouble::Stopped => return Duration::ZERO,
            Trouble::Throttled(silence) => {
                self.keep_silent(silence);
                silence
            }
            Trouble::Refused => self.state.refused.failed(self.time.chance()),
            Trouble::TooLarge if self.reader.ask_for_less() => Duration::ZERO,
            Trouble::BadQuestion if self.reader.forget_place() => Duration::ZERO,
            Trouble::TooSlow => {
                self.state.slow += 1;
                if self.state.slow > 1 {
                    self.reader.ask_for_less();
                }
                self.state.passing.failed(self.time.chance())
            }
            Trouble::Passing | Trouble::InTheWay | Trouble::TooLarge | Trouble::BadQuestion => {
                self.state.passing.failed(self.time.chance())
            }
        };
        if self.time.over() {
            return Duration::ZERO;
        }
        self.tell(&Happening::CloudTrouble {
            stream: self.stream.name(),
            what: error.what,
            wait,
        });
        match error.trouble {
            Trouble::Refused => self.wait_for_another_secret(wait),
            // the throttle holds everybody back
            Trouble::Throttled(_) => Duration::ZERO,
            _ => wait,
        }
    }

    /// Waits, but not longer than until the secret is another one.
    fn wait_for_another_secret(&self, wait: Duration) -> Duration {
        let refused = (self.read_secret)().ok();
        let until = self.time.now().steady + wait;
        while self.time.now().steady < until && !self.sleep(SECRET_LOOK.min(wait)) {
            if (self.read_secret)().ok() != refused {
                break;
            }
        }
        Duration::ZERO
    }
}
