//! Keeps the stretches of time that the cloud does not give out, and leads a walk around them.
//! Pure.

use super::TimeReader;
use super::cursor::{Cursor, Unserved, Walk};

/// So many stretches are passed over at most: a further one is waited for, for what is forgotten
/// would never be asked for again.
pub(super) const MOST_UNSERVED: usize = 256;

/// Where to read from `from_ms` on, and up to where. An ordinary walk goes around the stretches
/// that are not served; a deep one asks about each of them by itself, to see whether it is served
/// again.
pub(super) fn stretch(unserved: &[Unserved], mut from_ms: i64, deep: bool) -> (i64, Option<i64>) {
    let mut to_ms = None;
    for known in unserved {
        if known.to_ms < from_ms {
            continue;
        }
        if from_ms < known.from_ms {
            to_ms = Some(known.from_ms - 1);
            break;
        }
        if deep {
            to_ms = Some(known.to_ms);
            break;
        }
        from_ms = known.to_ms.saturating_add(1);
    }
    (from_ms, to_ms)
}

/// The next stretch from `from_ms` on that is not served and lies before the walk itself begins,
/// where there is one.
pub(super) fn older(
    unserved: &[Unserved],
    from_ms: i64,
    begins_ms: Option<i64>,
) -> Option<(i64, Option<i64>)> {
    let begins_ms = begins_ms?;
    let next = unserved.iter().find(|known| known.to_ms >= from_ms)?;
    (next.from_ms < begins_ms).then(|| (next.from_ms.max(from_ms), Some(next.to_ms)))
}

/// The stretch that the walk asks for again, where it does.
pub(super) fn again(unserved: &[Unserved], walk: &Walk) -> Option<Unserved> {
    let asked = |known: &&Unserved| {
        walk.asks_again() && known.from_ms <= walk.from_ms && walk.to_ms == Some(known.to_ms)
    };
    unserved.iter().find(asked).copied()
}

/// So many records of the walk's first millisecond are known to have been read, where it begins
/// with a stretch asked for again.
pub(super) fn skip(again: Option<Unserved>, walk: &Walk) -> u32 {
    let begins = again.filter(|known| known.from_ms == walk.from_ms);
    begins.map_or(0, |known| known.skip)
}

// === impl Cursor ===

impl Cursor {
    /// The cloud does not give out this stretch. What was known of it before, and reaches beyond
    /// it, stays unserved: the walk has read only what lies before.
    pub(super) fn add_unserved(&mut self, new: Unserved) {
        let left = |known: Unserved| {
            if known.to_ms < new.from_ms || known.from_ms > new.to_ms {
                return Some(known);
            }
            match (known.alone, new.alone) {
                (true, _) => (known.from_ms == new.from_ms && known.skip < new.skip
                    || new.alone && known.skip != new.skip)
                    .then_some(known),
                (false, true) => Some(known.behind_record(new.from_ms, new.skip)),
                (false, false) => known.behind(new.to_ms),
            }
        };
        self.unserved = self.unserved.iter().copied().filter_map(left).collect();
        self.unserved.push(new);
        self.unserved.sort_by_key(Unserved::order);
    }

    /// What is known not to be served, in two: the second, which begins here, is given back.
    pub(super) fn split(&mut self, known: Unserved, at_ms: i64) -> Unserved {
        let before = Unserved {
            to_ms: at_ms - 1,
            ..known
        };
        let behind = Unserved {
            from_ms: at_ms,
            skip: 0,
            ..known
        };
        self.unserved.retain(|other| *other != known);
        self.unserved.extend([before, behind]);
        self.unserved.sort_by_key(Unserved::order);
        behind
    }

    /// A walk ends before its end. Where it stands behind a record that was passed over alone,
    /// later walks go around the whole millisecond: what is left of it is asked for again with that
    /// record.
    pub(super) fn keep_rest(&mut self, walk: &Walk) {
        let behind = |known: &Unserved| known.alone && known.from_ms == walk.from_ms;
        if walk.skip > 0 && self.unserved.iter().any(behind) {
            self.add_unserved(Unserved {
                from_ms: walk.from_ms,
                to_ms: walk.from_ms,
                skip: walk.skip,
                alone: false,
            });
        }
    }

    /// What is known not to be served has been read up to here, or again is not.
    fn read_again(&mut self, known: Unserved, to_ms: i64) {
        let left = known.behind(to_ms);
        self.unserved = (self.unserved.iter())
            .filter_map(|other| if *other == known { left } else { Some(*other) })
            .collect();
    }

    /// The next one of the same millisecond.
    fn beside(&self, known: Unserved) -> Option<Unserved> {
        let next = (self.unserved.iter()).find(|other| other.order() > known.order())?;
        (next.from_ms == known.to_ms).then_some(*next)
    }
}

// === impl TimeReader ===

impl TimeReader {
    /// The walk goes on from this time, as far as it can be read at once.
    pub(super) fn go_on_from(&mut self, walk: &mut Walk, from_ms: i64) {
        let unserved = self.cursor.as_ref().map_or(&[][..], |c| &c.unserved);
        let older = older(unserved, from_ms, walk.begins_ms);
        (walk.from_ms, walk.to_ms) = older.unwrap_or_else(|| {
            let from_ms = walk.begins_ms.take().unwrap_or(from_ms).max(from_ms);
            stretch(unserved, from_ms, walk.asks_again())
        });
        self.again = again(unserved, walk);
        self.enter(walk);
    }

    /// The walk goes on behind this stretch, which it has asked for again.
    fn go_on_behind(&mut self, walk: &mut Walk, known: Unserved) {
        let beside = (self.cursor.as_ref()).and_then(|cursor| cursor.beside(known));
        let Some(beside) = beside else {
            self.go_on_from(walk, known.to_ms.saturating_add(1));
            return;
        };
        (walk.from_ms, walk.to_ms) = (beside.from_ms, Some(beside.to_ms));
        self.again = Some(beside);
        self.enter(walk);
    }

    fn enter(&mut self, walk: &mut Walk) {
        walk.next = None;
        walk.skip = skip(self.again, walk);
        (self.narrowed, self.proves) = (false, false);
        self.narrow.bounds(walk);
        self.keep_short(walk);
        (self.read, self.circles, self.lost_place) = (0, 0, false);
    }

    /// No question is about a longer time than the API answers cheaply. What was passed over is
    /// asked for as a whole.
    pub(super) fn keep_short(&self, walk: &mut Walk) {
        let Some(longest_ms) = self.rules.api.longest_stretch_ms else {
            return;
        };
        // what came late is little, however long the time
        let end_ms = walk.whole_from_ms().saturating_add(longest_ms);
        if self.again.is_none() && end_ms < walk.to_ms.unwrap_or(self.now_ms) {
            walk.to_ms = Some(end_ms);
        }
    }

    /// The walk has read all of its stretch. False where it is at its end.
    pub(super) fn next_stretch(&mut self, walk: &mut Walk) -> bool {
        let Some(end_ms) = walk.to_ms else {
            return false;
        };
        let known = self.again.take();
        if let (Some(known), Some(cursor)) = (known, &mut self.cursor) {
            cursor.read_again(known, end_ms);
            if known.to_ms <= end_ms {
                self.served.push(known);
            }
        }
        match known.filter(|known| known.to_ms <= end_ms) {
            Some(known) => self.go_on_behind(walk, known),
            None => self.go_on_from(walk, end_ms.saturating_add(1)),
        }
        true
    }

    /// The stretch that the present question asks for again from its beginning, as it failed
    /// before.
    pub(super) fn asks_again(&self) -> Option<Unserved> {
        let walk = self.cursor.as_ref()?.walk.as_ref()?;
        // further pages of it are not the question that is known to fail
        let first = |known: &Unserved| {
            known.from_ms == walk.from_ms && known.skip == walk.skip && walk.next.is_none()
        };
        self.again.filter(first).filter(|_| !self.narrowed)
    }

    /// What is asked for again fails once more: the walk goes on behind it.
    pub(super) fn leave_again(&mut self) -> Option<Unserved> {
        let known = self.asks_again()?;
        let mut walk = self.cursor.as_mut()?.walk.take()?;
        self.go_on_behind(&mut walk, known);
        if let Some(cursor) = &mut self.cursor {
            cursor.walk = Some(walk);
        }
        Some(known)
    }
}

#[cfg(test)]
mod tests;
