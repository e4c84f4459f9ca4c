//! Which versions of which messages the service answers, as clients of it have logged them over the
//! years (successors.md §5).

use kafka_protocol::messages::ApiKey;

/// A time whose ranges are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// November 2024: Metadata up to 5.
    Of2024,
    /// April 2026: Metadata up to 9, and a request for newer `ApiVersions` is answered.
    Of2026,
}

impl Era {
    /// The lowest and highest version of this message; `None` where it is not known at all.
    #[must_use]
    pub fn range(self, message: ApiKey) -> Option<(i16, i16)> {
        let range = match message {
            ApiKey::Produce => (0, 7),
            ApiKey::Fetch => (4, 6),
            ApiKey::ListOffsets => (0, 8),
            ApiKey::Metadata if self == Self::Of2024 => (0, 5),
            ApiKey::Metadata => (0, 9),
            ApiKey::OffsetCommit | ApiKey::OffsetFetch => (0, 8),
            ApiKey::FindCoordinator | ApiKey::Heartbeat => (0, 4),
            ApiKey::JoinGroup if self == Self::Of2024 => (0, 7),
            ApiKey::JoinGroup => (0, 9),
            ApiKey::LeaveGroup | ApiKey::SyncGroup => (0, 5),
            ApiKey::SaslHandshake => (0, 1),
            ApiKey::SaslAuthenticate => (0, 2),
            ApiKey::ApiVersions => (0, 3),
            _ => return None,
        };
        Some(range)
    }

    /// All that it offers.
    pub fn offered(self) -> impl Iterator<Item = (ApiKey, i16, i16)> {
        ApiKey::iter().filter_map(move |message| {
            let (min, max) = self.range(message)?;
            Some((message, min, max))
        })
    }
}
