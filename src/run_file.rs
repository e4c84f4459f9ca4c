//! Run files: small JSON files in RAM (`/run/siembox`) by which one process informs another. A
//! reader finds the old or the new content, never half of it. Nothing is synced to disk, as no run
//! file outlives a restart.

use std::io::{self, Read};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{durable, own_file};

/// A word of more bytes than this is none.
const MAX_BYTES: u64 = 64 * 1024;

/// Puts a word where `path` is, for everybody to read (mode 0644).
///
/// # Errors
/// When the folder is not there or can't be written.
pub fn say<T: Serialize>(path: &Path, word: &T) -> io::Result<()> {
    put(path, &serde_json::to_vec(word)?)
}

/// As [`say`], for what is no JSON (`resolv.conf`).
///
/// # Errors
/// When the folder is not there or can't be written.
pub fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let suffix = format!(".{}.new", std::process::id());
    durable::replace_in_ram(path, &suffix, bytes)
}

/// The word that is there; `None` where there is none, or none that is understood.
#[must_use]
pub fn heard<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let mut bytes = Vec::new();
    own_file::read(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .ok()?;
    (bytes.len() as u64 <= MAX_BYTES)
        .then(|| serde_json::from_slice(&bytes).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_said_is_heard_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("word");
        assert_eq!(heard::<Vec<u8>>(&path), None);
        for word in [vec![1_u8, 2], vec![]] {
            say(&path, &word).unwrap();
            assert_eq!(heard(&path), Some(word));
        }
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        fs::write(&path, "[1,").unwrap();
        assert_eq!(heard::<Vec<u8>>(&path), None);
        fs::write(&path, format!("[{}1]", " ".repeat(70_000))).unwrap();
        assert_eq!(heard::<Vec<u8>>(&path), None);
        assert!(say(&folder.path().join("none/word"), &1).is_err());
    }
}
