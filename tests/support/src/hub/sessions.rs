//! Sessions of members, as the service ends them: noida never does, and tansu not those of members
//! that have a name of their own.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::{GroupId, LeaveGroupRequest};
use kafka_protocol::protocol::StrBytes;

/// The members of all groups.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<BTreeMap<(GroupId, StrBytes), Session>>);

#[derive(Debug)]
struct Session {
    /// `group.instance.id`
    instance: Option<StrBytes>,
    /// How long it lasts without a sign of life.
    lasts: Duration,
    /// When there was the last one; none while it waits to be let in.
    alive: Option<Instant>,
}

impl Sessions {
    /// A member is in. Who had its name before is no member any more.
    pub(super) fn joined(
        &self,
        group: &GroupId,
        member: &StrBytes,
        instance: Option<&StrBytes>,
        lasts: Duration,
    ) {
        let mut all = self.all();
        if instance.is_some() {
            all.retain(|(of, _), it| of != group || it.instance.as_ref() != instance);
        }
        let session = Session {
            instance: instance.cloned(),
            lasts,
            alive: Some(Instant::now()),
        };
        all.insert((group.clone(), member.clone()), session);
    }

    /// A member asks to be let in again.
    pub(super) fn joins(&self, group: &GroupId, member: &StrBytes) {
        if let Some(session) = self.all().get_mut(&(group.clone(), member.clone())) {
            session.alive = None;
        }
    }

    /// A sign of life, which wakes no session that is over.
    pub(super) fn alive(&self, group: &GroupId, member: &StrBytes) {
        let mut all = self.all();
        let session = all.get_mut(&(group.clone(), member.clone()));
        if let Some(session) = session.filter(|it| !it.is_over()) {
            session.alive = Some(Instant::now());
        }
    }

    /// How many are not over.
    pub(super) fn alive_now(&self) -> usize {
        self.all().values().filter(|it| !it.is_over()).count()
    }

    /// A member leaves.
    pub(super) fn left(&self, group: &GroupId, member: &StrBytes) {
        self.all().remove(&(group.clone(), member.clone()));
    }

    /// What tells the broker which members of this group have given no sign of life.
    pub(super) fn ended(&self, group: &GroupId) -> Option<LeaveGroupRequest> {
        let mut all = self.all();
        let over = all
            .iter()
            .filter(|((of, _), it)| of == group && it.is_over());
        let over: Vec<MemberIdentity> = over
            .map(|((_, member), it)| {
                MemberIdentity::default()
                    .with_member_id(member.clone())
                    .with_group_instance_id(it.instance.clone())
            })
            .collect();
        all.retain(|(of, _), it| of != group || !it.is_over());
        let request = LeaveGroupRequest::default().with_group_id(group.clone());
        (!over.is_empty()).then(|| request.with_members(over))
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<(GroupId, StrBytes), Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Was there no sign of life for too long?
    fn is_over(&self) -> bool {
        self.alive.is_some_and(|at| at.elapsed() > self.lasts)
    }
}
