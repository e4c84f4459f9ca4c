//! The next request after one for a page has failed, for pollers and replays: less, later, or the
//! same again.

use std::time::Duration;

use super::rate_limited_client::RateLimitedClient;
use super::worker::{Stopped, Worker};
use crate::backoff::Backoff;
use crate::clock::Time;
use crate::source::{Change, Failure, ProbeAnswer, SourceErrorKind, Step, TimeReader, Unserved};
use crate::spool::DeadLetter;

/// What is remembered of errors in a row.
#[derive(Debug)]
pub struct ErrorPolicy {
    /// Answers in a row that did not come to their end in time.
    slow: u32,
    /// How long to wait for what passes by itself.
    pub passing: Backoff,
}

// === impl ErrorPolicy ===

impl Default for ErrorPolicy {
    fn default() -> Self {
        Self {
            slow: 0,
            passing: Backoff::new(Duration::from_secs(1), Duration::from_secs(60)),
        }
    }
}

impl ErrorPolicy {
    /// A page came to its end.
    pub fn answered(&mut self) {
        self.passing.reset();
        self.slow = 0;
    }

    /// What follows from this error.
    ///
    /// # Errors
    /// Only when the end of the work comes first.
    pub fn step<T: Time>(
        &mut self,
        worker: &Worker<T>,
        client: &mut RateLimitedClient,
        reader: &mut TimeReader,
        error: SourceErrorKind,
        failure: Failure,
    ) -> Result<Step, Stopped> {
        if matches!(
            error,
            SourceErrorKind::Absent | SourceErrorKind::BadQuestion | SourceErrorKind::TooSlow
        ) && let Some(change) = reader.leave_late()
        {
            return Ok(Step::Changed(change));
        }
        if error == SourceErrorKind::Absent {
            // no smaller question is answered either
            return Ok(Step::Outage);
        }
        if let Some(change) = self.ask_for_less(reader, error, failure)? {
            return Ok(Step::Changed(change));
        }
        let step = match error {
            SourceErrorKind::Throttled(_) => reader.throttled(failure),
            _ => reader.failed(failure),
        };
        follow(worker, client, reader, step)
    }

    fn ask_for_less(
        &mut self,
        reader: &mut TimeReader,
        error: SourceErrorKind,
        failure: Failure,
    ) -> Result<Option<Change>, Stopped> {
        Ok(match error {
            SourceErrorKind::Stopped => return Err(Stopped),
            SourceErrorKind::TooLarge => reader.ask_for_less(),
            SourceErrorKind::BadQuestion => reader.leave_place(),
            SourceErrorKind::TooSlow => {
                self.slow = self.slow.saturating_add(1);
                let quicker = || reader.ask_for_quicker(failure.end_ms);
                (self.slow > 1).then(quicker).flatten()
            }
            _ => None,
        })
    }
}

/// Asks what there is to ask until it is known what follows.
///
/// # Errors
/// Only when the end of the work comes first.
pub fn follow<T: Time>(
    worker: &Worker<T>,
    client: &mut RateLimitedClient,
    reader: &mut TimeReader,
    mut step: Step,
) -> Result<Step, Stopped> {
    while let Step::Ask(question) = step {
        let answer = match client.ask(worker, &question) {
            Ok(answer) => answer.told(&question.place),
            Err(error) => match error.trouble {
                SourceErrorKind::Stopped => return Err(Stopped),
                SourceErrorKind::Throttled(silence) => {
                    client.keep_silent(worker, silence);
                    ProbeAnswer::Throttled
                }
                _ => ProbeAnswer::Failed,
            },
        };
        step = reader.told(answer);
    }
    Ok(step)
}

/// What was passed over unseen, because each question that covers it fails, as it stands in the
/// quarantine: the record, or the stretch, of which nobody saw more than when it was.
pub fn passed_over(passed: Unserved, why: &str, at_ms: i64) -> DeadLetter {
    DeadLetter {
        id: String::new(),
        reason: format!("each request for it fails: {why}"),
        at_ms,
        bytes: serde_json::to_vec(&passed).unwrap_or_default(),
    }
}
