//! Probe requests, which only locate a failure; their records are discarded.

use super::Step;
use crate::source::by_time::TimeReader;
use crate::source::{Place, Query};

/// What is to be learnt.
#[derive(Debug, Clone, Copy)]
pub(super) enum Probe {
    /// Does everything fail?
    Elsewhere,
    /// Is one given out of the records that share the millisecond of what fails, so many after it?
    /// Not those up to `fails` after it; from `empty` on there are none.
    NextByCount {
        fails: u32,
        after: u32,
        empty: Option<u32>,
    },
    /// Is a part of the stretch given out again? So many more are asked for after this one.
    Sample { left: u8, at_ms: i64, skip: u32 },
    /// Does the part that is given out again begin here already? Not at `fails_ms`, but at
    /// `works_ms`.
    Begin {
        fails_ms: i64,
        works_ms: i64,
        at_ms: i64,
        skip: u32,
    },
    /// Is the millisecond answered that is so long after the walk's place, with records or without?
    /// Not the one at `fails`. What is later, is not given out at the first of `later`, and is at
    /// the second.
    Beside {
        fails: i64,
        at: i64,
        works: Option<i64>,
        later: (i64, i64),
    },
    /// Is one given out of the records that share the last millisecond of what is passed over, so
    /// many after its first?
    LastByCount { works: i64, after: u32 },
    /// Is anything given out of so many milliseconds behind the walk's place? More than one thing
    /// may fail: what is `empty` is answered, and what `fails` is not.
    Near {
        empty: i64,
        span: i64,
        fails: Option<i64>,
    },
    /// Is anything given out that begins so many milliseconds after the walk's place? Not what
    /// begins at `fails`; from `empty` on there is nothing.
    Later {
        fails: i64,
        at: i64,
        works: Option<i64>,
        empty: Option<i64>,
    },
}

impl TimeReader {
    /// Asks it: one record is enough.
    pub(super) fn probe(&mut self, probe: Probe) -> Step {
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
            late: None,
        })
    }
}
