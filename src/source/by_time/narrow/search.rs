//! Searches for the end of what fails, by halving: among the records of one millisecond, and along
//! the time.

use super::Step;
use super::probe::Probe;
use crate::source::by_time::TimeReader;

/// So many records of one millisecond are asked about one by one; of those behind them only some.
const ONE_BY_ONE: u32 = 32;

/// So many records of one millisecond are asked about at most.
const MOST_TIES: u32 = 1 << 20;

impl TimeReader {
    /// The records of one millisecond fail up to so many after the first, and from `empty` on there
    /// are none: which one is given out?
    pub(super) fn look_behind(&mut self, fails: u32, empty: Option<u32>) -> Step {
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

    /// So many milliseconds behind the walk's place are empty, and more of them fail: is there a
    /// record in between?
    pub(super) fn look_near(&mut self, empty: i64, fails: Option<i64>) -> Step {
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

    /// Nothing is answered that begins so long after the walk's place, and from `empty` on there is
    /// nothing: what begins twice as late, or between the two?
    pub(super) fn look_further(&mut self, fails: i64, empty: Option<i64>) -> Step {
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

    /// Something later is given out. What fails at the walk's place is a record's millisecond, or a
    /// stretch of them without a gap: where does it end? So a good record between two that fail is
    /// not passed over with them.
    pub(super) fn look_beside(
        &mut self,
        fails: i64,
        at: i64,
        works: Option<i64>,
        later: (i64, i64),
    ) -> Step {
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

    /// What begins at one of these is answered, and not at the other: where between them does that
    /// begin?
    pub(super) fn look_between(&mut self, fails: i64, works: i64) -> Step {
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
    pub(super) fn pass_up_to(&mut self, works: i64) -> Step {
        if works > 1 {
            // its last millisecond fails, but perhaps only for the first of its records
            return self.probe(Probe::LastByCount { works, after: 1 });
        }
        self.pass_stretch(0)
    }
}
