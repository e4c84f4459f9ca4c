//! Fetches what the partitions of a share hold, and asks for their offsets.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::{BrokerId, FetchRequest, ListOffsetsRequest, TopicName};
use kafka_protocol::protocol::StrBytes;

use super::broker_route::BrokerRoute;
use super::connection::HubConnection;
use super::error::{HubError, check_partition};
use super::leaders::{Leaders, PartitionAnswers};
use super::supported_versions::SupportedRequest;
use crate::source::HubPartition;

/// The most that one answer brings of all partitions, and of one. A batch that is longer comes all
/// the same.
const MOST_BYTES: i32 = 4 << 20;
const MOST_OF_PARTITION: i32 = 2 << 20;
/// How long the service waits for records where there are none, milliseconds.
const LONG_POLL_MS: i32 = 1_000;
const LONG_POLL: Duration = Duration::from_secs(1);
/// So much is worth an answer before that time is over: each answer becomes a write to flash.
const LEAST_BYTES: i32 = 64 << 10;

/// Which offset of a partition is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source::event_hubs) enum OffsetSpec {
    /// That of the oldest message that is kept.
    Earliest,
    /// The one after the newest message.
    Latest,
    /// That of the first message that came at this time or later, milliseconds since 1970.
    ForTimestamp(i64),
}

/// What a fetch brought of a partition.
#[derive(Debug)]
pub(in crate::source::event_hubs) struct FetchedBytes {
    /// Batches of messages, as they came.
    pub records: Bytes,
    /// The offset after the newest message that the service holds.
    pub high_watermark: i64,
}

/// Asks the leaders of the partitions.
pub(in crate::source::event_hubs) struct Fetcher {
    leaders: Leaders,
}

// === impl Fetcher ===

impl Fetcher {
    /// Knows nobody yet.
    pub(in crate::source::event_hubs) fn new(route: &BrokerRoute) -> Self {
        let leaders = Leaders::new(route);
        Self { leaders }
    }

    /// The next messages of these partitions, from these offsets on; those in front have precedence.
    ///
    /// # Errors
    /// If no leader answers.
    pub(in crate::source::event_hubs) fn fetch(
        &mut self,
        from: &[(HubPartition, i64)],
    ) -> Result<PartitionAnswers<FetchedBytes>, HubError> {
        let partitions: Vec<HubPartition> = from.iter().map(|(it, _)| it.clone()).collect();
        self.leaders.ask(&partitions, |link, partitions| {
            let placed = from.iter().filter(|(it, _)| partitions.contains(it));
            fetch(link, placed)
        })
    }

    /// An offset of each of these partitions; `None` if it has none.
    ///
    /// # Errors
    /// If no leader answers.
    pub(in crate::source::event_hubs) fn list_offsets(
        &mut self,
        partitions: &[HubPartition],
        spec: OffsetSpec,
    ) -> Result<BTreeMap<HubPartition, Result<Option<i64>, HubError>>, HubError> {
        let timestamp = match spec {
            OffsetSpec::Earliest => -2,
            OffsetSpec::Latest => -1,
            OffsetSpec::ForTimestamp(ms) => ms.max(0),
        };
        let answers = self.leaders.ask(partitions, |link, partitions| {
            list_offsets(link, partitions, timestamp)
        });
        Ok(answers?.into_iter().collect())
    }
}

fn fetch<'p>(
    link: &mut HubConnection,
    from: impl Iterator<Item = &'p (HubPartition, i64)>,
) -> Result<PartitionAnswers<FetchedBytes>, HubError> {
    let topics = in_order(from).into_iter().map(|(name, partitions)| {
        FetchTopic::default()
            .with_topic(name)
            .with_partitions(partitions)
    });
    let request = FetchRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_max_wait_ms(LONG_POLL_MS)
        .with_min_bytes(LEAST_BYTES)
        .with_max_bytes(MOST_BYTES)
        .with_topics(topics.collect());
    let mut answers = Vec::new();
    for topic in link.call_within(request, LONG_POLL)?.responses {
        for of in topic.partitions {
            let partition = HubPartition {
                hub: topic.topic.to_string(),
                number: of.partition_index,
            };
            let checked = check_partition(of.error_code, FetchRequest::NAME, &partition);
            let fetched = checked.map(|()| FetchedBytes {
                records: of.records.unwrap_or_default(),
                high_watermark: of.high_watermark,
            });
            answers.push((partition, fetched));
        }
    }
    Ok(answers)
}

fn list_offsets(
    link: &mut HubConnection,
    partitions: &[HubPartition],
    timestamp: i64,
) -> Result<PartitionAnswers<Option<i64>>, HubError> {
    let all = by_topic(partitions.iter().map(|it| (it.clone(), ())));
    let topics = all.into_iter().map(|(name, numbers)| {
        let numbers = numbers.into_iter().map(|(number, ())| {
            ListOffsetsPartition::default()
                .with_partition_index(number)
                .with_timestamp(timestamp)
        });
        ListOffsetsTopic::default()
            .with_name(name)
            .with_partitions(numbers.collect())
    });
    let request = ListOffsetsRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_topics(topics.collect());
    let mut answers = Vec::new();
    for topic in link.call(request)?.topics {
        for of in topic.partitions {
            let partition = HubPartition {
                hub: topic.name.to_string(),
                number: of.partition_index,
            };
            let checked = check_partition(of.error_code, ListOffsetsRequest::NAME, &partition);
            answers.push((
                partition,
                checked.map(|()| Some(of.offset).filter(|it| *it >= 0)),
            ));
        }
    }
    Ok(answers)
}

/// What is asked of each partition, by hub, in the order in which it was given.
fn in_order<'p>(
    from: impl Iterator<Item = &'p (HubPartition, i64)>,
) -> Vec<(TopicName, Vec<FetchPartition>)> {
    let mut topics: Vec<(TopicName, Vec<FetchPartition>)> = Vec::new();
    for (partition, offset) in from {
        let asked = FetchPartition::default()
            .with_partition(partition.number)
            .with_fetch_offset(*offset)
            .with_partition_max_bytes(MOST_OF_PARTITION);
        let mut known = topics.iter_mut();
        match known.find(|(name, _)| *name.0 == *partition.hub) {
            Some((_, partitions)) => partitions.push(asked),
            None => {
                let name = TopicName(StrBytes::from_string(partition.hub.clone()));
                topics.push((name, vec![asked]));
            }
        }
    }
    topics
}

/// In the protocol's form: by hub.
pub(super) fn by_topic<T>(
    all: impl Iterator<Item = (HubPartition, T)>,
) -> BTreeMap<TopicName, Vec<(i32, T)>> {
    let mut topics: BTreeMap<TopicName, Vec<(i32, T)>> = BTreeMap::new();
    for (partition, value) in all {
        let name = TopicName(StrBytes::from_string(partition.hub));
        topics
            .entry(name)
            .or_default()
            .push((partition.number, value));
    }
    topics
}
