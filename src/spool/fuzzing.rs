//! The codecs behind one interface for the fuzz targets (`tests/fuzz`). siembox itself does not use
//! this.

use super::DeadLetter;
use super::batch::{Decoder, Encoder, Label};
use super::dead_letter;
use super::fragment;
use super::record::{self, RecordKind};
use super::seen;
use super::state::{SpoolProgress, SpoolState};
use crate::lines::Lines;

/// One of the codecs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Codec {
    Lines,
    Seen,
    DeadLetter,
    State,
    Progress,
}

/// What a codec made of some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reread {
    /// The same, written anew.
    pub bytes: Vec<u8>,
    /// Memory that what was read takes, bytes.
    pub size: usize,
}

/// The lines of a batch as they go to flash; `None` where zstd refuses.
#[must_use]
pub fn batch(first: u64, at_ms: i64, before: u64, lines: &Lines) -> Option<Vec<u8>> {
    let label = Label {
        first,
        at_ms,
        before,
    };
    Encoder::new().ok()?.encode(label, lines).ok()
}

/// A record set aside as it goes to flash; `None` where zstd refuses.
#[must_use]
pub fn set_aside(line: u64, before: Option<u32>, aside: &DeadLetter) -> Option<Vec<u8>> {
    dead_letter::encode(line, before, aside).ok()
}

/// What stands in an envelope that is whole.
#[must_use]
pub fn body(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let opened = record::open(bytes).ok()?;
    Some((opened.line, opened.body))
}

/// The pieces that a record is cut into.
#[must_use]
pub fn pieces(record: &[u8]) -> Vec<Vec<u8>> {
    fragment::cut(record).collect()
}

/// A piece's number, how many there are, and its bytes; `None` where it can't be one.
#[must_use]
pub fn piece(bytes: &[u8]) -> Option<(u32, u32, &[u8])> {
    fragment::read(bytes).map(|piece| (piece.number, piece.of, piece.bytes))
}

impl Codec {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Lines,
        Self::Seen,
        Self::DeadLetter,
        Self::State,
        Self::Progress,
    ];

    /// A whole envelope of this codec's kind around any body.
    #[must_use]
    pub fn seal(self, line: u64, body: &[u8]) -> Vec<u8> {
        let kind = match self {
            Self::Lines => RecordKind::Lines,
            Self::Seen => RecordKind::Seen,
            Self::DeadLetter => RecordKind::DeadLetter,
            Self::State => RecordKind::State,
            Self::Progress => RecordKind::Progress,
        };
        record::seal(kind, line, |out| out.extend(body))
    }

    /// Reads the bytes and writes what was read. `None` where they are refused.
    #[must_use]
    pub fn reread(self, bytes: &[u8]) -> Option<Reread> {
        let line = record::peep_line(bytes).unwrap_or_default();
        let (bytes, size) = match self {
            Self::Lines => {
                let (label, lines) = Decoder::new().ok()?.decode(bytes).ok()?;
                let size = lines.bytes() + size_of::<usize>() * lines.len();
                (Encoder::new().ok()?.encode(label, &lines).ok()?, size)
            }
            Self::Seen => {
                let seen = seen::decode(bytes).ok()?;
                let chunks = seen.chunks.iter();
                let size = chunks.clone().map(|(_, chunk)| chunk.len() + 32).sum();
                let chunks = chunks.map(|(number, chunk)| (*number, chunk.as_slice()));
                (seen::encode(line, seen.stream, seen.before, chunks), size)
            }
            Self::DeadLetter => {
                let (before, aside) = dead_letter::decode(bytes).ok()?;
                let size = aside.id.len() + aside.reason.len() + aside.bytes.len();
                (dead_letter::encode(line, before, &aside).ok()?, size)
            }
            Self::State => {
                let state = SpoolState::decode(bytes).ok()?;
                let streams = state.streams.iter();
                let size = streams.map(|stream| stream.cursor.len() + 64).sum();
                (state.encode(), size)
            }
            Self::Progress => (SpoolProgress::decode(bytes).ok()?.encode(), 24),
        };
        Some(Reread { bytes, size })
    }
}
