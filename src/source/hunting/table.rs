//! The tables that are read, as data.

use crate::source::ReadRecord;
use crate::source::record::RecordKeys;
use crate::stream::{
    BEHAVIORS, CLOUD_APP_EVENTS, IDENTITY_DIRECTORY_EVENTS, IDENTITY_LOGON_EVENTS,
    IDENTITY_QUERY_EVENTS, StreamSpec,
};

use super::record::{self, BEHAVIOR_KEYS, ROW_KEYS};

/// A table of advanced hunting.
#[derive(Debug)]
pub(super) struct Table {
    /// The stream that it is.
    pub stream: StreamSpec,
    /// Its name there, and in the settings.
    pub name: &'static str,
    /// Its own query: which columns are taken.
    pub query: &'static str,
    /// The column that tells its rows apart.
    pub id: &'static str,
    /// Where a row tells id and time.
    pub keys: &'static RecordKeys,
    /// Reads a row.
    pub read: ReadRecord,
}

const TABLES: [Table; 5] = [
    Table {
        stream: CLOUD_APP_EVENTS,
        name: "CloudAppEvents",
        query: include_str!("queries/CloudAppEvents.kql"),
        id: "ReportId",
        keys: &ROW_KEYS,
        read: record::cloud_app,
    },
    Table {
        stream: IDENTITY_LOGON_EVENTS,
        name: "IdentityLogonEvents",
        query: include_str!("queries/IdentityLogonEvents.kql"),
        id: "ReportId",
        keys: &ROW_KEYS,
        read: record::log_on,
    },
    Table {
        stream: IDENTITY_QUERY_EVENTS,
        name: "IdentityQueryEvents",
        query: include_str!("queries/IdentityQueryEvents.kql"),
        id: "ReportId",
        keys: &ROW_KEYS,
        read: record::directory_query,
    },
    Table {
        stream: IDENTITY_DIRECTORY_EVENTS,
        name: "IdentityDirectoryEvents",
        query: include_str!("queries/IdentityDirectoryEvents.kql"),
        id: "ReportId",
        keys: &ROW_KEYS,
        read: record::directory_change,
    },
    Table {
        stream: BEHAVIORS,
        name: "BehaviorInfo",
        query: include_str!("queries/BehaviorInfo.kql"),
        id: "BehaviorId",
        keys: &BEHAVIOR_KEYS,
        read: record::behavior,
    },
];

/// All of them.
#[cfg(test)]
pub(super) fn all() -> &'static [Table] {
    const { &TABLES }
}

/// The stream of the table of this name, and how its rows are read.
pub fn reader(name: &str) -> Option<(StreamSpec, ReadRecord)> {
    let mut tables = const { &TABLES }.iter();
    let table = tables.find(|table| table.name.eq_ignore_ascii_case(name))?;
    Some((table.stream, table.read))
}

/// The table that a stream is.
pub(super) fn of(stream: StreamSpec) -> Option<&'static Table> {
    const { &TABLES }
        .iter()
        .find(|table| table.stream == stream)
}
