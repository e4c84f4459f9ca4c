//! Asking the API for its own count of an hour, when the stream is read up to the present: at most one small question a poll, and
//! only where the tenant's limit has room at once, so that reading never waits for it.

use std::sync::PoisonError;
use std::time::Duration;

use super::Poller;
use crate::clock::Time;
use crate::ledger::{HOUR_MS, Horizon, Key, Outcome, begin_of};
use crate::source::{Place, Query, Source, SourceError, Trouble};
use crate::spool::Spool;
use crate::status::Happening;

/// After a question that failed none is asked for so long.
const PAUSE: Duration = Duration::from_secs(600);
/// Our own rows are looked at this often.
const CHECK_EVERY: Duration = Duration::from_secs(3600);

impl<S: Spool, C: Source, T: Time> Poller<S, C, T> {
    /// Asks about one hour, where one is due.
    pub(super) fn audit(&mut self) {
        let now = self.time.now().steady;
        if now >= self.state.check_after {
            self.state.check_after = now + CHECK_EVERY;
            if let Some(what) = self.ledger.fault() {
                self.tell(&Happening::LedgerTrouble { what });
            }
        }
        if !self.audits || now < self.state.audit_after || !self.state.cloud_clock.is_known() {
            return;
        }
        if let Err(error) = self.try_audit(now) {
            if let Trouble::Throttled(silence) = error.trouble {
                self.keep_silent(silence);
            }
            tracing::debug!(
                agent = self.reporter.agent(),
                "{}: the ledger's question failed: {}",
                self.stream,
                error.what
            );
            self.state.audit_after = now + PAUSE;
        }
    }

    fn try_audit(&mut self, now: Duration) -> Result<(), SourceError> {
        let (Some(origin_ms), Some(high_ms)) = (self.reader.origin_ms(), self.reader.high_ms())
        else {
            return Ok(());
        };
        let horizon = Horizon {
            origin_ms,
            high_ms,
            look_back_ms: i64::try_from(self.look_back.as_millis()).unwrap_or(i64::MAX / 4),
            now_ms: self.clocks().earlier_ms(),
        };
        let stream = self.stream.number();
        let mut audited = self.ledger.audited(stream);
        let Some(hour) = self.state.audit.next(&audited, horizon, now) else {
            return Ok(());
        };
        let turn = self
            .throttle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .admit(now);
        if turn.is_err() {
            return Ok(());
        }
        let from_ms = begin_of(hour);
        let question = Query {
            from_ms,
            to_ms: Some(from_ms + HOUR_MS - 1),
            place: Place::Skip(0),
            limit: 1,
        };
        self.asks();
        let answer = self.source.page(&question, &mut ());
        self.promise(Duration::ZERO);
        let Some(named) = answer?.total else {
            return Err(SourceError::new(
                Trouble::Passing,
                "the answer has no total",
            ));
        };
        let missing = self.ledger.named(Key::at(stream, hour), named);
        let outcome = self
            .state
            .audit
            .answered(&mut audited, hour, missing, horizon, now);
        self.ledger.keep_audited(stream, audited);
        let stream = self.stream.name();
        match outcome {
            Outcome::Same => {}
            Outcome::Whole => self.tell(&Happening::LedgerWhole { stream }),
            Outcome::Short(hours) => self.tell(&Happening::LedgerShort {
                stream,
                agent: self.reporter.agent().to_owned(),
                hours: hours
                    .into_iter()
                    .map(|(hour, missing)| (begin_of(hour), missing))
                    .collect(),
            }),
        }
        Ok(())
    }
}
