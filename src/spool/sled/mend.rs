//! Opens a segment that a crash or a bad sector has damaged.
//!
//! `snap.*` and `conf` can be made again from nothing: the first is an index of the log, the second
//! holds our own settings. sled refuses to open when the first is damaged (also when the power went
//! while it was being written); without it everything comes back. What then still does not open is
//! beyond repair.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::error::StoreError;
use super::segments;
use super::store::Store;
use crate::clock::Stopwatch;

/// How long sled's threads may hold on to a store that was just closed.
const RELEASE: Duration = Duration::from_secs(10);

/// Opens the store, and says whether it had to be mended.
pub(super) fn open(path: &Path) -> Result<(Store, bool), StoreError> {
    // An index that was being written when the process ended; sled would take it for the newest
    // one.
    remove(path, |name| {
        name.starts_with("snap.") && name.ends_with(".generating")
    })?;
    let mut trouble = match released(path) {
        Ok(store) => return Ok((store, false)),
        Err(trouble) => trouble,
    };
    for doubtful in ["snap.", "conf"] {
        if !trouble.is_damage() && !trouble.is_disk() {
            break;
        }
        remove(path, |name| name.starts_with(doubtful))?;
        trouble = match released(path) {
            Ok(store) => return Ok((store, true)),
            Err(trouble) => trouble,
        };
    }
    Err(trouble)
}

/// Opens the store once nobody holds it any more.
fn released(path: &Path) -> Result<Store, StoreError> {
    let start = Stopwatch::start();
    loop {
        match Store::open(path) {
            Err(trouble) if is_held(&trouble) && start.elapsed() < RELEASE => {
                std::thread::sleep(Duration::from_millis(5));
            }
            answer => return answer,
        }
    }
}

/// sled has no error of its own for this.
fn is_held(trouble: &StoreError) -> bool {
    matches!(trouble, StoreError::Io(cause) if cause.to_string().starts_with("could not acquire lock"))
}

/// Removes the files of the store that have such names.
fn remove(path: &Path, such: impl Fn(&str) -> bool) -> Result<(), StoreError> {
    for entry in fs::read_dir(path).map_err(StoreError::Io)? {
        let entry = entry.map_err(StoreError::Io)?;
        if such(&entry.file_name().to_string_lossy()) {
            segments::remove(&entry.path()).map_err(StoreError::Io)?;
        }
    }
    Ok(())
}
