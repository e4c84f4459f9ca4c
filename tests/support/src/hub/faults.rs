//! What the face does wrong on demand.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use kafka_protocol::messages::ApiKey;

/// One thing that goes wrong, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HubFault {
    /// The connection is cut in place of an answer to this message.
    Cut(ApiKey),
    /// The answer to this message comes late, and says that it was throttled for so long.
    Throttle(ApiKey, Duration),
    /// A fetch finds nothing, without an error: what the service does when it throttles for longer
    /// than the request may take.
    EmptyFetch,
    /// A fetch of this partition is told that its offset is outside what the hub keeps.
    OutOfRange(i32),
    /// A fetch of this partition answers with this error code.
    FetchError(i32, i16),
    /// A heartbeat is told that the group rebalances.
    Rebalance,
    /// The heartbeat's member is not known: its session has ended.
    UnknownMember,
}

/// The faults that wait for their message.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<VecDeque<HubFault>>);

impl Faults {
    pub(super) fn add(&self, fault: HubFault) {
        self.waiting().push_back(fault);
    }

    pub(super) fn none_waits(&self) -> bool {
        self.waiting().is_empty()
    }

    /// The first that strikes this message.
    pub(super) fn take(&self, message: ApiKey, partitions: &[i32]) -> Option<HubFault> {
        let mut waiting = self.waiting();
        let strikes = |fault: &HubFault| match fault {
            HubFault::Cut(of) | HubFault::Throttle(of, _) => *of == message,
            HubFault::EmptyFetch => message == ApiKey::Fetch,
            HubFault::OutOfRange(partition) | HubFault::FetchError(partition, _) => {
                message == ApiKey::Fetch && partitions.contains(partition)
            }
            HubFault::Rebalance | HubFault::UnknownMember => message == ApiKey::Heartbeat,
        };
        let place = waiting.iter().position(strikes)?;
        waiting.remove(place)
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, VecDeque<HubFault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the hub has forgotten, because its retention is over: the oldest offset that is kept, by
/// partition.
#[derive(Debug, Default)]
pub(super) struct Retention(Mutex<BTreeMap<i32, i64>>);

impl Retention {
    pub(super) fn forget(&self, partition: i32, before: i64) {
        self.kept().insert(partition, before);
    }

    /// The oldest offset that is kept of this partition.
    pub(super) fn oldest(&self, partition: i32) -> i64 {
        self.kept().get(&partition).copied().unwrap_or(0)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, BTreeMap<i32, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
