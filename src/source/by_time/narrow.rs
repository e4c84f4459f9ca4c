//! Narrows down what fails of a request while others are answered: a place, a page size, a stretch
//! of time, at last a single record, which is passed over so that the rest goes on. Pure.
//!
//! - A failure passes by itself as a rule: some times the same is asked again.
//! - Then a question about the present moment tells whether everything fails. Where it does, it is
//!   an outage: nothing changes.
//! - A place that the cloud had named is left: the walk goes on by time, overlap and seen ids keep
//!   it from gap and repetition.
//! - The page is halved, down to one record; then the stretch of time is, down to a millisecond.
//! - What is left is passed over only when it has failed for [`PATIENCE_MS`], and when a question
//!   for what follows it is answered **with records**: a cloud that answers only empty questions
//!   has an outage too. Where nothing follows, nothing is held up, and it is asked for again.
//! - What was passed over is asked for again until it is read. A stretch of which a part is given
//!   out again is narrowed down anew.

mod again;
mod fails;
mod pass;
mod probe;
mod search;
mod told;

use super::cursor::{Unserved, Walk};
use crate::source::Query;
use probe::Probe;

/// Failures of one question, in a row, before anything is narrowed down.
pub(super) const FAILURES: u8 = 3;
/// The same before a record or a stretch is passed over.
pub(super) const SURE: u8 = 4;
/// So often in a row the cloud may ask for patience before a place that it had named is left, or a
/// question is given up that was asked to learn more.
const MOST_THROTTLED: u8 = 8;
/// Nothing is passed over before questions have failed for so long. Several failing records close
/// together share it.
pub(super) const PATIENCE_MS: i64 = 30_000;
/// Where the cloud asks for patience at the same question for so long, and answers others
/// meanwhile, that is no request limit.
const THROTTLED_PATIENCE_MS: i64 = 900_000;
/// So much is passed over in a row to the millisecond: where more follows, all up to what is given
/// out is passed over as one.
const FEW: u8 = 8;
/// So many questions tell whether a part of a stretch is given out again.
const SAMPLES: u8 = 8;

/// A page that could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// When: the cloud's time, or any other clock that goes on; milliseconds.
    pub at_ms: i64,
    /// A question without an end asks for what is up to here, milliseconds since 1970.
    pub end_ms: i64,
}

/// What follows from a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The same is asked again after a pause: it may pass by itself.
    Wait,
    /// The same: everything fails.
    Outage,
    /// The same: it is a single record that fails, or a stretch, and nothing follows that could be
    /// read.
    Held,
    /// The same, though something follows: as much stands aside as can be remembered.
    TooMany,
    /// This is to be asked, and [`told`](super::TimeReader::told) of how it went; its records do
    /// not matter.
    Ask(Query),
    /// Something else is asked for, at once.
    Changed(Change),
}

/// What became of a question that was asked to learn more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeAnswer {
    /// It was answered with so many records.
    Records(u64),
    /// It failed.
    Failed,
    /// The cloud asked for patience, which tells nothing: the same is asked again.
    Throttled,
}

/// What is asked for from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The walk goes on by time: the place that the cloud had named fails.
    LeftPlace,
    /// The walk goes on without what came late.
    LeftLate,
    /// Pages of so many records at most.
    Smaller(u32),
    /// The same, as larger ones do not fit into memory.
    Fitting(u32),
    /// A shorter stretch of time.
    Shorter {
        /// From here, milliseconds since 1970.
        from_ms: i64,
        /// To here.
        to_ms: i64,
    },
    /// What follows: this fails, and what follows is answered. [`pass`](super::TimeReader::pass)
    /// gives the cursor behind it.
    Passed(Unserved),
    /// What follows: this was passed over before, and still fails.
    StillUnserved(Unserved),
}

/// What is known about a failure.
#[derive(Debug, Default)]
pub(super) struct Narrow {
    /// In a row, of the present question.
    failures: u8,
    /// So often in a row the cloud asked for patience instead of an answer to it.
    throttled: u8,
    /// Since when it does, without a page of full size that came to its end, or all else that
    /// fails.
    throttled_since_ms: Option<i64>,
    /// When the first one was since a page of full size came to its end, by the cloud's clock.
    since_ms: Option<i64>,
    /// So much was passed over since a record was read.
    in_row: u8,
    /// How often it was asked whether a part of a stretch is given out again: each time about
    /// another one.
    samples: u32,
    /// How long a stretch is asked for at once, where a longer one fails.
    pub(super) span_ms: Option<i64>,
    /// The end of the shortest stretch that fails, while it is searched.
    pub(super) fails_to_ms: Option<i64>,
    /// When the last failure was.
    at_ms: i64,
    /// A stretch without an end reaches until then.
    now_ms: i64,
    /// What was asked to learn more.
    probe: Option<Probe>,
}

// === impl Narrow ===

impl Narrow {
    /// A page has come; a whole one, where it was asked for with nothing narrowed down.
    pub(super) fn ends_well(&mut self, records: usize, whole: bool) {
        (self.failures, self.throttled) = (0, 0);
        if records > 0 {
            self.in_row = 0;
        }
        if whole {
            (self.since_ms, self.throttled_since_ms) = (None, None);
        }
    }

    /// Have questions failed for long enough? A clock that goes back begins anew.
    fn is_patient(&mut self) -> bool {
        let since_ms = self.since_ms.get_or_insert(self.at_ms);
        *since_ms = self.at_ms.min(*since_ms);
        self.at_ms.saturating_sub(*since_ms) >= PATIENCE_MS
    }

    /// Has the cloud asked for patience for too long to mean it?
    fn is_throttled_for_ever(&self) -> bool {
        let since_ms = self.throttled_since_ms.unwrap_or(self.at_ms);
        self.at_ms.saturating_sub(since_ms) >= THROTTLED_PATIENCE_MS
    }

    /// The walk goes on at another time: with as long a stretch as the last one, and behind what
    /// failed with a longer one.
    pub(super) fn bounds(&mut self, walk: &mut Walk) {
        let Some(span_ms) = self.span_ms else {
            return;
        };
        let mut end_ms = walk.from_ms.saturating_add(span_ms);
        match self.fails_to_ms {
            Some(fails_to_ms) if fails_to_ms >= walk.from_ms => end_ms = end_ms.min(fails_to_ms),
            _ => {
                self.fails_to_ms = None;
                let longer_ms = span_ms.saturating_mul(2).max(1);
                end_ms = walk.from_ms.saturating_add(longer_ms);
                self.span_ms = (end_ms < self.now_ms).then_some(longer_ms);
            }
        }
        if self.span_ms.is_some() {
            walk.to_ms = Some(walk.to_ms.map_or(end_ms, |to_ms| to_ms.min(end_ms)));
        }
    }

    /// The end of the stretch that the walk asks for.
    fn end_ms(&self, walk: &Walk) -> i64 {
        walk.to_ms.unwrap_or(self.now_ms).max(walk.from_ms)
    }
}

#[cfg(test)]
mod tests;
