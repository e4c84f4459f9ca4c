//! Reads a stream completely: what to ask next, which records are new, how far the cursor may move. Pure.
//!
//! The cloud offers no feed with positions, only queries by time, and its answers have been seen to be incomplete at
//! their edges: records become visible late, many share a millisecond, `hasNext` errs in both directions, a page holds
//! fewer records than asked (reference: cloud-apps-api.md §1, peers.md lesson 3). So:
//!
//! - Every walk begins an **overlap** before the highest time read, and records are told apart by id ([`Seen`]), never by time.
//! - Within a walk the next page is asked for by the cloud's `nextQueryFilters` where it gives one, else from the last
//!   time met, **that time included**; only where a whole page shares one time it skips by count.
//! - A walk ends when nothing says that more follows: not `hasNext`, not a full page, not `total`.
//! - The cursor moves with each page only while pages come in order; else when the walk has ended.
//! - An answer that contradicts itself moves nothing and is asked for again, a bounded number of times.

use super::intake::Intake;
use super::{Answer, Cursor, Place, Query, Seen, Walk};

/// Below this the cloud has no scan mode (reference: api-activities-investigate-script.md).
pub const SMALLEST_SCAN: u32 = 500;
/// Most records per page outside scan mode (reference: api-introduction.md).
const PLAIN_PAGE: u32 = 100;
/// How often a doubtful answer is asked for again before the walk is given up.
const DOUBTS: u8 = 3;
/// Pages in a row without anything new or later: the cloud goes in circles.
const CIRCLES: u16 = 50;

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
    /// It did so too often; the walk ends and the next one tries again from the cursor.
    GivenUp(&'static str),
}

/// A page taken in, ready to be written.
#[derive(Debug)]
pub struct Turn {
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
}

/// Reads one stream.
#[derive(Debug)]
pub struct Reader {
    rules: Rules,
    /// What is asked for at present; smaller than the rules' after an answer that was too large.
    limit: u32,
    cursor: Option<Cursor>,
    /// The cursor as it was last given out for writing.
    written: Option<Cursor>,
    seen: Seen,
    page: Intake,
    /// Have all pages of this walk come in order?
    in_order: bool,
    /// Did a place that the cloud named lead nowhere? Then this walk goes on by time alone.
    lost_place: bool,
    /// Records read since the walk's `from_ms` was set, to be held against the cloud's `total`.
    read: u64,
    doubts: u8,
    circles: u16,
}

// === impl Reader ===

impl Reader {
    /// Goes on where the cursor stands; from nothing where there is none.
    #[must_use]
    pub fn new(rules: Rules, cursor: Option<Cursor>, seen: Seen) -> Self {
        let limit = rules.limit;
        let mut reader = Self {
            rules,
            limit,
            written: cursor.clone(),
            cursor,
            seen,
            page: Intake::default(),
            in_order: true,
            lost_place: false,
            read: 0,
            doubts: 0,
            circles: 0,
        };
        reader.drop_foreign_walk();
        reader
    }

    /// Begins a walk, where none is under way. `now_ms` should be the cloud's own clock: a first start, and the cut
    /// of too long a stop, are counted from it. A `deep` walk reads the whole look-back again.
    pub fn begin(&mut self, now_ms: i64, deep: bool) -> Start {
        let mut start = Start::Goes;
        let cursor = self.cursor.get_or_insert_with(|| {
            let from_ms = now_ms - self.rules.first_look_back_ms;
            start = Start::First { from_ms };
            Cursor {
                high_ms: from_ms,
                origin_ms: from_ms,
                forgotten_ms: None,
                walk: None,
            }
        });
        if cursor.walk.is_some() {
            return start;
        }
        let earliest = now_ms - self.rules.max_catch_up_ms;
        if cursor.high_ms < earliest && start == Start::Goes {
            start = Start::Skipped {
                from_ms: cursor.high_ms,
                to_ms: earliest,
            };
            (cursor.high_ms, cursor.origin_ms) = (earliest, earliest);
        }
        let back = if deep {
            self.rules.look_back_ms.max(self.rules.overlap_ms)
        } else {
            self.rules.overlap_ms
        };
        let safe = self
            .seen
            .forgotten_until()
            .map_or(i64::MIN, |forgotten| forgotten + 1);
        let from_ms = (cursor.high_ms - back)
            .max(cursor.origin_ms)
            .max(safe.min(cursor.high_ms));
        let walk = Walk {
            from_ms,
            skip: 0,
            next: None,
            max_ms: from_ms,
            filters: self.rules.filters,
        };
        cursor.walk = Some(walk);
        (self.in_order, self.lost_place) = (true, false);
        (self.read, self.doubts, self.circles) = (0, 0, 0);
        start
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
            to_ms: None,
            place,
            limit: self.limit,
        })
    }

    /// Opens the page that has come. `now_ms` bounds the times of its records: one from the future moves no cursor.
    pub fn open(&mut self, now_ms: i64) {
        self.page = Intake::open(now_ms);
    }

    /// Takes in a record of the open page. False where it was read before. A record that tells no time has `None`.
    pub fn admit(&mut self, id: &str, at_ms: Option<i64>) -> bool {
        let walked = self.cursor.as_ref().map_or(0, |cursor| cursor.high_ms);
        self.page.admit(id, at_ms, walked, &mut self.seen)
    }

    /// Closes the open page: moves the cursor and says what follows.
    pub fn close(&mut self, answer: &Answer) -> Turn {
        let page = std::mem::take(&mut self.page);
        let verdict = self.move_on(&page, answer);
        let high_ms = self.cursor.as_ref().map_or(0, |cursor| cursor.high_ms);
        let back = self.rules.look_back_ms.max(self.rules.overlap_ms);
        let seen = self.seen.seal(high_ms - back);
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
        let write = page.news > 0 || moved;
        if write {
            self.written.clone_from(&self.cursor);
        }
        Turn {
            verdict,
            write,
            cursor: self
                .cursor
                .as_ref()
                .map(Cursor::to_bytes)
                .unwrap_or_default(),
            seen,
            forget_seen: self.seen.oldest_number(),
            news: page.news,
            repeats: page.repeats,
        }
    }

    /// The answer was too large to take in: ask for less. False where there is no less.
    pub fn ask_for_less(&mut self) -> bool {
        if self.limit <= 1 {
            return false;
        }
        let half = self.limit / 2;
        self.limit = if half >= SMALLEST_SCAN {
            half
        } else {
            half.clamp(1, PLAIN_PAGE)
        };
        if self.limit < SMALLEST_SCAN {
            self.forget_place();
        }
        true
    }

    /// A page fitted again: ask for more next time.
    pub fn ask_for_more(&mut self) {
        let double = self.limit.saturating_mul(2);
        let next = if self.limit == PLAIN_PAGE {
            SMALLEST_SCAN
        } else {
            double
        };
        let next = if next > PLAIN_PAGE && next < SMALLEST_SCAN {
            PLAIN_PAGE
        } else {
            next
        };
        self.limit = next.min(self.rules.limit).max(1);
    }

    /// The cloud refused the place it had named itself (it may be too old): go on from the highest time read.
    /// False where there was no such place, so that the refusal has another reason.
    pub fn forget_place(&mut self) -> bool {
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

    /// The highest time read so far, where anything was.
    #[must_use]
    pub fn high_ms(&self) -> Option<i64> {
        self.cursor.as_ref().map(|cursor| cursor.high_ms)
    }

    /// Would [`Reader::begin`] decide by the clock what is never read? Then `now_ms` must be the cloud's.
    #[must_use]
    pub fn needs_cloud_clock(&self, now_ms: i64) -> bool {
        self.cursor.as_ref().is_none_or(|cursor| {
            cursor.walk.is_none() && cursor.high_ms < now_ms - self.rules.max_catch_up_ms
        })
    }

    fn drop_foreign_walk(&mut self) {
        let filters = self.rules.filters;
        if let Some(cursor) = &mut self.cursor {
            cursor.walk.take_if(|walk| walk.filters != filters);
        }
    }

    fn move_on(&mut self, page: &Intake, answer: &Answer) -> Verdict {
        let Some(mut walk) = self.cursor.as_mut().and_then(|cursor| cursor.walk.take()) else {
            return Verdict::CaughtUp;
        };
        self.advance(page, &mut walk);
        let more = self.more(page, answer, &walk);
        let verdict = match self.doubt(page, answer, &walk, more) {
            Some(reason) => self.after_doubt(reason, &mut walk),
            None => self.next_place(page, answer, &mut walk, more),
        };
        if let Some(cursor) = &mut self.cursor {
            match verdict {
                Verdict::CaughtUp => cursor.high_ms = cursor.high_ms.max(walk.max_ms),
                Verdict::GivenUp(_) => {}
                Verdict::More | Verdict::Doubtful(_) => cursor.walk = Some(walk),
            }
        }
        verdict
    }

    /// How far the page reaches. The cursor follows only while all pages come in order: a later page of a walk out of
    /// order may hold what lies before.
    fn advance(&mut self, page: &Intake, walk: &mut Walk) {
        let before = walk.max_ms;
        self.in_order &=
            page.ascending && page.earliest_ms().is_none_or(|earliest| earliest >= before);
        walk.max_ms = page.latest_ms().map_or(before, |latest| latest.max(before));
        if let (true, Some(cursor)) = (self.in_order, &mut self.cursor) {
            cursor.high_ms = cursor.high_ms.max(walk.max_ms);
        }
        let moved = walk.max_ms > before || page.news > 0;
        self.circles = if moved { 0 } else { self.circles + 1 };
        self.read += page.count() as u64;
    }

    /// Does anything say that more follows? `hasNext` alone is not believed.
    fn more(&self, page: &Intake, answer: &Answer, walk: &Walk) -> bool {
        let read = self.read_of_total(page, walk);
        // an empty page is the end where the cloud's own count says so, whatever `hasNext` says
        let exhausted = page.count() == 0 && answer.total.is_some_and(|total| total <= read);
        let full = answer.records.len() >= self.limit as usize;
        !exhausted && (answer.has_next || full || answer.total.is_some_and(|total| total > read))
    }

    /// Records read of those that the cloud's `total` counts.
    fn read_of_total(&self, page: &Intake, walk: &Walk) -> u64 {
        match walk.next {
            None => u64::from(walk.skip) + page.count() as u64,
            Some(_) => self.read,
        }
    }

    /// What contradicts itself in the answer.
    fn doubt(
        &self,
        page: &Intake,
        answer: &Answer,
        walk: &Walk,
        more: bool,
    ) -> Option<&'static str> {
        if answer.next.is_some() && answer.next == walk.next {
            Some("the cloud names the same place again")
        } else if page.count() == 0 && more && answer.next.is_none() {
            Some("the cloud says that there are records but sends none")
        } else if self.circles > CIRCLES {
            Some("the cloud sends the same records over and over")
        } else {
            None
        }
    }

    /// Asks again some times; then leaves a place that leads nowhere, or gives the walk up.
    fn after_doubt(&mut self, reason: &'static str, walk: &mut Walk) -> Verdict {
        self.doubts += 1;
        if self.doubts <= DOUBTS && self.circles <= CIRCLES {
            return Verdict::Doubtful(reason);
        }
        if self.in_order && walk.next.take().is_some() {
            (walk.from_ms, walk.skip) = (walk.max_ms, 0);
            (self.lost_place, self.read, self.doubts) = (true, 0, 0);
            return Verdict::More;
        }
        Verdict::GivenUp(reason)
    }

    /// Where the next page begins: where the cloud says; else at the last time met, or past as many records as share it.
    fn next_place(
        &mut self,
        page: &Intake,
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
            return Verdict::CaughtUp;
        }
        let came_by_place = walk.next.take().is_some();
        self.lost_place |= came_by_place;
        if self.in_order && walk.max_ms > walk.from_ms {
            (walk.from_ms, walk.skip, self.read) = (walk.max_ms, 0, 0);
        } else if came_by_place {
            walk.skip = 0;
        } else {
            walk.skip = walk
                .skip
                .saturating_add(u32::try_from(page.count()).unwrap_or(u32::MAX));
        }
        Verdict::More
    }
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
