//! `[agent.ledger]`: the count of what became of the records.

use std::time::Duration;

use super::section::Section;

const DAY: u64 = 86_400;

/// `[agent.ledger]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerSettings {
    /// `audit`: asks the API for its own count of each hour, one small request per stream and hour.
    /// Default true.
    pub audit: bool,
    /// `keep` hour by hour; older ones as one sum: 7d to 400d, default "90d".
    pub keep: Duration,
}

impl Default for LedgerSettings {
    fn default() -> Self {
        Self {
            audit: true,
            keep: Duration::from_secs(90 * DAY),
        }
    }
}

pub(super) fn read(section: Section) -> LedgerSettings {
    let default = LedgerSettings::default();
    let bounds = Duration::from_secs(7 * DAY)..=Duration::from_secs(400 * DAY);
    let settings = LedgerSettings {
        audit: section.flag("audit").unwrap_or(default.audit),
        keep: section.duration("keep", bounds).unwrap_or(default.keep),
    };
    section.close();
    settings
}
