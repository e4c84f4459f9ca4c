//! The file of one hour of sent ids: a block of fingerprints with a checksum for each page.
//!
//! ```text
//! count, 2 bytes | its complement, 2 bytes | CRC-32 of what follows, 4 bytes | count × 8 bytes     little-endian
//! ```
//!
//! A block that is cut off at the end is what a kill or a power cut leaves, and so are zeros there:
//! it does not count, and goes with the next page. Everything else that does not fit is damage.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::durable::NewFile;
use crate::own_file;

/// Of one block, fingerprints: bounds what is held in memory. A larger page makes several.
const MOST: usize = 8192;
const HEAD: usize = 8;

/// What stands behind the name of an hour.
const ENDING: &str = "ids";
/// The same of a file that was damaged, and of one that is being made.
const ASIDE: &str = "damaged";
const NEW: &str = "new";

/// How a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IdFile {
    /// Up to here it is whole, bytes: all of it, but for what was cut off.
    pub(super) whole: u64,
    /// Is there damage?
    pub(super) is_damaged: bool,
}

/// What became of a damaged file.
#[derive(Debug)]
pub(super) struct IdFileRepair {
    /// Where it is now.
    pub(super) aside: PathBuf,
    /// Fingerprints of its sound blocks, which stand in its place.
    pub(super) kept: usize,
}

/// The file of an hour with this name.
pub(super) fn named(folder: &Path, hour: &str) -> PathBuf {
    folder.join(format!("{hour}.{ENDING}"))
}

/// The hour of a file's name, whatever of it the file holds; before version 2 it was the whole
/// name.
pub(super) fn hour_of(name: &str) -> &str {
    let (hour, ending) = name.split_once('.').unwrap_or((name, ENDING));
    match ending {
        ENDING | ASIDE | NEW => hour,
        _ => "",
    }
}

/// Fingerprints as they are appended.
pub(super) fn encode(prints: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(prints.len() * 8 + HEAD);
    for block in prints.chunks(MOST) {
        let body: Vec<u8> = block.iter().flat_map(|print| print.to_le_bytes()).collect();
        let count = u16::try_from(block.len()).unwrap_or_default();
        bytes.extend(count.to_le_bytes());
        bytes.extend((!count).to_le_bytes());
        bytes.extend(crc32fast::hash(&body).to_le_bytes());
        bytes.extend(body);
    }
    bytes
}

/// Gives the fingerprints of all sound blocks to `take`, block by block.
pub(super) fn walk(file: impl Read, mut take: impl FnMut(&[[u8; 8]])) -> io::Result<IdFile> {
    let mut file = BufReader::new(file);
    let mut body = vec![0; MOST * 8];
    let mut found = IdFile {
        whole: 0,
        is_damaged: false,
    };
    loop {
        let mut head = [0; HEAD];
        if read_full(&mut file, &mut head)? < HEAD {
            return Ok(found);
        }
        let [c0, c1, n0, n1, sum @ ..] = head;
        let count = u16::from_le_bytes([c0, c1]);
        let body = &mut body[..(usize::from(count) * 8).min(MOST * 8)];
        if count != !u16::from_le_bytes([n0, n1]) || usize::from(count) > MOST || count == 0 {
            found.is_damaged |= head != [0; HEAD] || !is_zeros(&mut file)?;
            return Ok(found);
        }
        if read_full(&mut file, body)? < body.len() {
            return Ok(found);
        }
        if crc32fast::hash(body) == u32::from_le_bytes(sum) {
            take(body.as_chunks::<8>().0);
        } else {
            found.is_damaged = true;
        }
        found.whole += (HEAD + body.len()) as u64;
    }
}

/// Fills the buffer as far as there is something.
fn read_full(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn is_zeros(file: &mut impl Read) -> io::Result<bool> {
    let mut piece = [0; 4096];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(true),
            read if piece[..read].iter().any(|&byte| byte != 0) => return Ok(false),
            _ => {}
        }
    }
}

/// Reads a file of blocks; one that is not there is empty.
pub(super) fn read(path: &Path, take: impl FnMut(&[[u8; 8]])) -> io::Result<IdFile> {
    match own_file::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => walk(io::empty(), take),
        opened => walk(opened?, take),
    }
}

/// Appends blocks behind `whole`, up to where the file is. Returns how long it is then.
pub(super) fn append(file: &mut File, whole: u64, prints: &[u64]) -> io::Result<u64> {
    if file.seek(SeekFrom::End(0))? != whole {
        file.set_len(whole)?;
    }
    let bytes = encode(prints);
    file.write_all(&bytes)?;
    Ok(whole + bytes.len() as u64)
}

/// Puts a file in the place of a damaged one that has all its sound blocks, and the damaged one
/// beside it. `None` where it is sound: who read it before may have read while a block was being
/// written.
pub(super) fn mend(path: &Path) -> io::Result<Option<IdFileRepair>> {
    let (name, aside) = (path.with_extension(NEW), path.with_extension(ASIDE));
    let name = name.file_name().unwrap_or_default();
    let mut new = NewFile::beside(path, name, 0o640, None)?;
    let (mut kept, mut written) = (0, Ok(()));
    let found = read(path, |block| {
        kept += block.len();
        let prints: Vec<u64> = block
            .iter()
            .map(|print| u64::from_le_bytes(*print))
            .collect();
        if written.is_ok() {
            written = new.file.write_all(&encode(&prints));
        }
    })?;
    if !found.is_damaged {
        return Ok(None);
    }
    written?;
    new.file.sync_all()?;
    // a cut between the two leaves the hour without ids: its lines may come twice, none is lost
    fs::rename(path, &aside)?;
    new.take_the_place()?;
    new.sync_folder()?;
    Ok(Some(IdFileRepair { aside, kept }))
}

/// Before version 2: fingerprints one after the other, without a checksum.
pub(super) mod version_1 {
    use super::{File, Path, Read, io, own_file};

    /// Gives all whole fingerprints of a file; of one that is not there, none.
    pub(in crate::sent) fn each(path: &Path, mut take: impl FnMut(u64)) -> io::Result<()> {
        let mut file: File = match own_file::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            opened => opened?,
        };
        let (mut piece, mut held) = (vec![0; 64 * 1024], 0);
        loop {
            let read = file.read(&mut piece[held..])?;
            if read == 0 {
                return Ok(());
            }
            let filled = held + read;
            let (words, rest) = piece[..filled].as_chunks::<8>();
            let prints = words.iter().map(|word| u64::from_le_bytes(*word));
            prints.for_each(&mut take);
            held = rest.len();
            piece.copy_within(filled - held..filled, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn walked(bytes: &[u8]) -> (Vec<u64>, IdFile) {
        let mut prints = Vec::new();
        let found = walk(bytes, |block| {
            prints.extend(block.iter().map(|print| u64::from_le_bytes(*print)));
        });
        (prints, found.unwrap())
    }

    #[test]
    fn names_lead_to_their_hour() {
        for (name, hour) in [
            ("activities-2026110110", "activities-2026110110"),
            ("activities-2026110110.ids", "activities-2026110110"),
            ("activities-2026110110.damaged", "activities-2026110110"),
            ("activities-2026110110.new", "activities-2026110110"),
            ("activities-2026110110.txt", ""),
            ("forgotten", "forgotten"),
        ] {
            assert_eq!(hour_of(name), hour);
        }
    }

    #[test]
    fn a_tail_that_was_cut_off_is_no_damage() {
        let whole = encode(&[1, 2]);
        for cut in 0..whole.len() {
            let bytes = [&whole[..], &whole[..cut]].concat();
            let found = IdFile {
                whole: whole.len() as u64,
                is_damaged: false,
            };
            assert_eq!(walked(&bytes), (vec![1, 2], found), "{cut}");
            let zeros = [&whole[..], &vec![0; cut]].concat();
            assert_eq!(walked(&zeros), (vec![1, 2], found), "{cut}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_comes_back_and_no_changed_byte_goes_unseen(
            pages in prop::collection::vec(prop::collection::vec(any::<u64>(), 1..20), 1..6),
            at: prop::sample::Index,
            by in 1_u8..,
        ) {
            let mut bytes: Vec<u8> = pages.iter().flat_map(|page| encode(page)).collect();
            let all = pages.concat();
            let found = IdFile { whole: bytes.len() as u64, is_damaged: false };
            prop_assert_eq!(walked(&bytes), (all.clone(), found));
            *at.get_mut(&mut bytes) ^= by;
            let (left, found) = walked(&bytes);
            prop_assert!(found.is_damaged);
            prop_assert!(left.len() < all.len());
            // no id appears that was not there
            prop_assert!(left.iter().all(|print| all.contains(print)));
        }

        #[test]
        fn any_bytes_have_an_end(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let (_, found) = walked(&bytes);
            prop_assert!(found.whole <= bytes.len() as u64);
        }
    }

    #[test]
    fn a_page_of_any_length_is_written() {
        let prints: Vec<u64> = (0..2 * MOST as u64 + 1).collect();
        let bytes = encode(&prints);
        assert_eq!(bytes.len(), prints.len() * 8 + 3 * HEAD);
        assert_eq!(walked(&bytes).0, prints);
        assert_eq!(encode(&[]), [0; 0]);
    }
}
