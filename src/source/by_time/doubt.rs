//! Checks whether a response is plausible: one that contradicts itself or repeats an earlier one is
//! requested again.

use super::cursor::Walk;
use super::page::OpenPage;
use super::{TimeReader, Verdict};
use crate::source::Answer;

impl TimeReader {
    /// Does the page begin behind a record that is known and was asked for? A stale page does,
    /// where its question began later. Once it is asked for again; then it is believed, for records
    /// may change their time or be deleted.
    pub(super) fn leaves_out(&self, page: &OpenPage, walk: &Walk) -> bool {
        // what lies behind the stretch was not asked for
        let end_ms = walk.to_ms.map_or(i64::MAX, |to_ms| to_ms.saturating_add(1));
        let begins_ms = page.earliest_ms().unwrap_or(i64::MAX).min(end_ms);
        let from_time = walk.next.is_none() && walk.skip == 0;
        let from_ms = walk.whole_from_ms();
        self.doubts == 0 && from_time && self.seen.knows_between(from_ms, begins_ms)
    }

    /// Where records move: does one come after the end of what was asked for? Then the answer is
    /// one to a longer question, and says nothing about this one.
    pub(super) fn is_beyond(&self, page: &OpenPage, walk: &Walk) -> bool {
        let end = walk.to_ms.zip(page.latest_ms());
        self.rules.api.records_move && end.is_some_and(|(to_ms, latest_ms)| latest_ms > to_ms)
    }

    /// What contradicts itself in the answer.
    pub(super) fn doubt(
        &self,
        page: &OpenPage,
        answer: &Answer,
        walk: &Walk,
        more: bool,
    ) -> Option<&'static str> {
        if answer.cut && page.latest_ms().is_none() {
            // counted as records of the list, these would hide as many others
            Some(
                "the cloud sends more records at once than fit into memory, and none of them has \
                a time",
            )
        } else if answer.next.is_some() && answer.next == walk.next {
            Some("the cloud names the same next page again")
        } else if page.count() == 0 && more && (answer.next.is_none() || self.lost_place) {
            Some("the cloud counts records but sends none")
        } else if page.count() == 0 && answer.bare {
            Some(
                "the response contains no record and nothing else that each response of the API \
                    has",
            )
        } else if self.doubts < self.rules.api.doubts && is_empty_all_the_same(page, answer, walk) {
            Some("the cloud counts records on a page that it named, but sends none")
        } else if page.count() > 0 && page.news == 0 && self.is_stale(page, walk) {
            Some("the cloud repeats an earlier response")
        } else if self.circles > self.rules.api.circles {
            Some("the cloud sends the same records repeatedly")
        } else {
            None
        }
    }

    /// Does the walk end before the last record that is known? Once it is asked for again; then it
    /// is believed, for that record may have left the list.
    pub(super) fn ends_early(&self, walk: &Walk) -> bool {
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

    /// Something known is missing. Where records move that is nothing strange, so that it is asked
    /// again once without a word.
    pub(super) fn after_missing(&mut self, reason: &'static str, walk: &mut Walk) -> Verdict {
        if !self.rules.api.records_move {
            return self.after_doubt(reason, walk);
        }
        self.doubts = self.doubts.saturating_add(1);
        Verdict::More
    }

    /// Asks again some times; then leaves a place that leads nowhere, or takes it for no answer.
    pub(super) fn after_doubt(&mut self, reason: &'static str, walk: &mut Walk) -> Verdict {
        self.doubts = self.doubts.saturating_add(1);
        let most = if self.asks_for_a_part() {
            1
        } else {
            self.rules.api.doubts
        };
        if self.doubts <= most && self.circles <= self.rules.api.circles {
            return Verdict::Doubtful(reason);
        }
        if self.in_order && walk.next.take().is_some() {
            (walk.from_ms, walk.skip) = (walk.max_ms, 0);
            (self.lost_place, self.read, self.doubts) = (true, 0, 0);
            return Verdict::More;
        }
        Verdict::Unanswered(reason)
    }
}

/// In scan mode nobody says whether `total` counts all records or those that are left (the
/// simulator's, those that are left): where it is not zero an empty page is believed only when it
/// comes again.
fn is_empty_all_the_same(page: &OpenPage, answer: &Answer, walk: &Walk) -> bool {
    page.count() == 0 && walk.next.is_some() && answer.total.is_some_and(|total| total > 0)
}
