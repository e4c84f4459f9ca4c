//! Fingerprints of seen ids on flash: chunks of one stream with their numbers, and the position of
//! the chunk before them.
//!
//! The records of a stream form a chain from the newest to the oldest, so that no tree has to be
//! searched for them.

use super::byte_reader::{ByteReader, put_place, put_string};
use super::format_2;
use super::record::{self, Broken, RecordKind};

/// A chunk and its number.
pub(super) type Chunk = (u64, Vec<u8>);

/// Some chunks of a stream, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SeenIds {
    pub(super) stream: u8,
    /// Where in the store the record with the chunks before these begins.
    pub(super) before: Option<u32>,
    pub(super) chunks: Vec<Chunk>,
}

/// The record as it goes to flash.
pub(super) fn encode<'a>(
    line: u64,
    stream: u8,
    before: Option<u32>,
    chunks: impl ExactSizeIterator<Item = (u64, &'a [u8])>,
) -> Vec<u8> {
    record::seal(RecordKind::Seen, line, |out| {
        out.push(stream);
        put_place(out, before);
        out.extend(
            u32::try_from(chunks.len())
                .unwrap_or(u32::MAX)
                .to_le_bytes(),
        );
        for (number, bytes) in chunks {
            out.extend(number.to_le_bytes());
            put_string(out, bytes);
        }
    })
}

/// The record as it comes back.
pub(super) fn decode(bytes: &[u8]) -> Result<SeenIds, Broken> {
    let opened = record::open_as(RecordKind::Seen, bytes)?;
    let mut seen = read(opened.body).ok_or(Broken::Short)?;
    if opened.format == 2 {
        seen.stream = format_2::stream(seen.stream);
    }
    Ok(seen)
}

fn read(body: &[u8]) -> Option<SeenIds> {
    let mut take = ByteReader(body);
    let (stream, before, count) = (take.u8()?, take.place()?, take.u32()?);
    let mut chunks = Vec::new();
    for _ in 0..count {
        chunks.push((take.u64()?, take.string()?.to_vec()));
    }
    Some(SeenIds {
        stream,
        before,
        chunks,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn comes_back_as_it_went(
            chunks in prop::collection::vec(
                (any::<u64>(), prop::collection::vec(any::<u8>(), 0..50)),
                0..20,
            ),
            before in prop::option::of(0..u32::MAX),
        ) {
            let bytes = encode(3, 9, before, chunks.iter().map(|(n, c)| (*n, c.as_slice())));
            prop_assert_eq!(
                decode(&bytes).unwrap(),
                SeenIds {
                    stream: 9,
                    before,
                    chunks
                }
            );
        }

        #[test]
        fn any_body_is_survived(body in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode(&record::seal(RecordKind::Seen, 0, |out| out.extend(&body)));
        }
    }
}
