//! The Defender for Cloud Apps REST API (`/api/v1`).
