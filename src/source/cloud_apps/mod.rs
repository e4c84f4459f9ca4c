//! The Defender for Cloud Apps REST API (`/api/v1`).

pub mod record;
