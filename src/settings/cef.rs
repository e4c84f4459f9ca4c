//! The format of each line.

use super::section::Section;
use super::{Overrides, Refusal};

/// Looks of each line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CefSettings {
    /// `format`: generic-cef (default) or arcsight; sets the defaults of the header.
    pub format: Format,
    /// `profile`: original (default) or portable.
    pub profile: FieldProfile,
    /// `agent_version` whose style and version text the lines carry, as "0.207.251" (default: the
    /// last one whose sample lines quote the label and escape `=`); the cef room knows which there
    /// are.
    pub agent_version: String,
    /// `portal_url`: start of the addresses in `cs1`, where it is not the tenant's portal:
    /// `https://cloud-app-security.com`.
    pub portal_url: Option<String>,
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
pub enum FieldProfile {
    /// Byte for byte the old agent.
    #[default]
    Original,
    /// Empty pairs and their labels left out, unquoted label, `%3D` in URLs.
    Portable,
}

const PROFILES: [(&str, FieldProfile); 2] = [
    ("original", FieldProfile::Original),
    ("portable", FieldProfile::Portable),
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
        portal_url: section.text("portal_url", portal_url),
    }
}

/// Numbers joined by points, 31 characters at most (the length CEF gives a device version). The
/// early agents wrote their alerts in two ways under one number: `+policies` means the later one,
/// with the policies' ids.
fn version(text: &str) -> Result<String, Refusal> {
    let number = text.strip_suffix("+policies").unwrap_or(text);
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if number.len() <= 31 && number.split('.').count() == 3 && number.split('.').all(is_number) {
        return Ok(text.to_owned());
    }
    Err(Refusal::found(
        text,
        "a version of the old agent, for example \"0.207.251\"",
    ))
}

/// An https address without blanks; the slash at its end is taken off.
fn portal_url(text: &str) -> Result<String, Refusal> {
    let plain = text.bytes().all(|b| b.is_ascii_graphic());
    if plain
        && text
            .strip_prefix("https://")
            .is_some_and(|rest| !rest.is_empty())
    {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err(Refusal::found(text, "an address that starts with https://"))
}
