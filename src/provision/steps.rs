//! The single steps of taking settings in, file by file. Each is made durable, and a test can let
//! the power go at any of them.

use std::cell::Cell;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, chown, fchown};
use std::path::Path;

use super::StepError;

/// Does the steps.
#[derive(Debug)]
pub(super) struct Steps {
    owner: Option<(u32, u32)>,
    /// Steps until the power goes; a test's.
    left: Cell<Option<usize>>,
}

// === impl Steps ===

impl Steps {
    /// All of them; files are given to this user and group.
    pub(super) const fn whole(owner: Option<(u32, u32)>) -> Self {
        Self {
            owner,
            left: Cell::new(None),
        }
    }

    /// Only so many.
    #[cfg(test)]
    pub(super) const fn cut_after(steps: usize) -> Self {
        Self {
            owner: None,
            left: Cell::new(Some(steps)),
        }
    }

    /// Is it this step at which the power goes?
    fn is_cut(&self) -> bool {
        match self.left.get() {
            None => false,
            Some(0) => true,
            Some(left) => {
                self.left.set(Some(left - 1));
                left == 1
            }
        }
    }

    fn step<T>(
        &self,
        what: &'static str,
        path: &Path,
        half: impl FnOnce(),
        whole: impl FnOnce() -> io::Result<T>,
    ) -> Result<T, StepError> {
        let done = if self.is_cut() {
            // what a step leaves behind that the power ended
            half();
            Err(io::Error::other("the power went"))
        } else {
            whole()
        };
        done.map_err(|source| StepError {
            what,
            path: path.to_owned(),
            source,
        })
    }

    /// Makes a folder, for its owner alone. One that is there is taken as it is.
    pub(super) fn make_folder(&self, path: &Path) -> Result<(), StepError> {
        self.step(
            "making",
            path,
            || {},
            || {
                match fs::DirBuilder::new().mode(0o700).create(path) {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                        return Err(error);
                    }
                    _ => {}
                }
                match self.owner {
                    Some((user, group)) => chown(path, Some(user), Some(group)),
                    None => Ok(()),
                }
            },
        )
    }

    /// Writes a new file, for its owner alone, and brings it to the disk.
    pub(super) fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), StepError> {
        let half = || drop(fs::write(path, &bytes[..bytes.len() / 2]));
        self.step("writing", path, half, || {
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)?;
            if let Some((user, group)) = self.owner {
                fchown(&file, Some(user), Some(group))?;
            }
            file.set_permissions(Permissions::from_mode(0o600))?;
            file.write_all(bytes)?;
            file.sync_all()
        })
    }

    /// Renames; the folders are brought to the disk with [`Steps::sync`].
    pub(super) fn rename(&self, from: &Path, to: &Path) -> Result<(), StepError> {
        self.step("renaming", from, || {}, || fs::rename(from, to))
    }

    /// Brings a folder's names to the disk.
    pub(super) fn sync(&self, folder: &Path) -> Result<(), StepError> {
        self.step("writing", folder, || {}, || File::open(folder)?.sync_all())
    }

    /// Overwrites a file with zeros, in its own blocks, and brings them to the disk.
    pub(super) fn zero(&self, path: &Path) -> Result<(), StepError> {
        let write = |share: u64| -> io::Result<()> {
            let mut file = OpenOptions::new().write(true).open(path)?;
            let length = file.metadata()?.len() / share;
            file.rewind()?;
            io::copy(&mut io::Read::take(io::repeat(0), length), &mut file)?;
            file.flush()?;
            file.sync_all()
        };
        self.step("wiping", path, || drop(write(2)), || write(1))
    }

    /// Removes a file; one that is not there is no error.
    pub(super) fn remove(&self, path: &Path) -> Result<(), StepError> {
        self.step(
            "removing",
            path,
            || {},
            || match fs::remove_file(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                done => done,
            },
        )
    }

    /// Removes a folder with what is in it; one that is not there is no error.
    pub(super) fn remove_folder(&self, path: &Path) -> Result<(), StepError> {
        self.step(
            "removing",
            path,
            || {},
            || match fs::remove_dir_all(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                done => done,
            },
        )
    }
}
