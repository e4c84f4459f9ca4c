//! Advanced hunting of Defender XDR (`runHuntingQuery` of Microsoft Graph) as a source: each table
//! is a stream (reference: successors.md §3).
//!
//! A table is read by queries in KQL. Its own query stands in a file, `queries/<Table>.kql`, and
//! says which columns are taken; from when to when, in which order and how many rows is put behind
//! it here.

mod answer;
mod api;
mod kql;
mod phrases;
mod question;
pub mod record;
mod refusal;
mod table;

pub use answer::LAYOUT;
pub use api::{Hunting, HuntingSettings};
pub use record::RECORDS;
pub(super) use table::reader;

use crate::source::ApiRules;

/// What holds of this API. Pages of any size are alike.
pub const RULES: ApiRules = ApiRules {
    plain_page: u32::MAX,
    smallest_scan: 1,
    doubts: 3,
    circles: 50,
    kept_ms: 30 * DAY_MS,
    longest_stretch_ms: Some(DAY_MS + DAY_MS / 12),
    counts: false,
    most_skip: u32::MAX,
    records_move: false,
    ids_kept_ms: 0,
};

/// What a query costs depends on how long a time it looks at. A look-back of a day is one query.
const DAY_MS: i64 = 86_400_000;
