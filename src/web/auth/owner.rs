//! The owner: one file with the hash of the administrator's password. Without the file the box has
//! no owner.
//!
//! The file is read each time it is asked for, so that whoever removes it has released the claim at
//! once, sessions included: they belong to the [`OwnerMark`] of the file they were begun under.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ring::{digest, hmac};

use super::password::Hashed;
use crate::{durable, own_file};

/// Longer than any line of ours.
const MOST_BYTES: u64 = 4096;

/// The owner file, with a lock for those who write it.
#[derive(Debug)]
pub(super) struct OwnerFile {
    path: PathBuf,
    writing: Mutex<()>,
}

/// Content of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Claim {
    /// The file does not exist.
    Free,
    /// The box has an administrator with this password.
    Taken(Hashed, OwnerMark),
}

/// Identifies one owner file. A new password, or the same one set again, has another mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OwnerMark([u8; 32]);

/// The file can't be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum OwnerError {
    #[error("{}: cannot be read: {cause}: make it readable for siembox's user, or remove it to set \
        a new password", path.display())]
    Read { path: PathBuf, cause: io::Error },
    #[error("{}: is damaged: remove it to set a new password", path.display())]
    Damaged { path: PathBuf },
    #[error("{}: cannot be written: {cause}: check that siembox's user can write to the state \
        folder and that the disk is not full", path.display())]
    Write { path: PathBuf, cause: io::Error },
    /// Another visitor claimed the box first.
    #[error("this box is already claimed")]
    Taken,
}

// === impl OwnerFile ===

impl OwnerFile {
    pub(super) fn new(state_dir: &Path) -> Self {
        Self {
            path: state_dir.join("owner"),
            writing: Mutex::new(()),
        }
    }

    /// How it stands now. What can't be read is nobody's claim to release.
    pub(super) fn claim(&self) -> Result<Claim, OwnerError> {
        let failed = |cause| OwnerError::Read {
            path: self.path.clone(),
            cause,
        };
        let file = match own_file::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Claim::Free),
            opened => opened.map_err(failed)?,
        };
        let mut text = String::new();
        let read = file.take(MOST_BYTES).read_to_string(&mut text);
        read.map_err(failed)?;
        match Hashed::parse(&text) {
            Some(hashed) => {
                let mark = OwnerMark::of(&hashed);
                Ok(Claim::Taken(hashed, mark))
            }
            None => Err(OwnerError::Damaged {
                path: self.path.clone(),
            }),
        }
    }

    /// Claims the box; of several at once one succeeds.
    pub(super) fn take(&self, password: &Hashed) -> Result<OwnerMark, OwnerError> {
        // the folder's lock keeps other processes away
        let _one = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        match self.claim()? {
            Claim::Free => self.write(password),
            Claim::Taken(..) => Err(OwnerError::Taken),
        }
    }

    /// Replaces the password that has this mark.
    pub(super) fn change(
        &self,
        from: OwnerMark,
        password: &Hashed,
    ) -> Result<OwnerMark, OwnerError> {
        let _one = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        match self.claim()? {
            Claim::Taken(_, mark) if mark == from => self.write(password),
            _ => Err(OwnerError::Taken),
        }
    }

    fn write(&self, password: &Hashed) -> Result<OwnerMark, OwnerError> {
        let line = format!("{password}\n");
        let written = durable::replace(&self.path, line.as_bytes());
        written.map_err(|cause| OwnerError::Write {
            path: self.path.clone(),
            cause,
        })?;
        Ok(OwnerMark::of(password))
    }
}

// === impl Mark ===

impl OwnerMark {
    fn of(hashed: &Hashed) -> Self {
        let digest = digest::digest(&digest::SHA256, hashed.to_string().as_bytes());
        let mut mark = [0; 32];
        mark.copy_from_slice(digest.as_ref());
        Self(mark)
    }

    /// HMAC-SHA256 of this text with the mark as key: only who has the owner file can make it.
    pub(super) fn seal(&self, text: &str) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let mut seal = [0; 32];
        seal.copy_from_slice(hmac::sign(&key, text.as_bytes()).as_ref());
        seal
    }

    /// A mark for tests of what only compares them.
    #[cfg(test)]
    pub(super) fn numbered(number: u8) -> Self {
        Self([number; 32])
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn of_many_claimants_one_wins() {
        let folder = tempfile::tempdir().unwrap();
        let owner = OwnerFile::new(folder.path());
        assert_eq!(owner.claim().unwrap(), Claim::Free);
        let hashed: Vec<Hashed> = (0..4)
            .map(|number| Hashed::new(&format!("a long password {number}")).unwrap())
            .collect();
        let won: Vec<usize> = std::thread::scope(|scope| {
            let tries: Vec<_> = hashed
                .iter()
                .map(|hashed| scope.spawn(|| owner.take(hashed).is_ok()))
                .collect();
            let results = tries.into_iter().map(|one| one.join().unwrap());
            results
                .enumerate()
                .filter_map(|(at, won)| won.then_some(at))
                .collect()
        });
        assert_eq!(won.len(), 1);
        let Claim::Taken(kept, mark) = owner.claim().unwrap() else {
            panic!("claimed")
        };
        assert_eq!(kept, hashed[won[0]]);
        let next = owner.change(mark, &hashed[(won[0] + 1) % 4]).unwrap();
        assert_ne!(next, mark);
        assert!(matches!(
            owner.change(mark, &hashed[0]),
            Err(OwnerError::Taken)
        ));
        std::fs::remove_file(folder.path().join("owner")).unwrap();
        assert_eq!(owner.claim().unwrap(), Claim::Free);
    }

    #[test]
    fn damage_releases_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let owner = OwnerFile::new(folder.path());
        std::fs::write(folder.path().join("owner"), "").unwrap();
        assert!(matches!(owner.claim(), Err(OwnerError::Damaged { .. })));
        let hashed = Hashed::new("a long password").unwrap();
        assert!(matches!(
            owner.take(&hashed),
            Err(OwnerError::Damaged { .. })
        ));
    }
}
