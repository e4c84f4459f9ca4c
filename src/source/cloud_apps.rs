//! The Defender for Cloud Apps REST API (`/api/v1`; reference: cloud-apps-api.md §1).

mod api;
mod auth;
mod element;
mod head;
pub mod listing;
pub mod page;
pub mod record;
mod scalars;
mod split;
mod voice;

use std::time::Duration;

pub use api::CloudApps;
pub use auth::{CloudAuth, Entra, ReadSecret, Steady};

/// No answer makes us wait longer than this.
const LONGEST_SILENCE: Duration = Duration::from_secs(900);
