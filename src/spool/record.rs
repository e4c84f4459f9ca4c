//! The envelope of everything that the spool writes: format, kind, line number and checksum.
//!
//! ```text
//! 0      1     2        6      14
//! format kind  crc-32   line   body …        numbers little endian; the checksum covers kind, line and body
//! ```
//!
//! The checksum leaves out the format, so that each version recognises what a newer one wrote. From
//! format 3 on the kind's upper four bits repeat it: a flipped bit makes no older format of it.
//!
//! The store below has checksums of its own. This one also finds what went wrong above it or in
//! memory, and it makes damage a thing that the codec decides, whatever the store says.

use super::byte_reader::ByteReader;

/// First byte of everything that this version writes.
///
/// - 2: lines have tags, the progress has a note.
/// - 3: streams have other numbers, and tags eight bits for them: see
///   [`format_2`](super::format_2).
pub(super) const FORMAT: u8 = 3;
/// The oldest format that is read.
const OLDEST: u8 = 2;

/// What the body holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum RecordKind {
    /// Lines to forward: see `batch`.
    Lines = 1,
    /// Fingerprints of a page: see `seen`.
    Seen = 2,
    /// A record that could not be read: see `aside`.
    DeadLetter = 3,
    /// What holds after a page: see `state`.
    State = 4,
    /// How far the SIEM has come: see `state`.
    Progress = 5,
    /// Cursors and fingerprints, copied out of the store: see `sled::copy`.
    Copy = 6,
}

impl RecordKind {
    fn from_byte(byte: u8) -> Option<Self> {
        [
            Self::Lines,
            Self::Seen,
            Self::DeadLetter,
            Self::State,
            Self::Progress,
            Self::Copy,
        ]
        .into_iter()
        .find(|kind| *kind as u8 == byte)
    }
}

/// An envelope that was opened and is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opened<'a> {
    /// The body may say other things in an older one.
    pub(super) format: u8,
    pub(super) kind: RecordKind,
    /// The number of the first line inside; for what holds no lines, the number that the next line
    /// will have.
    pub(super) line: u64,
    pub(super) body: &'a [u8],
}

/// Why bytes from flash cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    #[error("it is truncated")]
    Short,
    #[error("it has format {0}, which this version does not support")]
    Format(u8),
    #[error("its checksum does not match")]
    Checksum,
    #[error("it is of another kind")]
    Kind,
    #[error("its checksum matches, but its content is invalid: {0}")]
    Content(&'static str),
}

/// Closes an envelope around what `body` writes.
pub(super) fn seal(kind: RecordKind, line: u64, body: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = vec![FORMAT, kind as u8 | repeated(FORMAT), 0, 0, 0, 0];
    out.extend(line.to_le_bytes());
    body(&mut out);
    let sum = checksum(&out).to_le_bytes();
    out[2..6].copy_from_slice(&sum);
    out
}

/// Opens an envelope.
pub(super) fn open(bytes: &[u8]) -> Result<Opened<'_>, Broken> {
    let mut take = ByteReader(bytes);
    let format = take.u8().ok_or(Broken::Short)?;
    if !(OLDEST..=FORMAT).contains(&format) {
        return Err(Broken::Format(format));
    }
    let kind = take.u8().ok_or(Broken::Short)?;
    let sum = take.u32().ok_or(Broken::Short)?;
    let line = take.u64().ok_or(Broken::Short)?;
    if checksum(bytes) != sum {
        return Err(Broken::Checksum);
    }
    let kind = RecordKind::from_byte(kind ^ repeated(format)).ok_or(Broken::Kind)?;
    Ok(Opened {
        format,
        kind,
        line,
        body: take.0,
    })
}

/// The format once more, in the upper half of the kind.
const fn repeated(format: u8) -> u8 {
    if format < 3 { 0 } else { format << 4 }
}

/// The format of a newer version, where this is whole and of one: all formats begin alike.
pub(super) fn newer(bytes: &[u8]) -> Option<u8> {
    let (format, sum) = (*bytes.first()?, bytes.get(2..6)?);
    (format > FORMAT && checksum(bytes).to_le_bytes() == *sum).then_some(format)
}

/// Opens an envelope that must be of this kind.
pub(super) fn open_as(kind: RecordKind, bytes: &[u8]) -> Result<Opened<'_>, Broken> {
    let opened = open(bytes)?;
    (opened.kind == kind).then_some(opened).ok_or(Broken::Kind)
}

/// The line that an envelope says it stands at, unchecked: good for searching, not for believing.
pub(super) fn peep_line(bytes: &[u8]) -> Option<u64> {
    ByteReader(bytes.get(6..)?).u64()
}

/// Of everything but the format and the checksum itself. The bytes are at least `HEAD` long.
fn checksum(bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[1..2]);
    hasher.update(&bytes[6..]);
    hasher.finalize()
}

/// The same as format 2 had it; what is in the body stays.
#[cfg(test)]
pub(super) fn as_format_2(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    (bytes[0], bytes[1]) = (2, bytes[1] ^ repeated(FORMAT));
    let sum = checksum(&bytes).to_le_bytes();
    bytes[2..6].copy_from_slice(&sum);
    bytes
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Bytes before the body.
    const HEAD: usize = 14;

    #[test]
    fn comes_back_as_it_went() {
        let bytes = seal(RecordKind::Seen, 77, |out| out.extend(b"body"));
        assert_eq!(bytes.len(), HEAD + 4);
        assert_eq!(peep_line(&bytes), Some(77));
        let opened = open(&bytes).unwrap();
        assert_eq!((opened.kind, opened.line), (RecordKind::Seen, 77));
        assert_eq!((opened.format, opened.body), (FORMAT, &b"body"[..]));
        assert_eq!(open_as(RecordKind::Lines, &bytes), Err(Broken::Kind));
    }

    /// As the release before wrote it: `seal(Kind::Seen, 77, "body")`.
    const OF_FORMAT_2: [u8; 18] = [
        2, 2, 0x79, 0x91, 0x8, 0x3b, 77, 0, 0, 0, 0, 0, 0, 0, b'b', b'o', b'd', b'y',
    ];

    #[test]
    fn the_format_before_is_read_and_a_newer_one_is_named() {
        let opened = open(&OF_FORMAT_2).unwrap();
        assert_eq!((opened.format, opened.kind), (2, RecordKind::Seen));
        assert_eq!((opened.line, opened.body), (77, &b"body"[..]));
        let mut bytes = OF_FORMAT_2;
        bytes[0] = FORMAT;
        assert_eq!(open(&bytes), Err(Broken::Kind), "its kind says format 2");
        assert_eq!(newer(&bytes), None);
        bytes[0] = FORMAT + 1;
        assert_eq!(open(&bytes), Err(Broken::Format(FORMAT + 1)));
        assert_eq!(newer(&bytes), Some(FORMAT + 1));
    }

    #[test]
    fn any_flipped_bit_and_any_cut_is_found() {
        let bytes = seal(RecordKind::Lines, 5, |out| out.extend(b"some lines"));
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut bad = bytes.clone();
                bad[at] ^= 1 << bit;
                assert!(open(&bad).is_err(), "byte {at} bit {bit}");
            }
            assert!(open(&bytes[..at]).is_err(), "cut at {at}");
        }
    }
}
