//! The membership in a consumer group: joining, the heartbeat that keeps it, commits, leaving.
//!
//! The heartbeat has a thread of its own, because whoever reads may be held up for longer than a
//! session lasts: by a spool that is full, or by a fetch that the service throttles.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::error::HubError;
use super::group_settings::GroupSettings;
use super::group_state::{GroupState, NONE};
use super::join::Joined;
use crate::clock;
use crate::source::{CommittedOffset, HubPartition, MembershipState};

/// A member of a group, with the thread that keeps it one.
pub(in crate::source::event_hubs) struct Membership {
    settings: GroupSettings,
    shared: Arc<Shared>,
    heartbeat: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<GroupState>,
    changed: Condvar,
}

/// So often in a row a member joins that the group sends away.
const MOST_JOINS: u32 = 10;

// === impl Membership ===

impl Membership {
    /// A member that has not joined.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(in crate::source::event_hubs) fn new(settings: GroupSettings) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::new(GroupState::new()),
            changed: Condvar::new(),
        });
        let (of_thread, of) = (Arc::clone(&shared), settings.clone());
        let heartbeat = std::thread::Builder::new()
            .name("hub heartbeat".to_owned())
            .spawn(move || of_thread.keep(&of))?;
        Ok(Self {
            settings,
            shared,
            heartbeat: Some(heartbeat),
        })
    }

    /// What the heartbeat knows.
    pub(in crate::source::event_hubs) fn state(&self) -> MembershipState {
        self.shared.state().membership
    }

    /// A partition is not known to its leader: the partitions of the hubs are counted with the next
    /// heartbeat.
    pub(in crate::source::event_hubs) fn count_soon(&self) {
        self.shared.state().counted = None;
    }

    /// Joins, or joins again, and gets a share. Blocks until all members have joined.
    ///
    /// # Errors
    /// If the group can't be reached or lets nobody in, or none of the hubs can be read.
    pub(in crate::source::event_hubs) fn join(&mut self) -> Result<Joined, HubError> {
        let mut state = self.shared.state();
        state.generation = NONE;
        state.membership = MembershipState::Lost;
        let mut tries = 0;
        loop {
            tries += 1;
            match state.join(&self.settings) {
                Ok(joined) => {
                    state.membership = MembershipState::Member;
                    state.last_heartbeat = clock::now().steady;
                    self.shared.changed.notify_all();
                    return Ok(joined);
                }
                Err(HubError::Refused { code, .. })
                    if tries < MOST_JOINS && state.joins_again(code) => {}
                Err(error) => {
                    state.membership = MembershipState::Lost;
                    state.link = None;
                    return Err(error);
                }
            }
        }
    }

    /// How far the group is in these partitions; `None` if nobody has committed an offset.
    ///
    /// # Errors
    /// If the coordinator can't be asked.
    pub(in crate::source::event_hubs) fn committed(
        &self,
        partitions: &[HubPartition],
    ) -> Result<BTreeMap<HubPartition, Result<Option<CommittedOffset>, HubError>>, HubError> {
        self.shared.state().committed(&self.settings, partitions)
    }

    /// Commits where to read next. Gives the partitions whose offset was not taken.
    ///
    /// # Errors
    /// If none was taken: the partitions then belong to others, or nobody answers.
    pub(in crate::source::event_hubs) fn commit(
        &self,
        offsets: &BTreeMap<HubPartition, i64>,
    ) -> Result<BTreeMap<HubPartition, HubError>, HubError> {
        self.shared.state().commit(&self.settings, offsets)
    }

    /// Leaves the group, so that the others need not wait for the session's end. A member with a
    /// name of its own stays: its share waits for it through a restart.
    fn leave(&mut self) {
        let mut state = self.shared.state();
        state.over = true;
        self.shared.changed.notify_all();
        if self.settings.instance.is_none() && state.generation != NONE {
            state.leave(&self.settings);
        }
        drop(state);
        if let Some(heartbeat) = self.heartbeat.take() {
            let _ = heartbeat.join();
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.leave();
    }
}

// === impl Shared ===

impl Shared {
    fn state(&self) -> MutexGuard<'_, GroupState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the membership until it is left.
    fn keep(&self, settings: &GroupSettings) {
        let mut state = self.state();
        while !state.over {
            (state, _) = self
                .changed
                .wait_timeout(state, settings.heartbeat)
                .unwrap_or_else(PoisonError::into_inner);
            if state.over || state.membership == MembershipState::Lost {
                continue;
            }
            // what it means is applied to the state
            let _ = state.heartbeat(settings);
            let _ = state.recount(settings);
            let since = clock::now().steady.saturating_sub(state.last_heartbeat);
            if since > settings.session {
                state.membership = MembershipState::Lost;
            }
        }
    }
}

#[cfg(test)]
mod tests;
