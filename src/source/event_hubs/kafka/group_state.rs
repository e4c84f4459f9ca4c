//! What a member holds of its group: the connection to the coordinator, generation and membership.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::{FindCoordinatorRequest, HeartbeatRequest, LeaveGroupRequest};
use kafka_protocol::protocol::StrBytes;

use super::connection::HubConnection;
use super::error::{self, HubError, KafkaErrorCode};
use super::group_settings::GroupSettings;
use super::metadata::{self, Metadata, PartitionCounts};
use super::supported_versions::SupportedRequest;
use crate::clock;
use crate::source::MembershipState;

/// No generation.
pub(super) const NONE: i32 = -1;

/// What varies while a member is one.
pub(super) struct GroupState {
    /// To the coordinator; `None` if it has to be found again.
    pub link: Option<HubConnection>,
    /// Given by the coordinator; kept over rejoins.
    pub member: StrBytes,
    /// The `group.instance.id` under which it has joined.
    pub instance: Option<StrBytes>,
    pub generation: i32,
    pub membership: MembershipState,
    /// When the coordinator last took it for a member, on the steady clock.
    pub last_heartbeat: Duration,
    /// The number of partitions of each hub at the join; without those that can't be read.
    pub counts: BTreeMap<String, i32>,
    /// When they were last counted, on the steady clock; `None` if that is to happen soon.
    pub counted: Option<Duration>,
    /// Does the heartbeat end?
    pub over: bool,
}

// === impl GroupState ===

impl GroupState {
    /// No member yet.
    pub(super) fn new() -> Self {
        Self {
            link: None,
            member: StrBytes::default(),
            instance: None,
            generation: NONE,
            membership: MembershipState::Lost,
            last_heartbeat: clock::now().steady,
            counts: BTreeMap::new(),
            counted: None,
            over: false,
        }
    }

    /// Asks the coordinator, whose answer may take so much longer. What its connection suffers is
    /// known afterwards.
    pub(super) fn call<R: SupportedRequest>(
        &mut self,
        settings: &GroupSettings,
        request: R,
        longer: Duration,
    ) -> Result<R::Response, HubError> {
        let coordinator = self.coordinator(settings)?;
        let answer = coordinator.call_within(request, longer);
        answer.inspect_err(|error| self.apply_error(error))
    }

    /// Takes the error code of an answer of the coordinator in.
    pub(super) fn check(&mut self, number: i16, what: &'static str) -> Result<(), HubError> {
        error::check(number, what).inspect_err(|error| self.apply_error(error))
    }

    /// What an error of the coordinator means for the membership.
    pub(super) fn apply_error(&mut self, error: &HubError) {
        use KafkaErrorCode as Code;
        match error.code() {
            // the connection, and no answer of the group
            None => self.link = None,
            Some(Code::RebalanceInProgress) => {
                self.last_heartbeat = clock::now().steady;
                self.membership = MembershipState::Rebalancing;
            }
            Some(Code::IllegalGeneration | Code::UnknownMemberId | Code::FencedInstanceId) => {
                self.membership = MembershipState::Lost;
            }
            Some(
                Code::CoordinatorLoadInProgress
                | Code::CoordinatorNotAvailable
                | Code::NotCoordinator,
            ) => self.link = None,
            Some(_) => {}
        }
    }

    pub(super) fn heartbeat(&mut self, settings: &GroupSettings) -> Result<(), HubError> {
        let request = HeartbeatRequest::default()
            .with_group_id(settings.group_id())
            .with_generation_id(self.generation)
            .with_member_id(self.member.clone())
            .with_group_instance_id(self.instance.clone());
        let answer = self.call(settings, request, Duration::ZERO)?;
        self.check(answer.error_code, HeartbeatRequest::NAME)?;
        self.last_heartbeat = clock::now().steady;
        Ok(())
    }

    /// How many partitions these hubs have.
    pub(super) fn count(
        &mut self,
        settings: &GroupSettings,
        hubs: &BTreeSet<&str>,
    ) -> Result<PartitionCounts, HubError> {
        let answer = self.call(settings, metadata::request(hubs), Duration::ZERO)?;
        Ok(Metadata::of(answer, hubs).counts())
    }

    /// Looks from time to time whether the hubs have other partitions than at the join. If so, the
    /// group is joined anew.
    pub(super) fn recount(&mut self, settings: &GroupSettings) -> Result<(), HubError> {
        let every = match self.counts.len() < settings.hubs.len() {
            true => settings.count_failed,
            false => settings.count,
        };
        let now = clock::now().steady;
        let is_due = self
            .counted
            .is_none_or(|at| now.saturating_sub(at) >= every);
        if self.membership == MembershipState::Member && is_due {
            self.counted = Some(now);
            let counts = self.count(settings, &settings.hub_names())?;
            if metadata::differ(&self.counts, &counts) {
                self.membership = MembershipState::Rebalancing;
            }
        }
        Ok(())
    }

    /// Leaves the group, so that the others need not wait for the session's end.
    pub(super) fn leave(&mut self, settings: &GroupSettings) {
        if let Some(link) = &mut self.link {
            let identity = MemberIdentity::default()
                .with_member_id(self.member.clone())
                .with_group_instance_id(self.instance.clone());
            let request = LeaveGroupRequest::default()
                .with_group_id(settings.group_id())
                .with_member_id(self.member.clone())
                .with_members(vec![identity]);
            // the session's end says the same, later
            let _ = link.call(request);
        }
        self.member = StrBytes::default();
    }

    /// The connection to the coordinator, which is found if it is not known.
    fn coordinator(&mut self, settings: &GroupSettings) -> Result<&mut HubConnection, HubError> {
        const WHAT: &str = FindCoordinatorRequest::NAME;
        if self.link.as_ref().is_none_or(HubConnection::is_over) {
            self.link = None;
            let route = &settings.route;
            let mut any = HubConnection::open(&route.host, route.port, route)?;
            let request = FindCoordinatorRequest::default()
                .with_key(StrBytes::from_string(settings.group.clone()));
            let answer = any.call(request)?;
            error::check(answer.error_code, WHAT)?;
            let port = u16::try_from(answer.port).unwrap_or(route.port);
            let is_same = *answer.host == *route.host && port == route.port;
            self.link = Some(match is_same {
                true => any,
                false => HubConnection::open(&answer.host, port, route)?,
            });
        }
        self.link.as_mut().ok_or(HubError::Refused {
            what: WHAT,
            code: KafkaErrorCode::CoordinatorNotAvailable,
        })
    }
}
