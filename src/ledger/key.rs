//! The key of a count: a stream and an hour of its records' own time.

/// One hour, milliseconds.
pub const HOUR_MS: i64 = 3_600_000;
/// A record further ahead of the cloud's clock than this tells no time that could be believed.
const AHEAD_MS: i64 = 24 * HOUR_MS;

/// The stream's number stands above these bits.
const SHIFT: u32 = 24;
const LOW: u32 = (1 << SHIFT) - 1;
/// In the place of an hour: older than what is kept by the hour.
const BEFORE: u32 = 0;
/// In the place of an hour: records that tell no time.
const UNTIMED: u32 = 1;
/// In the place of an hour: lines that somebody asked for although they were sent before.
const ASKED: u32 = 2;
/// The first hour of 1970.
const FIRST: u32 = 3;

/// A row's name: as a number it is the tag of a spooled line. Keys of a stream sort by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LedgerKey(u32);

// === impl Key ===

impl LedgerKey {
    /// What no stream and hour is known of: lines of a spool that is older than its ledger, and
    /// what a power cut took.
    pub const UNATTRIBUTED: Self = Self(0);

    /// The row of a record of stream number `stream` (0 to 254; 255 is
    /// [`UNATTRIBUTED`](Self::UNATTRIBUTED)) whose own time is `at_ms`, by the cloud's clock at
    /// `now_ms`.
    #[must_use]
    pub fn of(stream: u8, at_ms: Option<i64>, now_ms: i64) -> Self {
        match at_ms.filter(|&at| at <= now_ms.saturating_add(AHEAD_MS)) {
            Some(at) => Self::at(stream, hour_of(at)),
            None => Self::with(stream, UNTIMED),
        }
    }

    /// The row of one hour, counted from 1970.
    #[must_use]
    pub fn at(stream: u8, hour: u32) -> Self {
        Self::with(stream, hour.saturating_add(FIRST).min(LOW))
    }

    /// The row of all records of a stream that tell no time.
    #[must_use]
    pub fn untimed(stream: u8) -> Self {
        Self::with(stream, UNTIMED)
    }

    /// The row of lines of a stream that are sent once more because somebody asked for it (`siembox
    /// replay --again`): in the row of their hour they would hide what is missing there.
    #[must_use]
    pub fn asked(stream: u8) -> Self {
        Self::with(stream, ASKED)
    }

    /// The row into which this one falls once hours below `kept` are no longer kept one by one.
    #[must_use]
    pub fn folded(self, kept: u32) -> Self {
        match self.hour() {
            Some(hour) if hour < kept => Self(self.0 & !LOW | BEFORE),
            _ => self,
        }
    }

    /// As a line carries it.
    #[must_use]
    pub fn tag(self) -> u32 {
        self.0
    }

    /// From a line; a tag that names no stream is [`UNATTRIBUTED`](Self::UNATTRIBUTED).
    #[must_use]
    pub fn from_tag(tag: u32) -> Self {
        if tag >> SHIFT == 0 {
            return Self::UNATTRIBUTED;
        }
        Self(tag)
    }

    /// The stream's number.
    #[must_use]
    pub fn stream(self) -> Option<u8> {
        u8::try_from((self.0 >> SHIFT).checked_sub(1)?).ok()
    }

    /// The hour, counted from 1970; `None` where the row is none of an hour.
    #[must_use]
    pub fn hour(self) -> Option<u32> {
        self.stream()?;
        (self.0 & LOW).checked_sub(FIRST)
    }

    /// Is it the row of records that tell no time?
    #[must_use]
    pub fn is_untimed(self) -> bool {
        self.stream().is_some() && self.0 & LOW == UNTIMED
    }

    /// Is it the row of lines that were asked for once more?
    #[must_use]
    pub fn is_asked(self) -> bool {
        self.stream().is_some() && self.0 & LOW == ASKED
    }

    fn with(stream: u8, low: u32) -> Self {
        match stream.checked_add(1) {
            Some(above) => Self(u32::from(above) << SHIFT | low),
            None => Self::UNATTRIBUTED,
        }
    }
}

/// The hour of a time, counted from 1970; times before that count as its first, those after the
/// year 3883 as its last.
#[must_use]
pub fn hour_of(at_ms: i64) -> u32 {
    let hour = at_ms.div_euclid(HOUR_MS).max(0);
    u32::try_from(hour).unwrap_or(LOW).min(LOW - FIRST)
}

/// When an hour begins, milliseconds since 1970.
#[must_use]
pub fn begin_of(hour: u32) -> i64 {
    i64::from(hour) * HOUR_MS
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const NOW: i64 = 1_677_791_402_022;

    #[test]
    fn names_stream_and_hour() {
        let key = LedgerKey::of(1, Some(NOW), NOW);
        assert_eq!(key.stream(), Some(1));
        assert_eq!(key.hour().map(begin_of), Some(NOW - NOW % HOUR_MS));
        assert_eq!(LedgerKey::from_tag(key.tag()), key);
        assert_eq!(LedgerKey::of(0, Some(-5), NOW).hour(), Some(0));
    }

    #[test]
    fn each_stream_has_hours_of_its_own() {
        let keys: BTreeSet<LedgerKey> = (0..u8::MAX)
            .map(|stream| LedgerKey::at(stream, 9))
            .collect();
        assert_eq!(keys.len(), 255);
        for (stream, key) in (0..=u8::MAX).zip(keys) {
            assert_eq!((key.stream(), key.hour()), (Some(stream), Some(9)));
        }
        let last = hour_of(i64::MAX);
        assert_eq!(LedgerKey::at(1, last).hour(), Some(last), "the year 3883");
        assert_eq!(LedgerKey::at(1, u32::MAX).stream(), Some(1));
    }

    #[test]
    fn what_tells_no_time_has_a_row_of_its_own() {
        for at in [None, Some(NOW + 25 * HOUR_MS), Some(i64::MAX)] {
            let key = LedgerKey::of(0, at, NOW);
            assert!(key.is_untimed() && key.hour().is_none(), "{at:?}");
        }
        assert_eq!(LedgerKey::from_tag(77), LedgerKey::UNATTRIBUTED);
        assert_eq!(
            LedgerKey::of(u8::MAX, Some(1), NOW),
            LedgerKey::UNATTRIBUTED
        );
        assert_eq!(LedgerKey::UNATTRIBUTED.stream(), None);
    }

    #[test]
    fn what_was_asked_for_once_more_is_in_no_hour() {
        let key = LedgerKey::asked(1);
        assert_eq!(
            (key.stream(), key.hour(), key.is_asked()),
            (Some(1), None, true)
        );
        assert!(
            !key.is_untimed()
                && !LedgerKey::untimed(1).is_asked()
                && !LedgerKey::at(1, 0).is_asked()
        );
        assert_eq!(key.folded(u32::MAX), key);
    }

    #[test]
    fn old_hours_fall_into_one() {
        let (old, new) = (LedgerKey::at(1, 9), LedgerKey::at(1, 10));
        assert_eq!(new.folded(10), new);
        assert_eq!(old.folded(10), LedgerKey::at(1, 3).folded(10));
        assert_eq!(
            (old.folded(10).stream(), old.folded(10).hour()),
            (Some(1), None)
        );
        assert_eq!(LedgerKey::untimed(1).folded(10), LedgerKey::untimed(1));
        assert_eq!(LedgerKey::UNATTRIBUTED.folded(10), LedgerKey::UNATTRIBUTED);
        assert!(old.folded(10) < LedgerKey::untimed(1) && LedgerKey::untimed(1) < old && old < new);
    }
}
