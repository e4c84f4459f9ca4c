//! `[agent.replay]`: how long the IDs of sent records are remembered.

use std::time::Duration;

use super::section::Section;

/// `[agent.replay]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentIdSettings {
    /// `remember`: 0s (off) to 180d, default 30d.
    pub remember: Duration,
    /// `max_size_mb` on disk (10^6 bytes): 1 to 100,000, default 256. The oldest hours go first.
    pub max_size_mb: u64,
}

const DAY: Duration = Duration::from_secs(86_400);

impl Default for SentIdSettings {
    fn default() -> Self {
        Self {
            remember: DAY * 30,
            max_size_mb: 256,
        }
    }
}

pub(super) fn read(section: Section) -> SentIdSettings {
    let default = SentIdSettings::default();
    let settings = SentIdSettings {
        remember: section
            .duration("remember", Duration::ZERO..=DAY * 180)
            .unwrap_or(default.remember),
        max_size_mb: section
            .number("max_size_mb", 1..=100_000)
            .unwrap_or(default.max_size_mb),
    };
    section.close();
    settings
}
