//! Reads a stream completely: what to ask next, which records are new, how far the cursor may move. Pure.
//!
//! The cloud offers no feed with positions, only queries by time, and its answers have been seen to be incomplete at
//! their edges: records become visible late, many share a millisecond, `hasNext` errs in both directions, a page holds
//! fewer records than asked (reference: cloud-apps-api.md §1, peers.md lesson 3). So:
//!
//! - Every walk begins an **overlap** before the highest time read, and before the beginning of the last walk: a walk may
//!   take hours, and what shows itself late meanwhile lies behind it. Records are told apart by id ([`Seen`]), never by time.
//! - Within a walk the next page is asked for by the cloud's `nextQueryFilters` where it gives one, else from the last
//!   time met, **that time included**; only where a whole page shares one time it skips by count.
//! - A walk ends when nothing says that more follows: not `hasNext`, not a full page, not `total`.
//! - The cursor moves with each page only while pages come in order; else when the walk has ended.
//! - An answer that contradicts itself moves nothing and is asked for again, a bounded number of times. So does one that
//!   begins behind a record which was asked for and is known: it may be a stale one, and is believed when it comes again.
//! - A record that nobody asked for, from a time whose ids are forgotten, is no news: only a stale answer can hold it.

mod advance;
mod cursor;
mod narrow;
mod page;
mod page_size;
mod seen;
mod unserved;

use super::{Answer, Place, Query};
pub use cursor::{Cursor, Unserved, Walk};
use narrow::Narrow;
pub use narrow::{Change, Failure, ProbeAnswer, Step};
use page::{Ids, OpenPage};
use page_size::PageSize;
pub use seen::{Seen, fingerprint};
use unserved::{again, older, skip, stretch};

/// Below this the cloud has no scan mode (reference: api-activities-investigate-script.md).
pub const SMALLEST_SCAN: u32 = 500;
/// Most records per page outside scan mode (reference: api-introduction.md).
pub const PLAIN_PAGE: u32 = 100;

/// The bounds of reading; times in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Read again on each walk.
    pub overlap_ms: i64,
    /// Read again on a deep walk.
    pub look_back_ms: i64,
    /// What the first start fetches.
    pub first_look_back_ms: i64,
    /// The longest stop that is made up for.
    pub max_catch_up_ms: i64,
    /// Records asked for per page.
    pub limit: u32,
    /// Stands for the filters: other filters, other number.
    pub filters: u64,
}

/// How a walk began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// Where the last one ended, or in the middle of one.
    Goes,
    /// For the first time ever: from this time.
    First {
        /// Milliseconds since 1970.
        from_ms: i64,
    },
    /// The stop was longer than `max_catch_up`: this stretch is not read.
    Skipped {
        /// Where the stretch begins.
        from_ms: i64,
        /// Where it ends.
        to_ms: i64,
    },
}

/// What to do after a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Ask for the next page at once.
    More,
    /// The present is reached.
    CaughtUp,
    /// The answer contradicts itself, for this reason: ask again after a pause.
    Doubtful(&'static str),
    /// It did so too often, which is as good as no answer: [`TimeReader::doubted`] says what follows
    /// from it.
    Unanswered(&'static str),
}

/// A page taken in, ready to be written.
#[derive(Debug)]
pub struct PageResult {
    /// What to do next.
    pub verdict: Verdict,
    /// Is there anything worth a write: a new record, or a cursor that moved?
    pub write: bool,
    /// The cursor behind this page.
    pub cursor: Vec<u8>,
    /// The ids of this page, for flash; may be empty.
    pub seen: Vec<u8>,
    /// Chunks of ids below this number can be forgotten.
    pub forget_seen: u64,
    /// Records of the page that were new.
    pub news: u64,
    /// Records of the page that had been read before.
    pub repeats: u64,
    /// Stretches that had been passed over, and are read now.
    pub served: Vec<Unserved>,
}

/// So long the cloud keeps what it recorded: 180 days.
const KEPT_MS: i64 = 180 * DAY_MS;
const DAY_MS: i64 = 86_400_000;

/// Reads one stream.
#[derive(Debug)]
pub struct TimeReader {
    rules: Rules,
    /// How many records a page is asked for.
    size: PageSize,
    /// What is known about questions that fail.
    narrow: Narrow,
    cursor: Option<Cursor>,
    /// The cursor as it was last given out for writing.
    written: Option<Cursor>,
    seen: Seen,
    page: OpenPage,
    /// When the open page was asked for, by the cloud's clock.
    asked_ms: Option<i64>,
    /// The ids of the page before: they are known even where they are forgotten, should it come again, stale.
    before: Ids,
    /// Has this walk just begun, so that its first page is still to come?
    unopened: bool,
    /// Have all pages of this walk come in order?
    in_order: bool,
    /// Did a place that the cloud named lead nowhere? Then this walk goes on by time alone.
    lost_place: bool,
    /// Records read since the walk's `from_ms` was set, to be held against the cloud's `total`.
    read: u64,
    /// The stretch that had been passed over and is asked for again at present.
    again: Option<Unserved>,
    /// Is it narrowed down as any other, because a part of it is given out?
    narrowed: bool,
    /// Does the next walk ask for what was passed over, also where it is not deep?
    asks_again: bool,
    /// Stretches that had been passed over and are read since the last page was closed.
    served: Vec<Unserved>,
    doubts: u8,
    circles: u16,
}

// === impl TimeReader ===

impl TimeReader {
    /// Goes on where the cursor stands; from nothing where there is none.
    #[must_use]
    pub fn new(rules: Rules, cursor: Option<Cursor>, seen: Seen) -> Self {
        let mut reader = Self {
            size: PageSize::new(rules.limit),
            narrow: Narrow::default(),
            rules,
            written: cursor.clone(),
            cursor,
            seen,
            page: OpenPage::default(),
            asked_ms: None,
            before: Ids::new(),
            unopened: false,
            in_order: true,
            lost_place: false,
            read: 0,
            again: None,
            narrowed: false,
            asks_again: false,
            served: Vec::new(),
            doubts: 0,
            circles: 0,
        };
        reader.drop_foreign_walk();
        let walk = reader
            .cursor
            .as_ref()
            .and_then(|cursor| cursor.walk.as_ref());
        reader.in_order = walk.is_none_or(|walk| !walk.out_of_order);
        reader.again = (reader.cursor.as_ref().zip(walk)).and_then(|(cursor, walk)| {
            again(&cursor.unserved, walk).filter(|known| !known.alone || known.skip == walk.skip)
        });
        reader
    }

    /// A first start by a clock that ran ahead asks for nothing: where no clock says that it is so late, it is made again.
    pub fn begin_anew(&mut self, latest_ms: i64) {
        let ahead = |cursor: &mut Cursor| cursor.origin_ms > latest_ms;
        self.cursor.take_if(ahead);
    }

    /// Begins a walk, where none is under way. A first start is counted from `now_ms`. The cut of too long a stop is counted from `least_ms`, the earliest that it may be: what is cut is never read,
    /// so that no clock that runs ahead may decide it alone. A `deep` walk reads the whole look-back again.
    pub fn begin(&mut self, now_ms: i64, least_ms: i64, deep: bool) -> Start {
        let mut start = Start::Goes;
        let cursor = self.cursor.get_or_insert_with(|| {
            let from_ms = now_ms - self.rules.first_look_back_ms;
            start = Start::First { from_ms };
            Cursor {
                high_ms: from_ms,
                origin_ms: from_ms,
                ..Cursor::default()
            }
        });
        if cursor.walk.is_some() {
            return start;
        }
        let earliest = least_ms.saturating_sub(self.rules.max_catch_up_ms);
        if cursor.high_ms < earliest && start == Start::Goes {
            start = Start::Skipped {
                from_ms: cursor.high_ms,
                to_ms: earliest,
            };
            (cursor.high_ms, cursor.origin_ms) = (earliest, earliest);
        }
        let overlap = cursor.settled_ms(false) - self.rules.overlap_ms;
        let look_back = cursor.settled_ms(true) - self.rules.look_back_ms;
        let back_to = if deep {
            look_back.min(overlap)
        } else {
            overlap
        };
        let safe = self
            .seen
            .forgotten_until()
            .map_or(i64::MIN, |forgotten| forgotten + 1);
        let from_ms = back_to.max(cursor.origin_ms).max(safe.min(cursor.high_ms));
        // what the cloud has deleted meanwhile is not asked for
        let kept_ms = least_ms.saturating_sub(KEPT_MS);
        cursor.unserved.retain(|known| known.to_ms >= kept_ms);
        let asks = deep || std::mem::take(&mut self.asks_again);
        let older = older(&cursor.unserved, i64::MIN, Some(from_ms)).filter(|_| asks);
        let begins_ms = older.map(|_| from_ms);
        let (from_ms, to_ms) = older.unwrap_or_else(|| stretch(&cursor.unserved, from_ms, asks));
        let mut walk = Walk {
            from_ms,
            to_ms,
            begins_ms,
            max_ms: from_ms,
            deep,
            again: asks && !deep,
            filters: self.rules.filters,
            ..Walk::default()
        };
        self.again = again(&cursor.unserved, &walk);
        walk.skip = skip(self.again, &walk);
        self.narrowed = false;
        cursor.walk = Some(walk);
        (self.unopened, self.in_order, self.lost_place) = (true, true, false);
        (self.read, self.doubts, self.circles) = (0, 0, 0);
        start
    }

    /// The next walk asks for what was passed over, also where it is not deep.
    pub fn ask_again(&mut self) {
        self.asks_again = true;
    }

    /// The page to ask for; `None` where no walk is under way.
    #[must_use]
    pub fn query(&self) -> Option<Query> {
        let walk = self.cursor.as_ref()?.walk.as_ref()?;
        let place = walk
            .next
            .clone()
            .map_or(Place::Skip(walk.skip), Place::Next);
        Some(Query {
            from_ms: walk.from_ms,
            to_ms: walk.to_ms,
            place,
            limit: self.limit(walk),
        })
    }

    /// Records that are asked for. The cloud counts past records only outside scan mode.
    fn limit(&self, walk: &Walk) -> u32 {
        if self.again.is_some_and(|known| known.alone) {
            return 1;
        }
        let by_count = walk.next.is_none() && walk.skip > 0;
        let most = if by_count { PLAIN_PAGE } else { u32::MAX };
        self.size.now().min(most)
    }

    /// Opens the page that has come. `now_ms` bounds the times of its records: one from the future moves no cursor.
    /// `asked_ms` is when it was asked for, by the cloud's clock, where that is known.
    pub fn open(&mut self, now_ms: i64, asked_ms: Option<i64>) {
        // what was admitted of a page that broke off does not count
        self.seen.take_back();
        let now_ms = now_ms.max(self.high_ms().unwrap_or(i64::MIN));
        // where the cloud did not tell its time, ours may be of 1970: ids are then kept by their records' own times alone
        let keep_ms = asked_ms.map_or(i64::MAX, |_| now_ms.saturating_add(self.rules.look_back_ms));
        let walk = self.cursor.as_ref().and_then(|cursor| cursor.walk.as_ref());
        let from_ms = walk.map_or(i64::MIN, |walk| walk.from_ms);
        self.page = OpenPage::open(now_ms, keep_ms, from_ms);
        self.asked_ms = asked_ms;
    }

    /// Takes in a record of the open page. False where it was read before. A record that tells no time has `None`.
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
        // before any walk has come to its end the first one's begin counts: it may take long, or be given up
        if let Some(asked_ms) = self.asked_ms {
            cursor.walked_ms.get_or_insert(asked_ms);
            cursor.deep_ms.get_or_insert(asked_ms);
        }
    }

    fn cursor_bytes(&self) -> Vec<u8> {
        let cursor = self.cursor.as_ref();
        cursor.map(Cursor::to_bytes).unwrap_or_default()
    }

    /// The answer was too large to take in: ask for less. `None` where there is no less.
    pub fn ask_for_less(&mut self) -> Option<Change> {
        let smaller = (self.size.shrink()).then(|| Change::Smaller(self.size.now()));
        if smaller.is_some() && self.size.now() < SMALLEST_SCAN {
            self.forget_place();
        }
        smaller
    }

    /// The cloud refused the place it had named itself (it may be too old): go on from the highest time read.
    /// `None` where there was no such place, so that the refusal has another reason.
    pub fn leave_place(&mut self) -> Option<Change> {
        self.forget_place().then_some(Change::LeftPlace)
    }

    fn forget_place(&mut self) -> bool {
        let in_order = self.in_order;
        let Some(cursor) = &mut self.cursor else {
            return false;
        };
        let Some(walk) = &mut cursor.walk else {
            return false;
        };
        let had = walk.next.take().is_some();
        self.lost_place |= had;
        if had && in_order {
            walk.from_ms = walk.from_ms.max(walk.max_ms);
            walk.skip = 0;
        }
        had
    }

    /// The walk ends before its end; the next one tries again from the cursor.
    pub fn give_up(&mut self) {
        if let Some(cursor) = &mut self.cursor
            && let Some(walk) = cursor.walk.take()
        {
            cursor.keep_rest(&walk);
        }
    }

    /// The highest time read so far, where anything was.
    #[must_use]
    pub fn high_ms(&self) -> Option<i64> {
        self.cursor.as_ref().map(|cursor| cursor.high_ms)
    }

    /// Nothing before this time was ever asked for.
    #[must_use]
    pub fn origin_ms(&self) -> Option<i64> {
        self.cursor.as_ref().map(|cursor| cursor.origin_ms)
    }

    /// The latest time of any record read, also where what lies before it is not all read yet.
    #[must_use]
    pub fn reach_ms(&self) -> Option<i64> {
        let cursor = self.cursor.as_ref()?;
        let walked = cursor.walk.as_ref().map(|walk| walk.max_ms);
        Some(walked.unwrap_or(cursor.high_ms).max(cursor.high_ms))
    }

    /// How many stretches were passed over, and are asked for again.
    #[must_use]
    pub fn unserved(&self) -> usize {
        self.cursor
            .as_ref()
            .map_or(0, |cursor| cursor.unserved.len())
    }

    /// Stands for the filters in force.
    #[must_use]
    pub fn filters(&self) -> u64 {
        self.rules.filters
    }

    /// Would [`TimeReader::begin`] decide by the clock what is never read? Then `now_ms` must be the cloud's.
    #[must_use]
    pub fn needs_cloud_clock(&self, now_ms: i64) -> bool {
        self.cursor.as_ref().is_none_or(|cursor| {
            cursor.walk.is_none() && cursor.high_ms < now_ms - self.rules.max_catch_up_ms
        })
    }

    /// No later walk begins before this, but for what was passed over. Of that some may have been read before, when it was given
    /// out: its ids are kept for one look-back more, and at least a day.
    fn floor_ms(&self) -> i64 {
        self.cursor.as_ref().map_or(0, |cursor| {
            let overlap = cursor.settled_ms(false) - self.rules.overlap_ms;
            let floor = overlap.min(cursor.settled_ms(true) - self.rules.look_back_ms);
            let passed = (cursor.unserved.first()).map_or(i64::MAX, |known| known.from_ms);
            let longer_ms = self.rules.look_back_ms.max(DAY_MS);
            floor.min(passed.max(floor.saturating_sub(longer_ms)))
        })
    }

    fn drop_foreign_walk(&mut self) {
        let filters = self.rules.filters;
        if let Some(cursor) = &mut self.cursor
            && let Some(walk) = cursor.walk.take_if(|walk| walk.filters != filters)
        {
            cursor.keep_rest(&walk);
        }
    }
}

#[cfg(test)]
mod tests;
