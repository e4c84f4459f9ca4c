use bytes::BytesMut;
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::{
    NO_PARTITION_LEADER_EPOCH, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, Record, RecordBatchEncoder,
    RecordEncodeOptions, TimestampType,
};
use proptest::prelude::*;

use super::*;

pub(in crate::source::event_hubs) fn record(offset: i64, value: Option<Bytes>) -> Record {
    Record {
        transactional: false,
        control: false,
        delete_horizon: false,
        partition_leader_epoch: NO_PARTITION_LEADER_EPOCH,
        producer_id: NO_PRODUCER_ID,
        producer_epoch: NO_PRODUCER_EPOCH,
        sequence: i32::try_from(offset).unwrap_or(0),
        timestamp_type: TimestampType::Creation,
        offset,
        timestamp: 1_790_000_000_000 + offset,
        key: None,
        value,
        headers: IndexMap::new(),
    }
}

/// A batch as the crate writes it, which this decoder does not read with.
pub(in crate::source::event_hubs) fn batch(records: &[Record], is_packed: bool) -> Bytes {
    let options = RecordEncodeOptions {
        version: 2,
        compression: match is_packed {
            true => Compression::Gzip,
            false => Compression::None,
        },
    };
    let mut written = BytesMut::new();
    let pack = |raw: &mut BytesMut, to: &mut BytesMut, _: Compression| {
        use std::io::Write;
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(raw)?;
        to.extend_from_slice(&out.finish()?);
        Ok(())
    };
    match is_packed {
        true => RecordBatchEncoder::encode_with_custom_compression(
            &mut written,
            records,
            &options,
            Some(pack),
        ),
        false => RecordBatchEncoder::encode(&mut written, records, &options),
    }
    .unwrap();
    written.freeze()
}

/// Makes the checksum right again.
pub(in crate::source::event_hubs) fn sealed(batch: &[u8]) -> Bytes {
    let mut batch = batch.to_vec();
    let sum = crc32c(&batch[21..]);
    batch[17..21].copy_from_slice(&sum.to_be_bytes());
    batch.into()
}

/// CRC-32C, bit by bit (RFC 3720, appendix B.4).
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            let odd = sum & 1 == 1;
            (sum >> 1) ^ if odd { 0x82f6_3b78 } else { 0 }
        })
    })
}

prop_compose! {
    fn records()(
        first in 0..1_i64 << 40,
        all in prop::collection::vec((
            1..20_i64,
            prop::option::of(prop::collection::vec(any::<u8>(), 0..40)),
            prop::option::of(prop::collection::vec(any::<u8>(), 0..300)),
            prop::collection::hash_map("[a-z]{0,9}", prop::option::of("[a-z]{0,9}"), 0..4),
            any::<i32>(),
        ), 1..30),
    ) -> Vec<Record> {
        let mut at = first;
        all.into_iter().map(|(gap, key, value, headers, later)| {
            let mut of = record(at, value.map(Bytes::from));
            of.sequence = i32::try_from(at & 0xffff).unwrap();
            of.key = key.map(Bytes::from);
            of.timestamp += i64::from(later);
            of.headers = headers.into_iter().map(|(key, value)| {
                (StrBytes::from_string(key), value.map(Bytes::from))
            }).collect();
            at += gap;
            of
        }).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_encoder_of_the_crate_writes_is_read(mut all in records(), is_packed: bool) {
        // one batch, and not one for each break of the sequence
        for of in &mut all {
            of.sequence = (of.offset & 0x7fff_ffff) as i32;
        }
        let want: Vec<_> = all
            .iter()
            .map(|it| (it.offset, it.value.clone().unwrap_or_default()))
            .collect();
        let written = batch(&all, is_packed);
        prop_assert_eq!(decode(&written).map(|it| it.messages), Ok(want));
    }

    /// Neither a panic nor memory for what is not there.
    #[test]
    fn what_is_changed_and_sealed_is_refused_or_read(
        all in records(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut written = batch(&all, false).to_vec();
        for (at, to) in changes {
            let at = 21 + at.index(written.len() - 21);
            written[at] = to;
        }
        if let Ok(read) = decode(&sealed(&written)) {
            prop_assert!(read.messages.len() <= written.len() / 7);
        }
    }
}

/// A batch whose bytes from 61 on are these.
fn with_records(count: i32, records: &[u8]) -> Bytes {
    let mut all = batch(&[record(7, None)], false).to_vec();
    all.truncate(HEADER);
    all[57..61].copy_from_slice(&count.to_be_bytes());
    all.extend(records);
    let length = u32::try_from(all.len() - 12).unwrap();
    all[8..12].copy_from_slice(&length.to_be_bytes());
    sealed(&all)
}

#[test]
fn what_is_announced_has_to_be_there() {
    // attributes, times, keys of no length; then 2^31 - 1 headers
    let hostile = [22, 0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0];
    let read = decode(&with_records(1, &hostile)).unwrap();
    assert_eq!(read.messages, [(7, Bytes::new())]);
    // one more than there is, one less, an offset twice
    let one = [12, 0, 0, 0, 1, 1, 0];
    assert!(decode(&with_records(1, &one)).is_ok());
    let twice = [one, one].concat();
    for (count, records) in [(2, &one[..]), (1, &twice), (2, &twice)] {
        let why = decode(&with_records(count, records)).unwrap_err();
        assert_eq!(why, "its messages end elsewhere than they say");
    }
    let many = i32::try_from(MOST_RECORDS).unwrap() + 1;
    let why = decode(&with_records(many, &one)).unwrap_err();
    assert_eq!(why, "it says that it holds 100001 messages");
    assert!(decode(&with_records(-1, &one)).is_err());
}

#[test]
fn a_batch_that_unpacks_to_more_than_its_limit_is_refused() {
    let body = |length: usize| Some(Bytes::from(vec![0; length]));
    let read = decode(&batch(&[record(1, body(15 << 20))], true)).unwrap();
    assert!(read.unpacked > 15 << 20);
    let why = decode(&batch(&[record(1, body(17 << 20))], true)).unwrap_err();
    assert_eq!(why, "unpacked it is longer than 16 MB");
}
