//! Joins a group and gets a share of its partitions.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::{JoinGroupRequest, JoinGroupResponse, SyncGroupRequest};
use kafka_protocol::protocol::StrBytes;

use super::assignment;
use super::error::{HubError, KafkaErrorCode};
use super::group_settings::GroupSettings;
use super::group_state::GroupState;
use super::supported_versions::SupportedRequest;
use crate::clock;
use crate::source::HubPartition;

/// A member that finishes what it has in hand may hold up the others for so long: the longest
/// rebalance timeout that clients are given.
const JOIN_PATIENCE: Duration = Duration::from_secs(300);

/// What a member has after it joined.
#[derive(Debug)]
pub(in crate::source::event_hubs) struct Joined {
    /// The generation: the coordinator raises it with each rebalance.
    pub generation: i32,
    /// Partitions of all hubs that are read.
    pub total_partitions: u64,
    /// Those that this member reads.
    pub assigned: Vec<HubPartition>,
    /// Hubs that can't be read, and why.
    pub failed: Vec<(String, KafkaErrorCode)>,
}

// === impl GroupState ===

impl GroupState {
    /// Joins, and gets a share.
    ///
    /// # Errors
    /// If the group lets nobody in, or none of the hubs can be read.
    pub(super) fn join(&mut self, settings: &GroupSettings) -> Result<Joined, HubError> {
        // which hubs can be read is known before the others are disturbed
        let mut failed = self.count_own(settings)?;
        let instance = settings.instance_id(&self.counts);
        if self.instance != instance {
            if !self.member.is_empty() {
                self.leave(settings);
            }
            self.instance = instance;
        }
        let joined = self.join_group(settings)?;
        self.member = joined.member_id.clone();
        self.generation = joined.generation_id;
        let leads = joined.leader == joined.member_id;
        let assignments = match leads {
            true => self.share_out(&joined, settings, &mut failed)?,
            false => Vec::new(),
        };
        let request = SyncGroupRequest::default()
            .with_group_id(settings.group_id())
            .with_generation_id(self.generation)
            .with_member_id(self.member.clone())
            .with_group_instance_id(self.instance.clone())
            .with_assignments(assignments);
        let answer = self.call(settings, request, JOIN_PATIENCE)?;
        self.check(answer.error_code, SyncGroupRequest::NAME)?;
        let share = assignment::share_of(&answer.assignment).ok_or_else(|| HubError::NoAnswer {
            peer: settings.route.host.clone(),
            what: SyncGroupRequest::NAME,
        })?;
        // a share that the group has stored may hold what this member asked for before
        let is_own = |it: &HubPartition| self.counts.contains_key(&it.hub);
        let total = self.counts.values();
        Ok(Joined {
            generation: self.generation,
            total_partitions: total.map(|count| u64::try_from(*count).unwrap_or(0)).sum(),
            assigned: share.into_iter().filter(is_own).collect(),
            failed,
        })
    }

    /// Counts the partitions of the hubs that can be read, and gives the others.
    fn count_own(
        &mut self,
        settings: &GroupSettings,
    ) -> Result<Vec<(String, KafkaErrorCode)>, HubError> {
        let counts = self.count(settings, &settings.hub_names())?;
        self.counted = Some(clock::now().steady);
        let mut failed = Vec::new();
        self.counts.clear();
        for (hub, count) in counts {
            match count {
                Ok(count) => {
                    self.counts.insert(hub, count);
                }
                Err(code) => failed.push((hub, code)),
            }
        }
        match failed.first() {
            Some((topic, code)) if self.counts.is_empty() => Err(HubError::Hub {
                topic: topic.clone(),
                code: *code,
            }),
            _ => Ok(failed),
        }
    }

    fn join_group(&mut self, settings: &GroupSettings) -> Result<JoinGroupResponse, HubError> {
        let millis = |time: Duration| i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
        let protocol = JoinGroupRequestProtocol::default()
            .with_name(StrBytes::from_static_str(assignment::RANGE))
            .with_metadata(assignment::subscription(self.counts.keys()));
        let request = JoinGroupRequest::default()
            .with_group_id(settings.group_id())
            .with_session_timeout_ms(millis(settings.session))
            .with_rebalance_timeout_ms(millis(settings.rebalance))
            .with_member_id(self.member.clone())
            .with_group_instance_id(self.instance.clone())
            .with_protocol_type(StrBytes::from_static_str("consumer"))
            .with_protocols(vec![protocol]);
        let answer = self.call(settings, request, JOIN_PATIENCE)?;
        let code = KafkaErrorCode::try_from_code(answer.error_code);
        if code == Some(KafkaErrorCode::MemberIdRequired) {
            self.member = answer.member_id.clone();
        }
        self.check(answer.error_code, JoinGroupRequest::NAME)?;
        Ok(answer)
    }

    /// The shares of all members, by the one that leads. A hub that can't be read is in none, as
    /// with Kafka's own assignors.
    fn share_out(
        &mut self,
        joined: &JoinGroupResponse,
        settings: &GroupSettings,
        failed: &mut Vec<(String, KafkaErrorCode)>,
    ) -> Result<Vec<SyncGroupRequestAssignment>, HubError> {
        let members: Vec<(String, Vec<String>)> = joined
            .members
            .iter()
            .map(|it| {
                let hubs = assignment::topics_of(&it.metadata);
                (it.member_id.to_string(), hubs)
            })
            .collect();
        let hubs: BTreeSet<&str> = members
            .iter()
            .flat_map(|(_, hubs)| hubs.iter().map(String::as_str))
            .collect();
        let mut counts = BTreeMap::new();
        for (hub, count) in self.count(settings, &hubs)? {
            match count {
                Ok(count) => {
                    counts.insert(hub, count);
                }
                Err(code) => {
                    // known as one that is not read, so that its return is noticed
                    if self.counts.remove(&hub).is_some() {
                        failed.push((hub, code));
                    }
                }
            }
        }
        let shares = assignment::range(&members, &counts).into_iter();
        Ok(shares
            .map(|(member, share)| {
                SyncGroupRequestAssignment::default()
                    .with_member_id(StrBytes::from_string(member))
                    .with_assignment(assignment::assignment(&share))
            })
            .collect())
    }

    /// Is a refusal of this kind the way to the next try?
    pub(super) fn joins_again(&mut self, code: KafkaErrorCode) -> bool {
        match code {
            KafkaErrorCode::MemberIdRequired | KafkaErrorCode::RebalanceInProgress => true,
            KafkaErrorCode::IllegalGeneration | KafkaErrorCode::UnknownMemberId => {
                self.member = StrBytes::default();
                true
            }
            _ => false,
        }
    }
}
