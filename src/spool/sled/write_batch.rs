//! A write batch: a page laid out in memory before the first byte is written. Pure.

use std::collections::VecDeque;

use super::checkpoint::Checkpoint;
use super::index::KeptLetter;
use crate::lines::Lines;
use crate::spool::batch::{self, Encoder, Label, PackedLines};
use crate::spool::state::{self, SpoolState};
use crate::spool::{DeadLetter, SpoolPage, dead_letter, fragment, seen};

/// The most records set aside that are kept, and the most that they take on disk, bytes.
pub(super) const MOST_ASIDES: usize = 256;
pub(super) const MOST_ASIDE_BYTES: u64 = 1 << 20;

/// Why a page cannot be written, whatever the disk says.
#[derive(Debug, thiserror::Error)]
pub(super) enum TooLong {
    #[error("a line of {0} bytes is longer than the {max} that a line may have", max = LONGEST)]
    Line(usize),
    #[error("the cursors take {0} bytes, more than the limit of {max}", max = state::MOST)]
    Cursor(usize),
    #[error("no memory for zstd: {0}")]
    Zstd(String),
}

/// The longest line, bytes: what a batch of it alone may unfold to.
const LONGEST: usize = batch::MOST_RAW - 1024;

/// Pieces to be written, and what holds when they are.
pub(super) struct WriteBatch {
    pub(super) state: SpoolState,
    pub(super) asides: VecDeque<KeptLetter>,
    /// Where the first of `pieces` belongs.
    pub(super) begin: u32,
    pub(super) pieces: Vec<Vec<u8>>,
    /// Of all pieces.
    pub(super) bytes: u64,
}

impl WriteBatch {
    /// Goes on behind what a store holds.
    pub(super) fn behind(state: &SpoolState, asides: &VecDeque<KeptLetter>) -> Self {
        let mut state = state.clone();
        state.page = state.pieces;
        state.seq += 1;
        Self {
            begin: state.pieces,
            state,
            asides: asides.clone(),
            pieces: Vec::new(),
            bytes: 0,
        }
    }

    /// Begins a store with what the one before leaves.
    pub(super) fn heir(inheritance: &Checkpoint) -> Result<Self, TooLong> {
        let mut state = inheritance.state.clone();
        (state.pieces, state.page, state.inherited) = (0, 0, 0);
        (state.aside, state.asides) = (None, 0);
        for stream in &mut state.streams {
            stream.seen_last = None;
        }
        let mut draft = Self::behind(&state, &VecDeque::new());
        for (stream, chunks) in &inheritance.seen {
            draft.chunks(*stream, chunks);
        }
        for record in &inheritance.asides {
            draft.chain(record);
        }
        draft.state.inherited = draft.state.pieces;
        Ok(draft)
    }

    /// Adds a page.
    pub(super) fn page(
        &mut self,
        page: &SpoolPage<'_>,
        now_ms: i64,
        encoder: &mut Encoder,
    ) -> Result<(), TooLong> {
        for packed in page.packed {
            self.packed(packed, now_ms);
        }
        self.lines(page.lines, now_ms, encoder)?;
        let before = {
            let stream = self.state.stream_mut(page.stream);
            stream.cursor.clear();
            stream.cursor.extend(page.cursor);
            stream.seen_from = stream.seen_from.max(page.forget_seen.min(stream.seen_next));
            if stream.seen_from == stream.seen_next {
                stream.seen_last = None;
            }
            stream.seen_last
        };
        if !page.seen.is_empty() {
            let line = self.state.next;
            let number = self.state.stream_mut(page.stream).seen_next;
            let chunk = std::iter::once((number, page.seen));
            let record = seen::encode(line, page.stream, before, chunk);
            let at = self.push(&record);
            let stream = self.state.stream_mut(page.stream);
            stream.seen_last = Some(at);
            stream.seen_next += 1;
        }
        self.set_aside(page.aside)?;
        Ok(())
    }

    /// The state as it goes to disk, last of all.
    pub(super) fn sealed_state(&self) -> Result<Vec<u8>, TooLong> {
        let sealed = self.state.encode();
        if sealed.len() > state::MOST {
            return Err(TooLong::Cursor(sealed.len()));
        }
        Ok(sealed)
    }

    fn lines(&mut self, lines: &Lines, now_ms: i64, encoder: &mut Encoder) -> Result<(), TooLong> {
        let mut batch = Lines::default();
        for (line, &tag) in lines.iter().zip(lines.tags()) {
            if line.len() > LONGEST {
                return Err(TooLong::Line(line.len()));
            }
            let full =
                batch.len() == batch::MOST_LINES || batch.bytes() + line.len() > batch::MOST_TEXT;
            if full && !batch.is_empty() {
                self.batch(&batch, now_ms, encoder)?;
                batch.clear();
            }
            batch.push_with(tag, |text| text.push_str(line));
        }
        if batch.is_empty() {
            return Ok(());
        }
        self.batch(&batch, now_ms, encoder)
    }

    /// Lines that were compressed as they came.
    fn packed(&mut self, lines: &PackedLines, at_ms: i64) {
        let record = lines.seal(self.label(at_ms));
        self.push(&record);
        self.state.next += u64::from(lines.count());
        self.state.text += lines.text_bytes();
    }

    fn label(&self, at_ms: i64) -> Label {
        Label {
            first: self.state.next,
            at_ms,
            before: self.state.text,
        }
    }

    fn batch(&mut self, lines: &Lines, at_ms: i64, encoder: &mut Encoder) -> Result<(), TooLong> {
        let record = encoder
            .encode(self.label(at_ms), lines)
            .map_err(|error| TooLong::Zstd(error.to_string()))?;
        self.push(&record);
        self.state.next += lines.len() as u64;
        self.state.text += lines.bytes() as u64;
        Ok(())
    }

    /// Chunks of an earlier store, several to a record.
    fn chunks(&mut self, stream: u8, chunks: &[seen::Chunk]) {
        let mut rest = chunks;
        while !rest.is_empty() {
            let mut room = fragment::MOST;
            let fit = rest
                .iter()
                .take_while(|(_, bytes)| {
                    room = room.saturating_sub(bytes.len() + 12);
                    room > 0
                })
                .count()
                .max(1);
            let (now, later) = rest.split_at(fit);
            let before = self.state.stream_mut(stream).seen_last;
            let chunks = now
                .iter()
                .map(|(number, bytes)| (*number, bytes.as_slice()));
            let record = seen::encode(self.state.next, stream, before, chunks);
            let at = self.push(&record);
            self.state.stream_mut(stream).seen_last = Some(at);
            rest = later;
        }
    }

    /// The newest records that are within the bounds; the others are not even written.
    pub(super) fn set_aside(&mut self, asides: &[DeadLetter]) -> Result<(), TooLong> {
        let mut records = Vec::new();
        let mut total = 0;
        for aside in asides.iter().rev().take(MOST_ASIDES) {
            let record = dead_letter::encode(self.state.next, None, aside)
                .map_err(|error| TooLong::Zstd(error.to_string()))?;
            total += record.len() as u64;
            if total > MOST_ASIDE_BYTES && !records.is_empty() {
                break;
            }
            records.push(record);
        }
        self.state.asides_gone += (asides.len() - records.len()) as u64;
        for record in records.iter().rev() {
            self.chain(record);
        }
        Ok(())
    }

    /// Adds a record set aside behind the one before.
    fn chain(&mut self, record: &[u8]) {
        let (line, before) = (self.state.next, self.state.aside);
        if let Ok(record) = dead_letter::rechained(record, line, before) {
            self.keep(&record);
        }
    }

    /// Adds a record set aside and lets the oldest go that are too many.
    fn keep(&mut self, record: &[u8]) {
        let at = self.push(record);
        self.state.aside = Some(at);
        let bytes = u32::try_from(record.len()).unwrap_or(u32::MAX);
        self.asides.push_back(KeptLetter { at, bytes });
        let mut total: u64 = self.asides.iter().map(|kept| u64::from(kept.bytes)).sum();
        while self.asides.len() > MOST_ASIDES || (total > MOST_ASIDE_BYTES && self.asides.len() > 1)
        {
            let Some(oldest) = self.asides.pop_front() else {
                break;
            };
            total -= u64::from(oldest.bytes);
            self.state.asides_gone += 1;
        }
        self.state.asides = u32::try_from(self.asides.len()).unwrap_or(u32::MAX);
    }

    fn push(&mut self, record: &[u8]) -> u32 {
        let at = self.state.pieces;
        for piece in fragment::cut(record) {
            self.bytes += piece.len() as u64;
            self.pieces.push(piece);
            self.state.pieces += 1;
        }
        at
    }
}

#[cfg(test)]
mod tests;
