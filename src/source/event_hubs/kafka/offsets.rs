//! The offsets that a group keeps.

use std::collections::BTreeMap;
use std::time::Duration;

use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestTopic;
use kafka_protocol::messages::{OffsetCommitRequest, OffsetFetchRequest};
use kafka_protocol::protocol::StrBytes;

use super::error::{HubError, check_partition};
use super::fetcher::by_topic;
use super::group_settings::GroupSettings;
use super::group_state::GroupState;
use super::supported_versions::SupportedRequest;
use crate::source::{CommittedOffset, Committer, HubPartition};

// === impl GroupState ===

impl GroupState {
    /// How far the group is in these partitions; `None` if nobody has committed an offset.
    pub(super) fn committed(
        &mut self,
        settings: &GroupSettings,
        partitions: &[HubPartition],
    ) -> Result<BTreeMap<HubPartition, Result<Option<CommittedOffset>, HubError>>, HubError> {
        let topics = by_topic(partitions.iter().cloned().map(|it| (it, ())));
        let topics = topics.into_iter().map(|(topic, numbers)| {
            OffsetFetchRequestTopic::default()
                .with_name(topic)
                .with_partition_indexes(numbers.into_iter().map(|(number, ())| number).collect())
        });
        let request = OffsetFetchRequest::default()
            .with_group_id(settings.group_id())
            .with_topics(Some(topics.collect()));
        let answer = self.call(settings, request, Duration::ZERO)?;
        self.check(answer.error_code, OffsetFetchRequest::NAME)?;
        let mut committed = BTreeMap::new();
        for topic in answer.topics {
            for of in topic.partitions {
                let partition = HubPartition {
                    hub: topic.name.to_string(),
                    number: of.partition_index,
                };
                let what = OffsetFetchRequest::NAME;
                let checked = check_partition(of.error_code, what, &partition)
                    .inspect_err(|error| self.apply_error(error));
                let found = CommittedOffset {
                    offset: of.committed_offset,
                    by: match of.metadata.as_deref().filter(|name| !name.is_empty()) {
                        None => Committer::Unknown,
                        by if by == settings.instance.as_deref() => Committer::ThisBox,
                        Some(_) => Committer::AnotherBox,
                    },
                };
                let found = checked.map(|()| Some(found).filter(|it| it.offset >= 0));
                committed.insert(partition, found);
            }
        }
        Ok(committed)
    }

    /// Commits where to read next. Gives the partitions whose offset was not taken.
    pub(super) fn commit(
        &mut self,
        settings: &GroupSettings,
        offsets: &BTreeMap<HubPartition, i64>,
    ) -> Result<BTreeMap<HubPartition, HubError>, HubError> {
        let name = || settings.instance.clone().map(StrBytes::from_string);
        let all = offsets.iter().map(|(it, offset)| (it.clone(), *offset));
        let topics = by_topic(all).into_iter().map(|(topic, offsets)| {
            let partitions = offsets.into_iter().map(|(number, offset)| {
                OffsetCommitRequestPartition::default()
                    .with_partition_index(number)
                    .with_committed_offset(offset)
                    .with_committed_metadata(name())
            });
            OffsetCommitRequestTopic::default()
                .with_name(topic)
                .with_partitions(partitions.collect())
        });
        let request = OffsetCommitRequest::default()
            .with_group_id(settings.group_id())
            .with_generation_id_or_member_epoch(self.generation)
            .with_member_id(self.member.clone())
            .with_group_instance_id(self.instance.clone())
            // the service forgets at once what is kept for no time (reference: successors.md §5)
            .with_retention_time_ms(-1)
            .with_topics(topics.collect());
        let answer = self.call(settings, request, Duration::ZERO)?;
        let no_answer = || HubError::NoAnswer {
            peer: settings.route.host.clone(),
            what: OffsetCommitRequest::NAME,
        };
        let unanswered = |it: &HubPartition| (it.clone(), no_answer());
        let mut refused: BTreeMap<_, _> = offsets.keys().map(unanswered).collect();
        for topic in answer.topics {
            for of in topic.partitions {
                let partition = HubPartition {
                    hub: topic.name.to_string(),
                    number: of.partition_index,
                };
                match check_partition(of.error_code, OffsetCommitRequest::NAME, &partition) {
                    Ok(()) => {
                        refused.remove(&partition);
                    }
                    Err(error) => {
                        self.apply_error(&error);
                        if let Some(of) = refused.get_mut(&partition) {
                            *of = error;
                        }
                    }
                }
            }
        }
        match refused.len() == offsets.len() {
            true => refused
                .into_values()
                .next()
                .map_or(Ok(BTreeMap::new()), Err),
            false => Ok(refused),
        }
    }
}
