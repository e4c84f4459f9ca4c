//! Network and clock of the firmware, on this machine's kernel and with real servers.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod network;
mod timekeeping;
