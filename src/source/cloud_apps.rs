//! The Defender for Cloud Apps REST API (`/api/v1`) as a source (reference: cloud-apps-api.md §1).

mod api;
mod auth;
mod envelope;
mod question;
pub mod record;
mod refusal;

pub use api::CloudApps;
pub use auth::{CloudAuth, PERMISSION};
pub use envelope::LAYOUT;
pub use record::RECORDS;

use crate::source::ApiRules;

/// What holds of this API.
pub const RULES: ApiRules = ApiRules {
    plain_page: 100,
    smallest_scan: 500,
    doubts: 3,
    circles: 50,
    kept_ms: 180 * 86_400_000,
    longest_stretch_ms: None,
    counts: true,
    most_skip: u32::MAX,
    records_move: false,
    ids_kept_ms: 0,
};
