//! The state of a link by how long it has been silent, with the names and times of the old portal
//! (troubleshooting-siem.md).

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The states of a link, an agent and the box, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkState {
    /// In contact.
    Connected,
    /// Set up, and never in contact yet.
    Created,
    /// No contact for more than two hours.
    ConnectionError,
    /// No contact for more than twelve hours.
    Disconnected,
}

impl LinkState {
    /// As the old portal wrote it.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Connected => "Connected",
            Self::Created => "Created",
            Self::ConnectionError => "Connection error",
            Self::Disconnected => "Disconnected",
        }
    }
}

/// When silence changes its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Longer than this: [`LinkState::ConnectionError`].
    pub connection_error: Duration,
    /// Longer than this: [`LinkState::Disconnected`].
    pub disconnected: Duration,
}

/// One link, as far as its health goes. Times are steady ones.
#[derive(Debug, Clone, Copy, Default)]
pub struct Link {
    /// When we began to look.
    pub since: Duration,
    /// Was it ever in contact, in this life or an earlier one?
    pub known: bool,
    /// The last contact in this life.
    pub last_contact: Option<Duration>,
}

impl Link {
    /// The link's state now.
    #[must_use]
    pub fn state(&self, now: Duration, thresholds: Thresholds) -> LinkState {
        let silent = now.saturating_sub(self.last_contact.unwrap_or(self.since));
        if !self.known && self.last_contact.is_none() {
            LinkState::Created
        } else if silent > thresholds.disconnected {
            LinkState::Disconnected
        } else if silent > thresholds.connection_error {
            LinkState::ConnectionError
        } else if self.last_contact.is_none() {
            LinkState::Created
        } else {
            LinkState::Connected
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const THRESHOLDS: Thresholds = Thresholds {
        connection_error: HOUR.saturating_mul(2),
        disconnected: HOUR.saturating_mul(12),
    };

    fn state(known: bool, last_contact: Option<u32>, now: u32) -> LinkState {
        Link {
            since: Duration::ZERO,
            known,
            last_contact: last_contact.map(|h| HOUR * h),
        }
        .state(HOUR * now, THRESHOLDS)
    }

    #[test]
    fn silence_changes_its_name() {
        assert_eq!(
            state(false, None, 20),
            LinkState::Created,
            "never set up to the end"
        );
        assert_eq!(
            state(true, None, 1),
            LinkState::Created,
            "just started again"
        );
        assert_eq!(state(true, None, 3), LinkState::ConnectionError);
        assert_eq!(state(true, None, 13), LinkState::Disconnected);
        assert_eq!(
            state(false, Some(5), 7),
            LinkState::Connected,
            "two hours are not more than two hours"
        );
        assert_eq!(state(false, Some(5), 8), LinkState::ConnectionError);
        assert_eq!(state(false, Some(5), 18), LinkState::Disconnected);
    }
}
