//! Files of secrets: written whole and closed to all but their owner from the first byte on.

use std::io;
use std::path::{Path, PathBuf};

use super::{EditError, disk};
use crate::settings::Secret;

/// Writes a secret to the file `name` in `folder`, mode 0600, in place of what was there in one
/// step. Returns the path to name in the settings: `folder` joined with `name`.
///
/// # Errors
/// Where the name is none (1 to 100 of `a-z A-Z 0-9 . _ -`, not starting with a point), or the file
/// can't be written; the old one is then as it was.
pub fn put_secret(folder: &Path, name: &str, secret: &Secret) -> Result<PathBuf, EditError> {
    let path = folder.join(checked(name)?);
    let text = format!("{}\n", secret.reveal());
    disk::replace(&path, text.as_bytes(), 0o600, true, || Ok(true))?;
    Ok(path)
}

/// Takes a secret's file away. One that is not there is no error.
///
/// # Errors
/// Where the name is none, or the file can't be removed.
pub fn remove_secret(folder: &Path, name: &str) -> Result<(), EditError> {
    let path = folder.join(checked(name)?);
    let removed = match std::fs::remove_file(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => Err(error),
        Ok(()) => disk::sync_folder(folder),
    };
    removed.map_err(|source| EditError::Write {
        path,
        step: "removed",
        source,
        cure: "check that siembox's user can write to its folder",
    })
}

fn checked(name: &str) -> Result<&str, EditError> {
    let fits = (1..=100).contains(&name.len())
        && !name.starts_with('.')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    fits.then_some(name).ok_or_else(|| EditError::SecretName {
        name: name.chars().take(60).collect(),
    })
}
