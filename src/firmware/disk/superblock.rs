//! What an ext4 file system says of itself, read without mounting it: is there one, how large does
//! it believe to be, and where are its copies.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The first one, bytes from the partition's beginning.
const FIRST: u64 = 1024;
/// Its length as far as we read.
const LENGTH: usize = 1024;

/// Where copies are, as `e2fsck -b` and `-B` want them: block and size of a block. mkfs.ext4 puts
/// one into the second group, whose place depends on the block's size only.
pub const COPIES: [(u64, u64); 5] = [
    (32_768, 4_096),
    (98_304, 4_096),
    (8_193, 1_024),
    (24_577, 1_024),
    (16_384, 2_048),
];

/// Size and state in a superblock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Superblock {
    /// Size in bytes by the superblock.
    pub bytes: u64,
    /// Was an error found in it while it was mounted?
    pub has_errors: bool,
}

/// Superblock found on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signs {
    /// It can be looked at.
    Whole(Superblock),
    /// Its beginning is gone, a copy is left: block, and size of a block.
    Copy(u64, u64),
    /// Nothing: it was never one, or all of it is overwritten.
    Nothing,
}

/// Looks for a superblock.
///
/// # Errors
/// The device can't be read: that says nothing about what is on it.
pub fn signs(device: &Path) -> io::Result<Signs> {
    let file = File::open(device)?;
    if let Some(superblock) = read(&file, FIRST)? {
        return Ok(Signs::Whole(superblock));
    }
    for (block, size) in COPIES {
        if read(&file, block * size)?.is_some() {
            return Ok(Signs::Copy(block, size));
        }
    }
    Ok(Signs::Nothing)
}

fn read(file: &File, at: u64) -> io::Result<Option<Superblock>> {
    let mut bytes = [0; LENGTH];
    match file.read_exact_at(&mut bytes, at) {
        Ok(()) => Ok(parse(&bytes)),
        // the device is shorter
        Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(cause) => Err(cause),
    }
}

/// Fields by their places in `struct ext4_super_block`.
fn parse(bytes: &[u8; LENGTH]) -> Option<Superblock> {
    let half = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let word = |at: usize| u32::from(half(at)) | u32::from(half(at + 2)) << 16;
    const MAGIC: usize = 0x38;
    const STATE: usize = 0x3a;
    const INCOMPATIBLE: usize = 0x60;
    const WIDE: u32 = 0x80;
    let log_block_size = word(0x18);
    if half(MAGIC) != 0xef53 || log_block_size > 6 {
        return None;
    }
    let high = match word(INCOMPATIBLE) & WIDE {
        0 => 0,
        _ => word(0x150),
    };
    let blocks = u64::from(high) << 32 | u64::from(word(0x4));
    Some(Superblock {
        bytes: blocks.checked_mul(1024 << log_block_size)?,
        has_errors: half(STATE) & 2 != 0,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::fs::OpenOptions;
    use std::process::Command;

    /// A real one, where the machine has mkfs.ext4 (tests/tools.sh image brings it).
    fn made(path: &Path, megabytes: u64, block: &str) -> bool {
        let file = File::create(path).unwrap();
        file.set_len(megabytes * 1_048_576).unwrap();
        let made = Command::new("/sbin/mkfs.ext4")
            .args(["-q", "-F", "-b", block])
            .arg(path)
            .status();
        made.is_ok_and(|status| status.success())
    }

    #[test]
    fn knows_a_real_one_and_its_copies() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        for (megabytes, block, copy) in
            [(256, "4096", (32_768, 4_096)), (64, "1024", (8_193, 1_024))]
        {
            if !made(&path, megabytes, block) {
                eprintln!("passed over: no mkfs.ext4 here");
                return;
            }
            let whole = Superblock {
                bytes: megabytes * 1_048_576,
                has_errors: false,
            };
            assert_eq!(signs(&path).unwrap(), Signs::Whole(whole));
            let file = OpenOptions::new().write(true).open(&path).unwrap();
            file.write_all_at(&[0; 4096], 0).unwrap();
            assert_eq!(signs(&path).unwrap(), Signs::Copy(copy.0, copy.1));
            file.set_len(0).unwrap();
            file.set_len(megabytes * 1_048_576).unwrap();
            assert_eq!(signs(&path).unwrap(), Signs::Nothing);
        }
        assert!(signs(&folder.path().join("none")).is_err());
    }

    #[test]
    fn nothing_makes_it_stumble() {
        let mut bytes = [0xff; LENGTH];
        assert_eq!(parse(&bytes), None);
        bytes[0x38..0x3a].copy_from_slice(&0xef53_u16.to_le_bytes());
        assert_eq!(parse(&bytes), None, "blocks of 2^31 KB");
        bytes[0x18..0x1c].copy_from_slice(&2_u32.to_le_bytes());
        assert_eq!(parse(&bytes), None, "more bytes than there are");
    }
}
