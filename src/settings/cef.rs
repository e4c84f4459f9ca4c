//! Looks of each line.

use super::section::Section;
use super::{Overrides, Refusal};

/// Looks of each line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CefSettings {
    /// `format`: generic-cef (default) or arcsight; sets the defaults of the header.
    pub format: Format,
    /// `profile`: original (default) or portable.
    pub profile: Profile,
    /// `agent_version` whose style and version text the lines carry, as "0.207.251" (default: the last one whose sample
    /// lines quote the label and escape `=`); the cef room knows which there are.
    pub agent_version: String,
}

/// `format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum Format {
    #[default]
    GenericCef,
    ArcSight,
}

impl Format {
    /// As settings and flags name them.
    pub(crate) const NAMES: [(&'static str, Self); 2] = [
        ("generic-cef", Self::GenericCef),
        ("arcsight", Self::ArcSight),
    ];

    /// Reads a name.
    ///
    /// # Errors
    /// Names what is allowed and what was probably meant.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        super::words::one_of(text, &Self::NAMES)
    }
}

/// `profile`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// Byte for byte the old agent.
    #[default]
    Original,
    /// Empty pairs and their labels left out, unquoted label, `%3D` in URLs.
    Portable,
}

const PROFILES: [(&str, Profile); 2] = [
    ("original", Profile::Original),
    ("portable", Profile::Portable),
];

const DEFAULT_VERSION: &str = "0.207.251";

/// Reads the keys from `[agent.siem]`.
pub(super) fn read(section: &Section, given: &Overrides) -> CefSettings {
    let format = section.word("format", &Format::NAMES).unwrap_or_default();
    CefSettings {
        format: given.format.unwrap_or(format),
        profile: section.word("profile", &PROFILES).unwrap_or_default(),
        agent_version: section
            .text("agent_version", version)
            .unwrap_or_else(|| DEFAULT_VERSION.to_owned()),
    }
}

/// Numbers joined by points, 31 characters at most (the length CEF gives a device version).
fn version(text: &str) -> Result<String, Refusal> {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if text.len() <= 31 && text.split('.').count() == 3 && text.split('.').all(is_number) {
        return Ok(text.to_owned());
    }
    Err(Refusal::found(
        text,
        "a version of the old agent, as \"0.207.251\"",
    ))
}
