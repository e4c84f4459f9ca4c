//! The request that replaces one for a page that failed: fewer records, another position, or
//! another walk.

use super::{Change, TimeReader};

/// Of a shorter time fewer records are asked for instead.
const SHORTEST_MS: i64 = 60_000;

impl TimeReader {
    /// The answer was too large to take in: ask for less. `None` where there is no less.
    pub fn ask_for_less(&mut self) -> Option<Change> {
        let smaller = (self.size.shrink()).then(|| Change::Smaller(self.size.now()));
        if smaller.is_some() && self.size.now() < self.rules.api.smallest_scan {
            self.forget_place();
        }
        smaller
    }

    /// Only so many records of the answer fit into memory: ask for no more than that. `None` where
    /// no more was asked for, so that the cloud has sent what nobody wanted.
    pub fn ask_for_what_fits(&mut self, records: u64) -> Option<Change> {
        let fits = (self.size.fit(records)).then(|| Change::Fitting(self.size.now()));
        if fits.is_some() && self.size.now() < self.rules.api.smallest_scan {
            self.forget_place();
        }
        fits
    }

    /// The answer takes too long: ask about a shorter time, where that is what a question costs by;
    /// else for fewer records. An open stretch reaches until `end_ms`. `None` where there is no
    /// less.
    pub fn ask_for_quicker(&mut self, end_ms: i64) -> Option<Change> {
        if self.rules.api.longest_stretch_ms.is_some() && self.asks_again().is_none() {
            self.ends_at(end_ms);
            if let Some(shorter) = self.halve(SHORTEST_MS) {
                return Some(shorter);
            }
        }
        self.ask_for_less()
    }

    /// The cloud refused the place it had named itself (it may be too old): go on from the highest
    /// time read. `None` where there was no such place, so that the refusal has another reason.
    pub fn leave_place(&mut self) -> Option<Change> {
        self.forget_place().then_some(Change::LeftPlace)
    }

    pub(super) fn forget_place(&mut self) -> bool {
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
}
