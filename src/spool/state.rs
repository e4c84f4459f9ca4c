//! The state record: it is written last and makes its page valid.
//!
//! Two states lie on flash, that of the newest page and the one before it. Should the newest page
//! turn out torn (a power cut on a disk that wrote the end before the middle), the one before still
//! holds: nothing was skipped.

use super::byte_reader::{ByteReader, put_place, put_string};
use super::format_2;
use super::record::{self, Broken, RecordKind};

/// The most that a state may take, bytes. Two of them and the progress share a page of the store.
pub(super) const MOST: usize = 96 * 1024;

/// What holds after a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SpoolState {
    /// Pages since the spool was made.
    pub(super) seq: u64,
    /// Number of the line that comes next.
    pub(super) next: u64,
    /// Text of all lines since the spool was made, bytes.
    pub(super) text: u64,
    /// Pieces in the store.
    pub(super) pieces: u32,
    /// Where the newest page begins among them.
    pub(super) page: u32,
    /// How many of them were taken over from the store before.
    pub(super) inherited: u32,
    /// The streams by their numbers, in the order of their first page.
    pub(super) streams: Vec<StreamState>,
    /// Where the newest record set aside begins.
    pub(super) aside: Option<u32>,
    /// How many records set aside are kept.
    pub(super) asides: u32,
    /// How many had to go to make room.
    pub(super) asides_gone: u64,
    /// How far the SIEM had come.
    pub(super) progress: SpoolProgress,
}

/// What holds for one stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct StreamState {
    pub(super) id: u8,
    pub(super) cursor: Vec<u8>,
    /// Chunks of fingerprints below this number are forgotten.
    pub(super) seen_from: u64,
    /// The number that the next chunk gets.
    pub(super) seen_next: u64,
    /// Where the newest record of fingerprints begins.
    pub(super) seen_last: Option<u32>,
}

/// The longest note that is kept, bytes; so that two states and the progress still share a page of
/// the store.
pub(super) const MOST_NOTE: usize = 16 * 1024;

/// How far the SIEM has come. The numbers only grow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SpoolProgress {
    /// Lines below this number have arrived, or are lost.
    pub(super) first: u64,
    /// Lines among them that damage has cost.
    pub(super) damaged_lines: u64,
    /// Damaged pieces that were set aside.
    pub(super) damaged_pieces: u64,
    /// What the acknowledging side wanted to be remembered with `first`; opaque.
    pub(super) note: Vec<u8>,
}

// === impl State ===

impl SpoolState {
    pub(super) fn encode(&self) -> Vec<u8> {
        record::seal(RecordKind::State, self.next, |out| self.write(out))
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Broken> {
        let opened = record::open_as(RecordKind::State, bytes)?;
        let mut state = Self::read(&mut ByteReader(opened.body)).ok_or(Broken::Short)?;
        if opened.format == 2 {
            for stream in &mut state.streams {
                stream.id = format_2::stream(stream.id);
            }
        }
        Ok(state)
    }

    /// The stream of this number; a new one where there is none.
    pub(super) fn stream_mut(&mut self, id: u8) -> &mut StreamState {
        let at = self.streams.iter().position(|stream| stream.id == id);
        let at = at.unwrap_or_else(|| {
            self.streams.push(StreamState {
                id,
                ..StreamState::default()
            });
            self.streams.len() - 1
        });
        &mut self.streams[at]
    }

    fn write(&self, out: &mut Vec<u8>) {
        for number in [self.seq, self.next, self.text, self.asides_gone] {
            out.extend(number.to_le_bytes());
        }
        for number in [self.pieces, self.page, self.inherited, self.asides] {
            out.extend(number.to_le_bytes());
        }
        put_place(out, self.aside);
        self.progress.write(out);
        out.extend(
            u32::try_from(self.streams.len())
                .unwrap_or(u32::MAX)
                .to_le_bytes(),
        );
        for stream in &self.streams {
            out.push(stream.id);
            out.extend(stream.seen_from.to_le_bytes());
            out.extend(stream.seen_next.to_le_bytes());
            put_place(out, stream.seen_last);
            put_string(out, &stream.cursor);
        }
    }

    fn read(take: &mut ByteReader<'_>) -> Option<Self> {
        let [seq, next, text, asides_gone] = [take.u64()?, take.u64()?, take.u64()?, take.u64()?];
        let [pieces, page, inherited, asides] =
            [take.u32()?, take.u32()?, take.u32()?, take.u32()?];
        let aside = take.place()?;
        let progress = SpoolProgress::read(take)?;
        let mut streams = Vec::new();
        for _ in 0..take.u32()? {
            streams.push(StreamState {
                id: take.u8()?,
                seen_from: take.u64()?,
                seen_next: take.u64()?,
                seen_last: take.place()?,
                cursor: take.string()?.to_vec(),
            });
        }
        Some(Self {
            seq,
            next,
            text,
            pieces,
            page,
            inherited,
            streams,
            aside,
            asides,
            asides_gone,
            progress,
        })
    }
}

// === impl Progress ===

impl SpoolProgress {
    pub(super) fn encode(&self) -> Vec<u8> {
        record::seal(RecordKind::Progress, self.first, |out| self.write(out))
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Broken> {
        let opened = record::open_as(RecordKind::Progress, bytes)?;
        Self::read(&mut ByteReader(opened.body)).ok_or(Broken::Short)
    }

    /// The further of two, in every respect.
    pub(super) fn max(self, other: Self) -> Self {
        Self {
            note: if other.first > self.first {
                other.note
            } else {
                self.note
            },
            first: self.first.max(other.first),
            damaged_lines: self.damaged_lines.max(other.damaged_lines),
            damaged_pieces: self.damaged_pieces.max(other.damaged_pieces),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        for number in [self.first, self.damaged_lines, self.damaged_pieces] {
            out.extend(number.to_le_bytes());
        }
        put_string(out, &self.note);
    }

    fn read(take: &mut ByteReader<'_>) -> Option<Self> {
        Some(Self {
            first: take.u64()?,
            damaged_lines: take.u64()?,
            damaged_pieces: take.u64()?,
            note: take.string()?.to_vec(),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn comes_back_as_it_went(
            numbers in any::<[u64; 7]>(),
            small in any::<[u32; 4]>(),
            aside in prop::option::of(0..u32::MAX),
            note in prop::collection::vec(any::<u8>(), 0..100),
            streams in prop::collection::vec(
                (
                    any::<u8>(),
                    any::<[u64; 2]>(),
                    prop::option::of(0..u32::MAX),
                    prop::collection::vec(any::<u8>(), 0..100),
                ),
                0..5,
            ),
        ) {
            let state = SpoolState {
                seq: numbers[0],
                next: numbers[1],
                text: numbers[2],
                asides_gone: numbers[3],
                pieces: small[0],
                page: small[1],
                inherited: small[2],
                asides: small[3],
                aside,
                progress: SpoolProgress {
                    first: numbers[4],
                    damaged_lines: numbers[5],
                    damaged_pieces: numbers[6],
                    note,
                },
                streams: streams
                    .into_iter()
                    .map(
                        |(id, [seen_from, seen_next], seen_last, cursor)| StreamState {
                            id,
                            cursor,
                            seen_from,
                            seen_next,
                            seen_last,
                        },
                    )
                    .collect(),
            };
            prop_assert_eq!(SpoolState::decode(&state.encode()).unwrap(), state.clone());
            prop_assert_eq!(
                SpoolProgress::decode(&state.progress.encode()).unwrap(),
                state.progress
            );
        }

        #[test]
        fn any_body_is_survived(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ =
                SpoolState::decode(&record::seal(RecordKind::State, 0, |out| out.extend(&body)));
        }
    }
}
