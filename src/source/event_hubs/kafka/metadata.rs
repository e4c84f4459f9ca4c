//! What brokers say of hubs: how many partitions each has, and who leads them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::{BrokerId, MetadataRequest, MetadataResponse, TopicName};
use kafka_protocol::protocol::StrBytes;

use super::error::{HubError, KafkaErrorCode};
use super::supported_versions::SupportedRequest;
use crate::source::HubPartition;

/// The number of partitions of each hub, or why it is not known.
pub(super) type PartitionCounts = BTreeMap<String, Result<i32, KafkaErrorCode>>;

/// The partitions of a hub: the leader of each, or why there is none.
type Leaders = BTreeMap<i32, Result<BrokerId, KafkaErrorCode>>;

/// What an answer says.
pub(super) struct Metadata {
    /// Host and port of each broker.
    pub brokers: HashMap<BrokerId, (String, u16)>,
    /// Each hub that was asked for.
    hubs: BTreeMap<String, Result<Leaders, KafkaErrorCode>>,
}

/// The question for these hubs. They are named, since Event Hubs cuts the connection of who may not
/// list all of them.
pub(super) fn request(hubs: &BTreeSet<&str>) -> MetadataRequest {
    let named = hubs.iter().map(|hub| {
        let name = TopicName(StrBytes::from_string((*hub).to_owned()));
        MetadataRequestTopic::default().with_name(Some(name))
    });
    MetadataRequest::default()
        .with_topics(Some(named.collect()))
        .with_allow_auto_topic_creation(false)
}

// === impl Metadata ===

impl Metadata {
    /// The answer to the question for these hubs.
    pub(super) fn of(answer: MetadataResponse, hubs: &BTreeSet<&str>) -> Self {
        let brokers = answer.brokers.iter().filter_map(|broker| {
            let port = u16::try_from(broker.port).ok()?;
            Some((broker.node_id, (broker.host.to_string(), port)))
        });
        let unknown = |hub: &&str| {
            let code = KafkaErrorCode::UnknownTopicOrPartition;
            ((*hub).to_owned(), Err(code))
        };
        let mut all: BTreeMap<_, _> = hubs.iter().map(unknown).collect();
        for topic in answer.topics {
            let name = topic.name.map(|name| name.to_string()).unwrap_or_default();
            let partitions = topic.partitions.iter().map(|of| {
                let leader = KafkaErrorCode::try_from_code(of.error_code);
                // a replica that is missing does not hinder who reads from the leader
                let leader = leader.filter(|code| *code != KafkaErrorCode::ReplicaNotAvailable);
                (of.partition_index, leader.map_or(Ok(of.leader_id), Err))
            });
            let said = match KafkaErrorCode::try_from_code(topic.error_code) {
                None => Ok(partitions.collect()),
                Some(code) => Err(code),
            };
            if let Some(of) = all.get_mut(&name) {
                *of = said;
            }
        }
        Self {
            brokers: brokers.collect(),
            hubs: all,
        }
    }

    /// How many partitions each hub has.
    pub(super) fn counts(&self) -> PartitionCounts {
        let counts = self.hubs.iter().map(|(hub, partitions)| {
            let count = partitions.as_ref().map_err(|code| *code);
            let count = count.map(|of| i32::try_from(of.len()).unwrap_or(i32::MAX));
            (hub.clone(), count)
        });
        counts.collect()
    }

    /// The broker that leads a partition.
    ///
    /// # Errors
    /// If none does.
    pub(super) fn leader(&self, partition: &HubPartition) -> Result<BrokerId, HubError> {
        let unknown = KafkaErrorCode::UnknownTopicOrPartition;
        match self.hubs.get(&partition.hub) {
            Some(Err(code)) => Err(HubError::Hub {
                topic: partition.hub.clone(),
                code: *code,
            }),
            of_hub => {
                let leader = of_hub.and_then(|of| of.as_ref().ok()?.get(&partition.number));
                leader.copied().unwrap_or(Err(unknown)).map_err(|code| {
                    let partition = partition.clone();
                    let what = MetadataRequest::NAME;
                    HubError::Partition {
                        partition,
                        what,
                        code,
                    }
                })
            }
        }
    }
}

/// Do the hubs have other partitions than those for which the group was joined? A hub that can't be
/// asked for now counts as it was.
pub(super) fn differ(joined: &BTreeMap<String, i32>, now: &PartitionCounts) -> bool {
    use KafkaErrorCode::{TopicAuthorizationFailed, UnknownTopicOrPartition};
    now.iter()
        .any(|(hub, count)| match (joined.get(hub), count) {
            (Some(joined), Ok(count)) => joined != count,
            (None, Ok(_)) => true,
            (Some(_), Err(UnknownTopicOrPartition | TopicAuthorizationFailed)) => true,
            (_, Err(_)) => false,
        })
}

#[cfg(test)]
mod tests {
    use KafkaErrorCode::{
        LeaderNotAvailable, TopicAuthorizationFailed, UnknownTopicOrPartition as Unknown,
    };

    use super::*;

    #[test]
    fn partitions_that_come_and_go_are_noticed() {
        let joined = BTreeMap::from([("a".to_owned(), 4)]);
        let differs = |hub: &str, count| differ(&joined, &[(hub.to_owned(), count)].into());
        assert!(!differs("a", Ok(4)));
        assert!(differs("a", Ok(5)) && differs("a", Ok(3)));
        assert!(differs("a", Err(Unknown)) && differs("a", Err(TopicAuthorizationFailed)));
        assert!(!differs("a", Err(LeaderNotAvailable)));
        // a hub that could not be read at the join
        assert!(differs("b", Ok(1)) && !differs("b", Err(Unknown)));
    }
}
