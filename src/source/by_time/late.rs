//! Asks for records that came late, of an API that tells when each of them came. Pure.
//!
//! The cursor and the order stay those of the records' own time: when they came is no order, and
//! may be unknown of some. It only adds to what a walk asks for, so that nothing is lost by it.

use super::TimeReader;
use super::cursor::{Cursor, Walk};
use super::narrow::Change;
use super::rules::Rules;
use crate::source::Late;

/// When a record came is told about, not to the moment, and it may be shown a little later.
const MARGIN_MS: i64 = 900_000;

/// What a walk leaves out that begins at the first of these times and takes in everything from the
/// second on; `None` where it has nothing to leave out, or it is not known what was read.
pub(super) fn late(cursor: &Cursor, rules: &Rules, (far_ms, from_ms): (i64, i64)) -> Option<Late> {
    let read_ms = cursor.late_ms?;
    (far_ms < from_ms).then_some(Late {
        whole_from_ms: from_ms,
        arrived_from_ms: read_ms.saturating_sub(rules.overlap_ms.max(MARGIN_MS)),
    })
}

// === impl Walk ===

impl Walk {
    /// From here on the present question leaves out nothing.
    pub(super) fn whole_from_ms(&self) -> i64 {
        let late = self.late.map_or(i64::MIN, |late| late.whole_from_ms);
        self.from_ms.max(late)
    }
}

// === impl TimeReader ===

impl TimeReader {
    /// Does the API tell when records came? The next walk goes by it.
    pub fn set_knows_late(&mut self, knows: bool) {
        self.knows_late = knows;
    }

    /// The question fails that asks for what came late: the walk asks for the overlap alone, and
    /// so do those after it until [`set_knows_late`](Self::set_knows_late) says otherwise. What is
    /// left out is read by the next deep walk. `None` where it did not ask for it.
    pub fn leave_late(&mut self) -> Option<Change> {
        let mut walk = self
            .cursor
            .as_mut()?
            .walk
            .take_if(|walk| walk.late.is_some())?;
        let from_ms = walk.whole_from_ms();
        let is_before = walk.from_ms < from_ms;
        walk.late = None;
        if is_before {
            walk.max_ms = walk.max_ms.max(from_ms);
            self.go_on_from(&mut walk, from_ms);
        }
        self.knows_late = false;
        if let Some(cursor) = &mut self.cursor {
            cursor.walk = Some(walk);
        }
        Some(Change::LeftLate)
    }
}
