//! Sets aside the part that fails, so that the rest continues.

use super::{Change, Step};
use crate::source::by_time::{PageResult, TimeReader, Unserved, Verdict, Walk};

impl TimeReader {
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

    /// So many milliseconds behind the walk's place are passed over with it.
    pub(super) fn pass_stretch(&mut self, long: i64) -> Step {
        let from_ms = self.place_ms();
        let to_ms = from_ms.saturating_add(long);
        self.pass_over(from_ms, to_ms, false, |reader, walk| {
            reader.go_on_from(walk, to_ms.saturating_add(1));
        })
    }

    /// One of the records that share a millisecond breaks each answer, and the next one does not.
    pub(super) fn pass_record(&mut self) -> Step {
        let at_ms = self.place_ms();
        self.pass_over(at_ms, at_ms, true, |reader, walk| {
            reader.again = (reader.again).map(|known| known.behind_record(at_ms, walk.skip));
            walk.skip = walk.skip.saturating_add(1);
        })
    }

    pub(super) fn pass_over(
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
}
