//! A finding: an error or warning about the settings, with its place and its cure.

use std::fmt;
use std::path::PathBuf;

/// A place in the settings file. Both count from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SettingPlace {
    /// Line, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
}

impl SettingPlace {
    /// The place of a byte of `text`; the end of the text where the byte lies beyond it.
    #[must_use]
    pub fn of(text: &str, byte: usize) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// One remark about one setting: an error or a warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The settings file; `None` where a flag or the environment is meant.
    pub file: Option<PathBuf>,
    /// Where in the file.
    pub place: Option<SettingPlace>,
    /// `agent[2].siem.port` (the second agent: counted from 1), or a flag as `--token`. Empty for a
    /// slip in the TOML itself.
    pub key: String,
    /// What was found, what is allowed, what to do. Never holds a secret.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}:", file.display())?;
            if let Some(place) = self.place {
                write!(f, "{}:{}:", place.line, place.column)?;
            }
            f.write_str(" ")?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.text)
    }
}

/// Why one value was not taken, and what is allowed instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(String);

impl Refusal {
    /// A refusal in words of its own; for values that must not be repeated (they may hold a
    /// password).
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// `found "…"; allowed: …`
    #[must_use]
    pub fn found(found: &str, allowed: impl fmt::Display) -> Self {
        Self(format!("found {}; allowed: {allowed}", quoted(found)))
    }

    /// `found "…": reason; allowed: …`
    #[must_use]
    pub fn because(found: &str, reason: impl fmt::Display, allowed: impl fmt::Display) -> Self {
        Self(format!(
            "found {}: {reason}; allowed: {allowed}",
            quoted(found)
        ))
    }
}

/// Text in quotes, control characters escaped, cut after 60 characters.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let text = "a = 1\nß = 2\n";
        for (byte, line, column) in [(0, 1, 1), (4, 1, 5), (6, 2, 1), (8, 2, 2), (99, 3, 1)] {
            assert_eq!(
                SettingPlace::of(text, byte),
                SettingPlace { line, column },
                "{byte}"
            );
        }
    }

    #[test]
    fn long_and_wild_text_is_tamed() {
        assert_eq!(quoted("a\u{1b}[0m\n"), r#""a\u{1b}[0m\n""#);
        assert_eq!(quoted(&"ä".repeat(61)), format!("\"{}\"…", "ä".repeat(60)));
    }
}
