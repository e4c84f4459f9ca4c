//! What to do when a page could not be had.

use std::time::Duration;

use super::Poller;
use crate::agent::passed::aside;
use crate::clock::Time;
use crate::ledger::Key;
use crate::source::{Change, ProbeAnswer, Source, SourceError, Step, Trouble, Unserved};
use crate::spool::Spool;
use crate::status::{Happening, PageRead};

/// How often a refused secret is looked at again: a replaced token takes effect this soon.
const SECRET_LOOK: Duration = Duration::from_secs(2);

impl<S: Spool, C: Source, T: Time> Poller<S, C, T> {
    /// What to do after trouble: tells it, and says how long to wait.
    pub(super) fn after(&mut self, error: SourceError) -> Duration {
        let SourceError { trouble, what } = error;
        if let Trouble::Throttled(silence) = trouble {
            self.keep_silent(silence);
        }
        // where an answer is missing here, we were told to stop
        let Ok(change) = self.change_after(trouble) else {
            return Duration::ZERO;
        };
        if let Some(Change::StillUnserved(known)) = change {
            self.tell_passed(known, &what);
            return Duration::ZERO;
        }
        if self.time.over() {
            return Duration::ZERO;
        }
        let wait = match (trouble, change) {
            (Trouble::Throttled(silence), _) => silence,
            (_, Some(_)) => {
                // something else is asked for, and the cloud does answer
                self.state.passing.reset();
                self.state.refused.reset();
                Duration::ZERO
            }
            (Trouble::Refused | Trouble::InvalidToken, None) => {
                self.state.refused.failed(self.time.chance())
            }
            (_, None) => self.state.passing.failed(self.time.chance()),
        };
        let stream = self.stream.name();
        self.tell(&Happening::CloudTrouble {
            stream,
            trouble,
            what: what.clone(),
            wait,
        });
        match (trouble, change) {
            (_, Some(Change::Passed(passed))) => self.pass_over(passed, &what),
            (_, Some(change)) => self.tell(&Happening::Narrowed { stream, change }),
            (Trouble::Refused | Trouble::InvalidToken, None) => {
                self.wait_for_another_secret(wait);
                return Duration::ZERO;
            }
            (_, None) => {}
        }
        match trouble {
            // the throttle holds everybody back
            Trouble::Throttled(_) => Duration::ZERO,
            _ => wait,
        }
    }

    /// What is asked for from now on, where that is something else: less of what fails, or what follows it.
    ///
    /// # Errors
    /// Only when we are told to stop.
    fn change_after(&mut self, trouble: Trouble) -> Result<Option<Change>, SourceError> {
        let less = match trouble {
            Trouble::Stopped => return Err(SourceError::new(trouble, "stopped")),
            Trouble::TooLarge => self.reader.ask_for_less(),
            Trouble::BadQuestion => self.reader.leave_place(),
            Trouble::TooSlow => {
                self.state.slow += 1;
                (self.state.slow > 1)
                    .then(|| self.reader.ask_for_less())
                    .flatten()
            }
            _ => None,
        };
        if less.is_some() {
            return Ok(less);
        }
        let now_ms = self.cloud_now_ms();
        let mut step = match trouble {
            Trouble::Throttled(_) => self.reader.throttled(now_ms),
            _ => self.reader.failed(now_ms),
        };
        loop {
            let question = match step {
                Step::Wait | Step::Outage | Step::Held => return Ok(None),
                Step::Changed(change) => return Ok(Some(change)),
                Step::Ask(question) => question,
            };
            let answer = match self.ask(&question) {
                Ok(answer) => ProbeAnswer::Records(answer.records),
                Err(error) => match error.trouble {
                    Trouble::Stopped => return Err(error),
                    Trouble::Throttled(silence) => {
                        self.keep_silent(silence);
                        ProbeAnswer::Throttled
                    }
                    _ => ProbeAnswer::Failed,
                },
            };
            step = self.reader.told(answer);
        }
    }

    /// A record, or a stretch, is set aside without having been seen: that is written together with the cursor behind it.
    fn pass_over(&mut self, passed: Unserved, why: &str) {
        let now_ms = self.cloud_now_ms();
        let turn = self.reader.pass();
        let key = Key::of(self.stream.number(), Some(passed.from_ms), now_ms);
        self.sent.open();
        let aside = aside(passed, why, self.time.now().wall_ms);
        self.state.haul.pass_over(key, aside);
        if !self.write(&turn) {
            return;
        }
        self.state.again.reset();
        let wait = self.state.again.failed(self.time.chance());
        self.state.again_at = Some(self.time.now().steady + wait);
        self.tell_passed(passed, why);
        self.tell(&Happening::PageRead(PageRead {
            stream: self.stream.name(),
            set_aside: 1,
            read_up_to_ms: self.reader.high_ms(),
            more: true,
            ..PageRead::default()
        }));
    }

    fn tell_passed(&self, passed: Unserved, why: &str) {
        self.tell(&Happening::PassedOver {
            stream: self.stream.name(),
            passed,
            why: why.to_owned(),
        });
    }

    /// Waits, but not longer than until the secret is another one.
    fn wait_for_another_secret(&self, wait: Duration) {
        let refused = (self.read_secret)().ok();
        let until = self.time.now().steady + wait;
        while self.time.now().steady < until && !self.sleep(SECRET_LOOK.min(wait)) {
            if (self.read_secret)().ok() != refused {
                break;
            }
        }
    }
}
