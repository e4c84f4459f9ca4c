//! What follows from a probe's response.

use super::probe::Probe;
use super::{FEW, MOST_THROTTLED, ProbeAnswer, Step};
use crate::source::by_time::TimeReader;

impl TimeReader {
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
}
