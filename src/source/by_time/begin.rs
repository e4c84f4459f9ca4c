//! The start of a walk: an overlap before the cursor, an unserved window, or the first time.

use super::late::late;
use super::unserved::{again, older, skip, stretch};
use super::{Cursor, Start, TimeReader, Walk};

impl TimeReader {
    /// A first start by a clock that ran ahead asks for nothing: where no clock says that it is so
    /// late, it is made again.
    pub fn begin_anew(&mut self, latest_ms: i64) {
        let ahead = |cursor: &mut Cursor| cursor.origin_ms > latest_ms;
        self.cursor.take_if(ahead);
    }

    /// Begins a walk, where none is under way. A first start is counted from `now_ms`. The cut of
    /// too long a stop is counted from `least_ms`, the earliest that it may be: what is cut is
    /// never read, so that no clock that runs ahead may decide it alone. A `deep` walk reads the
    /// whole look-back again.
    pub fn begin(&mut self, now_ms: i64, least_ms: i64, deep: bool) -> Start {
        let mut start = Start::Goes;
        let cursor = self.cursor.get_or_insert_with(|| {
            let look_back = now_ms - self.rules.first_look_back_ms;
            let from_ms = self.rules.first_from_ms.unwrap_or(look_back);
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
        let kept_ms = least_ms.saturating_sub(self.rules.api.kept_ms);
        cursor.unserved.retain(|known| known.to_ms >= kept_ms);
        let asks = deep || std::mem::take(&mut self.asks_again);
        let older = older(&cursor.unserved, i64::MIN, Some(from_ms)).filter(|_| asks);
        let far_ms = look_back
            .max(cursor.origin_ms)
            .max(safe.min(cursor.high_ms));
        let late = (self.knows_late && !asks)
            .then(|| late(cursor, &self.rules, (far_ms, from_ms)))
            .flatten();
        let from_ms = late.map_or(from_ms, |_| far_ms);
        let begins_ms = older.map(|_| from_ms);
        let (from_ms, to_ms) = older.unwrap_or_else(|| stretch(&cursor.unserved, from_ms, asks));
        let mut walk = Walk {
            from_ms,
            to_ms,
            begins_ms,
            max_ms: from_ms,
            deep,
            again: asks && !deep,
            late,
            filters: self.rules.filters,
            ..Walk::default()
        };
        self.again = again(&cursor.unserved, &walk);
        walk.skip = skip(self.again, &walk);
        (self.narrowed, self.proves) = (false, false);
        self.now_ms = now_ms;
        self.keep_short(&mut walk);
        if let Some(cursor) = &mut self.cursor {
            cursor.walk = Some(walk);
        }
        (self.unopened, self.in_order, self.lost_place) = (true, true, false);
        (self.read, self.doubts, self.circles) = (0, 0, 0);
        start
    }

    /// The next walk asks for what was passed over, also where it is not deep.
    pub fn ask_again(&mut self) {
        self.asks_again = true;
    }

    /// Would [`TimeReader::begin`] decide by the clock what is never read? Then `now_ms` must be
    /// the cloud's.
    #[must_use]
    pub fn needs_cloud_clock(&self, now_ms: i64) -> bool {
        self.cursor.as_ref().is_none_or(|cursor| {
            cursor.walk.is_none() && cursor.high_ms < now_ms - self.rules.max_catch_up_ms
        })
    }
}
