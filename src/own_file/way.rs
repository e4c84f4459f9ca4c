//! The way to a folder below the state folder, part by part: no part may be a link.

use std::ffi::OsStr;
use std::fs::DirBuilder;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Component, Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, mkdirat, openat, statat};
use rustix::io::Errno;

use super::is_a_link;

/// Folders below which nothing is reached through a link: one, but for tests and settings that
/// changed.
static ROOTS: RwLock<Vec<PathBuf>> = RwLock::new(Vec::new());

/// A folder of ours and the names that lead to another one in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FolderPath {
    root: PathBuf,
    parts: Vec<PathBuf>,
}

/// From now on no link is followed below this folder. The folder itself and what is above it is the
/// owner's, and may be links.
pub fn no_links_below(root: &Path) {
    let mut roots = ROOTS.write().unwrap_or_else(PoisonError::into_inner);
    if !roots.iter().any(|known| known == root) {
        roots.push(root.to_owned());
    }
}

/// The way to a folder that lies below one of those.
pub(super) fn of_ours(path: &Path) -> Option<FolderPath> {
    let roots = ROOTS.read().unwrap_or_else(PoisonError::into_inner);
    let root = roots.iter().find(|root| path.starts_with(root))?;
    let parts = path.strip_prefix(root).ok()?.components();
    let parts = parts.map(|part| match part {
        Component::Normal(name) => Some(PathBuf::from(name)),
        _ => None,
    });
    Some(FolderPath {
        root: root.clone(),
        parts: parts.collect::<Option<Vec<_>>>()?,
    })
}

const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

// === impl Way ===

impl FolderPath {
    pub(super) fn open(&self) -> io::Result<OwnedFd> {
        let mut folder = self.begin()?;
        for part in &self.parts {
            folder = step(&folder, part)?;
        }
        Ok(folder)
    }

    /// Makes the folders that are not there.
    pub(super) fn make(&self, mode: u32) -> io::Result<()> {
        let mut folder = match self.begin() {
            // somebody took the state folder itself away
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let new = &mut DirBuilder::new();
                new.recursive(true).mode(mode).create(&self.root)?;
                self.begin()?
            }
            begun => begun?,
        };
        for part in &self.parts {
            match mkdirat(&folder, part, Mode::from_raw_mode(mode)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            folder = step(&folder, part)?;
        }
        Ok(())
    }

    fn begin(&self) -> io::Result<OwnedFd> {
        Ok(openat(CWD, &self.root, FOLDER, Mode::empty())?)
    }
}

fn step(folder: &OwnedFd, part: &Path) -> io::Result<OwnedFd> {
    let opened = openat(folder, part, FOLDER | OFlags::NOFOLLOW, Mode::empty());
    match opened {
        // the system calls a link no folder
        Err(Errno::LOOP | Errno::NOTDIR) if is_link(folder, part.as_os_str()) => {
            Err(is_a_link(part))
        }
        opened => Ok(opened?),
    }
}

fn is_link(folder: &OwnedFd, name: &OsStr) -> bool {
    let found = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
    found.is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::Symlink)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::super::{Folder, append, create, make_folder, read};
    use super::*;

    #[test]
    fn links_above_are_the_owners_and_below_there_are_none() {
        let machine = tempfile::tempdir().unwrap();
        let at = |name: &str| machine.path().join(name);
        // /var/lib -> /data/lib, and state_dir itself a link as well
        fs::create_dir_all(at("data/lib/real")).unwrap();
        symlink(at("data/lib"), at("lib")).unwrap();
        symlink("real", at("data/lib/state")).unwrap();
        let state = at("lib/state");
        no_links_below(&state);
        make_folder(&state, 0o700).unwrap();
        make_folder(&state.join("agents/contoso"), 0o700).unwrap();
        let made = fs::metadata(at("data/lib/real/agents/contoso")).unwrap();
        assert_eq!(made.permissions().mode() & 0o777, 0o700);
        create(&state.join("agents/contoso/copy"), 0o600).unwrap();
        read(&state.join("agents/contoso/copy")).unwrap();
        append(&state.join("owner"), 0o600).unwrap();

        fs::create_dir_all(at("elsewhere/contoso")).unwrap();
        fs::write(at("elsewhere/contoso/copy"), "others'").unwrap();
        fs::rename(state.join("agents"), at("was")).unwrap();
        symlink(at("elsewhere"), state.join("agents")).unwrap();
        for error in [
            read(&state.join("agents/contoso/copy")).unwrap_err(),
            append(&state.join("agents/contoso/copy"), 0o600).unwrap_err(),
            create(&state.join("agents/contoso/copy"), 0o600).unwrap_err(),
            make_folder(&state.join("agents"), 0o700).unwrap_err(),
            make_folder(&state.join("agents/new"), 0o700).unwrap_err(),
            Folder::open(&state.join("agents/contoso")).unwrap_err(),
        ] {
            assert!(error.to_string().starts_with("agents is a link"), "{error}");
        }
        assert_eq!(fs::read(at("elsewhere/contoso/copy")).unwrap(), b"others'");
        assert!(!at("elsewhere/new").exists());
        // what is not there, or no folder, is said as it is
        fs::write(state.join("file"), "").unwrap();
        let kind = |path: &str| Folder::open(&state.join(path)).unwrap_err().kind();
        assert_eq!(kind("none"), io::ErrorKind::NotFound);
        assert_eq!(kind("file"), io::ErrorKind::NotADirectory);
        // nobody climbs out by a name
        assert_eq!(of_ours(&state.join("../x")), None);
    }
}
