//! Distinguishes a disk that is temporarily gone from one with a damaged place.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use super::segments;
use crate::own_file;

/// Does the disk take a few bytes durably, and give them back? A full one does not, and works all
/// the same.
pub(super) fn disk_works(folder: &Path) -> io::Result<()> {
    const SAID: &[u8] = b"is this disk there?";
    let path = folder.join("probe");
    let ask = || -> io::Result<()> {
        segments::expect_file(&path)?;
        let mut file = own_file::create(&path, 0o600)?;
        file.write_all(SAID)?;
        file.sync_all()?;
        let mut heard = Vec::new();
        own_file::read(&path)?.read_to_end(&mut heard)?;
        if heard == SAID {
            Ok(())
        } else {
            Err(io::ErrorKind::InvalidData.into())
        }
    };
    let answer = ask();
    let _ = fs::remove_file(&path);
    match answer {
        Err(cause)
            if matches!(
                cause.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            ) =>
        {
            Ok(())
        }
        answer => answer,
    }
}

/// Reads a file from end to end and keeps nothing of it.
pub(super) fn read_through(path: &Path) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 64 * 1024];
    while file.read(&mut buffer)? > 0 {}
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_is_there_works_and_is_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        disk_works(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let gone = disk_works(&folder.path().join("gone")).unwrap_err();
        assert_eq!(gone.kind(), io::ErrorKind::NotFound);
        let file = folder.path().join("file");
        fs::write(&file, [1; 200_000]).unwrap();
        read_through(&file).unwrap();
        assert!(read_through(folder.path()).is_err());
    }
}
