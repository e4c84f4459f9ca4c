//! Erasing the data partition before it is given a new file system: `mkfs` alone leaves what lay
//! there in its blocks, and whoever gets the box next could read the token out of them.
//!
//! A device that zeroes by itself (NVMe, most virtual disks) does so, in seconds. Any other one (SD
//! cards, USB sticks) is told to forget everything, which it may or may not do; so it is read from
//! end to end then, and zeros are written over what is left. Reading is faster than writing and
//! wears nothing. A large and slow card would take an hour: after [`PATIENCE`] the rest is left,
//! and said. Whatever the way, nobody but the device's maker knows what lies in blocks that flash
//! has put aside.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use crate::clock;

use rustix::fs::{FallocateFlags, fallocate};

/// A person waits for a reset, with the lamps as the only sign of life.
pub const PATIENCE: Duration = Duration::from_secs(600);
/// What one order to the device covers: it can't be interrupted.
const ORDER: u64 = 1 << 30;
/// What is read at once.
const PIECE: usize = 1 << 20;
/// Longer files are no secrets, but records and logs.
const SMALL: u64 = 1 << 20;

/// Zeroes, or fails at once where the device can't do it by itself (`blkdev_fallocate` in the
/// kernel's block/fops.c).
const ZERO: FallocateFlags = FallocateFlags::PUNCH_HOLE.union(FallocateFlags::KEEP_SIZE);
/// Discards blocks; they need not read as zeros afterwards.
const FORGET: FallocateFlags = ZERO.union(FallocateFlags::NO_HIDE_STALE);

/// Result of erasing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Bytes of the device.
    pub size: u64,
    /// So many from its beginning are erased for certain.
    pub reached: u64,
    /// Of them, could not be written.
    pub bad: u64,
}

/// Erases all of a device that nobody uses. What can't be erased is counted.
///
/// # Errors
/// It can't be opened, or takes nothing: nothing is erased for certain.
pub fn erase(device: &Path, patience: Duration) -> io::Result<Erased> {
    let mut file = OpenOptions::new().read(true).write(true).open(device)?;
    let size = file.seek(SeekFrom::End(0))?;
    let end = clock::steady() + patience;
    if order(&file, size, ZERO, end) {
        return Ok(Erased {
            size,
            reached: size,
            bad: 0,
        });
    }
    // a device that can't leaves all of it to what follows
    let _ = order(&file, size, FORGET, end);
    overwrite(&file, size, end)
}

/// Orders the device to zero or discard all its blocks. True if it did so within the time.
fn order(file: &File, size: u64, what: FallocateFlags, end: Duration) -> bool {
    let mut starts = (0..size).step_by(1 << 30);
    starts
        .all(|at| clock::steady() < end && fallocate(file, what, at, ORDER.min(size - at)).is_ok())
}

/// Writes zeros over what is not of one byte again and again: flash that has forgotten reads as all
/// 0 or all 1.
fn overwrite(file: &File, size: u64, end: Duration) -> io::Result<Erased> {
    let (mut piece, zeros) = (vec![0; PIECE], vec![0; PIECE]);
    let mut erased = Erased {
        size,
        reached: 0,
        bad: 0,
    };
    while erased.reached < size && clock::steady() < end {
        let length = PIECE.min(usize::try_from(size - erased.reached).unwrap_or(PIECE));
        let (piece, zeros) = (&mut piece[..length], &zeros[..length]);
        // what can't be read now may be read in a laboratory
        let is_empty = file.read_exact_at(piece, erased.reached).is_ok() && is_uniform(piece);
        if !is_empty && file.write_all_at(zeros, erased.reached).is_err() {
            erased.bad += length as u64;
        }
        erased.reached += length as u64;
    }
    file.sync_data()?;
    Ok(erased)
}

/// In steps that even a small processor takes faster than a card is read.
fn is_uniform(piece: &[u8]) -> bool {
    let (steps, rest) = piece.as_chunks::<16>();
    let first = [piece.first().copied().unwrap_or_default(); 16];
    steps.iter().all(|step| *step == first) && rest.iter().all(|byte| *byte == first[0])
}

/// Overwrites where they lie the files that may hold a secret: all small ones below a folder. Those
/// come before the rest, so that nothing that follows can come too late for them. The first
/// failure, where there was one.
pub fn small_files(folder: &Path) -> io::Result<()> {
    let mut done = Ok(());
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // of the entry itself: a link leads nowhere
        let kind = entry.file_type()?;
        let one = match (kind.is_dir(), kind.is_file()) {
            (true, _) => small_files(&entry.path()),
            (_, true) => zero(&entry.path()),
            _ => Ok(()),
        };
        done = done.and(one);
    }
    done
}

fn zero(path: &Path) -> io::Result<()> {
    // not truncated: other blocks would be written
    let mut file = OpenOptions::new().write(true).open(path)?;
    let length = file.metadata()?.len();
    if length > SMALL {
        return Ok(());
    }
    let zeros = vec![0; usize::try_from(length).unwrap_or(0)];
    file.write_all(&zeros)?;
    file.sync_data()
}

// === impl Erased ===

impl Erased {
    /// What became of it, for a sentence.
    #[must_use]
    pub fn in_words(&self) -> String {
        let mb = |bytes: u64| bytes / 1_000_000;
        let (size, reached) = (mb(self.size), mb(self.reached));
        let mut words = match self.reached == self.size {
            true => format!(
                "{size} MB are erased: settings, secrets, logs and the lines that waited for the \
                    SIEM"
            ),
            false => format!(
                "the first {reached} of {size} MB are erased; the device is too slow for the rest \
                    and was told to discard it. Cure, if that is not enough: destroy the card"
            ),
        };
        if self.bad > 0 {
            words += &format!(
                "; {} KB of it cannot be overwritten: destroy the card",
                self.bad / 1_000
            );
        }
        words
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SECRET: &[u8] = b"a token";

    /// A disk of a few megabytes with the secret in three places.
    fn disk(folder: &Path) -> std::path::PathBuf {
        let path = folder.join("disk");
        let file = File::create(&path).unwrap();
        file.set_len(5_000_000).unwrap();
        for at in [0, 2_000_000, 5_000_000 - SECRET.len() as u64] {
            file.write_all_at(SECRET, at).unwrap();
        }
        path
    }

    fn holds(path: &Path) -> usize {
        let bytes = std::fs::read(path).unwrap();
        assert_eq!(bytes.len(), 5_000_000);
        let mut windows = bytes.windows(SECRET.len());
        std::iter::from_fn(|| windows.find(|window| *window == SECRET)).count()
    }

    #[test]
    fn nothing_is_left_with_the_devices_help_or_without() {
        let folder = tempfile::tempdir().unwrap();
        let whole = Erased {
            size: 5_000_000,
            reached: 5_000_000,
            bad: 0,
        };
        let path = disk(folder.path());
        assert_eq!(holds(&path), 3);
        assert_eq!(erase(&path, PATIENCE).unwrap(), whole);
        assert_eq!(holds(&path), 0);

        let path = disk(folder.path());
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let end = clock::steady() + PATIENCE;
        assert_eq!(overwrite(&file.unwrap(), 5_000_000, end).unwrap(), whole);
        assert_eq!(holds(&path), 0);
        assert!(whole.in_words().starts_with("5 MB are erased"));
    }

    #[test]
    fn one_other_byte_is_something() {
        for length in [1, 15, 16, 4_096, 4_097] {
            for byte in [0, 0xff] {
                let mut piece = vec![byte; length];
                assert!(is_uniform(&piece));
                piece[length - 1] ^= 1;
                assert_eq!(is_uniform(&piece), length == 1);
            }
        }
        assert!(is_uniform(&[]));
    }

    #[test]
    fn what_it_has_no_time_for_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = disk(folder.path());
        let erased = erase(&path, Duration::ZERO).unwrap();
        assert_eq!((erased.reached, holds(&path)), (0, 3));
        assert!(erased.in_words().contains("the first 0 of 5 MB"));
        let worn = Erased {
            bad: 4_096,
            ..erased
        };
        assert!(worn.in_words().contains("4 KB of it"));
        assert!(erase(&folder.path().join("none"), PATIENCE).is_err());
    }

    #[test]
    fn small_files_are_overwritten_where_they_lie() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("etc/deeper")).unwrap();
        std::fs::write(at("outside"), SECRET).unwrap();
        std::fs::write(at("etc/deeper/token"), SECRET).unwrap();
        let records = File::create(at("etc/records")).unwrap();
        records.set_len(SMALL + 1).unwrap();
        records.write_all_at(SECRET, 0).unwrap();
        std::os::unix::fs::symlink(at("outside"), at("etc/link")).unwrap();
        small_files(&at("etc")).unwrap();
        assert_eq!(std::fs::read(at("etc/deeper/token")).unwrap(), [0; 7]);
        assert_eq!(std::fs::read(at("outside")).unwrap(), SECRET);
        assert!(
            std::fs::read(at("etc/records"))
                .unwrap()
                .starts_with(SECRET)
        );
        assert!(small_files(&at("none")).is_err());
    }
}
