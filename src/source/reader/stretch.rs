//! Where a walk goes by stretches: around those that the cloud does not give out. Pure.

use super::Reader;
use crate::source::{Cursor, Unserved, Walk};

/// So many stretches are known; of more the oldest is forgotten, and found again where a walk comes by.
const MOST_UNSERVED: usize = 64;

/// Where to read from `from_ms` on, and up to where. An ordinary walk goes around the stretches that are not served; a deep
/// one asks about each of them by itself, to see whether it is served again.
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

/// The next stretch from `from_ms` on that is not served and lies before the walk itself begins, where there is one.
pub(super) fn older(
    unserved: &[Unserved],
    from_ms: i64,
    begins_ms: Option<i64>,
) -> Option<(i64, Option<i64>)> {
    let begins_ms = begins_ms?;
    let next = unserved.iter().find(|known| known.to_ms >= from_ms)?;
    (next.from_ms < begins_ms).then(|| (next.from_ms.max(from_ms), Some(next.to_ms)))
}

/// The stretch that the walk asks for again at its beginning, where it does.
pub(super) fn again(unserved: &[Unserved], walk: &Walk) -> Option<Unserved> {
    let asked = |known: &&Unserved| {
        walk.deep && known.from_ms <= walk.from_ms && walk.to_ms == Some(known.to_ms)
    };
    unserved.iter().find(asked).copied()
}

// === impl Cursor ===

impl Cursor {
    /// The cloud does not give out this stretch.
    pub(super) fn add_unserved(&mut self, new: Unserved) {
        self.unserved
            .retain(|known| known.to_ms < new.from_ms || known.from_ms > new.to_ms);
        self.unserved.push(new);
        self.unserved.sort_by_key(|known| known.from_ms);
        if self.unserved.len() > MOST_UNSERVED {
            self.unserved.remove(0);
        }
    }
}

// === impl Reader ===

impl Reader {
    /// The walk goes on from this time, as far as it can be read at once.
    pub(super) fn go_on_from(&mut self, walk: &mut Walk, from_ms: i64) {
        let unserved = self.cursor.as_ref().map_or(&[][..], |c| &c.unserved);
        let older = older(unserved, from_ms, walk.begins_ms);
        (walk.from_ms, walk.to_ms) = older.unwrap_or_else(|| {
            let from_ms = walk.begins_ms.take().unwrap_or(from_ms).max(from_ms);
            stretch(unserved, from_ms, walk.deep)
        });
        walk.next = None;
        self.again = again(unserved, walk);
        walk.skip = self.again.map_or(0, |known| known.skip);
        self.narrow.bounds(walk);
        (self.read, self.circles, self.lost_place) = (0, 0, false);
    }

    /// The walk has read all of its stretch. False where it is at its end.
    pub(super) fn next_stretch(&mut self, walk: &mut Walk) -> bool {
        let Some(end_ms) = walk.to_ms else {
            return false;
        };
        if let (Some(served), Some(cursor)) = (self.again, &mut self.cursor) {
            cursor.unserved.retain(|known| *known != served);
            self.served.push(served);
        }
        self.go_on_from(walk, end_ms.saturating_add(1));
        true
    }

    /// The present question failed: was it about a stretch that is known not to be served? Then the walk goes around it.
    pub(super) fn go_around(&mut self) -> Option<Unserved> {
        let cursor = self.cursor.as_mut()?;
        // further pages of it are not the question that is known to fail
        let known = self.again?;
        let first = |walk: &mut Walk| walk.skip == known.skip && walk.next.is_none();
        let mut walk = cursor.walk.take_if(first)?;
        self.go_on_from(&mut walk, known.to_ms.saturating_add(1));
        if let Some(cursor) = &mut self.cursor {
            cursor.walk = Some(walk);
        }
        Some(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_walk_goes_around_and_a_deep_one_asks_again() {
        let known = [
            Unserved {
                from_ms: 10,
                to_ms: 10,
                skip: 0,
            },
            Unserved {
                from_ms: 11,
                to_ms: 20,
                skip: 0,
            },
        ];
        assert_eq!(stretch(&known, 5, false), (5, Some(9)));
        assert_eq!(stretch(&known, 10, false), (21, None));
        assert_eq!(stretch(&known, 10, true), (10, Some(10)));
        assert_eq!(stretch(&known, 11, true), (11, Some(20)));
        assert_eq!(stretch(&known, 21, true), (21, None));
    }

    #[test]
    fn known_stretches_are_bounded_and_in_order() {
        let mut cursor = Cursor::default();
        for at in (0..200).rev() {
            let at_ms = at * 10;
            cursor.add_unserved(Unserved {
                from_ms: at_ms,
                to_ms: at_ms + 3,
                skip: 0,
            });
        }
        assert_eq!(cursor.unserved.len(), MOST_UNSERVED);
        assert!(cursor.unserved.is_sorted_by_key(|known| known.from_ms));
        cursor.add_unserved(Unserved {
            from_ms: 0,
            to_ms: 3000,
            skip: 0,
        });
        assert_eq!(cursor.unserved.len(), 1, "it covers the others");
    }
}
