//! Stories of the whole process: the real binary between a simulated cloud and real receivers.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod arrivals;
mod backfill;
mod backlog;
mod clock;
mod cloud_side;
mod commands;
mod crash;
mod damage;
mod delivery;
mod dense;
mod disk;
mod early_ends;
mod expected;
mod faulty_disk;
mod garbage;
mod hanging;
mod ledger;
mod live_settings;
mod names;
mod nemesis;
mod orphans;
mod pause;
mod poison;
mod power;
mod receiver_process;
mod relp_kills;
mod replay;
mod restarts;
mod setup;
mod siem_side;
mod siembox;
mod silence;
mod state_folder;
mod unset_clock;
mod watch;
