//! An hour of the calendar, as files are named by it. Pure.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

const HOUR_MS: i64 = 3_600_000;

/// A whole hour, UTC, counted from 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(i32);

impl Hour {
    /// The hour that holds this moment, milliseconds since 1970. Moments before 1970 or at the
    /// calendar's end (jiff's, in the last days of 9999) get the nearest hour.
    #[must_use]
    pub fn of(at_ms: i64) -> Self {
        let last = Timestamp::MAX.as_millisecond() / HOUR_MS;
        let hours = at_ms.div_euclid(HOUR_MS).clamp(0, last);
        Self(i32::try_from(hours).unwrap_or(0))
    }

    /// As it stands in a file's name: `2026110110`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        if name.len() != 10 || !name.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let two = |from: usize| name[from..from + 2].parse::<i8>().ok();
        let year = name[..4].parse().ok()?;
        let start = DateTime::new(year, two(4)?, two(6)?, two(8)?, 0, 0, 0).ok()?;
        let start = Offset::UTC.to_timestamp(start).ok()?;
        Some(Self::of(start.as_millisecond()))
    }

    /// The moment behind its last, milliseconds since 1970.
    #[must_use]
    pub fn end_ms(self) -> i64 {
        (i64::from(self.0) + 1) * HOUR_MS
    }

    /// Four bytes, as on flash.
    pub(super) fn to_bytes(self) -> [u8; 4] {
        self.0.to_le_bytes()
    }

    /// And back.
    pub(super) fn from_bytes(bytes: [u8; 4]) -> Self {
        Self::of(i64::from(i32::from_le_bytes(bytes)) * HOUR_MS)
    }
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = Timestamp::from_millisecond(i64::from(self.0) * HOUR_MS).unwrap_or_default();
        let start = Offset::UTC.to_datetime(start);
        let (year, month, day) = (start.year(), start.month(), start.day());
        write!(f, "{year:04}{month:02}{day:02}{:02}", start.hour())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn has_a_name() {
        assert_eq!(Hour::of(1_793_527_200_000).to_string(), "2026110110");
        assert_eq!(Hour::of(1_793_527_200_000 - 1).to_string(), "2026110109");
        assert_eq!(Hour::of(i64::MIN).to_string(), "1970010100");
        assert_eq!(Hour::of(i64::MAX).to_string(), "9999123022");
        for none in [
            "",
            "202611011",
            "2026130110",
            "2026110124",
            "20261101ab",
            "२",
        ] {
            assert_eq!(Hour::named(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn its_name_and_bytes_lead_back(at_ms in -10_000_i64..250_000_000_000_000) {
            let hour = Hour::of(at_ms);
            prop_assert_eq!(Hour::named(&hour.to_string()), Some(hour));
            prop_assert_eq!(Hour::from_bytes(hour.to_bytes()), hour);
            prop_assert!(hour.end_ms() > at_ms && (at_ms < 0 || hour.end_ms() - HOUR_MS <= at_ms));
        }
    }
}
