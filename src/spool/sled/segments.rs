//! The segments in the spool's folder. Their names hold their line numbers, so that none has to be
//! opened to know them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A store is being made; after a crash it never was.
pub(super) const FRESH: &str = "fresh";
/// Before the name of a store that is being deleted.
const GONE: &str = "gone-";
/// Before the numbers of a store that was lost, in the place of `store-`.
const LOST: &str = "lost-";
/// Before the numbers of a store.
const STORE: &str = "store-";

/// A store by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SegmentId {
    /// Counts up from store to store.
    pub(super) number: u64,
    /// Its first line has this number or a higher one.
    pub(super) first: u64,
}

impl SegmentId {
    /// `store-000012-00000000000000083000`
    pub(super) fn name(self) -> String {
        self.named(STORE)
    }

    fn named(self, kind: &str) -> String {
        format!("{kind}{:06}-{:020}", self.number, self.first)
    }

    fn from_name(kind: &str, name: &str) -> Option<Self> {
        let (number, first) = name.strip_prefix(kind)?.split_once('-')?;
        let id = Self {
            number: number.parse().ok()?,
            first: first.parse().ok()?,
        };
        (id.named(kind) == name).then_some(id)
    }
}

/// The stores in the folder, oldest first.
pub(super) fn list(folder: &Path) -> io::Result<Vec<SegmentId>> {
    list_kind(folder, STORE)
}

/// The stores that were lost and whose lines the SIEM has not come past yet, oldest first.
pub(super) fn list_lost(folder: &Path) -> io::Result<Vec<SegmentId>> {
    list_kind(folder, LOST)
}

/// Remembers a store as lost, so that its lines are not waited for after the next start, and are
/// counted once.
pub(super) fn mark_lost(folder: &Path, id: SegmentId) -> io::Result<()> {
    fs::create_dir(folder.join(id.named(LOST)))?;
    sync_folder(folder)
}

/// Forgets it.
pub(super) fn forget_lost(folder: &Path, id: SegmentId) -> io::Result<()> {
    fs::remove_dir(folder.join(id.named(LOST)))
}

fn list_kind(folder: &Path, kind: &str) -> io::Result<Vec<SegmentId>> {
    let mut ids = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        ids.extend(
            name.to_str()
                .and_then(|name| SegmentId::from_name(kind, name)),
        );
    }
    ids.sort_unstable();
    Ok(ids)
}

/// Deletes a store. After a crash in the middle, [`sweep`] finishes it.
pub(super) fn delete(folder: &Path, id: SegmentId) -> io::Result<()> {
    let gone = folder.join(format!("{GONE}{}", id.name()));
    fs::rename(folder.join(id.name()), &gone)?;
    fs::remove_dir_all(gone)
}

/// Removes what a crash left half made or half deleted.
pub(super) fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name == FRESH || name.starts_with(GONE) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes what is there: a file, a folder, or nothing.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() && !path.is_symlink() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        _ => Ok(()),
    }
}

/// Removes a folder where a file of ours belongs.
pub(super) fn expect_file(path: &Path) -> io::Result<()> {
    if path.is_dir() { remove(path) } else { Ok(()) }
}

/// Makes the names in this folder durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// Bytes that files under this path take.
pub(super) fn disk_bytes(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else {
        return fs::symlink_metadata(path).map_or(0, |meta| meta.len());
    };
    entries
        .flatten()
        .map(|entry| disk_bytes(&entry.path()))
        .sum()
}

/// The folder of a store.
pub(super) fn path(folder: &Path, id: SegmentId) -> PathBuf {
    folder.join(id.name())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written_and_no_others() {
        let id = SegmentId {
            number: 12,
            first: 83_000,
        };
        assert_eq!(id.name(), "store-000012-00000000000000083000");
        assert_eq!(SegmentId::from_name(STORE, &id.name()), Some(id));
        let far = SegmentId {
            number: 12_345_678,
            first: u64::MAX,
        };
        assert_eq!(SegmentId::from_name(STORE, &far.name()), Some(far));
        for name in [
            "store-12-83000",
            "store-000012",
            "store-x-y",
            "lock",
            "gone-store-000012-00000000000000083000",
        ] {
            assert_eq!(SegmentId::from_name(STORE, name), None, "{name}");
        }
    }
}
