//! A small file of our own, replaced as a whole: after a power cut it is the old one or the new one.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::own_file::FileIdentity;

/// Puts these bytes where `path` is, for this user's eyes only (mode 0600), and returns once they are on the disk. A link
/// that stands there is replaced, and not followed.
///
/// # Errors
/// When the disk refuses; what was there before is still there then.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let place = put(path, ".new", 0o600, bytes, File::sync_all)?;
    place.folder.sync()
}

/// The same in one step, for everybody to read (mode 0644), and not made durable: for folders of RAM. `suffix` keeps those
/// apart who do it at once.
///
/// # Errors
/// When the folder is not there or can't be written.
pub fn replace_in_ram(path: &Path, suffix: &str, bytes: &[u8]) -> io::Result<()> {
    put(path, suffix, 0o644, bytes, |_| Ok(())).map(drop)
}

/// Writes it beside `path`, past the umask, and puts it in the place.
fn put(
    path: &Path,
    suffix: &str,
    mode: u32,
    bytes: &[u8],
    finish: impl Fn(&File) -> io::Result<()>,
) -> io::Result<FileIdentity> {
    let place = FileIdentity::of(path)?;
    let mut name = place.name.clone();
    name.push(suffix);
    let new = place.folder.place(name)?;
    let written = (|| {
        let mut file = new.create(mode)?;
        file.set_permissions(Permissions::from_mode(mode))?;
        file.write_all(bytes)?;
        finish(&file)?;
        place.folder.rename(&new.name, &place.name)
    })();
    if written.is_err() {
        let _ = place.folder.remove(&new.name);
    }
    written.map(|()| place)
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
}
