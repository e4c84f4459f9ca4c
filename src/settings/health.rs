//! `[health]`: the thresholds after which a silent link changes its state.

use std::time::Duration;

use super::duration;
use super::section::Section;

/// `[health]`: when a silent link changes its name (old portal: 2 h and 12 h).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthSettings {
    /// `connection_error_after`: 1m to 30d. "2h"
    pub connection_error_after: Duration,
    /// `disconnected_after`: 1m to 30d, longer than the other. "12h"
    pub disconnected_after: Duration,
}

impl Default for HealthSettings {
    fn default() -> Self {
        Self {
            connection_error_after: Duration::from_secs(2 * 3600),
            disconnected_after: Duration::from_secs(12 * 3600),
        }
    }
}

pub(super) fn read(section: Section) -> HealthSettings {
    let default = HealthSettings::default();
    let bounds = Duration::from_secs(60)..=Duration::from_secs(30 * 86_400);
    let first = section
        .duration("connection_error_after", bounds.clone())
        .unwrap_or(default.connection_error_after);
    let second = section
        .duration("disconnected_after", bounds)
        .unwrap_or(default.disconnected_after);
    if second <= first
        && !section.failed("connection_error_after")
        && !section.failed("disconnected_after")
    {
        let key = if section.has("disconnected_after") {
            "disconnected_after"
        } else {
            "connection_error_after"
        };
        section.refuse(
            key,
            &format!(
                "disconnected_after is {}, connection_error_after is {}; allowed: \
                    disconnected_after longer than connection_error_after",
                duration::text(second),
                duration::text(first)
            ),
        );
    }
    section.close();
    HealthSettings {
        connection_error_after: first,
        disconnected_after: second,
    }
}
