//! Dead letters, records that were set aside, on flash. They form a chain from the newest to the
//! oldest.

use super::DeadLetter;
use super::byte_reader::{ByteReader, put_place, put_string};
use super::record::{self, Broken, RecordKind};

/// What is kept of a record's bytes.
pub const MOST_BYTES: usize = 256 * 1024;
/// What is kept of its id and of the reason, bytes each.
const MOST_WORDS: usize = 1024;
/// Everything together, unfolded.
const MOST_RAW: usize = MOST_BYTES + 2 * MOST_WORDS + 64;
/// JSON that nobody may ever look at.
const LEVEL: i32 = 3;

/// The record as it goes to flash, cut at the bounds above.
pub(super) fn encode(
    line: u64,
    before: Option<u32>,
    aside: &DeadLetter,
) -> std::io::Result<Vec<u8>> {
    let mut raw = Vec::new();
    raw.extend(aside.at_ms.to_le_bytes());
    put_string(&mut raw, cut(&aside.id, MOST_WORDS).as_bytes());
    put_string(&mut raw, cut(&aside.reason, MOST_WORDS).as_bytes());
    put_string(&mut raw, &aside.bytes[..aside.bytes.len().min(MOST_BYTES)]);
    let packed = zstd::bulk::compress(&raw, LEVEL)?;
    Ok(record::seal(RecordKind::DeadLetter, line, |out| {
        put_place(out, before);
        out.extend(packed);
    }))
}

/// The record as it comes back, and where the one before it begins.
pub(super) fn decode(bytes: &[u8]) -> Result<(Option<u32>, DeadLetter), Broken> {
    let opened = record::open_as(RecordKind::DeadLetter, bytes)?;
    let mut take = ByteReader(opened.body);
    let before = take.place().ok_or(Broken::Short)?;
    let raw = zstd::bulk::decompress(take.0, MOST_RAW)
        .map_err(|_| Broken::Content("it cannot be decompressed"))?;
    let aside = read(&raw).ok_or(Broken::Content("it is not a record set aside"))?;
    Ok((before, aside))
}

/// The same record, to be written elsewhere behind another one.
pub(super) fn rechained(bytes: &[u8], line: u64, before: Option<u32>) -> Result<Vec<u8>, Broken> {
    let opened = record::open_as(RecordKind::DeadLetter, bytes)?;
    let mut take = ByteReader(opened.body);
    take.place().ok_or(Broken::Short)?;
    Ok(record::seal(RecordKind::DeadLetter, line, |out| {
        put_place(out, before);
        out.extend(take.0);
    }))
}

fn read(raw: &[u8]) -> Option<DeadLetter> {
    let mut take = ByteReader(raw);
    Some(DeadLetter {
        at_ms: take.i64()?,
        id: String::from_utf8(take.string()?.to_vec()).ok()?,
        reason: String::from_utf8(take.string()?.to_vec()).ok()?,
        bytes: take.string()?.to_vec(),
    })
}

fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn aside(id: &str, bytes: Vec<u8>) -> DeadLetter {
        DeadLetter {
            id: id.into(),
            reason: "no time".into(),
            at_ms: -5,
            bytes,
        }
    }

    #[test]
    fn comes_back_as_it_went_and_can_be_moved() {
        let one = aside("id", b"{\"a\":1}".to_vec());
        let bytes = encode(4, Some(8), &one).unwrap();
        assert_eq!(decode(&bytes).unwrap(), (Some(8), one.clone()));
        let moved = rechained(&bytes, 9, None).unwrap();
        assert_eq!(decode(&moved).unwrap(), (None, one));
        assert_eq!(record::peep_line(&moved), Some(9));
    }

    #[test]
    fn is_cut_at_its_bounds() {
        let long = aside(&"ü".repeat(4000), vec![7; 2 * MOST_BYTES]);
        let (_, back) = decode(&encode(0, None, &long).unwrap()).unwrap();
        assert_eq!(back.bytes.len(), MOST_BYTES);
        assert_eq!(back.id, "ü".repeat(MOST_WORDS / 2));
    }

    proptest! {
        #[test]
        fn any_body_is_survived(body in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode(&record::seal(RecordKind::DeadLetter, 0, |out| {
                out.extend(&body)
            }));
            let packed = zstd::bulk::compress(&body, 1).unwrap();
            let _ = decode(&record::seal(RecordKind::DeadLetter, 0, |out| {
                put_place(out, None);
                out.extend(&packed);
            }));
        }
    }
}
