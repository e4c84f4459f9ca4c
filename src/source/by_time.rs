//! Reads a stream by time, completely: what to request next, which records are new, how far the
//! cursor may move. Pure.
//!
//! The cloud offers no feed with positions, only queries by time, and its answers have been seen to
//! be incomplete at their edges: records become visible late, many share a millisecond, `hasNext`
//! errs in both directions, a page holds fewer records than asked (reference: cloud-apps-api.md §1,
//! peers.md lesson 3). So:
//!
//! - Every walk begins an **overlap** before the highest time read, and before the beginning of the
//!   last walk: a walk may take hours, and what shows itself late meanwhile lies behind it. Records
//!   are told apart by id ([`Seen`]), never by time.
//! - Where the API tells when a record came, each walk also asks for what came since the last one
//!   from further back, as far as the look-back: what shows itself hours late is then read with the
//!   next walk, and the deep walks, which read the whole look-back again, can be rare.
//! - Within a walk the next page is asked for by the cloud's `nextQueryFilters` where it gives one,
//!   else from the last time met, **that time included**; only where a whole page shares one time
//!   it skips by count.
//! - A walk ends when nothing says that more follows: not `hasNext`, not a full page, not `total`.
//! - The cursor moves with each page only while pages come in order; else when the walk has ended.
//! - An answer that contradicts itself moves nothing and is asked for again, a bounded number of
//!   times. So does one that begins behind a record which was asked for and is known: it may be a
//!   stale one, and is believed when it comes again.
//! - A record that nobody asked for, from a time whose ids are forgotten, is no news: only a stale
//!   answer can hold it.

mod advance;
mod begin;
mod close;
mod cursor;
mod doubt;
mod late;
mod less;
mod narrow;
mod page;
mod page_size;
mod rules;
mod seen;
mod unserved;

use super::{Place, Query};
pub use cursor::{Cursor, Unserved, Walk};
use narrow::Narrow;
pub use narrow::{Change, Failure, ProbeAnswer, Step};
use page::{Ids, OpenPage};
use page_size::PageSize;
pub use rules::{ApiRules, PageResult, Rules, Start, Verdict};
pub use seen::{Seen, fingerprint};
use unserved::again;

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
    /// The ids of the page before: they are known even where they are forgotten, should it come
    /// again, stale.
    before: Ids,
    /// Has this walk just begun, so that its first page is still to come?
    unopened: bool,
    /// Have all pages of this walk come in order?
    in_order: bool,
    /// Does it ask for what lies before a page that showed no order?
    proves: bool,
    /// Did a place that the cloud named lead nowhere? Then this walk goes on by time alone.
    lost_place: bool,
    /// What was said of the present moment last: an open stretch reaches until then.
    now_ms: i64,
    /// Records read since the walk's `from_ms` was set, to be held against the cloud's `total`.
    read: u64,
    /// The stretch that had been passed over and is asked for again at present.
    again: Option<Unserved>,
    /// Is it narrowed down as any other, because a part of it is given out?
    narrowed: bool,
    /// Does the API tell when records came, so that walks ask for those that came late?
    knows_late: bool,
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
            size: PageSize::new(rules.limit, rules.api),
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
            proves: false,
            lost_place: false,
            now_ms: i64::MIN,
            read: 0,
            again: None,
            narrowed: false,
            knows_late: false,
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
            late: walk.late,
        })
    }

    /// Records that are asked for. The cloud counts past records only outside scan mode.
    fn limit(&self, walk: &Walk) -> u32 {
        if self.again.is_some_and(|known| known.alone) {
            return 1;
        }
        let by_count = walk.next.is_none() && walk.skip > 0;
        let most = if by_count {
            self.rules.api.plain_page
        } else {
            u32::MAX
        };
        self.size.now().min(most)
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
