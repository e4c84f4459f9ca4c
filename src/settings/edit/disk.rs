//! A whole new file in place of an old one: whoever reads, and whoever is killed, finds the old one or the new one.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use super::EditError;
use crate::own_file;

/// Writes the bytes to a new file beside `path`, makes it durable, and puts it in the place of `path`. It has the old
/// file's mode, and its owner and group where this process may give them; where there is no old file, or `fixed`, it has
/// `mode`. `wanted` is asked before, while nobody else can be in here for this folder: no (`false`) leaves all as it is.
///
/// # Errors
/// What `wanted` says, or [`EditError::Write`]; the old file is as it was.
pub(super) fn replace(
    path: &Path,
    bytes: &[u8],
    mode: u32,
    fixed: bool,
    wanted: impl FnOnce() -> Result<bool, EditError>,
) -> Result<(), EditError> {
    // the settings file may be a link: what it leads to is replaced. A secret is never put where a link leads.
    let path = &match fixed {
        true => path.to_owned(),
        false => std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
    };
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let failed = |step, path: &Path, source, cure| EditError::Write {
        path: path.to_owned(),
        step,
        source,
        cure,
    };
    // two who save at once: one after the other, so that the second finds the first one's file
    let door = File::open(folder).and_then(|door| door.lock().map(|()| door));
    let _door = door.map_err(|source| failed("opened", folder, source, "make the folder first"))?;
    if !wanted()? {
        return Ok(());
    }
    let old = std::fs::symlink_metadata(path)
        .ok()
        .filter(std::fs::Metadata::is_file);
    let mode = match &old {
        Some(old) if !fixed => old.permissions().mode() & 0o7777,
        _ => mode,
    };
    let new = beside(path);
    let written = (|| {
        // in place of what a kill left behind
        let mut file = own_file::create(&new, mode & 0o600)?;
        if let Some(old) = &old {
            // another's file stays his where we may give it away; where not, ours is as closed as his was
            let _ = fchown(&file, None, Some(old.gid()));
            let _ = fchown(&file, Some(old.uid()), None);
        }
        // past the umask, and only now: it was nobody's before it had its owner
        file.set_permissions(Permissions::from_mode(mode))?;
        file.write_all(bytes)?;
        file.sync_all()
    })();
    let cure =
        "let the user that siembox runs as write to its folder, and see that the disk is not full";
    let placed = written
        .map_err(|source| failed("written", &new, source, cure))
        .and_then(|()| {
            std::fs::rename(&new, path).map_err(|source| failed("replaced", path, source, cure))
        });
    if placed.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    placed?;
    sync_folder(folder).map_err(|source| {
        failed(
            "made durable",
            folder,
            source,
            "the change is there, but see to the disk",
        )
    })
}

/// Makes a rename or removal in this folder durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// `.siembox.toml.new`: in the same folder, as only there a rename is one step.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.new"))
}
