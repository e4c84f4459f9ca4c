//! What a replay does when a page could not be had: what passes by itself is waited for, what fails
//! alone is narrowed down, the rest is for whoever asked.

use super::{End, Leg, Replay};
use crate::agent::on_error::follow;
use crate::clock::{self, Time};
use crate::source::{Change, Failure, SourceError, SourceErrorKind, Step};
use crate::spool::Spool;

impl<S: Spool, T: Time> Replay<S, T> {
    /// What to do after an error.
    pub(super) fn after(&mut self, leg: &mut Leg<S>, error: SourceError) -> Result<(), End> {
        let SourceError { trouble, what } = error;
        if let SourceErrorKind::Throttled(silence) = trouble {
            leg.client.keep_silent(&self.worker, silence);
            self.worker.wait(silence, &what)?;
        }
        let (failure, client) = (self.failure(), &mut leg.client);
        let step = (leg.errors).step(&self.worker, client, &mut leg.reader, trouble, failure)?;
        match (step, trouble) {
            (Step::Changed(Change::Passed(passed)), _) => self.pass_over(leg, passed, &what),
            // the silence that the cloud asked for has passed
            (Step::Changed(_), _) | (Step::Wait, SourceErrorKind::Throttled(_)) => Ok(()),
            (
                Step::Outage,
                SourceErrorKind::Refused
                | SourceErrorKind::InvalidToken
                | SourceErrorKind::Absent
                | SourceErrorKind::InvalidProxy
                | SourceErrorKind::InTheWay
                | SourceErrorKind::TooLarge
                | SourceErrorKind::BadQuestion,
            ) => {
                if self.worker.time.agent.over() {
                    return Err(End::Stopped);
                }
                Err(End::Failed(format!("{}: {what}", leg.stream)))
            }
            (Step::Held | Step::TooMany, _) => Err(self.left(leg, &what)),
            _ => self.back_off(leg, &what),
        }
    }

    /// What to do after answers that contradict themselves for good: as after none.
    pub(super) fn after_contradiction(
        &mut self,
        leg: &mut Leg<S>,
        reason: &str,
    ) -> Result<(), End> {
        let step = leg.reader.doubted(self.failure());
        match follow(&self.worker, &mut leg.client, &mut leg.reader, step)? {
            Step::Changed(Change::Passed(passed)) => self.pass_over(leg, passed, reason),
            Step::Changed(_) => Ok(()),
            Step::Wait => self.back_off(leg, reason),
            Step::Held | Step::TooMany => Err(self.left(leg, reason)),
            _ => Err(End::Failed(format!(
                "{}: {reason}: repeat the replay later",
                leg.stream
            ))),
        }
    }

    fn back_off(&self, leg: &mut Leg<S>, why: &str) -> Result<(), End> {
        let wait = leg.errors.passing.failed(self.worker.time.chance());
        Ok(self.worker.wait(wait, why)?)
    }

    /// What fails can't be gone around: what of the window is left.
    fn left(&self, leg: &Leg<S>, why: &str) -> End {
        let from_ms = (leg.reader.query()).map_or(self.request.from_ms, |query| query.from_ms);
        let from = clock::in_words(from_ms);
        End::Failed(format!(
            "{}: requests for the time from {from} on fail repeatedly ({why}) and cannot be \
                skipped; the window before that time is done. For the rest, when the API answers \
                again: siembox replay --since {from}",
            leg.stream,
        ))
    }

    fn failure(&self) -> Failure {
        let since_start = self.worker.now().steady.as_millis();
        Failure {
            at_ms: i64::try_from(since_start).unwrap_or(i64::MAX),
            end_ms: self.request.to_ms,
        }
    }
}
