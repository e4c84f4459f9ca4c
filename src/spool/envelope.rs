//! The outside of everything that the spool writes: which format, what kind, which line it stands at, and a checksum.
//!
//! ```text
//! 0      1     2        6      14
//! format kind  crc-32   line   body …        numbers little endian; the checksum covers kind, line and body
//! ```
//!
//! The store below has checksums of its own. This one also finds what went wrong above it or in memory, and it makes
//! damage a thing that the codec decides, whatever the store says.

use super::take::Take;

/// First byte of everything that this version writes. 2: lines have tags, the progress has a note.
const FORMAT: u8 = 2;

/// What the body holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// Lines to forward: see `batch`.
    Lines = 1,
    /// Fingerprints of a page: see `seen`.
    Seen = 2,
    /// A record that could not be read: see `aside`.
    Aside = 3,
    /// What holds after a page: see `state`.
    State = 4,
    /// How far the SIEM has come: see `state`.
    Progress = 5,
    /// Cursors and fingerprints, copied out of the store: see `sled::copy`.
    Copy = 6,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Self> {
        [
            Self::Lines,
            Self::Seen,
            Self::Aside,
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
    pub(super) kind: Kind,
    /// The number of the first line inside; for what holds no lines, the number that the next line will have.
    pub(super) line: u64,
    pub(super) body: &'a [u8],
}

/// Why bytes from flash cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    #[error("it is cut short")]
    Short,
    #[error("it is of format {0}, which this version does not know")]
    Format(u8),
    #[error("its checksum does not fit")]
    Checksum,
    #[error("it is of another kind")]
    Kind,
    #[error("its checksum fits, its content does not: {0}")]
    Content(&'static str),
}

/// Closes an envelope around what `body` writes.
pub(super) fn seal(kind: Kind, line: u64, body: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = vec![FORMAT, kind as u8, 0, 0, 0, 0];
    out.extend(line.to_le_bytes());
    body(&mut out);
    let sum = checksum(&out).to_le_bytes();
    out[2..6].copy_from_slice(&sum);
    out
}

/// Opens an envelope.
pub(super) fn open(bytes: &[u8]) -> Result<Opened<'_>, Broken> {
    let mut take = Take(bytes);
    let format = take.u8().ok_or(Broken::Short)?;
    if format != FORMAT {
        return Err(Broken::Format(format));
    }
    let kind = take.u8().ok_or(Broken::Short)?;
    let sum = take.u32().ok_or(Broken::Short)?;
    let line = take.u64().ok_or(Broken::Short)?;
    if checksum(bytes) != sum {
        return Err(Broken::Checksum);
    }
    let kind = Kind::from_byte(kind).ok_or(Broken::Kind)?;
    Ok(Opened {
        kind,
        line,
        body: take.0,
    })
}

/// The format of a newer version, where this is whole and of one: all formats begin alike.
pub(super) fn newer(bytes: &[u8]) -> Option<u8> {
    let (format, sum) = (*bytes.first()?, bytes.get(2..6)?);
    (format > FORMAT && checksum(bytes).to_le_bytes() == *sum).then_some(format)
}

/// Opens an envelope that must be of this kind.
pub(super) fn open_as(kind: Kind, bytes: &[u8]) -> Result<Opened<'_>, Broken> {
    let opened = open(bytes)?;
    (opened.kind == kind).then_some(opened).ok_or(Broken::Kind)
}

/// The line that an envelope says it stands at, unchecked: good for searching, not for believing.
pub(super) fn peep_line(bytes: &[u8]) -> Option<u64> {
    Take(bytes.get(6..)?).u64()
}

/// Of everything but the format and the checksum itself. The bytes are at least `HEAD` long.
fn checksum(bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[1..2]);
    hasher.update(&bytes[6..]);
    hasher.finalize()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Bytes before the body.
    const HEAD: usize = 14;

    #[test]
    fn comes_back_as_it_went() {
        let bytes = seal(Kind::Seen, 77, |out| out.extend(b"body"));
        assert_eq!(bytes.len(), HEAD + 4);
        assert_eq!(peep_line(&bytes), Some(77));
        let opened = open(&bytes).unwrap();
        assert_eq!((opened.kind, opened.line), (Kind::Seen, 77));
        assert_eq!(opened.body, b"body");
        assert_eq!(open_as(Kind::Lines, &bytes), Err(Broken::Kind));
    }

    #[test]
    fn any_flipped_bit_and_any_cut_is_found() {
        let bytes = seal(Kind::Lines, 5, |out| out.extend(b"some lines"));
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
