//! Checks whether an open file is still the one under its name. A file that was removed, or whose
//! folder was, goes on working for whoever holds it, so that nobody notices until the next start.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Is this open file the one at this path? Where the system can't tell (no permission, a failing
/// disk) it counts as there: that trouble shows where the file is used.
#[must_use]
pub fn is_still_there(file: &File, path: &Path) -> bool {
    let held = match file.metadata() {
        Ok(held) if held.nlink() == 0 => return false,
        Ok(held) => held,
        Err(_) => return true,
    };
    match std::fs::symlink_metadata(path) {
        Ok(found) => (found.dev(), found.ino()) == (held.dev(), held.ino()),
        Err(error) => !is_absence(&error),
    }
}

/// Does this say that there is nothing under that name?
#[must_use]
pub fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use super::*;

    #[test]
    fn removed_moved_and_replaced_files_are_gone() {
        let folder = tempfile::tempdir().unwrap();
        let (inner, path) = (
            folder.path().join("inner"),
            folder.path().join("inner/lock"),
        );
        let make = || {
            fs::create_dir_all(&inner).unwrap();
            File::create(&path).unwrap()
        };
        let file = make();
        assert!(is_still_there(&file, &path));
        fs::write(&path, "more").unwrap();
        assert!(
            is_still_there(&file, &path),
            "the same file with other contents"
        );
        fs::remove_dir_all(&inner).unwrap();
        assert!(!is_still_there(&file, &path), "removed");
        let second = make();
        assert!(!is_still_there(&file, &path), "another one in its place");
        fs::rename(&inner, folder.path().join("moved")).unwrap();
        assert!(!is_still_there(&second, &path), "moved away");
        fs::write(&inner, "").unwrap();
        assert!(!is_still_there(&second, &path), "its folder is a file");
    }
}
