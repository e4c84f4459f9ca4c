//! Header of each line: what stands before `CEF:`.

use super::Format;
use super::Refusal;
use super::section::Section;

/// Header of each line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderSettings {
    /// `time_format`
    pub time_format: HeaderTime,
    /// `include_pri`: default true; always with full-rfc5424
    pub include_pri: bool,
    /// `facility`: 0 to 23, default 13 (log audit)
    pub facility: u8,
    /// `severity`: 0 to 7, default 5 (notice)
    pub severity: u8,
    /// `include_system_name`: default true; always with full-rfc5424
    pub include_system_name: bool,
    /// `system_name`: default the machine's host name. Printable ASCII without blanks, up to 255.
    pub system_name: Option<String>,
}

/// `time_format`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderTime {
    /// `2023-03-02T21:10:02.022Z` (default of generic-cef)
    Rfc5424,
    /// `Mar 02 21:10:02` (default of arcsight)
    Rfc3164,
    /// `Mar 02 2023 21:10:02`
    Rfc3164WithYear,
    /// A complete RFC 5424 header.
    FullRfc5424,
}

impl HeaderTime {
    const NAMES: [(&'static str, Self); 4] = [
        ("rfc5424", Self::Rfc5424),
        ("rfc3164", Self::Rfc3164),
        ("rfc3164-with-year", Self::Rfc3164WithYear),
        ("full-rfc5424", Self::FullRfc5424),
    ];
}

impl HeaderSettings {
    /// What each SIEM expects where nothing is said.
    #[must_use]
    pub fn default_for(format: Format) -> Self {
        Self {
            time_format: match format {
                Format::GenericCef => HeaderTime::Rfc5424,
                Format::ArcSight => HeaderTime::Rfc3164,
            },
            include_pri: true,
            facility: 13,
            severity: 5,
            include_system_name: true,
            system_name: None,
        }
    }

    /// Whether a line begins with a digit: with line-feed framing a receiver may take that for an
    /// octet count.
    pub(super) fn begins_with_a_digit(&self) -> bool {
        !self.include_pri && self.time_format == HeaderTime::Rfc5424
    }
}

/// Said where the header has no host name.
const NO_NAME: &str = "with false, no host name precedes \"CEF:\", so a receiver that parses the \
    header, such as syslog-ng, reads \"CEF:0|MCAS|…\" as the host name and removes it; cure: set \
    it to true, or let the receiver take lines unparsed (syslog-ng: flags(no-parse))";

/// Reads the keys from `[agent.siem]`.
pub(super) fn read(section: &Section, format: Format) -> HeaderSettings {
    let default = HeaderSettings::default_for(format);
    let header = HeaderSettings {
        time_format: section
            .word("time_format", &HeaderTime::NAMES)
            .unwrap_or(default.time_format),
        include_pri: section.flag("include_pri").unwrap_or(default.include_pri),
        facility: section
            .number("facility", 0..=23)
            .unwrap_or(default.facility),
        severity: section
            .number("severity", 0..=7)
            .unwrap_or(default.severity),
        include_system_name: section
            .flag("include_system_name")
            .unwrap_or(default.include_system_name),
        system_name: section.text("system_name", system_name),
    };
    if header.time_format == HeaderTime::FullRfc5424 {
        for (key, included) in [
            ("include_pri", header.include_pri),
            ("include_system_name", header.include_system_name),
        ] {
            if !included {
                section.refuse(
                    key,
                    "found false; allowed: only true with time_format = \
                    \"full-rfc5424\", whose header always contains it",
                );
            }
        }
    }
    if !header.include_system_name && section.has("system_name") {
        section.warn("system_name", "has no effect: include_system_name is false");
    }
    if !header.include_system_name && header.time_format != HeaderTime::FullRfc5424 {
        section.warn("include_system_name", NO_NAME);
    }
    header
}

/// 1 to 255 printable ASCII characters (RFC 5424, HOSTNAME).
fn system_name(text: &str) -> Result<String, Refusal> {
    if (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    Err(Refusal::found(
        text,
        "1 to 255 printable ASCII characters without spaces",
    ))
}
