//! Looking after the data partition's file system before it is mounted: e2fsck at each start,
//! resize2fs after it grew.
//!
//! What is on it may be the only copy of lines that a SIEM has not read yet. So nothing here makes
//! a new file system where there is a trace of an old one: what can't be repaired is left as it is,
//! and said.

use std::io;
use std::path::Path;

use super::superblock::{Signs, Superblock, signs};
use crate::firmware::program::{Ran, run};

const E2FSCK: &str = "/sbin/e2fsck";
/// Name of the file system.
const LABEL: &str = "siembox-data";

/// State of the file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Clean, or after a power cut like clean.
    Clean,
    /// Something was mended; what was lost, if anything, is in lost+found.
    Repaired,
    /// There never was one.
    Blank,
    /// It can't be mended.
    Beyond {
        /// What e2fsck said.
        why: String,
    },
}

/// What one run of e2fsck means, from its exit code (e2fsck(8)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Clean,
    Corrected,
    /// Errors are left: another, bolder run may mend them.
    Left,
    /// e2fsck could not check.
    Failed,
}

/// Looks, and mends what can be. One that is to grow is looked at from end to end: resize2fs trusts
/// what it finds.
///
/// # Errors
/// The device can't be read, or there is no e2fsck.
pub fn check(device: &Path, bytes: u64) -> io::Result<Health> {
    let copy = match signs(device)? {
        Signs::Nothing => return Ok(Health::Blank),
        Signs::Copy(block, size) => Some((block, size)),
        Signs::Whole(superblock) => {
            let thorough = superblock.has_errors || is_small(superblock, bytes);
            let force = if thorough { "-pf" } else { "-p" };
            match Verdict::of(&run(E2FSCK, [force.as_ref(), device.as_os_str()], "")?) {
                Verdict::Clean => return Ok(Health::Clean),
                Verdict::Corrected => return Ok(Health::Repaired),
                Verdict::Left | Verdict::Failed => None,
            }
        }
    };
    bolder(device, copy)
}

/// Says yes to all that e2fsck proposes: nobody is there to be asked, and what it takes out it puts
/// into lost+found. What the first run mends can bring to light more: it looks twice.
fn bolder(device: &Path, copy: Option<(u64, u64)>) -> io::Result<Health> {
    let mut arguments = vec!["-fy".to_owned()];
    if let Some((block, size)) = copy {
        arguments.extend([
            "-b".into(),
            block.to_string(),
            "-B".into(),
            size.to_string(),
        ]);
    }
    arguments.push(device.display().to_string());
    let mut last = run(E2FSCK, &arguments, "")?;
    if Verdict::of(&last) != Verdict::Clean {
        last = run(E2FSCK, ["-fy".as_ref(), device.as_os_str()], "")?;
    }
    Ok(match Verdict::of(&last) {
        Verdict::Clean | Verdict::Corrected => Health::Repaired,
        Verdict::Left | Verdict::Failed => Health::Beyond {
            why: format!(
                "e2fsck: {}",
                // it likes to begin with its own name
                last.last_line().trim_start_matches("e2fsck: ")
            ),
        },
    })
}

/// Makes a file system that was just checked fill its device of so many bytes. True where it grew.
///
/// # Errors
/// In words; it stays as it was, and whole.
pub fn fill(device: &Path, bytes: u64) -> io::Result<bool> {
    match signs(device)? {
        Signs::Whole(superblock) if is_small(superblock, bytes) => {}
        _ => return Ok(false),
    }
    // -f: without a clock of its own, a board makes the check seem older than the last use
    let ran = run("/sbin/resize2fs", ["-f".as_ref(), device.as_os_str()], "")?;
    match ran.is_well() {
        true => Ok(true),
        false => Err(io::Error::other(format!("resize2fs: {}", ran.last_line()))),
    }
}

/// Does it leave room on its device? Less than one group of blocks is left over at the end anyway.
fn is_small(superblock: Superblock, bytes: u64) -> bool {
    const GROUP: u64 = 128 << 20;
    let missing = bytes.saturating_sub(superblock.bytes);
    missing >= GROUP.min(bytes / 8).max(1)
}

/// Makes a new, empty file system. What was there is gone.
///
/// # Errors
/// In words.
pub fn make(device: &Path) -> io::Result<()> {
    let ran = run(
        "/sbin/mkfs.ext4",
        // few large files live there: one inode for 64 KiB makes tables that are checked fast. 5 %
        // stay for root, as is usual: a spool that fills the disk leaves PID 1 its log and its
        // clock
        [
            "-q", "-F", "-b", "4096", "-i", "65536", "-m", "5", "-L", LABEL,
        ]
        .map(AsRef::as_ref)
        .into_iter()
        .chain([device.as_os_str()]),
        "",
    )?;
    match ran.is_well() {
        true => Ok(()),
        false => Err(io::Error::other(format!("mkfs.ext4: {}", ran.last_line()))),
    }
}

// === impl Verdict ===

impl Verdict {
    fn of(ran: &Ran) -> Self {
        match ran.code {
            Some(0) => Self::Clean,
            // 2 asks for a reboot where the root was checked: ours is not mounted
            Some(code @ 1..=3) if code & !3 == 0 => Self::Corrected,
            Some(code) if code & 4 != 0 && code & !7 == 0 => Self::Left,
            _ => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_only_where_it_is_worth_it() {
        let of = |bytes| Superblock {
            bytes,
            has_errors: false,
        };
        assert!(is_small(of(64 << 20), 20 << 30));
        assert!(!is_small(of((20 << 30) - (100 << 20)), 20 << 30));
        assert!(!is_small(of(64 << 20), 64 << 20));
        assert!(
            !is_small(of(64 << 20), 0),
            "a device that says nothing of its size"
        );
    }

    #[test]
    fn reads_e2fscks_exit_code() {
        let verdict = |code| {
            Verdict::of(&Ran {
                code,
                words: String::new(),
            })
        };
        assert_eq!(verdict(Some(0)), Verdict::Clean);
        for code in [1, 2, 3] {
            assert_eq!(verdict(Some(code)), Verdict::Corrected);
        }
        for code in [4, 5, 6] {
            assert_eq!(verdict(Some(code)), Verdict::Left);
        }
        for code in [Some(8), Some(12), Some(16), Some(32), Some(128), None] {
            assert_eq!(verdict(code), Verdict::Failed, "{code:?}");
        }
    }
}
