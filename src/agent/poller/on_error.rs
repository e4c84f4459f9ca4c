//! What to do when a page could not be had.

use std::time::Duration;

use super::Poller;
use crate::agent::skipped::aside;
use crate::clock::Time;
use crate::ledger::LedgerKey;
use crate::source::{
    Change, Failure, ProbeAnswer, Source, SourceError, SourceErrorKind, Step, Unserved,
};
use crate::spool::Spool;
use crate::status::{InternalEvent, PageRead, Question};

/// How often a refused secret is looked at again: a replaced token takes effect this soon.
const SECRET_LOOK: Duration = Duration::from_secs(2);

impl<S: Spool, C: Source, T: Time> Poller<S, C, T> {
    /// What to do after trouble: tells it, and says how long to wait.
    pub(super) fn after(&mut self, error: SourceError) -> Duration {
        let SourceError { trouble, what } = error;
        if let SourceErrorKind::Throttled(silence) = trouble {
            self.keep_silent(silence);
        }
        // where an answer is missing here, we were told to stop
        let Ok(step) = self.step_after(trouble) else {
            return Duration::ZERO;
        };
        let change = match step {
            Step::Changed(change) => Some(change),
            _ => None,
        };
        if let Some(Change::StillUnserved(known)) = change {
            self.tell_passed(known, &what);
            return Duration::ZERO;
        }
        if self.time.over() {
            return Duration::ZERO;
        }
        let wait = match (trouble, change) {
            (SourceErrorKind::Throttled(silence), _) => silence,
            (_, Some(_)) => {
                // something else is asked for, and the cloud does answer
                self.state.passing.reset();
                self.state.refused.reset();
                Duration::ZERO
            }
            (SourceErrorKind::Refused | SourceErrorKind::InvalidToken, None) => {
                self.state.refused.failed(self.time.chance())
            }
            (_, None) => self.state.passing.failed(self.time.chance()),
        };
        let stream = self.stream.name;
        self.tell(&InternalEvent::CloudTrouble {
            stream,
            trouble,
            what: what.clone(),
            asked: self.asked(),
            wait,
        });
        if step == Step::TooMany {
            self.tell_too_many(&what);
        }
        match (trouble, change) {
            (_, Some(change)) => self.go_on_after(change, &what),
            (SourceErrorKind::Refused | SourceErrorKind::InvalidToken, None) => {
                self.wait_for_another_secret(wait);
                return Duration::ZERO;
            }
            (_, None) => {}
        }
        match trouble {
            // the throttle holds everybody back
            SourceErrorKind::Throttled(_) => Duration::ZERO,
            _ => wait,
        }
    }

    /// What to do after answers that contradict themselves for good: as after none. Says how long
    /// to wait.
    pub(super) fn after_contradiction(&mut self, reason: &'static str) -> Duration {
        let stream = self.stream.name;
        let step = self.reader.doubted(self.failure());
        let Ok(step) = self.follow(step) else {
            return Duration::ZERO;
        };
        match step {
            Step::Changed(Change::StillUnserved(known)) => {
                self.tell_passed(known, reason);
                Duration::ZERO
            }
            Step::Changed(change) => {
                self.tell(&InternalEvent::Doubtful { stream, reason });
                self.go_on_after(change, reason);
                Duration::ZERO
            }
            Step::Wait => {
                self.tell(&InternalEvent::Doubtful { stream, reason });
                self.state.passing.failed(self.time.chance())
            }
            step => {
                self.tell(&InternalEvent::Doubtful { stream, reason });
                if step == Step::TooMany {
                    self.tell_too_many(reason);
                }
                // perhaps another walk fares better
                self.reader.give_up();
                self.pace.caught_up(self.state.news)
            }
        }
    }

    /// Something else is asked for from now on.
    fn go_on_after(&mut self, change: Change, why: &str) {
        match change {
            Change::Passed(passed) => self.pass_over(passed, why),
            change => self.tell(&InternalEvent::Narrowed {
                stream: self.stream.name,
                change,
            }),
        }
    }

    /// From when on, and how many records, the stream asks for at present.
    fn asked(&self) -> Option<Question> {
        let query = self.reader.query()?;
        Some(Question {
            from_ms: query.from_ms,
            to_ms: query.to_ms,
            limit: query.limit,
        })
    }

    /// What follows from it: less of what fails is asked for, or what follows it, or the same
    /// again.
    ///
    /// # Errors
    /// Only when we are told to stop.
    fn step_after(&mut self, trouble: SourceErrorKind) -> Result<Step, SourceError> {
        let less = match trouble {
            SourceErrorKind::Stopped => return Err(SourceError::new(trouble, "stopped")),
            SourceErrorKind::TooLarge => self.reader.ask_for_less(),
            SourceErrorKind::BadQuestion => self.reader.leave_place(),
            SourceErrorKind::TooSlow => {
                self.state.slow += 1;
                (self.state.slow > 1)
                    .then(|| self.reader.ask_for_less())
                    .flatten()
            }
            _ => None,
        };
        if let Some(change) = less {
            return Ok(Step::Changed(change));
        }
        let failure = self.failure();
        let step = match trouble {
            SourceErrorKind::Throttled(_) => self.reader.throttled(failure),
            _ => self.reader.failed(failure),
        };
        self.follow(step)
    }

    fn failure(&self) -> Failure {
        let now_ms = self.cloud_now_ms();
        Failure {
            at_ms: now_ms,
            end_ms: now_ms,
        }
    }

    /// Asks what there is to ask until it is known what follows.
    ///
    /// # Errors
    /// Only when we are told to stop.
    fn follow(&mut self, mut step: Step) -> Result<Step, SourceError> {
        while let Step::Ask(question) = step {
            let answer = match self.ask(&question) {
                Ok(answer) => answer.told(&question.place),
                Err(error) => match error.trouble {
                    SourceErrorKind::Stopped => return Err(error),
                    SourceErrorKind::Throttled(silence) => {
                        self.keep_silent(silence);
                        ProbeAnswer::Throttled
                    }
                    _ => ProbeAnswer::Failed,
                },
            };
            step = self.reader.told(answer);
        }
        Ok(step)
    }

    /// A record, or a stretch, is set aside without having been seen: that is written together with the cursor behind it.
    fn pass_over(&mut self, passed: Unserved, why: &str) {
        let now_ms = self.cloud_now_ms();
        let turn = self.reader.pass();
        let key = LedgerKey::of(self.stream.number(), Some(passed.from_ms), now_ms);
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
        self.tell(&InternalEvent::PageRead(PageRead {
            stream: self.stream.name,
            set_aside: 1,
            read_up_to_ms: self.reader.high_ms(),
            more: true,
            ..PageRead::default()
        }));
    }

    fn tell_passed(&self, passed: Unserved, why: &str) {
        self.tell(&InternalEvent::PassedOver {
            stream: self.stream.name,
            passed,
            why: why.to_owned(),
        });
    }

    fn tell_too_many(&self, why: &str) {
        self.tell(&InternalEvent::TooManyPassed {
            stream: self.stream.name,
            asked: self.asked(),
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
