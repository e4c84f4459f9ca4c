//! Opens the spool that the settings describe.

use std::path::Path;

use crate::clock;
use crate::spool::SpoolError;
use crate::spool::sled::{SledSpool, SpoolBounds};

pub use crate::spool::sled::{contained_here, is_spool};

/// The spool of an agent.
pub type AgentSpool = SledSpool;

/// Opens the spool in this folder, of so many megabytes on disk at most.
///
/// # Errors
/// Those of [`SledSpool::open`].
pub fn open_spool(folder: &Path, max_size_mb: u64) -> Result<AgentSpool, SpoolError> {
    open(folder, max_size_mb.saturating_mul(1_000_000))
}

/// Opens one that belongs to no agent of the settings: it takes in nothing more, so that it needs
/// no bound.
///
/// # Errors
/// Those of [`SledSpool::open`].
pub fn open_orphan(folder: &Path) -> Result<AgentSpool, SpoolError> {
    open(folder, u64::MAX)
}

fn open(folder: &Path, max_bytes: u64) -> Result<AgentSpool, SpoolError> {
    SledSpool::open(folder, SpoolBounds::new(max_bytes), clock::now_ms())
}
