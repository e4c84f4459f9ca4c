//! The checkpoint: cursors, fingerprints and dead letters that a segment passes to the next one.
//! Lines stay where they are.

use std::collections::VecDeque;

use super::error::StoreError;
use super::index::KeptLetter;
use super::record_reader::{Lookup, RecordReader};
use crate::spool::seen::{self, Chunk};
use crate::spool::state::{SpoolState, StreamState};
use crate::spool::{DeadLetter, dead_letter};

/// The most fingerprints of a stream that are kept, bytes: four times the window that a source
/// remembers. The oldest go.
const MOST_SEEN: usize = 4 << 20;

/// What the next store begins with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Checkpoint {
    pub(super) state: SpoolState,
    /// By stream, oldest chunk first.
    pub(super) seen: Vec<(u8, Vec<Chunk>)>,
    /// As they lie on disk, oldest first.
    pub(super) asides: Vec<Vec<u8>>,
}

impl Checkpoint {
    /// Everything that this store leaves.
    pub(super) fn of(
        shelf: RecordReader<'_>,
        state: &SpoolState,
        asides: &VecDeque<KeptLetter>,
    ) -> Result<Self, StoreError> {
        let mut kept = Vec::new();
        for aside in asides {
            if let Lookup::Record { bytes, .. } = shelf.record(aside.at)? {
                kept.push(bytes);
            }
        }
        Ok(Self {
            state: state.clone(),
            seen: all_seen(shelf, state)?,
            asides: kept,
        })
    }
}

/// The fingerprints of all streams.
pub(super) fn all_seen(
    shelf: RecordReader<'_>,
    state: &SpoolState,
) -> Result<Vec<(u8, Vec<Chunk>)>, StoreError> {
    state
        .streams
        .iter()
        .map(|stream| Ok((stream.id, seen_of(shelf, stream)?)))
        .collect()
}

/// The chunks of a stream that are not forgotten, oldest first. What cannot be read is left out,
/// with all before it: the worst is a line that is sent twice.
pub(super) fn seen_of(
    shelf: RecordReader<'_>,
    stream: &StreamState,
) -> Result<Vec<Chunk>, StoreError> {
    let mut newest_first: Vec<Chunk> = Vec::new();
    let mut bytes = 0;
    let mut at = stream.seen_last;
    while let Some(begin) = at.filter(|&begin| begin < shelf.pieces) {
        let Lookup::Record { bytes: record, .. } = shelf.record(begin)? else {
            break;
        };
        let Ok(record) = seen::decode(&record) else {
            break;
        };
        if record.stream != stream.id {
            break;
        }
        let older = record
            .chunks
            .first()
            .is_none_or(|(number, _)| *number < stream.seen_from);
        for (number, chunk) in record.chunks.into_iter().rev() {
            bytes += chunk.len() + 32;
            if number >= stream.seen_from && bytes <= MOST_SEEN {
                newest_first.push((number, chunk));
            }
        }
        if older || bytes > MOST_SEEN {
            break;
        }
        at = record.before.filter(|&before| before < begin);
    }
    newest_first.reverse();
    Ok(newest_first)
}

/// Where the records set aside are, oldest first.
pub(super) fn asides_of(
    shelf: RecordReader<'_>,
    state: &SpoolState,
) -> Result<VecDeque<KeptLetter>, StoreError> {
    let mut kept = VecDeque::new();
    let mut at = state.aside;
    while let Some(begin) =
        at.filter(|&begin| begin < shelf.pieces && kept.len() < state.asides as usize)
    {
        let Lookup::Record { bytes, .. } = shelf.record(begin)? else {
            break;
        };
        let Ok((before, _)) = dead_letter::decode(&bytes) else {
            break;
        };
        kept.push_front(KeptLetter {
            at: begin,
            bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        });
        at = before.filter(|&before| before < begin);
    }
    Ok(kept)
}

/// The records set aside themselves, newest first, at most `most`.
pub(super) fn read_asides(
    shelf: RecordReader<'_>,
    kept: &[KeptLetter],
    most: usize,
) -> Result<Vec<DeadLetter>, StoreError> {
    let mut asides = Vec::new();
    for kept in kept.iter().rev().take(most) {
        if let Lookup::Record { bytes, .. } = shelf.record(kept.at)?
            && let Ok((_, aside)) = dead_letter::decode(&bytes)
        {
            asides.push(aside);
        }
    }
    Ok(asides)
}
