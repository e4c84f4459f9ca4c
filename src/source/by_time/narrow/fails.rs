//! Decides what follows from a page that could not be had: wait, ask to learn more, or ask for
//! less.

use super::probe::Probe;
use super::{Change, FAILURES, Failure, MOST_THROTTLED, SAMPLES, SURE, Step};
use crate::source::by_time::TimeReader;
use crate::source::by_time::unserved::MOST_UNSERVED;

impl TimeReader {
    /// The cloud asks for patience instead of an answer. That tells nothing about the page or a
    /// record: smaller pages are more questions, and a request limit would keep them from ever
    /// coming to an end. A place that the cloud had named is left, where everything else is
    /// answered: that costs no question. And what it says for a quarter of an hour of the same
    /// question, while it answers others, is no request limit: it counts as a failure.
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

    /// Asks for less: not the place, fewer records, a shorter stretch; where there is no less, for
    /// what follows.
    pub(super) fn narrow_down(&mut self) -> Step {
        if self.forget_place() {
            return self.changed(Change::LeftPlace);
        }
        if let Some(change) = self.leave_late() {
            return self.changed(change);
        }
        if self.size.shrink() {
            return self.changed(Change::Smaller(self.size.now()));
        }
        if let Some(change) = self.halve(0) {
            return self.changed(change);
        }
        // what is passed over must be remembered, to be asked for again
        let remembers = (self.cursor.as_ref()).is_some_and(|c| c.unserved.len() < MOST_UNSERVED);
        if !remembers {
            return Step::TooMany;
        }
        self.look_behind(0, None)
    }

    /// Halves the stretch of time, where it is longer than this.
    pub(in crate::source::by_time) fn halve(&mut self, shortest_ms: i64) -> Option<Change> {
        let in_order = self.in_order;
        let walk = self.cursor.as_mut()?.walk.as_mut()?;
        let (from_ms, end_ms) = (walk.from_ms, self.narrow.end_ms(walk));
        if end_ms.saturating_sub(from_ms) <= shortest_ms {
            return None;
        }
        let span_ms = (end_ms - from_ms) / 2;
        (self.narrow.span_ms, self.narrow.fails_to_ms) = (Some(span_ms), Some(end_ms));
        let to_ms = from_ms.saturating_add(span_ms);
        walk.to_ms = Some(to_ms);
        self.narrowed = true;
        if !in_order {
            // the count is that of another list
            walk.skip = 0;
        }
        Some(Change::Shorter { from_ms, to_ms })
    }

    /// An open stretch reaches until then.
    pub(in crate::source::by_time) fn ends_at(&mut self, end_ms: i64) {
        self.narrow.now_ms = end_ms;
    }

    /// Is less asked for than the settings say, because more of it fails?
    pub(in crate::source::by_time) fn asks_for_a_part(&self) -> bool {
        self.size.is_reduced() || self.narrow.span_ms.is_some()
    }

    pub(super) fn changed(&mut self, change: Change) -> Step {
        (self.narrow.failures, self.narrow.throttled) = (0, 0);
        (self.doubts, self.circles) = (0, 0);
        Step::Changed(change)
    }

    /// From where the walk asks.
    pub(super) fn place_ms(&self) -> i64 {
        let walk = self.cursor.as_ref().and_then(|cursor| cursor.walk.as_ref());
        walk.map_or(self.narrow.now_ms, |walk| walk.from_ms)
    }
}
