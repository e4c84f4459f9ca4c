//! The cursor says how far a stream has been read. It is written with every page, in the same
//! transaction.

use serde::{Deserialize, Serialize};

use crate::source::Late;

/// How far a stream has been read. Times are the stream's own: `created` of activities, `date` of
/// alerts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Everything up to here has been read, save what became visible late. Never goes back.
    pub high_ms: i64,
    /// Nothing before this is ever asked for: where the first start began, or where too long a stop
    /// was cut.
    pub origin_ms: i64,
    /// Ids at or before this time may have been forgotten, so that nothing at or before it is read
    /// again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forgotten_ms: Option<i64>,
    /// When the last walk that came to its end began, by the cloud's clock: what showed itself
    /// after that, the walk may have passed by, so that the next one begins its overlap there,
    /// however long the walk took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walked_ms: Option<i64>,
    /// The same of the last deep walk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deep_ms: Option<i64>,
    /// The same of the last walk that asked for what came late, or was deep: what the API had by
    /// then, within the look-back, is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_ms: Option<i64>,
    /// Stretches that no question was answered about, in order: they were passed over, and each
    /// deep walk asks for them again, however old they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unserved: Vec<Unserved>,
    /// The walk under way, where one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walk: Option<Walk>,
}

/// A stretch of time that the cloud does not give out: each question that covers it fails, and
/// those around it do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unserved {
    /// Its first millisecond.
    pub from_ms: i64,
    /// Its last one; the same where it is a single record's.
    pub to_ms: i64,
    /// So many records of its first millisecond come before, and were read.
    #[serde(default)]
    pub skip: u32,
    /// Is it one record only, with others of the same millisecond behind it that are given out?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alone: bool,
}

// === impl Unserved ===

impl Unserved {
    /// Is it within one millisecond?
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.from_ms == self.to_ms
    }

    /// By time, and within a millisecond by count.
    pub(super) fn order(&self) -> (i64, u32) {
        (self.from_ms, self.skip)
    }

    /// What of it lies behind a record of its millisecond `at_ms` that so many others come before.
    pub(super) fn behind_record(self, at_ms: i64, skip: u32) -> Self {
        Self {
            from_ms: at_ms,
            skip: skip.saturating_add(1),
            ..self
        }
    }

    /// What of it lies behind this millisecond, where anything does.
    pub(super) fn behind(self, at_ms: i64) -> Option<Self> {
        let left = Self {
            from_ms: at_ms.saturating_add(1),
            skip: 0,
            ..self
        };
        (self.to_ms > at_ms).then_some(left)
    }
}

/// One walk through the pages from a starting time to the present.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// What the next request asks from.
    pub from_ms: i64,
    /// And up to where, where a stretch that is not served lies behind, or one that fails is
    /// narrowed down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_ms: Option<i64>,
    /// How many records of equal time to pass over.
    #[serde(default)]
    pub skip: u32,
    /// The cloud's `nextQueryFilters`, to the letter, where it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Where the walk itself begins, while it still asks for older stretches that were not served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begins_ms: Option<i64>,
    /// The latest time met on this walk.
    pub max_ms: i64,
    /// When its first page was asked for, by the cloud's clock, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_ms: Option<i64>,
    /// Does it read the whole look-back?
    #[serde(default)]
    pub deep: bool,
    /// Does it ask for what was passed over without reading the look-back? A deep walk does both.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// What it leaves out of the look-back, where it asks for what came late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<Late>,
    /// Did a record come after a later one? Then the cursor waits for the end of the walk.
    #[serde(default)]
    pub out_of_order: bool,
    /// Stands for the filters in force: a walk under other filters can't be taken up again.
    pub filters: u64,
}

// === impl Walk ===

impl Walk {
    /// Does it ask for what was passed over?
    #[must_use]
    pub fn asks_again(&self) -> bool {
        self.deep || self.again
    }
}

// === impl Cursor ===

impl Cursor {
    /// Where the next walk begins its overlap, or a deep one its look-back.
    #[must_use]
    pub fn settled_ms(&self, deep: bool) -> i64 {
        let began = if deep { self.deep_ms } else { self.walked_ms };
        began.map_or(self.high_ms, |began| began.min(self.high_ms))
    }

    /// From here on the stream may still be read, as the cursor stands now or later; what lies
    /// before never is again. `back` is the farthest that a walk looks back.
    #[must_use]
    pub fn may_read_from_ms(&self, back_ms: i64) -> i64 {
        let safe = self.forgotten_ms.map_or(i64::MIN, |at| at + 1);
        let next = (self.settled_ms(true).min(self.settled_ms(false)) - back_ms)
            .max(self.origin_ms)
            .max(safe.min(self.high_ms));
        self.walk.as_ref().map_or(next, |walk| {
            next.min(walk.begins_ms.unwrap_or(walk.from_ms))
        })
    }

    /// As far back as the stream looks, or has yet to read, whether its ids are known or forgotten.
    #[must_use]
    pub fn looks_back_to_ms(&self, back_ms: i64) -> i64 {
        let settled = self.settled_ms(true).min(self.settled_ms(false));
        let walk = self.walk.as_ref();
        let walks = walk.map_or(settled, |walk| walk.begins_ms.unwrap_or(walk.from_ms));
        let unserved = self.unserved.first().map_or(settled, |known| known.from_ms);
        (settled.min(walks).saturating_sub(back_ms))
            .min(unserved)
            .max(self.origin_ms)
    }

    /// Is it a time that the cloud did not give out? The stream asks for it by itself.
    #[must_use]
    pub fn is_unserved(&self, at_ms: i64) -> bool {
        (self.unserved.iter()).any(|known| (known.from_ms..=known.to_ms).contains(&at_ms))
    }

    /// As it goes to flash: JSON, so that an engineer can read it there.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// As it comes back.
    ///
    /// # Errors
    /// When the bytes are not a cursor.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_from_where_on_it_may_read() {
        let mut cursor = Cursor {
            high_ms: 1000,
            ..Cursor::default()
        };
        assert_eq!(cursor.may_read_from_ms(300), 700);
        cursor.forgotten_ms = Some(800);
        assert_eq!(cursor.may_read_from_ms(300), 801);
        cursor.origin_ms = 950;
        assert_eq!(cursor.may_read_from_ms(300), 950);
        cursor.walk = Some(Walk {
            from_ms: 600,
            max_ms: 700,
            ..Walk::default()
        });
        assert_eq!(cursor.may_read_from_ms(300), 600, "a walk under way");
    }
}
