//! A word that one process leaves for another: a small file under /run/siembox, replaced whole.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Leaves it, for everybody on the box to read. /run lives in RAM: nothing is synced.
///
/// # Errors
/// What the system said.
pub fn leave(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    std::fs::write(&new, text)?;
    std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o644))?;
    std::fs::rename(&new, path)
}
