//! The Defender for Cloud Apps REST API (`/api/v1`; reference: cloud-apps-api.md §1).

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

/// Below this, and for alerts always, pages are asked for without scan mode
/// (reference: api-activities-investigate-script.md).
const SMALLEST_SCAN: u32 = 500;
