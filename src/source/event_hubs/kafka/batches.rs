//! Takes the batches of a fetch apart.

use bytes::Bytes;

use super::record_batch;

/// Offset and length in front of a batch.
const FRONT: usize = 12;

/// So much of an answer is decoded at a time: what is left out is fetched again.
const MOST_UNPACKED: usize = 8 << 20;
const MOST_RECORDS: usize = 100_000;

/// What may still be decoded of an answer, of all its partitions together. It bounds the memory: a
/// packed answer of 4 MB may unpack to a thousand times as much.
#[derive(Debug)]
pub(in crate::source::event_hubs) struct DecodeBudget {
    bytes: usize,
    records: usize,
}

/// A batch of a partition.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::source::event_hubs) enum DecodedBatch {
    /// The messages of a batch: offset and body, which is empty if a message has none; and the
    /// offset after the batch.
    Messages(Vec<(i64, Bytes)>, i64),
    /// A batch that can't be decoded, with the offsets that it takes, as far as that is known.
    Unreadable {
        /// The first of its offsets.
        first: i64,
        /// The offset after it.
        next: i64,
        /// Why.
        why: String,
        /// As it came.
        bytes: Bytes,
    },
}

// === impl DecodeBudget ===

impl DecodeBudget {
    /// That of one answer.
    pub(in crate::source::event_hubs) fn new() -> Self {
        Self {
            bytes: MOST_UNPACKED,
            records: MOST_RECORDS,
        }
    }

    fn is_spent(&self) -> bool {
        self.bytes == 0 || self.records == 0
    }

    fn spend(&mut self, bytes: usize, records: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
        self.records = self.records.saturating_sub(records);
    }
}

/// The batches in `records`, one after the other, as far as the budget goes. A cut one at the end
/// comes whole with the next fetch.
pub(in crate::source::event_hubs) fn batches(
    mut records: Bytes,
    budget: &mut DecodeBudget,
) -> impl Iterator<Item = DecodedBatch> {
    std::iter::from_fn(move || {
        let length = u32::from_be_bytes(array(&records, 8)?) as usize;
        let whole = FRONT.checked_add(length)?;
        if records.len() < whole || budget.is_spent() {
            return None;
        }
        let batch = records.split_to(whole);
        let following = array(&records, 0).map(i64::from_be_bytes);
        Some(decoded(batch, following, budget))
    })
}

/// `following` is the first offset of the next batch.
fn decoded(batch: Bytes, following: Option<i64>, budget: &mut DecodeBudget) -> DecodedBatch {
    let first = array(&batch, 0).map_or(0, i64::from_be_bytes);
    let next = next_of(&batch, first);
    match record_batch::decode(&batch) {
        Ok(read) => {
            budget.spend(read.unpacked, read.messages.len());
            let last = read
                .messages
                .last()
                .map(|(offset, _)| offset.saturating_add(1));
            DecodedBatch::Messages(read.messages, last.map_or(next, |last| last.max(next)))
        }
        Err(why) => {
            budget.spend(batch.len(), 1);
            // its header may be damaged as well: what comes next knows better where it ends
            let following = following.filter(|following| *following > first);
            DecodedBatch::Unreadable {
                first,
                next: following.map_or(next, |following| following.min(next)),
                why,
                bytes: batch,
            }
        }
    }
}

/// The offset after a batch, as its header says it.
fn next_of(batch: &Bytes, first: i64) -> i64 {
    // the format's number follows the leader's epoch; in this one alone the delta of the last offset
    // follows checksum and attributes
    let is_known = batch.get(16) == Some(&2);
    let delta = array(batch, 23).map(i32::from_be_bytes);
    let delta = delta.filter(|delta| is_known && *delta > 0).unwrap_or(0);
    first.saturating_add(i64::from(delta)).saturating_add(1)
}

/// The bytes from this place on.
fn array<const N: usize>(bytes: &Bytes, from: usize) -> Option<[u8; N]> {
    bytes.get(from..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::super::record_batch::tests::{batch, record};
    use super::*;

    fn read(records: &[Bytes], budget: &mut DecodeBudget) -> Vec<DecodedBatch> {
        batches(records.concat().into(), budget).collect()
    }

    #[test]
    fn an_answer_is_decoded_up_to_its_bounds() {
        let large = |at| batch(&[record(at, Some(vec![0; 5 << 20].into()))], true);
        let all = [large(0), large(1), large(2), large(3)];
        let mut budget = DecodeBudget::new();
        // the second passes the bound
        assert_eq!(read(&all, &mut budget).len(), 2);
        assert_eq!(read(&all, &mut budget).len(), 0);

        let many = |from: i64| {
            let records: Vec<_> = (from..from + 60_000).map(|at| record(at, None)).collect();
            batch(&records, true)
        };
        let all = [many(0), many(60_000), many(120_000)];
        assert_eq!(read(&all, &mut DecodeBudget::new()).len(), 2);
    }

    #[test]
    fn a_damaged_batch_ends_where_its_header_or_the_next_batch_says() {
        let next = |batches: &[Bytes]| match &read(batches, &mut DecodeBudget::new())[0] {
            DecodedBatch::Unreadable { first: 5, next, .. } => *next,
            other => panic!("{other:?}"),
        };
        let whole = batch(&[record(5, None), record(6, None), record(7, None)], false);
        let changed = |at: usize, to: &[u8]| {
            let mut batch = whole.to_vec();
            batch[at..at + to.len()].copy_from_slice(to);
            Bytes::from(batch)
        };
        assert_eq!(next(&[changed(17, &[1, 2, 3, 4])]), 8);
        let far = changed(23, &[0x7f, 0xff, 0xff, 0xff]);
        assert_eq!(next(std::slice::from_ref(&far)), 5 + 0x8000_0000);
        assert_eq!(next(&[far, batch(&[record(8, None)], false)]), 8);
        assert_eq!(next(&[changed(23, &[0xff, 0xff, 0xff, 0xff])]), 6);
        // of an older format, where the same bytes say something else
        assert_eq!(next(&[changed(16, &[1])]), 6);
        let empty = [&5_i64.to_be_bytes()[..], &[0; 4]].concat();
        assert_eq!(next(&[empty.into()]), 6);
    }
}
