//! The ballast: disk space kept in reserve for a full disk.
//!
//! sled writes when it opens a store (a snapshot, and zeros up to the end of the segment). Without
//! room that fails, the store cannot be read, nothing is sent, and nothing is ever deleted: the
//! spool would stay full for ever. So a file of zeros is kept, given up when opening needs the
//! room, and taken again before anything more is appended.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::segments;
use crate::own_file;

/// The file of zeros.
#[derive(Debug)]
pub(super) struct Ballast {
    path: PathBuf,
    bytes: u64,
    held: bool,
}

impl Ballast {
    pub(super) fn new(path: PathBuf, bytes: u64) -> Self {
        let held =
            fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_file() && meta.len() == bytes);
        Self { path, bytes, held }
    }

    /// Keeps the room back. Writes nothing where it is kept already.
    pub(super) fn hold(&mut self) -> io::Result<()> {
        if !self.held {
            if let Err(cause) = write_zeros(&self.path, self.bytes, true) {
                let _ = fs::remove_file(&self.path);
                return Err(cause);
            }
            self.held = true;
        }
        Ok(())
    }

    /// Gives the room up. True where there was any.
    pub(super) fn release(&mut self) -> bool {
        self.held = false;
        fs::remove_file(&self.path).is_ok()
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> u64 {
        if self.held { self.bytes } else { 0 }
    }

    /// Is there room for so many bytes more? Asks by trying; hardly anything of it reaches the
    /// device.
    pub(super) fn is_room_for(&self, bytes: u64) -> io::Result<()> {
        let path = self.path.with_extension("probe");
        let tried = write_zeros(&path, bytes, false);
        // where not even the file could be made, that is the answer, and not that it is not there
        match fs::remove_file(path) {
            Err(cause) if tried.is_ok() => Err(cause),
            _ => tried,
        }
    }
}

fn write_zeros(path: &Path, bytes: u64, durable: bool) -> io::Result<()> {
    segments::expect_file(path)?;
    let mut file = own_file::create(path, 0o600)?;
    let zeros = [0; 64 * 1024];
    let mut left = bytes;
    while left > 0 {
        let now = left.min(zeros.len() as u64);
        file.write_all(&zeros[..usize::try_from(now).unwrap_or(zeros.len())])?;
        left -= now;
    }
    if durable { file.sync_data() } else { Ok(()) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong_with_the_disk_and_not_with_the_probe() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), b"").unwrap();
        let ballast = Ballast::new(folder.path().join("file/ballast"), 10);
        let refused = ballast.is_room_for(10).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::NotADirectory, "{refused}");
        let ballast = Ballast::new(folder.path().join("ballast"), 10);
        ballast.is_room_for(100_000).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn is_held_once_and_released_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ballast");
        let mut ballast = Ballast::new(path.clone(), 100_000);
        assert_eq!(ballast.bytes(), 0);
        ballast.hold().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), 100_000);
        assert_eq!(Ballast::new(path.clone(), 100_000).bytes(), 100_000);
        assert!(ballast.release());
        assert!(!ballast.release());
        fs::write(&path, b"cut short").unwrap();
        let mut again = Ballast::new(path.clone(), 100_000);
        assert_eq!(again.bytes(), 0);
        again.hold().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), 100_000);
    }
}
