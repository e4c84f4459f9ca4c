//! `[agent.spool]`: how much may wait on flash.

use super::section::Section;

/// `[agent.spool]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpoolSettings {
    /// `max_size_mb` on disk (10^6 bytes): 64 to 1,000,000, default 4096.
    pub max_size_mb: u64,
}

impl Default for SpoolSettings {
    fn default() -> Self {
        Self { max_size_mb: 4096 }
    }
}

pub(super) fn read(section: Section) -> SpoolSettings {
    let default = SpoolSettings::default();
    let settings = SpoolSettings {
        max_size_mb: section
            .number("max_size_mb", 64..=1_000_000)
            .unwrap_or(default.max_size_mb),
    };
    section.close();
    settings
}
