//! Parses a point in time as people write it. Pure.

use std::time::Duration;

use crate::settings::{Refusal, parse_duration};

const FORM: &str = "a time such as \"2026-11-01T10:00:00Z\", \"2026-11-01 10:00\" or \
    \"2026-11-01\" (UTC if there is no offset), or an age such as \"36h\" or \"2d\"";

/// A moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Milliseconds since 1970.
    At(i64),
    /// So long ago.
    Ago(Duration),
}

impl When {
    /// Reads it.
    ///
    /// # Errors
    /// What was found, and what is allowed.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if let Ok(ago) = parse_duration(text) {
            return Ok(Self::Ago(ago));
        }
        // a zone's name would be passed over without a word
        let zoned = text.contains('[');
        let at = text
            .parse::<jiff::Timestamp>()
            .or_else(|_| {
                let local = text.parse::<jiff::civil::DateTime>()?;
                jiff::tz::Offset::UTC.to_timestamp(local)
            })
            .ok()
            .filter(|_| !zoned);
        at.map(|at| Self::At(at.as_millisecond()))
            .ok_or_else(|| Refusal::found(text, FORM))
    }

    /// As milliseconds since 1970.
    #[must_use]
    pub fn at_ms(self, now_ms: i64) -> i64 {
        match self {
            Self::At(at_ms) => at_ms,
            Self::Ago(ago) => {
                now_ms.saturating_sub(i64::try_from(ago.as_millis()).unwrap_or(i64::MAX))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        const TEN: i64 = 1_793_527_200_000;
        for (text, at_ms) in [
            ("2026-11-01T10:00:00Z", TEN),
            ("2026-11-01T10:00:00.250Z", TEN + 250),
            ("2026-11-01 10:00", TEN),
            ("2026-11-01T10:00:30", TEN + 30_000),
            ("2026-11-01", TEN - 36_000_000),
            ("2026-11-01T12:00:00+02:00", TEN),
            ("2026-11-01 05:30:00-04:30", TEN),
            ("2h", TEN - 7_200_000),
            ("1d12h", TEN - 129_600_000),
        ] {
            assert_eq!(When::parse(text).unwrap().at_ms(TEN), at_ms, "{text}");
        }
    }

    #[test]
    fn refuses_the_rest_with_what_is_allowed() {
        for wrong in [
            "",
            "yesterday",
            "2d ago",
            "-2d",
            "2026-13-01",
            "2026-11-01T25:00:00Z",
            "2026-11-01T10:00[Europe/Paris]",
            "2026-11-01T10:00:00+02:00[Europe/Paris]",
            "01.11.2026",
            "10:00",
        ] {
            let said = When::parse(wrong).unwrap_err().to_string();
            assert!(said.contains("allowed: a time such as"), "{wrong}: {said}");
        }
    }
}
