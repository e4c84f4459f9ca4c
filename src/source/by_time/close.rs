//! Opens a page, admits its records, closes it, and says what of it is written.

use super::page::OpenPage;
use super::{Cursor, DAY_MS, PageResult, TimeReader, Verdict};
use crate::source::Answer;

impl TimeReader {
    /// Opens the page that has come. `now_ms` bounds the times of its records: one from the future
    /// moves no cursor. `asked_ms` is when it was asked for, by the cloud's clock, where that is
    /// known.
    pub fn open(&mut self, now_ms: i64, asked_ms: Option<i64>) {
        // what was admitted of a page that broke off does not count
        self.seen.take_back();
        let now_ms = now_ms.max(self.high_ms().unwrap_or(i64::MIN));
        self.now_ms = now_ms;
        // where the cloud did not tell its time, ours may be of 1970: ids are then kept by their
        // records' own times alone
        let keep_ms = asked_ms.map_or(i64::MAX, |_| now_ms.saturating_add(self.rules.look_back_ms));
        let walk = self.cursor.as_ref().and_then(|cursor| cursor.walk.as_ref());
        let from_ms = walk.map_or(i64::MIN, |walk| walk.from_ms);
        self.page = OpenPage::open(now_ms, keep_ms, from_ms);
        self.asked_ms = asked_ms;
    }

    /// Takes in a record of the open page. False where it was read before. A record that tells no
    /// time has `None`.
    pub fn admit(&mut self, id: &str, at_ms: Option<i64>) -> bool {
        let walked = self.cursor.as_ref().map_or(0, |cursor| cursor.high_ms);
        self.page
            .admit(id, at_ms, walked, &self.before, &mut self.seen)
    }

    /// Closes the open page, which has ended well: moves the cursor and says what follows.
    pub fn close(&mut self, answer: &Answer) -> PageResult {
        let mut page = std::mem::take(&mut self.page);
        self.note_begin();
        let whole = !self.asks_for_a_part();
        let verdict = self.move_on(&page, answer);
        if matches!(verdict, Verdict::More | Verdict::CaughtUp) {
            self.narrow.ends_well(page.count(), whole);
            self.size.fits(page.count() as u64);
        }
        self.before = std::mem::take(&mut page.ids);
        let floor_ms = self.floor_ms();
        let seen = self.seen.seal(floor_ms);
        if let Some(cursor) = &mut self.cursor {
            cursor.forgotten_ms = self.seen.forgotten_until();
        }
        let moved = match (&self.written, &self.cursor) {
            (Some(old), Some(new)) => {
                old.high_ms != new.high_ms
                    || old.origin_ms != new.origin_ms
                    || (old.walk.is_some() && new.walk.is_none())
            }
            (None, _) => true,
            (Some(_), None) => false,
        };
        let write = page.news > 0 || moved || !self.served.is_empty();
        if write {
            self.written.clone_from(&self.cursor);
        }
        PageResult {
            verdict,
            write,
            cursor: self.cursor_bytes(),
            seen,
            forget_seen: self.seen.oldest_number(),
            news: page.news,
            repeats: page.repeats,
            served: std::mem::take(&mut self.served),
        }
    }

    /// When the page was asked for counts as the walk's begin where it is its first.
    fn note_begin(&mut self) {
        let Some(cursor) = &mut self.cursor else {
            return;
        };
        if let (true, Some(walk)) = (std::mem::take(&mut self.unopened), &mut cursor.walk) {
            walk.began_ms = self.asked_ms;
        }
        // before any walk has come to its end the first one's begin counts: it may take long, or be
        // given up
        if let Some(asked_ms) = self.asked_ms {
            cursor.walked_ms.get_or_insert(asked_ms);
            cursor.deep_ms.get_or_insert(asked_ms);
        }
    }

    pub(super) fn cursor_bytes(&self) -> Vec<u8> {
        let cursor = self.cursor.as_ref();
        cursor.map(Cursor::to_bytes).unwrap_or_default()
    }

    /// No later walk begins before this, but for what was passed over. Of that some may have been
    /// read before, when it was given out: its ids are kept for one look-back more, and at least a
    /// day. And a record that changes may come again long after.
    fn floor_ms(&self) -> i64 {
        self.cursor.as_ref().map_or(0, |cursor| {
            let overlap = cursor.settled_ms(false) - self.rules.overlap_ms;
            let floor = overlap.min(cursor.settled_ms(true) - self.rules.look_back_ms);
            let passed = (cursor.unserved.first()).map_or(i64::MAX, |known| known.from_ms);
            let longer_ms = self.rules.look_back_ms.max(DAY_MS);
            let comes_again = cursor.high_ms.saturating_sub(self.rules.api.ids_kept_ms);
            floor
                .min(passed.max(floor.saturating_sub(longer_ms)))
                .min(comes_again)
        })
    }
}
