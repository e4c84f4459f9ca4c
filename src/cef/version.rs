//! The old agent's version, which every line names, and what changed from one to the next.
//!
//! The published lines show three generations. A version in between looks like the nearest earlier
//! one that is known:
//!
//! | first seen | what the lines have |
//! |---|---|
//! | 0.97 | `start`, `end`; `cs4` in alerts or not, see below |
//! | 0.111 | `rt`; `cs4`; since 2020 `src` and `c6a1` in alerts |
//! | 0.298 | the label "Device IPv6 Address" without quotes; activities at security.microsoft.com, the `=` of that address not escaped |
//!
//! The documentation printed the alerts of 0.102.17 in July 2017 without `cs4`, and the same alerts
//! of the same version in December 2017 with it. Either may be what a receiver was built for, so
//! the second print has a name of its own: `0.102.17+policies`. The line says `0.102.17`.

use std::fmt;

/// A version of the old agent, as the setting `agent_version` names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// As the line shows it.
    text: String,
    generation: Generation,
    policies: bool,
}

/// What the lines of a range of versions have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Generation {
    First,
    Second,
    Third,
}

/// Why a text is no `agent_version`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// CEF's dictionary ends at 31 characters; a bar or blank would break the header.
    #[error("\"{0}\" is not 1 to 31 characters of A-Z a-z 0-9 . _ -, as \"{default}\" is", default = Version::DEFAULT)]
    Characters(String),
    /// Something other than `+policies` was added.
    #[error("unknown suffix \"+{0}\"; allowed after a version: \"+policies\"")]
    Variant(String),
    /// `+policies` on a version that has no other way.
    #[error(
        "version \"{0}\" always lists the policies of alerts; \"+policies\" is for versions before \
            0.111"
    )]
    PoliciesAnyway(String),
}

impl Version {
    /// The newest of which everything is known, and whose values can be told apart.
    pub const DEFAULT: &'static str = "0.207.251";

    /// Reads `0.207.251`, `0.102.17+policies`, or any other version text.
    ///
    /// # Errors
    /// A [`VersionError`] that names what is wrong.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let (text, variant) = match text.split_once('+') {
            Some((text, variant)) => (text, Some(variant)),
            None => (text, None),
        };
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if text.is_empty() || text.len() > 31 || !text.bytes().all(legal) {
            return Err(VersionError::Characters(text.to_owned()));
        }
        let generation = generation(text);
        let policies = match variant {
            None => generation != Generation::First,
            Some("policies") if generation == Generation::First => true,
            Some("policies") => return Err(VersionError::PoliciesAnyway(text.to_owned())),
            Some(other) => return Err(VersionError::Variant(other.to_owned())),
        };
        Ok(Self {
            text: text.to_owned(),
            generation,
            policies,
        })
    }

    pub(super) fn generation(&self) -> Generation {
        self.generation
    }

    /// `cs4` in alerts?
    pub(super) fn alerts_name_policies(&self) -> bool {
        self.policies
    }

    /// `c6a1Label="Device IPv6 Address"`?
    pub(super) fn quotes_labels(&self) -> bool {
        self.generation != Generation::Third
    }

    /// `\=` in the address of an activity? Nothing is known of `=` in the other values of 0.298.
    /// There the standard is kept, because a file's name must not be able to pose as another field
    /// (`x.txt suser=admin`).
    pub(super) fn escapes_portal(&self) -> bool {
        self.generation != Generation::Third
    }
}

impl Default for Version {
    fn default() -> Self {
        Self {
            text: Self::DEFAULT.to_owned(),
            generation: Generation::Second,
            policies: true,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A text that is not a number, a dot and a number looks like the default.
fn generation(text: &str) -> Generation {
    let mut parts = text.split('.').map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(0)), Some(Ok(..=110))) => Generation::First,
        (Some(Ok(0)), Some(Ok(..=297))) => Generation::Second,
        (Some(Ok(_)), Some(Ok(_))) => Generation::Third,
        _ => Generation::Second,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn nearest_earlier_generation() {
        for (text, expected) in [
            ("0.87.20", Generation::First),
            ("0.102.17", Generation::First),
            ("0.110", Generation::First),
            ("0.111.85", Generation::Second),
            ("0.207.251", Generation::Second),
            ("0.297.999", Generation::Second),
            ("0.298.168", Generation::Third),
            ("1.0", Generation::Third),
            ("siembox-1", Generation::Second),
        ] {
            assert_eq!(Version::parse(text).unwrap().generation, expected, "{text}");
        }
        assert_eq!(
            Version::parse(Version::DEFAULT).unwrap(),
            Version::default()
        );
    }

    #[test]
    fn the_second_print_has_a_name() {
        let version = Version::parse("0.102.17+policies").unwrap();
        assert_eq!(
            (version.to_string().as_str(), version.policies),
            ("0.102.17", true)
        );
        assert!(!Version::parse("0.102.17").unwrap().policies);
    }

    #[test]
    fn refusals_name_the_cure() {
        for (text, expected) in [
            (
                "",
                "\"\" is not 1 to 31 characters of A-Z a-z 0-9 . _ -, as \"0.207.251\" is",
            ),
            (
                "0|1",
                "\"0|1\" is not 1 to 31 characters of A-Z a-z 0-9 . _ -, as \"0.207.251\" is",
            ),
            (
                "0.102.17+cs4",
                "unknown suffix \"+cs4\"; allowed after a version: \"+policies\"",
            ),
            (
                "0.207.251+policies",
                "version \"0.207.251\" always lists the policies of alerts; \"+policies\" is for versions before 0.111",
            ),
        ] {
            assert_eq!(Version::parse(text).unwrap_err().to_string(), expected);
        }
        assert!(Version::parse(&"1".repeat(32)).is_err());
    }
}
