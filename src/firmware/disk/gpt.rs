//! Identities of partitions, read from the disk's own table: Debian's kernel does not tell them,
//! and without them two disks with the same names can't be told apart.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The identity of a partition as the boot loader writes it: `5d1f4a0e-….`, lower case.
///
/// # Errors
/// The disk can't be read, or has no table of this kind.
pub fn partition_uuid(disk: &Path, sector: u64, number: u32) -> io::Result<String> {
    let file = File::open(disk)?;
    let mut header = [0; 92];
    file.read_exact_at(&mut header, sector)?;
    let at = entry_offset(&header, sector, number)
        .ok_or_else(|| io::Error::other("no GPT, or no such partition in it"))?;
    let mut uuid = [0; 16];
    file.read_exact_at(&mut uuid, at)?;
    Ok(in_words(&uuid))
}

/// Where the identity of an entry stands on the disk, from the header (UEFI specification, 5.3.2
/// and 5.3.3).
fn entry_offset(header: &[u8; 92], sector: u64, number: u32) -> Option<u64> {
    let word = |at: usize| Some(u32::from_le_bytes(header.get(at..at + 4)?.try_into().ok()?));
    let first = u64::from_le_bytes(header.get(72..80)?.try_into().ok()?);
    let (count, size) = (word(80)?, word(84)?);
    if !header.starts_with(b"EFI PART") || number == 0 || number > count || size < 128 {
        return None;
    }
    let entries = first.checked_mul(sector)?;
    let entry = u64::from(number - 1).checked_mul(u64::from(size))?;
    entries.checked_add(entry)?.checked_add(16)
}

/// The first three groups stand in little endian (RFC 9562, appendix on Microsoft's GUID).
fn in_words(uuid: &[u8; 16]) -> String {
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut words = String::with_capacity(36);
    for (place, at) in ORDER.into_iter().enumerate() {
        if [4, 6, 8, 10].contains(&place) {
            words.push('-');
        }
        words.push_str(&format!("{:02x}", uuid[at]));
    }
    words
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_the_table() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("disk");
        let mut disk = vec![0; 4096];
        disk[512..520].copy_from_slice(b"EFI PART");
        disk[512 + 72..512 + 80].copy_from_slice(&2_u64.to_le_bytes());
        disk[512 + 80..512 + 84].copy_from_slice(&128_u32.to_le_bytes());
        disk[512 + 84..512 + 88].copy_from_slice(&128_u32.to_le_bytes());
        for place in 0..16 {
            disk[1024 + 128 + 16 + place] = place as u8;
        }
        std::fs::write(&path, &disk).unwrap();
        let uuid = partition_uuid(&path, 512, 2).unwrap();
        assert_eq!(uuid, "03020100-0504-0706-0809-0a0b0c0d0e0f");
        for (sector, number) in [(512, 0), (512, 129), (1024, 1), (4096, 1)] {
            assert!(partition_uuid(&path, sector, number).is_err());
        }
    }
}
