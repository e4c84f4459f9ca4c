//! Replaces the settings file as a whole: a reader, or a crash, finds the old or the new one.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::EditError;
use crate::durable::{self, NewFile};

/// Writes the bytes to a new file beside `path`, makes it durable, and puts it in the place of
/// `path`. It has the old file's mode, and its owner and group where this process may give them;
/// where there is no old file, or `fixed`, it has `mode`. `wanted` is asked before, while nobody
/// else can be in here for this folder: no (`false`) leaves all as it is.
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
    // the settings file may be a link: what it leads to is replaced. A secret is never put where a
    // link leads.
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
    let _door =
        door.map_err(|source| failed("opened", folder, source, "create the folder first"))?;
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
    let cure = "check that siembox's user can write to its folder and that the disk is not full";
    let name = durable::named(path, ".", ".new");
    let written = NewFile::beside(path, &name, mode, old.as_ref()).and_then(|mut new| {
        new.file.write_all(bytes)?;
        new.file.sync_all()?;
        Ok(new)
    });
    let mut new =
        written.map_err(|source| failed("written", &path.with_file_name(&name), source, cure))?;
    new.take_the_place()
        .map_err(|source| failed("replaced", path, source, cure))?;
    new.sync_folder().map_err(|source| {
        failed(
            "made durable",
            folder,
            source,
            "the change was made, but check the disk",
        )
    })
}

/// Makes a rename or removal in this folder durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
