//! How a member takes part in a consumer group.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kafka_protocol::messages::GroupId;
use kafka_protocol::protocol::StrBytes;

use super::broker_route::BrokerRoute;

/// How a member takes part.
#[derive(Debug, Clone)]
pub(in crate::source::event_hubs) struct GroupSettings {
    /// How brokers are reached.
    pub route: BrokerRoute,
    /// The group: its members share the partitions.
    pub group: String,
    /// The name by which the box is known across restarts; `None` for one that has none.
    pub instance: Option<String>,
    /// The hubs that are read.
    pub hubs: BTreeSet<String>,
    /// A member without a heartbeat for so long has left. The service takes 6 to 300 s.
    pub session: Duration,
    /// The time between two heartbeats.
    pub heartbeat: Duration,
    /// How long the others wait for a member that finishes what it has in hand.
    pub rebalance: Duration,
    /// How often it looks whether the hubs have other partitions.
    pub count: Duration,
    /// The same while a hub can't be read.
    pub count_failed: Duration,
}

// === impl GroupSettings ===

impl GroupSettings {
    pub(super) fn group_id(&self) -> GroupId {
        GroupId(StrBytes::from_string(self.group.clone()))
    }

    pub(super) fn hub_names(&self) -> BTreeSet<&str> {
        self.hubs.iter().map(String::as_str).collect()
    }

    /// `group.instance.id` of a member that reads these hubs, with this number of partitions each.
    ///
    /// A static member that comes again gets the share that the group has stored for it, whatever
    /// it asks for now (KAFKA-12759): one that asks for something else needs another name.
    pub(super) fn instance_id(&self, counts: &BTreeMap<String, i32>) -> Option<StrBytes> {
        let name = self.instance.as_ref()?;
        let mut asked = String::new();
        for (hub, count) in counts {
            asked.push_str(hub);
            asked.push_str(&format!("/{count}\n"));
        }
        let sum = crc32fast::hash(asked.as_bytes());
        Some(StrBytes::from_string(format!("{name}-{sum:08x}")))
    }
}
