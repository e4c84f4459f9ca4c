//! Answers to fetches, which the face changes.

use bytes::Bytes;
use kafka_protocol::messages::{FetchRequest, FetchResponse};

use super::encoding::changed;
use super::faults::{HubFault, Retention};

/// The error code of an offset that is not kept.
const OFFSET_OUT_OF_RANGE: i16 = 1;

/// The partitions that a fetch asks for, with their hub.
pub(super) fn fetched(request: &FetchRequest) -> Vec<(String, i32)> {
    let topics = request.topics.iter();
    topics
        .flat_map(|topic| {
            let name = topic.topic.to_string();
            let partitions = topic.partitions.iter();
            partitions.map(move |partition| (name.clone(), partition.partition))
        })
        .collect()
}

/// A fetch's answer with this fault in it.
pub(super) fn with_fault(answer: Bytes, version: i16, fault: &HubFault) -> Bytes {
    changed::<FetchResponse>(answer, version, |answer| {
        let topics = answer.responses.iter_mut();
        for partition in topics.flat_map(|topic| &mut topic.partitions) {
            let error = match fault {
                HubFault::EmptyFetch => Some(0),
                HubFault::OutOfRange(of) if *of == partition.partition_index => {
                    Some(OFFSET_OUT_OF_RANGE)
                }
                HubFault::FetchError(of, code) if *of == partition.partition_index => Some(*code),
                _ => None,
            };
            if let Some(error) = error {
                partition.error_code = error;
                partition.records = Some(Bytes::new());
            }
        }
        if let HubFault::Throttle(_, time) = fault {
            answer.throttle_time_ms = i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
        }
    })
}

/// A fetch's answer in which a partition says that it keeps no such offset any more, where its
/// retention is over.
pub(super) fn kept(
    answer: Bytes,
    version: i16,
    request: &FetchRequest,
    retention: &Retention,
) -> Bytes {
    let is_forgotten = |number| {
        let mut asked = request.topics.iter().flat_map(|topic| &topic.partitions);
        let asked = asked.find(|it| it.partition == number);
        asked.is_some_and(|it| it.fetch_offset < retention.oldest(number))
    };
    changed::<FetchResponse>(answer, version, |answer| {
        let topics = answer.responses.iter_mut();
        for partition in topics.flat_map(|topic| &mut topic.partitions) {
            if is_forgotten(partition.partition_index) {
                partition.error_code = OFFSET_OUT_OF_RANGE;
                partition.records = Some(Bytes::new());
            }
        }
    })
}

/// A fetch's answer with no more bytes than were asked for, as the service answers: whole batches,
/// and the first one in any case.
pub(super) fn within(answer: Bytes, version: i16, request: &FetchRequest) -> Bytes {
    let mut left = usize::try_from(request.max_bytes).unwrap_or(0);
    let mut is_first = true;
    changed::<FetchResponse>(answer, version, |answer| {
        for topic in &mut answer.responses {
            for partition in &mut topic.partitions {
                let Some(records) = &mut partition.records else {
                    continue;
                };
                let asked = request.topics.iter().filter(|it| it.topic == topic.topic);
                let mut asked = asked.flat_map(|it| &it.partitions);
                let asked = asked.find(|it| it.partition == partition.partition_index);
                let most = asked.map_or(0, |it| it.partition_max_bytes);
                let most = left.min(usize::try_from(most).unwrap_or(0));
                let kept = whole_batches(records, most, is_first);
                is_first &= kept == 0;
                left = left.saturating_sub(kept);
                records.truncate(kept);
            }
        }
    })
}

/// The length of the batches that fit into so many bytes; of the first one where it must come.
fn whole_batches(records: &[u8], most: usize, first_must: bool) -> usize {
    let mut kept = 0;
    while let Some(length) = records.get(kept + 8..kept + 12) {
        let length = u32::from_be_bytes(length.try_into().expect("four bytes"));
        let end = kept + 12 + length as usize;
        let fits = end <= most || (kept == 0 && first_must);
        if !fits || end > records.len() {
            break;
        }
        kept = end;
    }
    kept
}
