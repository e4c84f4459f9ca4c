//! Microsoft Graph's security API as a source: alerts (`alerts_v2`) and incidents (reference:
//! successors.md §2).
//!
//! Both are read by `lastUpdateDateTime`. A record that changes comes again under the same id with
//! a later time, so that its id is remembered for as long as the API keeps records.

mod api;
mod envelope;
mod filter;
mod question;
pub mod record;
mod refusal;

pub use api::Graph;
pub use record::RECORDS;

use crate::source::record::RecordKeys;
use crate::source::{ApiRules, ReadRecord};

/// A list of the API.
#[derive(Debug)]
pub struct GraphList {
    /// Its address below `/v1.0/security/`.
    path: &'static str,
    /// The application permission that it needs.
    role: &'static str,
    /// Reads a record.
    read: ReadRecord,
    /// What each record has.
    keys: &'static RecordKeys,
    /// What holds of it.
    rules: ApiRules,
}

/// Alerts.
pub const ALERTS: GraphList = GraphList {
    path: "alerts_v2",
    role: "SecurityAlert.Read.All",
    read: record::alert,
    keys: &record::KEYS,
    rules: RULES,
};

/// Alerts, each again when it has changed.
pub const ALERT_UPDATES: GraphList = GraphList {
    read: record::alert_update,
    ..ALERTS
};

/// Incidents: alerts that belong together.
pub const INCIDENTS: GraphList = GraphList {
    path: "incidents",
    role: "SecurityIncident.Read.All",
    read: record::incident,
    keys: &record::KEYS,
    rules: ApiRules {
        plain_page: 50,
        ..RULES
    },
};

/// `$skip` reaches 500; what follows is had by time.
const MOST_SKIP: u32 = 499;

/// So long alerts are kept, and so long one may change.
const KEPT_MS: i64 = 180 * 86_400_000;

const RULES: ApiRules = ApiRules {
    // more is cut down to it without a word
    plain_page: 1000,
    // there is no scan
    smallest_scan: u32::MAX,
    doubts: 3,
    circles: 50,
    kept_ms: KEPT_MS,
    longest_stretch_ms: None,
    // an hour's count changes as its records move on
    counts: false,
    most_skip: MOST_SKIP,
    records_move: true,
    ids_kept_ms: KEPT_MS,
};
