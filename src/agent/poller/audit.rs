//! Asking the API for its own count of an hour, when the stream is read up to the present: at most
//! one small question a poll, and only where the tenant's limit has room at once, so that reading
//! never waits for it.

use std::time::Duration;

use super::Poller;
use crate::clock::Time;
use crate::ledger::{AuditOutcome, HOUR_MS, Horizon, LedgerKey, begin_of};
use crate::source::{Place, Query, SourceError, SourceErrorKind};
use crate::spool::Spool;
use crate::status::InternalEvent;

/// After a question that failed none is asked for so long.
const PAUSE: Duration = Duration::from_secs(600);
/// Our own rows are looked at this often.
const CHECK_EVERY: Duration = Duration::from_secs(3600);

impl<S: Spool, T: Time> Poller<S, T> {
    /// Asks about one hour, where one is due.
    pub(super) fn audit(&mut self) {
        let now = self.worker.now().steady;
        if now >= self.state.check_after {
            self.state.check_after = now + CHECK_EVERY;
            if let Some(what) = self.pages.ledger.fault() {
                self.worker.tell(&InternalEvent::LedgerTrouble { what });
            }
        }
        if !self.audits || now < self.state.audit_after || !self.client.clock.is_known() {
            return;
        }
        if let Err((hour, error)) = self.try_audit(now) {
            match error.trouble {
                SourceErrorKind::Throttled(silence) => {
                    self.client.keep_silent(&self.worker, silence)
                }
                SourceErrorKind::Stopped => {}
                _ => self.tell_unanswered(hour, now, &error.what),
            }
            tracing::debug!(
                agent = self.worker.reporter.agent(),
                "{}: the ledger's query failed: {}",
                self.stream,
                error.what
            );
            self.state.audit_after = now + PAUSE;
        }
    }

    /// The question about an hour failed: once that is sure, it is told.
    fn tell_unanswered(&mut self, hour: u32, now: Duration, why: &str) {
        let hours = self.state.audit.failed(hour, now);
        if hours.is_empty() {
            return;
        }
        self.worker.tell(&InternalEvent::LedgerUnanswered {
            stream: self.stream.name,
            hours: hours.into_iter().map(begin_of).collect(),
            why: why.to_owned(),
        });
    }

    /// # Errors
    /// The hour whose question failed, and how.
    fn try_audit(&mut self, now: Duration) -> Result<(), (u32, SourceError)> {
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
        let mut audited = self.pages.ledger.audited(stream);
        let Some(hour) = self.state.audit.next(&audited, horizon, now) else {
            return Ok(());
        };
        match self.client.has_turn(&self.worker) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => return Err((hour, error)),
        }
        let from_ms = begin_of(hour);
        let question = Query {
            from_ms,
            to_ms: Some(from_ms + HOUR_MS - 1),
            place: Place::Skip(0),
            limit: 1,
            late: None,
        };
        let answer = self.client.page(&self.worker, &question, &mut ());
        let failed = |error| (hour, error);
        let Some(named) = answer.map_err(failed)?.total else {
            let none = SourceError::new(SourceErrorKind::Passing, "the response has no total");
            return Err(failed(none));
        };
        let unanswered = self.state.audit.unanswered();
        let missing = self.pages.ledger.named(LedgerKey::at(stream, hour), named);
        let outcome = self
            .state
            .audit
            .answered(&mut audited, hour, missing, horizon, now);
        self.pages.ledger.keep_audited(stream, audited);
        let stream = self.stream.name;
        if !unanswered.is_empty() && self.state.audit.unanswered().is_empty() {
            self.worker.tell(&InternalEvent::LedgerAnswered { stream });
        }
        match outcome {
            AuditOutcome::Same => {}
            AuditOutcome::Whole => self.worker.tell(&InternalEvent::LedgerWhole { stream }),
            AuditOutcome::Short(hours) => self.worker.tell(&InternalEvent::LedgerShort {
                stream,
                agent: self.worker.reporter.agent().to_owned(),
                hours: hours
                    .into_iter()
                    .map(|(hour, missing)| (begin_of(hour), missing))
                    .collect(),
            }),
        }
        Ok(())
    }
}
