//! Remembers the ids of records that were read, so that a stretch that is read again (which is how
//! late records are found) sends nothing twice.
//!
//! An id is kept as 64 bits of SipHash-1-3. With the window full (131,072 ids) the chance that a
//! new record is taken for an old one is 7e-15. Ids are grouped in chunks, one for each page that
//! brought something new; a chunk is what is written to flash and what is forgotten.

use std::collections::{HashSet, VecDeque};
use std::hash::Hasher;

use siphasher::sip::SipHasher13;

/// The most ids that are remembered per stream: about 5 MB.
const WINDOW: usize = 131_072;

/// A window of ids, bounded in number.
#[derive(Debug, Default)]
pub struct Seen {
    known: HashSet<u64>,
    chunks: VecDeque<Chunk>,
    /// The chunk that grows; not on flash yet.
    fresh: Vec<u64>,
    /// The latest time of `fresh`.
    fresh_until: i64,
    /// Ids at or before this time may have been forgotten.
    forgotten_until: Option<i64>,
    /// The number that the next chunk gets on flash.
    next_number: u64,
}

#[derive(Debug)]
struct Chunk {
    number: u64,
    /// The latest time of its records: it may be forgotten when that lies behind the window.
    until: i64,
    ids: Vec<u64>,
}

impl Seen {
    /// Takes up the chunks that an earlier life wrote, oldest first; the next one gets
    /// `next_number`. Chunks that can't be read are passed over: the worst is a repeated line.
    #[must_use]
    pub fn restore(
        chunks: &[(u64, Vec<u8>)],
        next_number: u64,
        forgotten_until: Option<i64>,
    ) -> Self {
        let mut seen = Self {
            forgotten_until,
            next_number,
            ..Self::default()
        };
        for (number, bytes) in chunks {
            let Some((until, ids)) = decode(bytes) else {
                continue;
            };
            seen.known.extend(&ids);
            seen.chunks.push_back(Chunk {
                number: *number,
                until,
                ids,
            });
        }
        seen
    }

    /// Marks the id as read. False where it was already.
    pub fn admit(&mut self, id: &str, at_ms: i64) -> bool {
        let print = fingerprint(id);
        let new = self.known.insert(print);
        if new {
            self.fresh_until = if self.fresh.is_empty() {
                at_ms
            } else {
                self.fresh_until.max(at_ms)
            };
            self.fresh.push(print);
        }
        new
    }

    /// Was the id read, and is not forgotten?
    #[must_use]
    pub fn knows(&self, id: &str) -> bool {
        self.known.contains(&fingerprint(id))
    }

    /// Forgets what was admitted since the last chunk was closed.
    pub fn take_back(&mut self) {
        for print in self.fresh.drain(..) {
            self.known.remove(&print);
        }
    }

    /// Knows the ids of a sealed chunk of another stream too, which is not written again.
    pub fn know_too(&mut self, chunk: &[u8]) {
        let Some((until, mut ids)) = decode(chunk) else {
            return;
        };
        ids.retain(|id| self.known.insert(*id));
        self.chunks.push_front(Chunk {
            // nothing older than its own oldest chunk may be forgotten on flash
            number: self.oldest_number(),
            until,
            ids,
        });
    }

    /// Forgets the chunk that was sealed last: it did not come to flash.
    pub fn unseal(&mut self) {
        if let Some(newest) = self.chunks.pop_back() {
            for id in &newest.ids {
                self.known.remove(id);
            }
            self.next_number = newest.number;
        }
    }

    /// Closes the growing chunk and says how it goes to flash; empty where nothing is new.
    /// Afterwards forgets what lies before `floor_ms` or does not fit.
    pub fn seal(&mut self, floor_ms: i64) -> Vec<u8> {
        let mut bytes = Vec::new();
        if !self.fresh.is_empty() {
            let ids = std::mem::take(&mut self.fresh);
            bytes = encode(self.fresh_until, &ids);
            self.chunks.push_back(Chunk {
                number: self.next_number,
                until: self.fresh_until,
                ids,
            });
            self.next_number += 1;
        }
        while self
            .chunks
            .front()
            .is_some_and(|oldest| oldest.until < floor_ms || self.known.len() > WINDOW)
        {
            let Some(oldest) = self.chunks.pop_front() else {
                break;
            };
            for id in &oldest.ids {
                self.known.remove(id);
            }
            self.forgotten_until = self.forgotten_until.max(Some(oldest.until));
        }
        bytes
    }

    /// The fingerprints of a sealed chunk; none where it can't be read.
    #[must_use]
    pub fn prints(chunk: &[u8]) -> Vec<u64> {
        decode(chunk).map_or_else(Vec::new, |(_, ids)| ids)
    }

    /// Is a record known from this time on, and from before that?
    #[must_use]
    pub fn knows_between(&self, from_ms: i64, before_ms: i64) -> bool {
        let within = from_ms..before_ms;
        self.chunks
            .iter()
            .any(|chunk| within.contains(&chunk.until))
    }

    /// Chunks with a number below this are forgotten.
    #[must_use]
    pub fn oldest_number(&self) -> u64 {
        self.chunks
            .front()
            .map_or(self.next_number, |chunk| chunk.number)
    }

    /// Reading again at or before this time could repeat records, for their ids are forgotten.
    #[must_use]
    pub fn forgotten_until(&self) -> Option<i64> {
        self.forgotten_until
    }
}

/// 64 bits that stand for a text. Stable for ever: they are on flash.
#[must_use]
pub fn fingerprint(id: &str) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(0x5349_454d_424f_5831, 0x6964_7320_7365_656e);
    hasher.write(id.as_bytes());
    hasher.finish()
}

/// The latest time, then the ids, 8 bytes each, little endian.
fn encode(until: i64, ids: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + ids.len() * 8);
    bytes.extend(until.to_le_bytes());
    bytes.extend(ids.iter().flat_map(|id| id.to_le_bytes()));
    bytes
}

fn decode(bytes: &[u8]) -> Option<(i64, Vec<u64>)> {
    let (words, rest) = bytes.as_chunks::<8>();
    let (until, ids) = words.split_first()?;
    rest.is_empty().then(|| {
        (
            i64::from_le_bytes(*until),
            ids.iter().map(|id| u64::from_le_bytes(*id)).collect(),
        )
    })
}

#[cfg(test)]
mod tests;
