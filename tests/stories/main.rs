//! Stories of the whole process: the real binary between a simulated cloud and real receivers.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod arrivals;
mod backfill;
mod backlog;
mod cloud_side;
mod commands;
mod crash;
mod delivery;
mod disk;
mod expected;
mod live_settings;
mod names;
mod receiver_process;
mod restarts;
mod siem_side;
mod siembox;
mod silence;
mod watch;
