//! Selects which time server is believed, and by how much the clock is corrected. Pure.

use std::time::Duration;

use jiff::SignedDuration;

use crate::clock::FIRST_MS;

/// What a time server says.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeAnswer {
    /// Who.
    pub server: String,
    /// How far our clock is behind (more than zero) or ahead.
    pub offset: SignedDuration,
    /// How long question and answer took: the offset is no better than half of it.
    pub delay: Duration,
    /// Steps to the clock that all go by; 1 to 15.
    pub stratum: u8,
}

/// What can be a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateBounds {
    /// The firmware's build, milliseconds since 1970.
    pub floor_ms: i64,
}

/// Why an answer is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// A date before the firmware was built, or much later.
    #[error(
        "reports {}, which is {}", crate::clock::in_words(*.at_ms),
        if *.early { "before this firmware was built" } else { "more than 30 years after it was built" }
    )]
    Date {
        /// Milliseconds since 1970.
        at_ms: i64,
        /// Before, or after?
        early: bool,
    },
    /// So far from the server, or so slow, that it tells nothing.
    #[error("took {} ms to answer", .delay.as_millis())]
    Slow {
        /// How long.
        delay: Duration,
    },
    /// It is not one of those that count.
    #[error("reports that it is not synchronised (stratum {stratum})")]
    Stratum {
        /// As it says.
        stratum: u8,
    },
}

/// What is done about the answer that is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// The clock is set.
    Set,
    /// It is right enough.
    Leave,
}

const YEARS_30_MS: i64 = 30 * 366 * 86_400_000;
/// Servers agree that are no further apart. Half of the slowest answer that counts may be an error
/// of each.
const AGREE: SignedDuration = SignedDuration::from_secs(2);
const SLOWEST: Duration = Duration::from_secs(4);
/// The first answer sets the clock where it is off by more.
const FIRST: SignedDuration = SignedDuration::from_millis(100);
/// Later ones.
const LATER: SignedDuration = SignedDuration::from_secs(1);

// === impl Bounds ===

impl DateBounds {
    /// By the text of `/etc/siembox/firmware.toml`, whose `built` says when the firmware was made;
    /// where it does not say, 2026 begins.
    #[must_use]
    pub fn of_firmware(text: &str) -> Self {
        let document = toml_edit::Document::parse(text).ok();
        let built = document.as_ref().and_then(|document| document.get("built"));
        let built = built.and_then(|built| built.as_str()?.parse::<jiff::Timestamp>().ok());
        Self {
            floor_ms: built.map_or(FIRST_MS, jiff::Timestamp::as_millisecond),
        }
    }

    /// Can this be the time?
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, answer: &TimeAnswer, now_ms: i64) -> Result<(), Doubt> {
        if !(1..=15).contains(&answer.stratum) {
            return Err(Doubt::Stratum {
                stratum: answer.stratum,
            });
        }
        if answer.delay > SLOWEST {
            return Err(Doubt::Slow {
                delay: answer.delay,
            });
        }
        let offset_ms = i64::try_from(answer.offset.as_millis()).unwrap_or(i64::MAX);
        let at_ms = now_ms.saturating_add(offset_ms);
        let early = at_ms < self.floor_ms;
        if early || at_ms > self.floor_ms.saturating_add(YEARS_30_MS) {
            return Err(Doubt::Date { at_ms, early });
        }
        Ok(())
    }
}

/// The answer that is believed, of those that can be: where there are three or more, one of the
/// majority that agree; of them the quickest. `None` where there is none, or where no two of many
/// agree.
#[must_use]
pub fn choose(answers: &[TimeAnswer]) -> Option<&TimeAnswer> {
    let agreeing = |answer: &TimeAnswer| -> Vec<&TimeAnswer> {
        let near = answers
            .iter()
            .filter(|other| answer.offset.saturating_sub(other.offset).abs() <= AGREE);
        near.collect()
    };
    let most = match answers {
        [] | [_] | [_, _] => answers.iter().collect(),
        many => {
            let most = many.iter().map(agreeing).max_by_key(Vec::len)?;
            if most.len() * 2 <= many.len() {
                return None;
            }
            most
        }
    };
    most.into_iter().min_by_key(|answer| answer.delay)
}

/// Is the clock to be set? `first`: for the first time since the start.
#[must_use]
pub fn deed(offset: SignedDuration, first: bool) -> Deed {
    let bound = if first { FIRST } else { LATER };
    if offset.abs() > bound {
        Deed::Set
    } else {
        Deed::Leave
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT: i64 = 1_790_000_000_000;

    fn answer(offset_ms: i64, delay_ms: u64) -> TimeAnswer {
        TimeAnswer {
            server: format!("{offset_ms}/{delay_ms}"),
            offset: SignedDuration::from_millis(offset_ms),
            delay: Duration::from_millis(delay_ms),
            stratum: 2,
        }
    }

    #[test]
    fn only_a_date_that_can_be_is_believed() {
        let bounds = DateBounds { floor_ms: BUILT };
        let day = 86_400_000;
        for (now_ms, offset_ms, fits) in [
            (0, BUILT + day, true),
            (0, BUILT - 1, false),
            (BUILT, 0, true),
            (BUILT, 29 * 365 * day, true),
            (BUILT, 31 * 366 * day, false),
            (BUILT + day, -2 * day, false),
            (i64::MAX, i64::MAX, false),
            (i64::MIN, i64::MIN, false),
        ] {
            let judged = bounds.check(&answer(offset_ms, 10), now_ms);
            assert_eq!(judged.is_ok(), fits, "{now_ms} {offset_ms} {judged:?}");
        }
        for (stratum, fits) in [(0, false), (1, true), (15, true), (16, false)] {
            let answer = TimeAnswer {
                stratum,
                ..answer(0, 10)
            };
            assert_eq!(bounds.check(&answer, BUILT).is_ok(), fits, "{stratum}");
        }
        assert!(bounds.check(&answer(0, 4_001), BUILT).is_err());
        let said = bounds
            .check(&answer(-1, 1), BUILT)
            .map_err(|doubt| doubt.to_string());
        assert!(said.is_err_and(|said| said.contains("before this firmware was built")));
    }

    #[test]
    fn the_firmware_says_when_it_was_built() {
        for (text, ms) in [
            ("built = \"2026-11-26T00:00:00Z\"", 1_795_651_200_000),
            ("built = \"yesterday\"", FIRST_MS),
            ("built = 7", FIRST_MS),
            ("", FIRST_MS),
            ("not TOML", FIRST_MS),
        ] {
            assert_eq!(DateBounds::of_firmware(text).floor_ms, ms, "{text}");
        }
    }

    #[test]
    fn one_that_stands_alone_is_not_believed() {
        for (offsets, believed) in [
            (&[][..], None),
            (&[(5_000, 30)], Some("5000/30")),
            (&[(5_000, 30), (9_000, 20)], Some("9000/20")),
            (&[(5_000, 30), (5_100, 20), (900_000, 1)], Some("5100/20")),
            (&[(900_000, 1), (0, 9), (10, 9), (-10, 8)], Some("-10/8")),
            (&[(0, 1), (10_000, 1), (20_000, 1)], None),
            (&[(0, 1), (0, 1), (20_000, 1), (20_000, 1)], None),
        ] {
            let answers: Vec<TimeAnswer> = offsets.iter().map(|&(o, d)| answer(o, d)).collect();
            let chosen = choose(&answers).map(|answer| answer.server.as_str());
            assert_eq!(chosen, believed, "{offsets:?}");
        }
    }

    #[test]
    fn the_first_answer_is_taken_more_exactly() {
        for (ms, first, expected) in [
            (50, true, Deed::Leave),
            (-150, true, Deed::Set),
            (150, false, Deed::Leave),
            (-1_500, false, Deed::Set),
            (i64::MIN, false, Deed::Set),
        ] {
            assert_eq!(
                deed(SignedDuration::from_millis(ms), first),
                expected,
                "{ms}"
            );
        }
    }
}
