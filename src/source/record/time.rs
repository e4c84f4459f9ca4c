//! Reads a time as the apps' own logs write it: seconds, milli-, micro- or nanoseconds since 1970,
//! or a date in words.

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::de::{Deserialize, Deserializer, Visitor};

use crate::source::json::otherwise_default;

/// A time in milliseconds since 1970; `None` for what tells none.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) struct RecordTime(pub Option<i64>);

/// From here on a number counts seconds (1973), up to where it counts milliseconds (1973 too): no
/// record is that old.
const SECONDS: i64 = 100_000_000;
const MILLISECONDS: i64 = 100_000_000_000;
/// From here on microseconds (2001), and nanoseconds.
const MICROSECONDS: i64 = 1_000_000_000_000_000;
const NANOSECONDS: i64 = 1_000_000_000_000_000_000;

/// The first usable time: after 1970, before the year 10000. A zero is how some sources write "not
/// known".
pub(in crate::source) fn first_time(times: &[RecordTime]) -> Option<i64> {
    const END: i64 = 253_402_300_800_000;
    let times = times.iter().filter_map(|time| time.0);
    times.into_iter().find(|ms| (1..END).contains(ms))
}

impl RecordTime {
    fn of_number(number: i64) -> Self {
        Self(Some(match number {
            SECONDS..MILLISECONDS => number * 1000,
            MICROSECONDS..NANOSECONDS => number / 1000,
            NANOSECONDS.. => number / 1_000_000,
            _ => number,
        }))
    }

    fn of_fraction(number: f64) -> Self {
        // beyond 2^53 a fraction no longer counts in ones
        let exact = number.is_finite() && number.abs() < 9_007_199_254_740_992.0;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "bounded"
        )]
        match exact {
            true if (SECONDS as f64..MILLISECONDS as f64).contains(&number) => {
                Self(Some((number * 1000.0).round() as i64))
            }
            true => Self::of_number(number.round() as i64),
            false => Self(None),
        }
    }

    /// A number, or a date (RFC 3339); one without a zone is in UTC.
    fn of_text(text: &str) -> Self {
        let text = text.trim();
        if let Ok(number) = text.parse() {
            return Self::of_number(number);
        }
        if let Ok(number) = text.parse() {
            return Self::of_fraction(number);
        }
        let zoned = || text.parse::<jiff::Timestamp>().ok();
        let bare = || {
            let bare = text.parse::<DateTime>().ok()?;
            bare.to_zoned(TimeZone::UTC)
                .ok()
                .map(|zoned| zoned.timestamp())
        };
        Self(zoned().or_else(bare).map(|at| at.as_millisecond()))
    }
}

impl<'de> Deserialize<'de> for RecordTime {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = RecordTime;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time")
            }
            fn visit_i64<E>(self, number: i64) -> Result<RecordTime, E> {
                Ok(RecordTime::of_number(number))
            }
            fn visit_u64<E>(self, number: u64) -> Result<RecordTime, E> {
                Ok(i64::try_from(number).map_or(RecordTime(None), RecordTime::of_number))
            }
            fn visit_f64<E>(self, number: f64) -> Result<RecordTime, E> {
                Ok(RecordTime::of_fraction(number))
            }
            fn visit_str<E>(self, text: &str) -> Result<RecordTime, E> {
                Ok(RecordTime::of_text(text))
            }
            otherwise_default!('de: scalars);
            otherwise_default!('de: list);
            otherwise_default!('de: map);
        }
        from.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn in_whatever_unit() {
        const MS: i64 = 1_595_096_313_123;
        for (json, ms) in [
            ("1595096313123", Some(MS)),
            ("1595096313123.4", Some(MS)),
            ("\"1595096313123\"", Some(MS)),
            ("1595096313", Some(1_595_096_313_000)),
            ("1595096313.123", Some(MS)),
            ("\"1595096313.123\"", Some(MS)),
            ("1595096313123456", Some(MS)),
            ("1595096313123456789", Some(MS)),
            ("\"2020-07-18T18:18:33.123Z\"", Some(MS)),
            ("\"2020-07-18T20:18:33.123+02:00\"", Some(MS)),
            ("\"2020-07-18T18:18:33.1230000\"", Some(MS)),
            ("\"2020-07-18 18:18:33.123\"", Some(MS)),
            ("0", Some(0)),
            ("-5", Some(-5)),
            ("7", Some(7)),
            ("\"\"", None),
            ("\"soon\"", None),
            ("1e300", None),
            ("18446744073709551615", None),
            ("null", None),
            ("[1]", None),
            ("{\"$date\":1}", None),
        ] {
            let moment: RecordTime = serde_json::from_str(json).unwrap();
            assert_eq!(moment.0, ms, "{json}");
        }
    }
}
