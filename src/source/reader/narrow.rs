//! What to do about a question that fails again and again while others are answered: narrow down what fails, to a place, a
//! page size, a stretch of time, at last a single record, which is passed over so that the rest goes on. Pure.
//!
//! - A failure passes by itself as a rule: some times the same is asked again.
//! - Then a question about the present moment tells whether everything fails. Where it does, it is an outage: nothing changes.
//! - A place that the cloud had named is left: the walk goes on by time, overlap and seen ids keep it from gap and repetition.
//! - The page is halved, down to one record; then the stretch of time is, down to a millisecond.
//! - What is left is passed over only when a question for what follows it is answered **with records**: a cloud that answers
//!   only empty questions has an outage too. Where nothing follows, nothing is held up, and it is asked for again.

use super::{Reader, Turn, Verdict};
use crate::source::{Place, Query, Unserved, Walk};

/// Failures of one question, in a row, before anything is narrowed down.
pub(super) const FAILURES: u8 = 3;
/// The same before a record or a stretch is passed over.
pub(super) const SURE: u8 = 4;

/// What follows from a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The same is asked again after a pause: it may pass by itself.
    Wait,
    /// The same: everything fails.
    Outage,
    /// The same: it is a single record that fails, or a stretch, and nothing follows that could be read.
    Held,
    /// This is to be asked, and [`Reader::told`] of how it went; its records do not matter.
    Ask(Query),
    /// Something else is asked for, at once.
    Changed(Change),
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
    /// What follows: this fails, and what follows is answered. [`Reader::pass`] gives the cursor behind it.
    Passed(Unserved),
    /// What follows: this was passed over before, and still fails.
    StillUnserved(Unserved),
}

/// What is known about a failure.
#[derive(Debug, Default)]
pub(super) struct Narrow {
    /// In a row, of the present question.
    failures: u8,
    /// How long a stretch is asked for at once, where a longer one fails.
    span_ms: Option<i64>,
    /// The end of the shortest stretch that fails, while it is searched.
    fails_to_ms: Option<i64>,
    /// When the last failure was, by the cloud's clock: a stretch without an end reaches until then.
    now_ms: i64,
    /// May a record be passed over because of it?
    may_pass: bool,
    /// What was asked to learn more.
    probe: Option<Probe>,
}

#[derive(Debug, Clone, Copy)]
enum Probe {
    /// Does everything fail?
    Elsewhere,
    /// Is the next record of the same millisecond given out?
    NextByCount,
    /// Is anything given out of so many milliseconds behind the walk's place? More than one thing may fail: what is `empty` is
    /// answered, and what `fails` is not.
    Near {
        empty: i64,
        span: i64,
        fails: Option<i64>,
    },
    /// Is anything given out that begins so many milliseconds after the walk's place? Not what begins at `fails`.
    Later {
        fails: i64,
        at: i64,
        works: Option<i64>,
    },
}

// === impl Narrow ===

impl Narrow {
    /// A page has come.
    pub(super) fn ends_well(&mut self) {
        self.failures = 0;
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

// === impl Reader ===

impl Reader {
    /// The page that was asked for could not be had. `now_ms` is the cloud's time. `may_pass` where the failure may be that of
    /// a single record: not where the cloud asks for patience.
    pub fn failed(&mut self, now_ms: i64, may_pass: bool) -> Step {
        self.seen.take_back();
        if let Some(known) = self.go_around() {
            return self.changed(Change::StillUnserved(known));
        }
        let Some(walk) = self.cursor.as_ref().and_then(|cursor| cursor.walk.as_ref()) else {
            return Step::Wait;
        };
        self.narrow.now_ms = now_ms;
        self.narrow.may_pass = may_pass;
        self.narrow.failures = self.narrow.failures.saturating_add(1);
        let single =
            walk.next.is_none() && self.size.now() == 1 && self.narrow.end_ms(walk) == walk.from_ms;
        let enough = match single {
            true => SURE,
            false if self.size.is_reduced() || self.narrow.span_ms.is_some() => 1,
            false => FAILURES,
        };
        if self.narrow.failures < enough {
            return Step::Wait;
        }
        self.probe(Probe::Elsewhere)
    }

    /// What was to be asked was answered with so many records, or failed too.
    pub fn told(&mut self, records: Option<u64>) -> Step {
        let Some(probe) = self.narrow.probe.take() else {
            return Step::Wait;
        };
        match (probe, records) {
            (Probe::Elsewhere, None) => Step::Outage,
            (Probe::Elsewhere, Some(_)) => self.narrow_down(),
            (Probe::NextByCount, Some(1..)) => self.pass_record(),
            (Probe::NextByCount, _) => self.look_further(0),
            (Probe::Near { .. }, Some(1..)) => self.look_between(0, 1),
            (Probe::Near { span, fails, .. }, Some(0)) => self.look_near(span, fails),
            (Probe::Near { empty, span, .. }, None) => self.look_near(empty, Some(span)),
            // nothing follows, so that nothing is held up
            (Probe::Later { works: None, .. }, Some(0)) => Step::Held,
            (Probe::Later { fails, at, .. }, Some(_)) => self.look_between(fails, at),
            (Probe::Later { at, works, .. }, None) => match works {
                Some(works) => self.look_between(at, works),
                None if at == 1 => self.look_near(0, None),
                None => self.look_further(at),
            },
        }
    }

    /// The cursor behind what was passed over, to be written together with the word about it.
    pub fn pass(&mut self) -> Turn {
        self.written.clone_from(&self.cursor);
        Turn {
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
            self.again = None;
            if !in_order {
                // the count is that of another list
                walk.skip = 0;
            }
            return self.changed(Change::Shorter { from_ms, to_ms });
        }
        if !self.narrow.may_pass {
            return Step::Held;
        }
        self.probe(Probe::NextByCount)
    }

    /// So many milliseconds behind the walk's place are empty, and more of them fail: is there a record in between?
    fn look_near(&mut self, empty: i64, fails: Option<i64>) -> Step {
        let behind = self.narrow.now_ms.saturating_sub(self.place_ms());
        let span = match fails {
            Some(fails) => empty + (fails - empty) / 2,
            None => empty.saturating_mul(8).max(1),
        };
        if span == empty || empty > behind {
            return self.look_further(1);
        }
        self.probe(Probe::Near { empty, span, fails })
    }

    /// Nothing is answered that begins so long after the walk's place: what begins twice as late?
    fn look_further(&mut self, fails: i64) -> Step {
        let at = fails.saturating_mul(2).max(1);
        if fails > 0 && self.place_ms().saturating_add(at) > self.narrow.now_ms {
            return Step::Held;
        }
        self.probe(Probe::Later {
            fails,
            at,
            works: None,
        })
    }

    /// What begins at one of these is answered, and not at the other: where between them does that begin?
    fn look_between(&mut self, fails: i64, works: i64) -> Step {
        if works - fails > 1 {
            let at = fails + (works - fails) / 2;
            let works = Some(works);
            return self.probe(Probe::Later { fails, at, works });
        }
        let from_ms = self.place_ms();
        let to_ms = from_ms.saturating_add(works - 1);
        self.pass_over(from_ms, to_ms, |reader, walk| {
            reader.go_on_from(walk, to_ms.saturating_add(1));
        })
    }

    /// One of the records that share a millisecond breaks each answer, and the next one does not.
    fn pass_record(&mut self) -> Step {
        let at_ms = self.place_ms();
        self.pass_over(at_ms, at_ms, |_, walk| {
            walk.skip = walk.skip.saturating_add(1);
        })
    }

    fn pass_over(
        &mut self,
        from_ms: i64,
        to_ms: i64,
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
        };
        cursor.add_unserved(passed);
        (self.narrow.span_ms, self.narrow.fails_to_ms) = (None, None);
        self.again = None;
        self.size.pass();
        go_on(self, &mut walk);
        if let Some(cursor) = &mut self.cursor {
            cursor.walk = Some(walk);
        }
        self.changed(Change::Passed(passed))
    }

    fn changed(&mut self, change: Change) -> Step {
        self.narrow.failures = 0;
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
            Probe::NextByCount => (place_ms, Some(place_ms), skip.saturating_add(1)),
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
#[path = "narrow_tests.rs"]
mod tests;
