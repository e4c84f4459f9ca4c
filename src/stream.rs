//! Streams as data: which there are, what is in them, and the number of each on flash.
//!
//! All of them stand in this file, so that a number and a name are given once, and never again.

use std::fmt;

/// The number under which a stream's cursor, ids and counts lie on flash. It never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(u8);

/// A stream of records. Each is read with a cursor of its own, so that none holds back another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StreamSpec {
    /// Its number on flash.
    pub id: StreamId,
    /// As an operator knows it: in settings, commands, status, metrics and the names of files.
    pub name: &'static str,
    /// Says how a record is read, and which settings the stream has.
    pub kind: StreamKind,
    /// The API's name of the time by which the stream is read.
    pub order: &'static str,
}

/// What the records of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StreamKind {
    /// What somebody did. Read in scan mode.
    Activities,
    /// What was found about it. Alerts have no scan mode.
    Alerts,
    /// Alerts of Microsoft Graph.
    GraphAlerts,
    /// Incidents of Microsoft Graph: alerts that belong together.
    Incidents,
    /// Anomalies that raise no alert any more, from advanced hunting.
    Behaviors,
    /// Rows of a table of advanced hunting: what somebody did.
    Table,
    /// Rows of several tables, from event hubs whose partitions several boxes share.
    EventHubs,
}

/// Which records of two sources may be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordClass {
    /// What somebody did.
    Activity,
    /// What was found about it.
    Alert,
}

/// Activities of Cloud Apps.
pub const ACTIVITIES: StreamSpec = StreamSpec {
    id: StreamId::new(0),
    name: "activities",
    kind: StreamKind::Activities,
    order: "created",
};

/// Alerts of Cloud Apps.
pub const ALERTS: StreamSpec = StreamSpec {
    id: StreamId::new(1),
    name: "alerts",
    kind: StreamKind::Alerts,
    order: "date",
};

/// The streams of Cloud Apps, in the order in which they are shown.
pub const CLOUD_APPS: &[StreamSpec] = &[ACTIVITIES, ALERTS];

/// Alerts of Defender XDR, by Graph's `alerts_v2`.
pub const GRAPH_ALERTS: StreamSpec = StreamSpec {
    id: StreamId::new(2),
    name: "graph_alerts",
    kind: StreamKind::GraphAlerts,
    order: "lastUpdateDateTime",
};

/// Incidents of Defender XDR, by Graph.
pub const INCIDENTS: StreamSpec = StreamSpec {
    id: StreamId::new(3),
    name: "incidents",
    kind: StreamKind::Incidents,
    order: "lastUpdateDateTime",
};

/// Behaviors of Defender for Cloud Apps, by advanced hunting.
pub const BEHAVIORS: StreamSpec = StreamSpec {
    id: StreamId::new(4),
    name: "behaviors",
    kind: StreamKind::Behaviors,
    order: "Timestamp",
};

/// What somebody did in a cloud app.
pub const CLOUD_APP_EVENTS: StreamSpec = table(5, "cloud_app_events");

/// Log-ons at Entra and Active Directory.
pub const IDENTITY_LOGON_EVENTS: StreamSpec = table(6, "identity_logon_events");

/// Queries at Active Directory: LDAP, SAMR, DNS.
pub const IDENTITY_QUERY_EVENTS: StreamSpec = table(7, "identity_query_events");

/// Changes in Active Directory.
pub const IDENTITY_DIRECTORY_EVENTS: StreamSpec = table(8, "identity_directory_events");

/// Rows of these tables, as the streaming API brings them to event hubs. Its records count for the
/// streams of their tables.
pub const EVENT_HUBS: StreamSpec = StreamSpec {
    id: StreamId::new(9),
    name: "event_hubs",
    kind: StreamKind::EventHubs,
    order: "Timestamp",
};

/// The stream of a table of advanced hunting.
const fn table(number: u8, name: &'static str) -> StreamSpec {
    StreamSpec {
        id: StreamId::new(number),
        name,
        kind: StreamKind::Table,
        order: "Timestamp",
    }
}

/// A third stream, which no source has: what goes for it goes for the next one that comes.
#[cfg(test)]
pub(crate) const DEVICES: StreamSpec = StreamSpec {
    id: StreamId::new(127),
    name: "devices",
    kind: StreamKind::Activities,
    order: "created",
};

/// The streams of Cloud Apps and a third one.
#[cfg(test)]
pub(crate) const THREE: &[StreamSpec] = &[ACTIVITIES, ALERTS, DEVICES];

/// All streams of all sources.
pub const STREAMS: &[StreamSpec] = &[
    ACTIVITIES,
    ALERTS,
    GRAPH_ALERTS,
    INCIDENTS,
    BEHAVIORS,
    CLOUD_APP_EVENTS,
    IDENTITY_LOGON_EVENTS,
    IDENTITY_QUERY_EVENTS,
    IDENTITY_DIRECTORY_EVENTS,
    EVENT_HUBS,
    #[cfg(test)]
    DEVICES,
];

// === impl StreamId ===

impl StreamId {
    /// Set where the pages are those of a stream's replays, which have a cursor of their own.
    const REPLAY: u8 = 0x80;

    /// The stream of this number.
    ///
    /// # Panics
    /// Where it is above 127. Streams are constants, so that the compiler says so.
    #[must_use]
    pub const fn new(number: u8) -> Self {
        assert!(number < Self::REPLAY, "a stream has a number below 128");
        Self(number)
    }

    /// The replays of this stream.
    #[must_use]
    pub const fn of_replay(self) -> Self {
        Self(self.0 | Self::REPLAY)
    }

    /// As it lies on flash.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

// === impl StreamSpec ===

impl StreamSpec {
    /// The stream of this number, of whatever source.
    #[must_use]
    pub fn numbered(number: u8) -> Option<Self> {
        let mut all = STREAMS.iter().copied();
        all.find(|stream| stream.number() == number)
    }

    /// The number under which the spool keeps this stream's cursor.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.id.number()
    }
}

// === impl StreamKind ===

impl StreamKind {
    /// The class of its records, where another source has them too, under the same ids.
    #[must_use]
    pub const fn class(self) -> Option<RecordClass> {
        match self {
            Self::Activities | Self::Table | Self::EventHubs => Some(RecordClass::Activity),
            Self::Alerts | Self::GraphAlerts => Some(RecordClass::Alert),
            Self::Behaviors | Self::Incidents => None,
        }
    }

    /// Is it read by time, so that any stretch can be asked for again? Else by offset.
    #[must_use]
    pub const fn is_by_time(self) -> bool {
        !matches!(self, Self::EventHubs)
    }

    /// Is it a stream of Defender for Cloud Apps?
    #[must_use]
    pub const fn is_of_cloud_apps(self) -> bool {
        matches!(self, Self::Activities | Self::Alerts)
    }
}

impl fmt::Display for StreamSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// They are on flash, in settings and in metrics.
    #[test]
    fn numbers_and_names_never_change() {
        let known = STREAMS.iter().map(|stream| (stream.number(), stream.name));
        let expected = [
            (0, "activities"),
            (1, "alerts"),
            (2, "graph_alerts"),
            (3, "incidents"),
            (4, "behaviors"),
            (5, "cloud_app_events"),
            (6, "identity_logon_events"),
            (7, "identity_query_events"),
            (8, "identity_directory_events"),
            (9, "event_hubs"),
            (127, "devices"),
        ];
        assert_eq!(Vec::from_iter(known), expected);
        let replays = CLOUD_APPS.iter().map(|stream| stream.id.of_replay());
        assert_eq!(Vec::from_iter(replays.map(StreamId::number)), [0x80, 0x81]);
    }

    #[test]
    fn numbers_and_names_are_given_once() {
        let numbers: BTreeSet<u8> = STREAMS.iter().map(|stream| stream.number()).collect();
        let names: BTreeSet<&str> = STREAMS.iter().map(|stream| stream.name).collect();
        assert_eq!((numbers.len(), names.len()), (STREAMS.len(), STREAMS.len()));
        for stream in STREAMS {
            assert_eq!(StreamSpec::numbered(stream.number()), Some(*stream));
            assert!(
                stream
                    .name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            );
        }
    }
}
