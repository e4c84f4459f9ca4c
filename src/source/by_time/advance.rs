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
        let verdict = if answer.incomplete {
            self.after_doubt("the cloud says that its response is incomplete", &mut walk)
        } else if self.is_beyond(page, &walk) {
            self.after_doubt("the cloud repeats an earlier response", &mut walk)
        } else if self.leaves_out(page, &walk) {
            self.after_missing("the cloud omits records that it has sent before", &mut walk)
        } else {
            let unproved = self.advance(page, answer, &mut walk);
            // what follows a single record that was passed over has been read
            let single = self.again.is_some_and(|known| known.alone);
            let more = !single && self.more(page, answer, &walk);
            match self.doubt(page, answer, &walk, more) {
                Some(reason) => self.after_doubt(reason, &mut walk),
                None if !more && answer.next.is_none() && self.ends_early(&walk) => self
                    .after_missing(
                        "the cloud's list ends before records that it has already sent",
                        &mut walk,
                    ),
                None => {
                    let is_open = page.count() > 0 && (more || answer.next.is_some());
                    let changes = is_open && self.shorter(unproved, &mut walk);
                    match changes {
                        true => Verdict::More,
                        false => self.next_place(page, answer, &mut walk, more),
                    }
                }
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
                    if walk.deep || walk.late.is_some() {
                        settle(&mut cursor.late_ms);
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
    /// page of a walk out of order may hold what lies before. So may one behind a page of a single
    /// millisecond, which shows no order: from when on that is not proved is given back.
    fn advance(&mut self, page: &OpenPage, answer: &Answer, walk: &mut Walk) -> Option<i64> {
        let before = walk.max_ms;
        let read_ms = before.max(walk.from_ms);
        let shows_none = page.earliest_ms() == page.latest_ms() && page.latest_ms() > Some(read_ms);
        let unproved = (self.rules.api.records_move && shows_none).then_some(read_ms);
        self.in_order &=
            page.ascending && page.earliest_ms().is_none_or(|earliest| earliest >= before);
        walk.out_of_order = !self.in_order;
        walk.max_ms = page.latest_ms().map_or(before, |latest| latest.max(before));
        if let (true, None, Some(cursor)) = (self.in_order, unproved, &mut self.cursor) {
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
        unproved
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
            let most = self.rules.api.most_skip;
            if walk.skip == most {
                // only the cloud itself can say how it goes on
                (walk.skip, self.lost_place) = (0, false);
            } else {
                walk.skip = walk.skip.saturating_add(step).min(most);
            }
        }
        Verdict::More
    }

    /// Where records move, those that are not in order can't be counted past: one that moves
    /// between two answers hides another. Half of the time is asked for, until an answer is whole;
    /// a whole one may be in any order. Where all that is `unproved` since a time shows no order,
    /// what lies before it is asked for first. False where the answer is in order, or of one
    /// millisecond.
    fn shorter(&mut self, unproved: Option<i64>, walk: &mut Walk) -> bool {
        if !self.rules.api.records_move {
            return false;
        }
        if let (true, Some(read_ms)) = (self.in_order, unproved) {
            if !std::mem::replace(&mut self.proves, true) {
                walk.to_ms = Some(walk.max_ms - 1);
                self.ask_from(read_ms, walk);
                return true;
            }
            (self.in_order, walk.out_of_order) = (false, true);
        }
        let end_ms = walk.to_ms.unwrap_or(walk.max_ms);
        if self.in_order || end_ms <= walk.from_ms {
            return false;
        }
        let span_ms = (end_ms - walk.from_ms) / 2;
        (self.narrow.span_ms, self.narrow.fails_to_ms) = (Some(span_ms), None);
        walk.to_ms = Some(walk.from_ms + span_ms);
        self.ask_from(walk.from_ms, walk);
        true
    }

    /// The walk asks again from here. How late its records are says nothing about what comes before
    /// them.
    fn ask_from(&mut self, from_ms: i64, walk: &mut Walk) {
        (walk.from_ms, walk.max_ms) = (from_ms, from_ms);
        (walk.next, walk.skip) = (None, 0);
        (self.read, self.doubts, self.narrowed) = (0, 0, true);
    }
}
