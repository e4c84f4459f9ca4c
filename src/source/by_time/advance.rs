//! From one page to the next: whether the answer can be believed, how far it moves the cursor, and where to go on.

use super::cursor::Walk;
use super::page::OpenPage;
use super::{TimeReader, Verdict};
use crate::source::Answer;

/// How often a doubtful answer is asked for again before it is taken for none.
pub(super) const DOUBTS: u8 = 3;
/// Pages in a row without anything new or later: the cloud goes in circles.
const CIRCLES: u16 = 50;

impl TimeReader {
    pub(super) fn move_on(&mut self, page: &OpenPage, answer: &Answer) -> Verdict {
        let Some(mut walk) = self.cursor.as_mut().and_then(|cursor| cursor.walk.take()) else {
            return Verdict::CaughtUp;
        };
        let verdict = if self.leaves_out(page, &walk) {
            self.after_doubt("the cloud leaves out what it has sent before", &mut walk)
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

    /// How far the page reaches. The cursor follows only while all pages come in order: a later page of a walk out of
    /// order may hold what lies before.
    fn advance(&mut self, page: &OpenPage, answer: &Answer, walk: &mut Walk) {
        let before = walk.max_ms;
        self.in_order &=
            page.ascending && page.earliest_ms().is_none_or(|earliest| earliest >= before);
        walk.out_of_order = !self.in_order;
        walk.max_ms = page.latest_ms().map_or(before, |latest| latest.max(before));
        if let (true, Some(cursor)) = (self.in_order, &mut self.cursor) {
            cursor.high_ms = cursor.high_ms.max(walk.max_ms);
        }
        // hundreds of known records that share a time take many small pages to pass by count: the cloud's own count tells
        // that from going in circles
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

    /// Does the page begin behind a record that is known and was asked for? A stale page does, where its question began
    /// later. Once it is asked for again; then it is believed, for records may change their time or be deleted.
    fn leaves_out(&self, page: &OpenPage, walk: &Walk) -> bool {
        // what lies behind the stretch was not asked for
        let end_ms = walk.to_ms.map_or(i64::MAX, |to_ms| to_ms.saturating_add(1));
        let begins_ms = page.earliest_ms().unwrap_or(i64::MAX).min(end_ms);
        let from_time = walk.next.is_none() && walk.skip == 0;
        self.doubts == 0 && from_time && self.seen.knows_between(walk.from_ms, begins_ms)
    }

    /// What contradicts itself in the answer.
    fn doubt(
        &self,
        page: &OpenPage,
        answer: &Answer,
        walk: &Walk,
        more: bool,
    ) -> Option<&'static str> {
        if answer.cut && page.latest_ms().is_none() {
            // counted as records of the list, these would hide as many others
            Some("the cloud sends more at once than fits, and none of it tells a time")
        } else if answer.next.is_some() && answer.next == walk.next {
            Some("the cloud names the same place again")
        } else if page.count() == 0 && more && (answer.next.is_none() || self.lost_place) {
            Some("the cloud says that there are records but sends none")
        } else if page.count() == 0 && answer.bare {
            Some(
                "the answer holds nothing: no record, no total and no hasNext, which each of the \
                 API's has",
            )
        } else if self.doubts < DOUBTS && is_empty_all_the_same(page, answer, walk) {
            Some("the cloud counts records at a place that it named, and sends none")
        } else if page.count() > 0 && page.news == 0 && self.is_stale(page, walk) {
            Some("the cloud gives an earlier answer once again")
        } else if self.circles > CIRCLES {
            Some("the cloud sends the same records over and over")
        } else if !more && answer.next.is_none() && self.ends_early(walk) {
            Some("the cloud ends its list before what it has sent before")
        } else {
            None
        }
    }

    /// Does the walk end before the last record that is known? Once it is asked for again; then it is believed, for that record may
    /// have left the list.
    fn ends_early(&self, walk: &Walk) -> bool {
        let known_ms = self
            .cursor
            .as_ref()
            .map_or(i64::MIN, |cursor| cursor.high_ms);
        self.doubts == 0 && walk.to_ms.is_none() && walk.max_ms < known_ms
    }

    /// Is the page an answer to an earlier question? It must not be counted as one to this.
    fn is_stale(&self, page: &OpenPage, walk: &Walk) -> bool {
        let next_by_count = walk.next.is_none() && walk.skip > 0;
        page.asked_for == 0 || (next_by_count && page.ids == self.before)
    }

    /// Asks again some times; then leaves a place that leads nowhere, or takes it for no answer.
    fn after_doubt(&mut self, reason: &'static str, walk: &mut Walk) -> Verdict {
        self.doubts = self.doubts.saturating_add(1);
        let most = if self.asks_for_a_part() { 1 } else { DOUBTS };
        if self.doubts <= most && self.circles <= CIRCLES {
            return Verdict::Doubtful(reason);
        }
        if self.in_order && walk.next.take().is_some() {
            (walk.from_ms, walk.skip) = (walk.max_ms, 0);
            (self.lost_place, self.read, self.doubts) = (true, 0, 0);
            return Verdict::More;
        }
        Verdict::Unanswered(reason)
    }

    /// Where the next page begins: where the cloud says; else at the last time met, or past as many records as share it.
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
            // pages overlap: a record too many in this one, or one that has left the list meanwhile, must not hide another
            let count = u32::try_from(count)
                .unwrap_or(u32::MAX)
                .min(self.limit(walk));
            let step = count.saturating_sub(1 + count / 10).max(1);
            walk.skip = walk.skip.saturating_add(step);
        }
        Verdict::More
    }
}

/// In scan mode nobody says whether `total` counts all records or those that are left (the simulator's, those that are
/// left): where it is not zero an empty page is believed only when it comes again.
fn is_empty_all_the_same(page: &OpenPage, answer: &Answer, walk: &Walk) -> bool {
    page.count() == 0 && walk.next.is_some() && answer.total.is_some_and(|total| total > 0)
}
