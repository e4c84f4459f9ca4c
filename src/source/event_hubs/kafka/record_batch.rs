//! Decodes one batch of messages (record batch v2, kafka.apache.org/documentation: Record Batch).
//!
//! The decoder of the crate takes memory for as many headers as a record says that it has; here
//! nothing takes more than what is there.

use std::io::{self, Read};

use bytes::Bytes;
use kafka_protocol::records::{BatchDecodeInfo, Compression, RecordBatchDecoder};

/// The most that a batch may hold when it is unpacked: messages have at most 1 MB (reference:
/// successors.md §4), and producers send them in batches of about as much.
const MOST_UNPACKED: u64 = 16 << 20;
/// More messages are in no batch: Event Hubs takes 1 MB, which are a few thousand.
pub(super) const MOST_RECORDS: usize = 100_000;
/// What precedes the records of a batch.
const HEADER: usize = 61;

/// The messages of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Records {
    /// Offset and body, which is empty if the message has none.
    pub messages: Vec<(i64, Bytes)>,
    /// The length of all, unpacked.
    pub unpacked: usize,
}

/// Checks and decodes a batch.
///
/// # Errors
/// Why it can't be.
pub(super) fn decode(batch: &Bytes) -> Result<Records, String> {
    let infos = RecordBatchDecoder::decode_batch_info(&mut batch.clone());
    let infos = infos.map_err(|error| error.to_string())?;
    let (Some(info), true) = (infos.first(), batch.len() >= HEADER) else {
        return Err("it is not of the format of Kafka 0.11 and newer".to_owned());
    };
    let count = usize::try_from(info.record_count).unwrap_or(usize::MAX);
    if count > MOST_RECORDS {
        return Err(format!("it says that it holds {count} messages"));
    }
    let unpacked = unpack(batch.slice(HEADER..), info.compression);
    let unpacked = unpacked.map_err(|error| error.to_string())?;
    let messages = messages(&unpacked, info, count);
    let messages = messages.ok_or("its messages end elsewhere than they say")?;
    Ok(Records {
        // marks of transactions are no messages
        messages: if info.control { Vec::new() } else { messages },
        unpacked: unpacked.len(),
    })
}

fn unpack(packed: Bytes, by: Compression) -> io::Result<Bytes> {
    match by {
        Compression::None => Ok(packed),
        Compression::Gzip => {
            let mut unpacked = Vec::new();
            let mut reader = flate2::read::GzDecoder::new(&packed[..]).take(MOST_UNPACKED + 1);
            reader.read_to_end(&mut unpacked)?;
            match unpacked.len() as u64 > MOST_UNPACKED {
                true => Err(io::Error::other("unpacked it is longer than 16 MB")),
                false => Ok(unpacked.into()),
            }
        }
        other => Err(io::Error::other(format!(
            "it is packed with {other:?}: Event Hubs knows gzip alone"
        ))),
    }
}

/// `None` if the records are not what they announce.
fn messages(all: &Bytes, info: &BatchDecodeInfo, count: usize) -> Option<Vec<(i64, Bytes)>> {
    let mut rest = &all[..];
    // no record is shorter than 7 bytes
    let mut messages = Vec::with_capacity(count.min(rest.len() / 7));
    for _ in 0..count {
        let length = usize::try_from(varint(&mut rest)?).ok()?;
        let mut record = rest.split_off(..length)?;
        let _attributes = record.split_off_first()?;
        let _timestamp = varint(&mut record)?;
        let delta = varint(&mut record).filter(|delta| i32::try_from(*delta).is_ok())?;
        let _key = field(&mut record)?;
        let value = field(&mut record)?;
        // headers follow, which nobody reads
        let offset = info.min_offset.checked_add(delta)?;
        if messages.last().is_some_and(|(before, _)| offset <= *before) || delta < 0 {
            return None;
        }
        messages.push((
            offset,
            value.map(|it| all.slice_ref(it)).unwrap_or_default(),
        ));
    }
    rest.is_empty().then_some(messages)
}

/// A field with its length in front; `Some(None)` if it has none.
fn field<'r>(rest: &mut &'r [u8]) -> Option<Option<&'r [u8]>> {
    match varint(rest)? {
        -1 => Some(None),
        length => rest.split_off(..usize::try_from(length).ok()?).map(Some),
    }
}

/// A number in groups of seven bits, the lowest first, its sign in the lowest bit.
fn varint(rest: &mut &[u8]) -> Option<i64> {
    let mut number: u64 = 0;
    for shift in (0..64).step_by(7) {
        let byte = *rest.split_off_first()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            let half = i64::try_from(number >> 1).ok()?;
            return Some(if number & 1 == 0 { half } else { !half });
        }
    }
    None
}

#[cfg(test)]
pub(super) mod tests;
