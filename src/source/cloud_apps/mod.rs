//! The Defender for Cloud Apps REST API (`/api/v1`; reference: cloud-apps-api.md §1).

mod api;
mod auth;
mod page;
pub mod record;
mod split;

pub use api::CloudApps;
pub use auth::{Auth, Entra, ReadSecret};
pub use page::{Torn, take_apart};
