//! Reads the records of a segment, some of which may be damaged.

use super::error::StoreError;
use super::store::Store;
use crate::spool::{fragment, record};

/// A store and how many of its pieces count.
#[derive(Clone, Copy)]
pub(super) struct RecordReader<'a> {
    pub(super) store: &'a Store,
    pub(super) pieces: u32,
}

/// What begins at a place.
pub(super) enum Lookup {
    /// A record, put together but not checked.
    Record {
        bytes: Vec<u8>,
        /// Where the next one begins.
        next: u32,
    },
    /// Nothing that could be put together.
    Damaged {
        /// Where to look on.
        next: u32,
    },
}

impl RecordReader<'_> {
    /// The record that begins at this piece.
    ///
    /// # Errors
    /// Where the system refuses to read. Damage is an answer.
    pub(super) fn record(self, index: u32) -> Result<Lookup, StoreError> {
        let mut bytes = Vec::new();
        let mut at = index;
        loop {
            let damaged = Lookup::Damaged {
                next: at.max(index + 1),
            };
            let Some(value) = self.value(at)? else {
                return Ok(damaged);
            };
            let Some(piece) = fragment::read(&value) else {
                return Ok(damaged);
            };
            if piece.number != at - index || self.pieces - at < piece.of - piece.number {
                return Ok(damaged);
            }
            bytes.extend(piece.bytes);
            at += 1;
            if piece.number + 1 == piece.of {
                return Ok(Lookup::Record { bytes, next: at });
            }
        }
    }

    /// Where to start reading for this line: the last record that stands at it or before it, of
    /// those that can be read.
    pub(super) fn find(self, line: u64) -> Result<u32, StoreError> {
        let (mut from, mut to, mut best) = (0, self.pieces, 0);
        while from < to {
            let middle = from + (to - from) / 2;
            match self.beginning(middle, from)? {
                Some((begin, stands_at)) if stands_at > line => to = begin,
                Some((begin, _)) => {
                    best = begin;
                    from = middle + 1;
                }
                None => from = middle + 1,
            }
        }
        Ok(best)
    }

    /// The record that this piece belongs to, or the next one to the left, down to `least`: where
    /// it begins, and its line.
    fn beginning(self, index: u32, least: u32) -> Result<Option<(u32, u64)>, StoreError> {
        for at in (least..=index).rev() {
            let Some(value) = self.readable(at)? else {
                continue;
            };
            let Some(begin) = fragment::read(&value).and_then(|piece| at.checked_sub(piece.number))
            else {
                continue;
            };
            let Some(value) = self.readable(begin)? else {
                continue;
            };
            let line = fragment::read(&value).and_then(|piece| record::peep_line(piece.bytes));
            if let Some(line) = line {
                return Ok(Some((begin, line)));
            }
        }
        Ok(None)
    }

    /// For the search, a place where the disk fails is like a damaged one: whoever reads there will
    /// see.
    fn readable(self, index: u32) -> Result<Option<::sled::IVec>, StoreError> {
        match self.value(index) {
            Err(trouble) if trouble.is_disk() => Ok(None),
            answer => answer,
        }
    }

    fn value(self, index: u32) -> Result<Option<::sled::IVec>, StoreError> {
        match self.store.piece(index) {
            Err(trouble) if trouble.is_damage() => Ok(None),
            answer => answer,
        }
    }
}
