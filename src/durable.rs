//! Replaces a file as a whole: after a power cut it has the old or the new content.
//!
//! [`replace`] is for a few bytes. Who writes more, keeps an owner or has to say which step failed,
//! takes the steps of a [`NewFile`] one by one.

use std::ffi::OsString;
use std::fs::{File, Metadata, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::Path;

use crate::own_file::FileIdentity;

/// Puts these bytes where `path` is, for this user's eyes only (mode 0600), and returns once they
/// are on the disk. A link that stands there is replaced, and not followed.
///
/// # Errors
/// When the disk refuses; what was there before is still there then.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut new = NewFile::beside(path, named(path, "", ".new"), 0o600, None)?;
    new.file.write_all(bytes)?;
    new.file.sync_all()?;
    new.take_the_place()?;
    new.sync_folder()
}

/// The same in one step, for everybody to read (mode 0644), and not made durable: for folders of
/// RAM. `suffix` keeps those apart who do it at once.
///
/// # Errors
/// When the folder is not there or can't be written.
pub fn replace_in_ram(path: &Path, suffix: &str, bytes: &[u8]) -> io::Result<()> {
    let mut new = NewFile::beside(path, named(path, "", suffix), 0o644, None)?;
    new.file.write_all(bytes)?;
    new.take_the_place()
}

/// The name of this file with something before and behind it.
#[must_use]
pub fn named(path: &Path, before: &str, behind: &str) -> OsString {
    let mut name = OsString::from(before);
    name.push(path.file_name().unwrap_or_default());
    name.push(behind);
    name
}

/// A file that is being written beside the one whose place it takes. Where it does not come so far,
/// it goes again.
#[derive(Debug)]
pub struct NewFile {
    /// To write to, and to make durable before it takes the place.
    pub file: File,
    /// What it replaces.
    old: FileIdentity,
    /// Its own name, until it takes the place.
    name: OsString,
    has_taken_the_place: bool,
}

// === impl NewFile ===

impl NewFile {
    /// An empty file of this name in the folder of `path`, with this mode whatever the umask says,
    /// and with the owner and the group of `like` where this process may give them. What a kill has
    /// left behind under this name goes.
    ///
    /// # Errors
    /// When the folder is not there or can't be written.
    pub fn beside(
        path: &Path,
        name: impl Into<OsString>,
        mode: u32,
        like: Option<&Metadata>,
    ) -> io::Result<Self> {
        let (old, name) = (FileIdentity::of(path)?, name.into());
        // nobody else's before it has its owner
        let file = old.folder.place(&name)?.create(mode & 0o600)?;
        let new = Self {
            file,
            old,
            name,
            has_taken_the_place: false,
        };
        if let Some(like) = like {
            // another's file stays his where we may give it away; where not, ours is as closed as
            // his was
            let _ = fchown(&new.file, None, Some(like.gid()));
            let _ = fchown(&new.file, Some(like.uid()), None);
        }
        new.file.set_permissions(Permissions::from_mode(mode))?;
        Ok(new)
    }

    /// It takes the place, in one step; a link there goes, but not what it leads to.
    ///
    /// # Errors
    /// When the system refuses; the old file is as it was then.
    pub fn take_the_place(&mut self) -> io::Result<()> {
        self.old.folder.rename(&self.name, &self.old.name)?;
        self.has_taken_the_place = true;
        Ok(())
    }

    /// Makes the change of names durable.
    ///
    /// # Errors
    /// When the disk refuses; the new file is there then, and may be the old one again after a
    /// power cut.
    pub fn sync_folder(&self) -> io::Result<()> {
        self.old.folder.sync()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.has_taken_the_place {
            let _ = self.old.folder.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn replaces_the_whole_file_for_one_user() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("owner");
        fs::write(folder.path().join("owner.new"), "left behind").unwrap();
        for bytes in [&b"a long first content"[..], b"short"] {
            replace(&path, bytes).unwrap();
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(replace(&folder.path().join("none/owner"), b"").is_err());
    }

    #[test]
    fn a_link_in_its_place_or_beside_it_leads_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name| folder.path().join(name);
        for name in ["owner", "owner.new", "owner.7.new"] {
            fs::write(at("others"), "others'").unwrap();
            let _ = fs::remove_file(at(name));
            symlink(at("others"), at(name)).unwrap();
            replace(&at("owner"), b"ours").unwrap();
            replace_in_ram(&at("owner"), ".7.new", b"ours").unwrap();
            assert_eq!(fs::read(at("others")).unwrap(), b"others'", "{name}");
            assert!(!at("owner").is_symlink());
            assert_eq!(fs::read(at("owner")).unwrap(), b"ours");
        }
    }

    #[test]
    fn a_new_file_has_its_mode_and_goes_where_it_does_not_come_to_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "old").unwrap();
        let old = fs::metadata(&path).unwrap();
        for (takes, text) in [(false, "old"), (true, "new")] {
            let mut new = NewFile::beside(&path, ".file.new", 0o646, Some(&old)).unwrap();
            let made = new.file.metadata().unwrap();
            assert_eq!(made.permissions().mode() & 0o777, 0o646);
            assert_eq!((made.uid(), made.gid()), (old.uid(), old.gid()));
            new.file.write_all(b"new").unwrap();
            if takes {
                new.take_the_place().unwrap();
                new.sync_folder().unwrap();
            }
            drop(new);
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            assert!(!folder.path().join(".file.new").exists());
        }
    }
}
