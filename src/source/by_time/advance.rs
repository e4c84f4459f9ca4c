//! Advances from one page to the next: how far the cursor moves, and where the next page begins.

use super::cursor::Walk;
use super::page::OpenPage;
use super::{TimeReader, Verdict};
use crate::source::Answer;

impl TimeReader {
    pub(super) fn move_on(&mut self, page: &OpenPage, answer: &Answer) -> Verdict {
        let Some(mut walk) = self.cursor.as_mut().and_then(|cursor| cursor.walk.take()) else {
            return Verdict::CaughtUp;
        };
        let verdict = if self.leaves_out(page, &walk) {
            self.after_doubt("the cloud omits records that it has sent before", &mut walk)
        } else {
            self.advance(page, answer, &mut walk);
            // what follows a single record that was passed over has been read
            let single = self.again.is_some_and(|known| known.alone);
            let more = !single && self.more(page, answer, &walk);
            match self.doubt(page, answer, &walk, more) {
                Some(reason) => self.after_doubt(reason, &mut walk),
                None => self.next_place(page, answer, &mut walk, more),
            }
        };
        if let Some(cursor) = &mut self.cursor {
            match verdict {
                Verdict::CaughtUp => {
                    cursor.high_ms = cursor.high_ms.max(walk.max_ms);
                    // where the cloud did not tell the time, an earlier one is as good for a while
                    let patience_ms = cursor.high_ms.saturating_sub(4 * self.rules.look_back_ms);
                    let settle = |before: &mut Option<i64>| {
                        *before = walk
                            .began_ms
                            .or(before.filter(|&before| before > patience_ms));
                    };
                    settle(&mut cursor.walked_ms);
                    if walk.deep {
                        settle(&mut cursor.deep_ms);
                    }
                }
                Verdict::More | Verdict::Doubtful(_) | Verdict::Unanswered(_) => {
                    cursor.walk = Some(walk);
                }
            }
        }
        verdict
    }

    /// How far the page reaches. The cursor follows only while all pages come in order: a later
    /// page of a walk out of order may hold what lies before.
    fn advance(&mut self, page: &OpenPage, answer: &Answer, walk: &mut Walk) {
        let before = walk.max_ms;
        self.in_order &=
            page.ascending && page.earliest_ms().is_none_or(|earliest| earliest >= before);
        walk.out_of_order = !self.in_order;
        walk.max_ms = page.latest_ms().map_or(before, |latest| latest.max(before));
        if let (true, Some(cursor)) = (self.in_order, &mut self.cursor) {
            cursor.high_ms = cursor.high_ms.max(walk.max_ms);
        }
        // hundreds of known records that share a time take many small pages to pass by count: the
        // cloud's own count tells that from going in circles
        let passes = walk.next.is_none()
            && answer.total > Some(u64::from(walk.skip))
            && page.ids != self.before;
        let moved = walk.max_ms > before || page.news > 0 || passes;
        self.circles = if moved { 0 } else { self.circles + 1 };
        self.read += page.count() as u64;
    }

    /// Does anything say that more follows? `hasNext` alone is not believed.
    fn more(&self, page: &OpenPage, answer: &Answer, walk: &Walk) -> bool {
        let read = self.read_of_total(page, walk);
        // an empty page is the end where the cloud's own count says so, whatever `hasNext` says
        let exhausted = page.count() == 0 && answer.total.is_some_and(|total| total <= read);
        let full = answer.records >= u64::from(self.limit(walk));
        !exhausted && (answer.has_next || full || answer.total.is_some_and(|total| total > read))
    }

    /// Records read of those that the cloud's `total` counts.
    fn read_of_total(&self, page: &OpenPage, walk: &Walk) -> u64 {
        match walk.next {
            None => u64::from(walk.skip) + page.count() as u64,
            Some(_) => self.read,
        }
    }

    /// Where the next page begins: where the cloud says; else at the last time met, or past as many
    /// records as share it.
    fn next_place(
        &mut self,
        page: &OpenPage,
        answer: &Answer,
        walk: &mut Walk,
        more: bool,
    ) -> Verdict {
        self.doubts = 0;
        if let Some(next) = answer.next.as_ref().filter(|_| !self.lost_place) {
            walk.next = Some(next.clone());
            return Verdict::More;
        }
        if !more || page.count() == 0 {
            return match self.next_stretch(walk) {
                true => Verdict::More,
                false => Verdict::CaughtUp,
            };
        }
        let came_by_place = walk.next.take().is_some();
        self.lost_place |= came_by_place;
        if self.in_order && walk.max_ms > walk.from_ms {
            (walk.from_ms, walk.skip, self.read) = (walk.max_ms, 0, 0);
        } else if came_by_place {
            walk.skip = 0;
        } else {
            // what is from before `from_ms` is not among the records that are counted
            let count = match page.asked_for {
                0 => page.count(),
                asked_for => asked_for,
            };
            // pages overlap: a record too many in this one, or one that has left the list
            // meanwhile, must not hide another
            let count = u32::try_from(count)
                .unwrap_or(u32::MAX)
                .min(self.limit(walk));
            let step = count.saturating_sub(1 + count / 10).max(1);
            walk.skip = walk.skip.saturating_add(step);
        }
        Verdict::More
    }
}
