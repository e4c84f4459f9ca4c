//! What to do about a question that fails again and again while others are answered: narrow down what fails, to a place, a
//! page size, a stretch of time, at last a single record, which is passed over so that the rest goes on. Pure.
//!
//! - A failure passes by itself as a rule: some times the same is asked again.
//! - Then a question about the present moment tells whether everything fails. Where it does, it is an outage: nothing changes.
//! - A place that the cloud had named is left: the walk goes on by time, overlap and seen ids keep it from gap and repetition.
//! - The page is halved, down to one record; then the stretch of time is, down to a millisecond.
//! - What is left is passed over only when it has failed for [`PATIENCE_MS`], and when a question for what follows it is answered
//!   **with records**: a cloud that answers only empty questions has an outage too. Where nothing follows, nothing is held up,
//!   and it is asked for again.
//! - What was passed over is asked for again until it is read. A stretch of which a part is given out again is narrowed down anew.

use super::cursor::{Unserved, Walk};
use super::unserved::MOST_UNSERVED;
use super::{PageResult, TimeReader, Verdict};
use crate::source::{Place, Query};

/// Failures of one question, in a row, before anything is narrowed down.
pub(super) const FAILURES: u8 = 3;
/// The same before a record or a stretch is passed over.
pub(super) const SURE: u8 = 4;
/// So often in a row the cloud may ask for patience before a place that it had named is left, or a question is given up that
/// was asked to learn more.
const MOST_THROTTLED: u8 = 8;
/// Nothing is passed over before questions have failed for so long. Several failing records close together share it.
pub(super) const PATIENCE_MS: i64 = 30_000;
/// Where the cloud asks for patience at the same question for so long, and answers others meanwhile,
/// that is no request limit.
const THROTTLED_PATIENCE_MS: i64 = 900_000;
/// So many records of one millisecond are asked about one by one; of those behind them only some.
const ONE_BY_ONE: u32 = 32;
/// So many records of one millisecond are asked about at most.
const MOST_TIES: u32 = 1 << 20;
/// So much is passed over in a row to the millisecond: where more follows, all up to what is given out is passed over as one.
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
    /// The same: it is a single record that fails, or a stretch, and nothing follows that could be read.
    Held,
    /// The same, though something follows: as much stands aside as can be remembered.
    TooMany,
    /// This is to be asked, and [`TimeReader::told`] of how it went; its records do not matter.
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
    /// Pages of so many records at most.
    Smaller(u32),
    /// A shorter stretch of time.
    Shorter {
        /// From here, milliseconds since 1970.
        from_ms: i64,
        /// To here.
        to_ms: i64,
    },
    /// What follows: this fails, and what follows is answered. [`TimeReader::pass`] gives the cursor behind it.
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
    /// Since when it does, without a page of full size that came to its end, or all else that fails.
    throttled_since_ms: Option<i64>,
    /// When the first one was since a page of full size came to its end, by the cloud's clock.
    since_ms: Option<i64>,
    /// So much was passed over since a record was read.
    in_row: u8,
    /// How often it was asked whether a part of a stretch is given out again: each time about another one.
    samples: u32,
    /// How long a stretch is asked for at once, where a longer one fails.
    span_ms: Option<i64>,
    /// The end of the shortest stretch that fails, while it is searched.
    fails_to_ms: Option<i64>,
    /// When the last failure was.
    at_ms: i64,
    /// A stretch without an end reaches until then.
    now_ms: i64,
    /// What was asked to learn more.
    probe: Option<Probe>,
}

#[derive(Debug, Clone, Copy)]
enum Probe {
    /// Does everything fail?
    Elsewhere,
    /// Is one given out of the records that share the millisecond of what fails, so many after it? Not those up to `fails` after
    /// it; from `empty` on there are none.
    NextByCount {
        fails: u32,
        after: u32,
        empty: Option<u32>,
    },
    /// Is a part of the stretch given out again? So many more are asked for after this one.
    Sample { left: u8, at_ms: i64, skip: u32 },
    /// Does the part that is given out again begin here already? Not at `fails_ms`, but at `works_ms`.
    Begin {
        fails_ms: i64,
        works_ms: i64,
        at_ms: i64,
        skip: u32,
    },
    /// Is the millisecond answered that is so long after the walk's place, with records or without? Not the one at `fails`. What
    /// is later, is not given out at the first of `later`, and is at the second.
    Beside {
        fails: i64,
        at: i64,
        works: Option<i64>,
        later: (i64, i64),
    },
    /// Is one given out of the records that share the last millisecond of what is passed over, so many after its first?
    LastByCount { works: i64, after: u32 },
    /// Is anything given out of so many milliseconds behind the walk's place? More than one thing may fail: what is `empty` is
    /// answered, and what `fails` is not.
    Near {
        empty: i64,
        span: i64,
        fails: Option<i64>,
    },
    /// Is anything given out that begins so many milliseconds after the walk's place? Not what begins at `fails`; from `empty` on
    /// there is nothing.
    Later {
        fails: i64,
        at: i64,
        works: Option<i64>,
        empty: Option<i64>,
    },
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

    /// The walk goes on at another time: with as long a stretch as the last one, and behind what failed with a longer one.
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

// === impl TimeReader ===

impl TimeReader {
    /// The cloud asks for patience instead of an answer. That tells nothing about the page or a
    /// record: smaller pages are more questions, and a request limit would keep them from ever coming
    /// to an end. A place that the cloud had named is left, where everything else is answered: that
    /// costs no question. And what it says for a quarter of an hour of the same question, while it
    /// answers others, is no request limit: it counts as a failure.
    pub fn throttled(&mut self, failure: Failure) -> Step {
        self.seen.take_back();
        (self.narrow.at_ms, self.narrow.now_ms) = (failure.at_ms, failure.end_ms);
        if self.asks_again().is_some() {
            return self.go_around();
        }
        self.narrow.throttled_since_ms.get_or_insert(failure.at_ms);
        self.narrow.throttled = self.narrow.throttled.saturating_add(1);
        if self.narrow.is_throttled_for_ever() {
            self.narrow.throttled = 0;
            return self.failed(failure);
        }
        let walk = (self.cursor.as_ref()).and_then(|cursor| cursor.walk.as_ref());
        if self.narrow.throttled < MOST_THROTTLED || walk.is_none_or(|walk| walk.next.is_none()) {
            return Step::Wait;
        }
        self.narrow.throttled = 0;
        self.probe(Probe::Elsewhere)
    }

    /// The answers contradict themselves for good, which is as good as none.
    pub fn doubted(&mut self, failure: Failure) -> Step {
        // it was asked for again often enough
        self.narrow.failures = self.narrow.failures.max(FAILURES - 1);
        self.doubts = 0;
        self.failed(failure)
    }

    /// The page that was asked for could not be had, for another reason.
    pub fn failed(&mut self, failure: Failure) -> Step {
        self.seen.take_back();
        (self.narrow.at_ms, self.narrow.now_ms) = (failure.at_ms, failure.end_ms);
        if let Some(known) = self.asks_again() {
            return match known.alone {
                true => self.go_around(),
                false => self.sample(SAMPLES),
            };
        }
        let Some(walk) = self.cursor.as_ref().and_then(|cursor| cursor.walk.as_ref()) else {
            return Step::Wait;
        };
        self.narrow.failures = self.narrow.failures.saturating_add(1);
        let single =
            walk.next.is_none() && self.size.now() == 1 && self.narrow.end_ms(walk) == walk.from_ms;
        let enough = match single {
            true => SURE,
            false if self.asks_for_a_part() => 1,
            false => FAILURES,
        };
        let patient = self.narrow.is_patient();
        if self.narrow.failures < enough || (single && !patient) {
            return Step::Wait;
        }
        self.probe(Probe::Elsewhere)
    }

    /// What became of the question that was to be asked.
    pub fn told(&mut self, answer: ProbeAnswer) -> Step {
        let Some(probe) = self.narrow.probe.take() else {
            return Step::Wait;
        };
        let records = match answer {
            ProbeAnswer::Records(records) => Some(records),
            ProbeAnswer::Failed => None,
            ProbeAnswer::Throttled => {
                self.narrow.throttled = self.narrow.throttled.saturating_add(1);
                if self.narrow.throttled <= MOST_THROTTLED {
                    return self.probe(probe);
                }
                if matches!(probe, Probe::Elsewhere) || !self.narrow.is_throttled_for_ever() {
                    // it may be a request limit after all
                    self.narrow.throttled_since_ms = None;
                    return Step::Wait;
                }
                None
            }
        };
        self.narrow.throttled = 0;
        match (probe, records) {
            (Probe::Elsewhere, None) => {
                // that tells nothing about a record
                (self.narrow.since_ms, self.narrow.throttled_since_ms) = (None, None);
                Step::Outage
            }
            (Probe::Elsewhere, Some(_)) => self.narrow_down(),
            (Probe::NextByCount { .. }, Some(1..)) => self.pass_record(),
            (Probe::NextByCount { fails, after, .. }, Some(0)) => {
                self.look_behind(fails, Some(after))
            }
            (Probe::NextByCount { after, empty, .. }, None) => self.look_behind(after, empty),
            (Probe::LastByCount { works, .. }, Some(1..)) => self.pass_stretch(works - 2),
            (Probe::LastByCount { works, after }, None) if after < FEW.into() => {
                let after = after + 1;
                self.probe(Probe::LastByCount { works, after })
            }
            (Probe::LastByCount { works, .. }, _) => self.pass_stretch(works - 1),
            (Probe::Sample { at_ms, skip, .. }, Some(1..)) => {
                let begins_ms = self.again.map_or(at_ms, |known| known.from_ms);
                self.look_for_begin(begins_ms, at_ms, skip)
            }
            (
                Probe::Begin {
                    fails_ms,
                    at_ms,
                    skip,
                    ..
                },
                Some(1..),
            ) => self.look_for_begin(fails_ms, at_ms, skip),
            (
                Probe::Begin {
                    works_ms,
                    at_ms,
                    skip,
                    ..
                },
                _,
            ) => self.look_for_begin(at_ms, works_ms, skip),
            (Probe::Sample { left: 0, .. }, _) => self.go_around(),
            // no record of its millisecond is left
            (Probe::Sample { .. }, Some(0)) if self.again.is_none_or(|known| known.is_single()) => {
                self.go_around()
            }
            (Probe::Sample { left, .. }, _) => self.sample(left - 1),
            (Probe::Near { .. }, Some(1..)) => self.look_between(0, 1),
            (Probe::Near { span, fails, .. }, Some(0)) => self.look_near(span, fails),
            (Probe::Near { empty, span, .. }, None) => self.look_near(empty, Some(span)),
            // nothing follows, so that nothing is held up
            (
                Probe::Later {
                    works: None, at: 1, ..
                },
                Some(0),
            ) => Step::Held,
            (
                Probe::Later {
                    works: None,
                    fails,
                    at,
                    ..
                },
                Some(0),
            ) => self.look_further(fails, Some(at)),
            (
                Probe::Later {
                    works: None,
                    fails,
                    at,
                    ..
                },
                Some(_),
            ) if self.narrow.in_row < FEW => self.look_beside(0, 1, None, (fails, at)),
            (Probe::Later { fails, at, .. }, Some(_)) => self.look_between(fails, at),
            (
                Probe::Beside {
                    fails, at, later, ..
                },
                Some(_),
            ) => self.look_beside(fails, at, Some(at), later),
            (
                Probe::Beside {
                    at, works, later, ..
                },
                None,
            ) => self.look_beside(at, at.saturating_mul(2), works, later),
            (
                Probe::Later {
                    at, works, empty, ..
                },
                None,
            ) => match works {
                Some(works) => self.look_between(at, works),
                None if at == 1 => self.look_near(0, None),
                None => self.look_further(at, empty),
            },
        }
    }

    /// The cursor behind what was passed over, to be written together with the word about it.
    pub fn pass(&mut self) -> PageResult {
        self.written.clone_from(&self.cursor);
        PageResult {
            verdict: Verdict::More,
            write: true,
            cursor: self.cursor_bytes(),
            seen: Vec::new(),
            forget_seen: self.seen.oldest_number(),
            news: 0,
            repeats: 0,
            served: Vec::new(),
        }
    }

    /// Asks for less: not the place, fewer records, a shorter stretch; where there is no less, for what follows.
    fn narrow_down(&mut self) -> Step {
        if self.forget_place() {
            return self.changed(Change::LeftPlace);
        }
        if self.size.shrink() {
            return self.changed(Change::Smaller(self.size.now()));
        }
        let in_order = self.in_order;
        let Some(walk) = self.cursor.as_mut().and_then(|cursor| cursor.walk.as_mut()) else {
            return Step::Wait;
        };
        let (from_ms, end_ms) = (walk.from_ms, self.narrow.end_ms(walk));
        if end_ms > from_ms {
            let span_ms = (end_ms - from_ms) / 2;
            (self.narrow.span_ms, self.narrow.fails_to_ms) = (Some(span_ms), Some(end_ms));
            let to_ms = from_ms.saturating_add(span_ms);
            walk.to_ms = Some(to_ms);
            self.narrowed = true;
            if !in_order {
                // the count is that of another list
                walk.skip = 0;
            }
            return self.changed(Change::Shorter { from_ms, to_ms });
        }
        // what is passed over must be remembered, to be asked for again
        let remembers = (self.cursor.as_ref()).is_some_and(|c| c.unserved.len() < MOST_UNSERVED);
        if !remembers {
            return Step::TooMany;
        }
        self.look_behind(0, None)
    }

    /// The records of one millisecond fail up to so many after the first, and from `empty` on there are none: which one is given
    /// out?
    fn look_behind(&mut self, fails: u32, empty: Option<u32>) -> Step {
        let after = match empty {
            Some(empty) => fails + empty.saturating_sub(fails) / 2,
            None if fails < ONE_BY_ONE => fails + 1,
            None => fails.saturating_mul(2),
        };
        if after == fails || after > MOST_TIES {
            return self.look_further(0, None);
        }
        self.probe(Probe::NextByCount {
            fails,
            after,
            empty,
        })
    }

    /// So many milliseconds behind the walk's place are empty, and more of them fail: is there a record in between?
    fn look_near(&mut self, empty: i64, fails: Option<i64>) -> Step {
        let behind = self.narrow.now_ms.saturating_sub(self.place_ms());
        let span = match fails {
            Some(fails) => empty + (fails - empty) / 2,
            None => empty.saturating_mul(8).max(1),
        };
        if span == empty || empty > behind {
            return self.look_further(1, None);
        }
        self.probe(Probe::Near { empty, span, fails })
    }

    /// Nothing is answered that begins so long after the walk's place, and from `empty` on there is nothing: what begins twice as
    /// late, or between the two?
    fn look_further(&mut self, fails: i64, empty: Option<i64>) -> Step {
        let behind = self.narrow.now_ms.saturating_sub(self.place_ms()).max(1);
        let end = empty.unwrap_or(behind);
        let at = match fails.saturating_mul(2).max(1) {
            twice if twice < end || fails == 0 => twice,
            _ => fails + (end - fails) / 2,
        };
        if at <= fails || at >= end && fails > 0 {
            return Step::Held;
        }
        self.probe(Probe::Later {
            fails,
            at,
            works: None,
            empty,
        })
    }

    /// Something later is given out. What fails at the walk's place is a record's millisecond, or a stretch of them without a gap:
    /// where does it end? So a good record between two that fail is not passed over with them.
    fn look_beside(&mut self, fails: i64, at: i64, works: Option<i64>, later: (i64, i64)) -> Step {
        let at = match works {
            Some(works) if works - fails <= 1 => return self.pass_up_to(works),
            Some(works) => fails + (works - fails) / 2,
            None if at > later.1 => return self.look_between(later.0, later.1),
            None => at,
        };
        self.probe(Probe::Beside {
            fails,
            at,
            works,
            later,
        })
    }

    /// What begins at one of these is answered, and not at the other: where between them does that begin?
    fn look_between(&mut self, fails: i64, works: i64) -> Step {
        if works - fails > 1 {
            let at = fails + (works - fails) / 2;
            let works = Some(works);
            return self.probe(Probe::Later {
                fails,
                at,
                works,
                empty: None,
            });
        }
        self.pass_up_to(works)
    }

    /// All up to so many milliseconds behind the walk's place fails.
    fn pass_up_to(&mut self, works: i64) -> Step {
        if works > 1 {
            // its last millisecond fails, but perhaps only for the first of its records
            return self.probe(Probe::LastByCount { works, after: 1 });
        }
        self.pass_stretch(0)
    }

    /// So many milliseconds behind the walk's place are passed over with it.
    fn pass_stretch(&mut self, long: i64) -> Step {
        let from_ms = self.place_ms();
        let to_ms = from_ms.saturating_add(long);
        self.pass_over(from_ms, to_ms, false, |reader, walk| {
            reader.go_on_from(walk, to_ms.saturating_add(1));
        })
    }

    /// One of the records that share a millisecond breaks each answer, and the next one does not.
    fn pass_record(&mut self) -> Step {
        let at_ms = self.place_ms();
        self.pass_over(at_ms, at_ms, true, |reader, walk| {
            reader.again = (reader.again).map(|known| known.behind_record(at_ms, walk.skip));
            walk.skip = walk.skip.saturating_add(1);
        })
    }

    fn pass_over(
        &mut self,
        from_ms: i64,
        to_ms: i64,
        alone: bool,
        go_on: impl FnOnce(&mut Self, &mut Walk),
    ) -> Step {
        let Some(cursor) = &mut self.cursor else {
            return Step::Wait;
        };
        let Some(mut walk) = cursor.walk.take() else {
            return Step::Wait;
        };
        let passed = Unserved {
            from_ms,
            to_ms,
            skip: walk.skip,
            alone,
        };
        cursor.add_unserved(passed);
        self.narrow.in_row = self.narrow.in_row.saturating_add(1);
        (self.narrow.span_ms, self.narrow.fails_to_ms) = (None, None);
        self.size.pass();
        go_on(self, &mut walk);
        if let Some(cursor) = &mut self.cursor {
            cursor.walk = Some(walk);
        }
        self.changed(Change::Passed(passed))
    }

    /// What is asked for again still fails: the walk goes on behind it.
    fn go_around(&mut self) -> Step {
        match self.leave_again() {
            Some(known) => self.changed(Change::StillUnserved(known)),
            None => Step::Wait,
        }
    }

    /// Is a part of the stretch given out again? It is asked about at its beginning first, then each time elsewhere; a record
    /// that fails may come before one of the same millisecond, so that every second question passes one over.
    fn sample(&mut self, left: u8) -> Step {
        let Some(known) = self.again else {
            return Step::Wait;
        };
        let asked = u32::from(SAMPLES - left);
        let (at_ms, skip) = if known.is_single() || asked == 0 {
            (known.from_ms, known.skip.saturating_add(asked))
        } else {
            let samples = self.narrow.samples.wrapping_add(1);
            self.narrow.samples = samples;
            let part = i128::from((samples / 2).reverse_bits());
            let long = i128::from(known.to_ms.saturating_sub(known.from_ms));
            let after = i64::try_from((long * part) >> 32).unwrap_or(0);
            let skip = if after == 0 { known.skip } else { 0 };
            (known.from_ms.saturating_add(after), skip + samples % 2)
        };
        self.probe(Probe::Sample { left, at_ms, skip })
    }

    /// A part of the stretch is given out again, and the questions that begin at one of these tell it: where does it begin?
    fn look_for_begin(&mut self, fails_ms: i64, works_ms: i64, skip: u32) -> Step {
        if works_ms - fails_ms <= 1 {
            return self.narrow_again(works_ms);
        }
        let at_ms = fails_ms + (works_ms - fails_ms) / 2;
        self.probe(Probe::Begin {
            fails_ms,
            works_ms,
            at_ms,
            skip,
        })
    }

    /// From here on a part of the stretch is given out again: it is read from there. What lies before stays unserved.
    fn narrow_again(&mut self, at_ms: i64) -> Step {
        self.narrowed = true;
        let Some((known, cursor)) = self.again.zip(self.cursor.as_mut()) else {
            return Step::Wait;
        };
        if at_ms == known.from_ms || cursor.unserved.len() >= MOST_UNSERVED {
            return self.narrow_down();
        }
        let (behind, to_ms) = (cursor.split(known, at_ms), known.to_ms);
        if let Some(walk) = &mut cursor.walk {
            (walk.from_ms, walk.to_ms, walk.skip) = (at_ms, Some(to_ms), 0);
        }
        self.again = Some(behind);
        self.changed(Change::Shorter {
            from_ms: at_ms,
            to_ms,
        })
    }

    /// Is less asked for than the settings say, because more of it fails?
    pub(super) fn asks_for_a_part(&self) -> bool {
        self.size.is_reduced() || self.narrow.span_ms.is_some()
    }

    fn changed(&mut self, change: Change) -> Step {
        (self.narrow.failures, self.narrow.throttled) = (0, 0);
        (self.doubts, self.circles) = (0, 0);
        Step::Changed(change)
    }

    /// From where the walk asks.
    fn place_ms(&self) -> i64 {
        let walk = self.cursor.as_ref().and_then(|cursor| cursor.walk.as_ref());
        walk.map_or(self.narrow.now_ms, |walk| walk.from_ms)
    }

    fn probe(&mut self, probe: Probe) -> Step {
        self.narrow.probe = Some(probe);
        let walk = self.cursor.as_ref().and_then(|cursor| cursor.walk.as_ref());
        let (place_ms, skip) = walk.map_or((0, 0), |walk| (walk.from_ms, walk.skip));
        let now_ms = self.narrow.now_ms;
        let (from_ms, to_ms, skip) = match probe {
            Probe::Elsewhere => (now_ms, Some(now_ms), 0),
            Probe::NextByCount { after, .. } => {
                (place_ms, Some(place_ms), skip.saturating_add(after))
            }
            Probe::Sample { at_ms, skip, .. } | Probe::Begin { at_ms, skip, .. } => {
                (at_ms, self.again.map(|known| known.to_ms), skip)
            }
            Probe::Beside { at, .. } => {
                let at_ms = place_ms.saturating_add(at);
                (at_ms, Some(at_ms), 0)
            }
            Probe::LastByCount { works, after } => {
                let last_ms = place_ms.saturating_add(works - 1);
                (last_ms, Some(last_ms), after)
            }
            Probe::Near { span, .. } => {
                let after_ms = place_ms.saturating_add(1);
                (after_ms, Some(place_ms.saturating_add(span)), 0)
            }
            Probe::Later { at, .. } => (place_ms.saturating_add(at), None, 0),
        };
        Step::Ask(Query {
            from_ms,
            to_ms,
            place: Place::Skip(skip),
            limit: 1,
        })
    }
}

#[cfg(test)]
mod tests;
