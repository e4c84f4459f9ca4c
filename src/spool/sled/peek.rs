//! Hands lines to the forwarder.

use std::sync::PoisonError;

use super::error::StoreError;
use super::index::{HandedOut, Hole, Whereabouts};
use super::probe;
use super::record_reader::{Lookup, RecordReader};
use super::recovery;
use super::segments::{self, SegmentId};
use super::store::Store;
use super::{SledSpool, held};
use crate::spool::batch::Decoder;
use crate::spool::record::{self, RecordKind};
use crate::spool::{Batch, Repair, SpoolError};

/// A disk that fails at the same place so often, and still takes writes, has lost that place.
const MOST_STRIKES: u8 = 3;

/// The reading side.
pub(super) struct BatchReader {
    /// The store that was last read from, unless it is the newest.
    pub(super) tail: Option<BatchTail>,
    /// Where the batch after the last one begins.
    place: Option<Place>,
    /// Where the disk failed, and how often in a row.
    strikes: Option<(SegmentId, u32, u8)>,
    /// How far the SIEM had come when that was last written.
    pub(super) noted: u64,
    decoder: Decoder,
}

/// A store that is read from.
pub(super) struct BatchTail {
    pub(super) id: SegmentId,
    pub(super) store: Store,
    /// How many of its pieces count.
    pub(super) pieces: u32,
}

#[derive(Clone, Copy)]
struct Place {
    id: SegmentId,
    line: u64,
    index: u32,
}

impl BatchReader {
    pub(super) fn new(decoder: Decoder, noted: u64) -> Self {
        Self {
            tail: None,
            place: None,
            strikes: None,
            noted,
            decoder,
        }
    }

    pub(super) fn keep_open(&mut self, id: SegmentId, store: Store, pieces: u32) {
        self.tail = Some(BatchTail { id, store, pieces });
    }
}

impl SledSpool {
    pub(super) fn hand_out(&self, from: u64) -> Result<Option<Batch>, SpoolError> {
        let mut reader = held(&self.reader);
        let mut from = from;
        loop {
            let at = {
                let tally = held(&self.tally);
                from = from.max(tally.progress.first);
                (from < tally.next).then(|| tally.find(from)).flatten()
            };
            let Some(at) = at else {
                return Ok(None);
            };
            if let Some(batch) = self.hand_out_of(&mut reader, at, from)? {
                return Ok(Some(batch));
            }
            if at.newest {
                return Ok(None);
            }
            from = from.max(at.end);
        }
    }

    /// The first batch of this store with line `from` or a later one.
    fn hand_out_of(
        &self,
        reader: &mut BatchReader,
        at: Whereabouts,
        from: u64,
    ) -> Result<Option<Batch>, SpoolError> {
        if !at.newest && !self.open_tail(reader, at)? {
            return Ok(None);
        }
        let head = self.head.read().unwrap_or_else(PoisonError::into_inner);
        let tail = reader.tail.take();
        let shelf = match (&tail, head.as_ref()) {
            (Some(tail), _) if !at.newest => RecordReader {
                store: &tail.store,
                pieces: tail.pieces,
            },
            (_, Some(head)) => RecordReader {
                store: &head.store,
                pieces: at.pieces,
            },
            (_, None) => {
                reader.tail = tail;
                return Err(self.closed());
            }
        };
        let answer = self.search(reader, shelf, at, from);
        let answer = answer.map_err(|trouble| trouble.at(shelf.store.path(), "read"));
        reader.tail = tail;
        answer
    }

    fn search(
        &self,
        reader: &mut BatchReader,
        shelf: RecordReader<'_>,
        at: Whereabouts,
        from: u64,
    ) -> Result<Option<Batch>, StoreError> {
        let place = reader
            .place
            .filter(|place| place.id == at.id && place.line == from);
        let mut index = match place {
            Some(place) => place.index,
            None => shelf.find(from)?,
        };
        // The line that should come next, and damaged pieces since the last good one.
        let mut expected = from;
        let mut damaged = 0;
        while index < shelf.pieces {
            let found = match shelf.record(index) {
                Err(trouble) if trouble.is_disk() && self.is_lost(reader, at.id, index) => {
                    Lookup::Damaged { next: index + 1 }
                }
                found => found?,
            };
            let (record, next) = match found {
                Lookup::Record { bytes, next } => (bytes, next),
                Lookup::Damaged { next } => {
                    damaged += 1;
                    index = next;
                    continue;
                }
            };
            index = next;
            let lines = match record::open(&record) {
                Ok(opened) if opened.kind != RecordKind::Lines => continue,
                Ok(_) => reader.decoder.decode(&record),
                Err(broken) => Err(broken),
            };
            let Ok((label, lines)) = lines else {
                damaged += 1;
                let now_ms = held(&self.tally).now_ms;
                self.attic
                    .keep(&format!("lines-{expected:020}"), &record, now_ms);
                continue;
            };
            if label.first >= at.end {
                break;
            }
            let batch = Batch {
                first: label.first,
                lines,
            };
            if batch.next() > from {
                self.pass_over(expected, batch.first, damaged);
                reader.strikes = None;
                reader.place = Some(Place {
                    id: at.id,
                    line: batch.next(),
                    index,
                });
                held(&self.tally).mark(HandedOut {
                    first: batch.first,
                    next: batch.next(),
                    at_ms: label.at_ms,
                    before: label.before,
                    text: batch.lines.bytes() as u64,
                });
                return Ok(Some(batch));
            }
            expected = expected.max(batch.next());
            damaged = 0;
        }
        self.pass_over(expected, at.end, damaged);
        Ok(None)
    }

    /// Lines that should be there are not.
    fn pass_over(&self, first: u64, next: u64, pieces: u64) {
        if first >= next {
            return;
        }
        let hole = Hole {
            first,
            next,
            lines: next - first,
            pieces: pieces.max(1),
        };
        let mut tally = held(&self.tally);
        if tally.lose(hole) {
            tally.repaired(Repair::LinesLost {
                first,
                lines: hole.lines,
            });
        }
    }

    /// The disk failed at this piece. Is it the piece that is lost, or may the disk come back?
    fn is_lost(&self, reader: &mut BatchReader, id: SegmentId, index: u32) -> bool {
        let before = match reader.strikes {
            Some((at, piece, times)) if (at, piece) == (id, index) => times,
            _ => 0,
        };
        let times = before.saturating_add(1);
        reader.strikes = Some((id, index, times));
        times >= MOST_STRIKES && probe::disk_works(&self.folder).is_ok()
    }

    /// Opens a store that is not the newest. False where it cannot be opened and was moved away.
    fn open_tail(&self, reader: &mut BatchReader, at: Whereabouts) -> Result<bool, SpoolError> {
        if reader.tail.as_ref().is_some_and(|tail| tail.id == at.id) {
            return Ok(true);
        }
        if let Some(tail) = reader.tail.take() {
            tail.store.close();
        }
        let path = segments::path(&self.folder, at.id);
        match self.open_with_room(&path) {
            Ok((store, mended)) => {
                if mended {
                    held(&self.tally).repaired(Repair::MadeAgain { path });
                }
                let pieces = recovery::pieces_of(&store);
                reader.keep_open(at.id, store, pieces);
                Ok(true)
            }
            Err(trouble) if trouble.is_damage() || trouble.is_disk() => {
                self.set_store_aside(at, &trouble)?;
                Ok(false)
            }
            Err(trouble) => Err(trouble.at(&path, "open")),
        }
    }
}

#[cfg(test)]
mod tests;
