//! The spool on sled and the ledger beside it: through the port, against a model, and after kills,
//! power cuts, damage and full disks.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod damage;
mod disk;
mod kill;
mod ledger;
mod model;
mod port;
mod power;
mod power_cut;
mod shared;
