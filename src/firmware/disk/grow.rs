//! Grows the data partition to the end of its disk.
//!
//! It can be interrupted anywhere: each boot looks again whether there is room behind the
//! partition, and whether the file system fills it.

use std::io;
use std::path::Path;

use super::partition::Disk;
use crate::firmware::program::run;

/// Less room than this behind the partition is not worth touching the table, sectors of 512 bytes:
/// 16 MiB.
const WORTH_IT: u64 = 32_768;
/// The second table at the disk's end, and what aligning may cost: 1 MiB.
const KEPT: u64 = 2_048;

/// Makes the partition as large as the disk lets it be. True where it grew. Nothing of the disk may
/// be mounted.
///
/// # Errors
/// In words: the table stays as it was.
pub fn grow(disk: &Disk, sys: &Path) -> io::Result<bool> {
    let block = sys.join("class/block");
    let number = |of: &str, file: &str| -> io::Result<u64> {
        let path = block.join(of).join(file);
        let text = std::fs::read_to_string(&path)?;
        let odd = || io::Error::other(format!("{}: {text:?} is not a number", path.display()));
        text.trim().parse().map_err(|_| odd())
    };
    let data = &disk.data;
    let (size, start, length) = (
        number(&disk.name, "size")?,
        number(&data.name, "start")?,
        number(&data.name, "size")?,
    );
    if !is_room(size, start, length) {
        return Ok(false);
    }
    let device = format!("/dev/{}", disk.name);
    let partition = data.number.to_string();
    let arguments = [
        "--quiet",
        "--no-tell-kernel",
        // the second table is where the image ended: it moves to the disk's end
        "--relocate",
        "gpt-bak-std",
        &device,
    ];
    // where sfdisk is too old for it, the next call moves it all the same
    let _ = run("/sbin/sfdisk", arguments, "");
    let ran = run(
        "/sbin/sfdisk",
        ["--quiet", "--force", "-N", &partition, &device],
        ", +\n",
    )?;
    if !ran.is_well() {
        return Err(io::Error::other(format!("sfdisk: {}", ran.last_line())));
    }
    let now = number(&data.name, "size")?;
    match now > length {
        true => Ok(true),
        // the kernel took the new table for its own late, or not: the next boot sees it
        false => Err(io::Error::other(
            "the table is written and takes effect at the next start",
        )),
    }
}

fn is_room(disk: u64, start: u64, length: u64) -> bool {
    let behind = disk.saturating_sub(start.saturating_add(length));
    behind.saturating_sub(KEPT) >= WORTH_IT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_once() {
        let (start, length) = (360_448, 131_072);
        assert!(is_room(40_000_000, start, length));
        assert!(!is_room(40_000_000, start, 40_000_000 - start - 2_048));
        assert!(
            !is_room(start + length + 34, start, length),
            "the image as it is"
        );
        assert!(
            !is_room(0, start, length),
            "a disk that says nothing of its size"
        );
    }
}
