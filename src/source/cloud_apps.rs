//! The Defender for Cloud Apps REST API (`/api/v1`; reference: cloud-apps-api.md §1).

mod api;
mod auth;
pub mod record;

pub use api::CloudApps;
pub use auth::{CloudAuth, PERMISSION};
