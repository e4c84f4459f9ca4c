//! Stories of the whole process: the real binary between a simulated cloud and real receivers.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod backfill;
mod clock;
mod cloud_side;
mod commands;
mod crash;
mod damage;
mod delivery;
mod disk;
mod expected;
mod faulty_disk;
mod ledger;
mod live_settings;
mod power;
mod replay;
mod siem_side;
mod siembox;
