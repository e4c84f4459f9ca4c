//! Durations as people write them: `90s`, `2h`, `30d`, `1h30m`.

use std::time::Duration;

use super::Refusal;

/// Units from large to small, with their seconds.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

const FORM: &str = "a duration such as \"90s\", \"2h\", \"30d\" or \"1h30m\"";

/// Reads whole numbers with a unit each (d, h, m, s), from large to small, each unit at most once.
///
/// # Errors
/// Anything else, and what does not fit into 64 bits of seconds.
pub fn parse(text: &str) -> Result<Duration, Refusal> {
    let refuse = || Refusal::found(text, FORM);
    let mut units = UNITS.iter();
    let mut rest = text;
    let mut seconds: u64 = 0;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .ok_or_else(refuse)?;
        let number: u64 = rest[..digits].parse().map_err(|_| refuse())?;
        let unit = rest[digits..].chars().next().ok_or_else(refuse)?;
        let (_, size) = units.find(|(name, _)| *name == unit).ok_or_else(refuse)?;
        seconds = number
            .checked_mul(*size)
            .and_then(|part| seconds.checked_add(part))
            .ok_or_else(refuse)?;
        rest = &rest[digits + unit.len_utf8()..];
    }
    if text.is_empty() {
        return Err(refuse());
    }
    Ok(Duration::from_secs(seconds))
}

/// Writes a duration as [`parse`] reads it; what is under a second is left out.
#[must_use]
pub fn text(duration: Duration) -> String {
    let mut left = duration.as_secs();
    let mut text = String::new();
    for (name, size) in UNITS {
        // Two days are "2d", but 24 h stay "24h" as people say them: only from 48 h on days are
        // worth a unit.
        if name == 'd' && left < 2 * size {
            continue;
        }
        if left >= size {
            text += &format!("{}{name}", left / size);
            left %= size;
        }
    }
    if text.is_empty() {
        text.push_str("0s");
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_people_write() {
        for (written, seconds) in [
            ("0s", 0),
            ("90s", 90),
            ("2h", 7_200),
            ("30d", 2_592_000),
            ("1h30m", 5_400),
            ("1d2h3m4s", 93_784),
        ] {
            assert_eq!(parse(written).unwrap().as_secs(), seconds, "{written}");
        }
    }

    #[test]
    fn refuses_everything_else() {
        for wrong in [
            "",
            "90",
            "s",
            "1.5h",
            "-1s",
            "1 h",
            "30m1h",
            "1h1h",
            "2w",
            "9ä",
            "٣s",
            "99999999999999999999s",
            "999999999999999999d",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            parse("90").unwrap_err().to_string(),
            "found \"90\"; allowed: a duration such as \"90s\", \"2h\", \"30d\" or \"1h30m\""
        );
    }

    #[test]
    fn writes_as_people_say_it() {
        for (seconds, written) in [
            (0, "0s"),
            (86_400, "24h"),
            (172_800, "2d"),
            (5_400, "1h30m"),
            (2_592_000, "30d"),
        ] {
            assert_eq!(text(Duration::from_secs(seconds)), written);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(seconds in any::<u64>()) {
            let duration = Duration::from_secs(seconds);
            prop_assert_eq!(parse(&text(duration)).unwrap(), duration);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = parse(&text);
        }
    }
}
