//! What the poller does when a page cannot be fetched.

use std::time::Duration;

use super::Poller;
use crate::agent::on_error::{follow, passed_over};
use crate::agent::worker::Stopped;
use crate::clock::Time;
use crate::ledger::LedgerKey;
use crate::source::{Change, Failure, SourceError, SourceErrorKind, Step, Unserved};
use crate::spool::Spool;
use crate::status::{InternalEvent, PageRead, Question};

/// How often it is looked whether what was absent is there: setting up a product, or granting a
/// right, takes people, and each look takes of a quota that they share.
const ABSENT_LOOK: Duration = Duration::from_secs(3600);

impl<S: Spool, T: Time> Poller<S, T> {
    /// What to do after trouble: tells it, and says how long to wait.
    pub(super) fn after(&mut self, error: SourceError) -> Duration {
        let SourceError { trouble, what } = error;
        if let SourceErrorKind::Throttled(silence) = trouble {
            self.client.keep_silent(&self.worker, silence);
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
        if self.worker.time.over() {
            return Duration::ZERO;
        }
        if trouble == SourceErrorKind::Absent && change.is_none() {
            return self.after_absent(what);
        }
        let wait = match (trouble, change) {
            (SourceErrorKind::Throttled(silence), _) => silence,
            (_, Some(_)) => {
                // something else is asked for, and the cloud does answer
                self.state.errors.passing.reset();
                self.state.refused.reset();
                Duration::ZERO
            }
            (SourceErrorKind::Refused | SourceErrorKind::InvalidToken, None) => {
                self.state.refused.failed(self.worker.time.chance())
            }
            (_, None) => self.state.errors.passing.failed(self.worker.time.chance()),
        };
        let stream = self.stream.name;
        self.worker.tell(&InternalEvent::CloudTrouble {
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
                self.worker.wait_for_another_secret(&self.read_secret, wait);
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

    /// What the stream reads is not there, or not for us. Says how long to wait.
    fn after_absent(&mut self, what: String) -> Duration {
        self.worker.tell(&InternalEvent::Absent {
            stream: self.stream.name,
            what,
            wait: ABSENT_LOOK,
            again: std::mem::replace(&mut self.state.absent, true),
        });
        ABSENT_LOOK
    }

    /// What to do after answers that contradict themselves for good: as after none. Says how long
    /// to wait.
    pub(super) fn after_contradiction(&mut self, reason: &str) -> Duration {
        let step = self.reader.doubted(self.failure());
        let followed = follow(&self.worker, &mut self.client, &mut self.reader, step);
        self.compare_clocks();
        let Ok(step) = followed else {
            return Duration::ZERO;
        };
        match step {
            Step::Changed(Change::StillUnserved(known)) => {
                self.tell_passed(known, reason);
                Duration::ZERO
            }
            Step::Changed(change) => {
                self.tell_doubt(reason);
                self.go_on_after(change, reason);
                Duration::ZERO
            }
            Step::Wait => {
                self.tell_doubt(reason);
                self.state.errors.passing.failed(self.worker.time.chance())
            }
            step => {
                self.tell_doubt(reason);
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
            Change::LeftLate => {
                // whether it is answered is learnt anew, with the next deep walk
                self.state.late = None;
                self.tell_narrowed(change);
            }
            change => self.tell_narrowed(change),
        }
    }

    fn tell_doubt(&self, reason: &str) {
        self.worker.tell(&InternalEvent::Doubtful {
            stream: self.stream.name,
            reason: reason.to_owned(),
        });
    }

    pub(super) fn tell_narrowed(&self, change: Change) {
        let stream = self.stream.name;
        self.worker
            .tell(&InternalEvent::Narrowed { stream, change });
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

    fn step_after(&mut self, error: SourceErrorKind) -> Result<Step, Stopped> {
        let failure = self.failure();
        let (worker, client) = (&self.worker, &mut self.client);
        let step = (self.state.errors).step(worker, client, &mut self.reader, error, failure);
        self.compare_clocks();
        step
    }

    fn failure(&self) -> Failure {
        let now_ms = self.cloud_now_ms();
        Failure {
            at_ms: now_ms,
            end_ms: now_ms,
        }
    }

    /// A record, or a stretch, is set aside without having been seen: that is written together with
    /// the cursor behind it.
    fn pass_over(&mut self, passed: Unserved, why: &str) {
        let now_ms = self.cloud_now_ms();
        let turn = self.reader.pass();
        let key = LedgerKey::of(self.stream.number(), Some(passed.from_ms), now_ms);
        self.pages.sent.open();
        let aside = passed_over(passed, why, self.worker.now().wall_ms);
        self.state.page.clear();
        self.state.page.buffer.counts.aside(key);
        self.state.page.buffer.aside.push(aside);
        if self.write(&turn).is_err() {
            return;
        }
        self.state.again.reset();
        let wait = self.state.again.failed(self.worker.time.chance());
        self.state.again_at = Some(self.worker.now().steady + wait);
        self.tell_passed(passed, why);
        self.worker.tell(&InternalEvent::PageRead(PageRead {
            stream: self.stream.name,
            set_aside: 1,
            read_up_to_ms: self.reader.high_ms(),
            more: true,
            ..PageRead::default()
        }));
    }

    fn tell_passed(&self, passed: Unserved, why: &str) {
        self.worker.tell(&InternalEvent::PassedOver {
            stream: self.stream.name,
            passed,
            why: why.to_owned(),
        });
    }

    fn tell_too_many(&self, why: &str) {
        self.worker.tell(&InternalEvent::TooManyPassed {
            stream: self.stream.name,
            asked: self.asked(),
            why: why.to_owned(),
        });
    }
}
