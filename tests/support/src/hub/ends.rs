//! The ends of partitions: their oldest and newest offsets.

use std::collections::BTreeMap;
use std::io;

use bytes::Bytes;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::{
    ApiKey, BrokerId, FetchRequest, FetchResponse, ListOffsetsRequest, ListOffsetsResponse,
};

use super::encoding::{self, body, changed};
use super::faults::Retention;
use super::talk::Talk;

/// The time by which the offset after the newest message is asked for.
const NEWEST: i64 = -1;
/// The version of the face's own fetches.
const OWN_FETCH: i16 = 4;
/// tansu says nothing at all where it may not wait.
const OWN_WAIT_MS: i32 = 100;

impl Talk<'_> {
    /// The offset after the newest message of the partitions that are asked for it. tansu answers
    /// with that after the first message of its last batch, but knows better when it is read from
    /// there.
    pub fn newest(
        &mut self,
        asked: &ListOffsetsRequest,
        answer: &Bytes,
        version: i16,
    ) -> io::Result<BTreeMap<(String, i32), i64>> {
        let told = told_ends(answer.clone(), version);
        let topics = asked.topics.iter().map(|topic| {
            let partitions = topic.partitions.iter().filter(|it| it.timestamp == NEWEST);
            let partitions = partitions.filter_map(|it| {
                let place = (topic.name.to_string(), it.partition_index);
                let partition = FetchPartition::default()
                    .with_partition(it.partition_index)
                    .with_fetch_offset(*told.get(&place)?)
                    .with_partition_max_bytes(1);
                Some(partition)
            });
            FetchTopic::default()
                .with_topic(topic.name.clone())
                .with_partitions(partitions.collect())
        });
        let topics: Vec<FetchTopic> = topics.filter(|it| !it.partitions.is_empty()).collect();
        if topics.is_empty() {
            return Ok(BTreeMap::new());
        }
        let request = FetchRequest::default()
            .with_replica_id(BrokerId(-1))
            .with_max_wait_ms(OWN_WAIT_MS)
            .with_min_bytes(1)
            .with_max_bytes(1)
            .with_topics(topics);
        let answer = self.ask(&encoding::request(ApiKey::Fetch, OWN_FETCH, &request))?;
        Ok(newest(answer, OWN_FETCH))
    }
}

/// The ends of partitions: `newest` where it is asked for, none of them before what is kept.
pub(super) fn ends(
    answer: Bytes,
    version: i16,
    newest: &BTreeMap<(String, i32), i64>,
    retention: &Retention,
) -> Bytes {
    changed::<ListOffsetsResponse>(answer, version, |answer| {
        for topic in &mut answer.topics {
            for partition in &mut topic.partitions {
                let place = (topic.name.to_string(), partition.partition_index);
                if let Some(newest) = newest.get(&place) {
                    partition.offset = *newest;
                }
                let oldest = retention.oldest(partition.partition_index);
                if partition.offset >= 0 {
                    partition.offset = partition.offset.max(oldest);
                }
            }
        }
    })
}

/// The ends that a broker tells.
fn told_ends(answer: Bytes, version: i16) -> BTreeMap<(String, i32), i64> {
    let read: ListOffsetsResponse = body(answer, version);
    let all = read.topics.iter().flat_map(|topic| {
        let partitions = topic.partitions.iter().filter(|it| it.error_code == 0);
        partitions.map(|it| ((topic.name.to_string(), it.partition_index), it.offset))
    });
    all.collect()
}

/// The offset after the newest message of each partition, by a fetch's answer.
fn newest(answer: Bytes, version: i16) -> BTreeMap<(String, i32), i64> {
    let read: FetchResponse = body(answer, version);
    let all = read.responses.iter().flat_map(|topic| {
        let partitions = topic.partitions.iter().filter(|it| it.error_code == 0);
        partitions.map(|it| {
            let place = (topic.topic.to_string(), it.partition_index);
            (place, it.high_watermark)
        })
    });
    all.collect()
}
