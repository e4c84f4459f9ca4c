//! One member of a consumer group of Event Hubs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::decode_fetched::decode_fetched;
use super::found_offsets::find;
use super::kafka::{
    BrokerRoute, DecodeBudget, Fetcher, GroupSettings, HubError, KafkaErrorCode, Membership,
    Sockets,
};
use super::member_settings::{HubMember, HubRoute};
use super::{error_text, message};
use crate::source::{
    Cancel, Fetched, FoundOffsets, HubPartition, HubRecord, JoinedGroup, MembershipState,
    PartitionSource, SourceError, SourceErrorKind,
};

/// A member without a heartbeat for so long has left, as Microsoft recommends it.
const SESSION: Duration = Duration::from_secs(30);
/// The time between two heartbeats, as Microsoft recommends it.
const HEARTBEAT: Duration = Duration::from_secs(3);
/// How long the others wait for a member that finishes what it has in hand.
const REBALANCE: Duration = Duration::from_secs(60);
/// How often it looks whether the hubs have other partitions, as Kafka's own clients do.
const COUNT: Duration = Duration::from_secs(300);
/// The same while a hub can't be read.
const COUNT_FAILED: Duration = Duration::from_secs(30);

/// A member of a consumer group.
pub struct EventHubs {
    namespace: String,
    member: HubMember,
    membership: Membership,
    fetcher: Fetcher,
    sockets: Arc<Sockets>,
}

// === impl EventHubs ===

impl EventHubs {
    /// A member that has not joined.
    ///
    /// # Errors
    /// If the system gives no thread for the heartbeat.
    pub fn new(route: HubRoute, member: HubMember) -> std::io::Result<Self> {
        let sockets = Arc::new(Sockets::default());
        let namespace = format!("{}:{}", route.host, route.port);
        let route = BrokerRoute {
            host: route.host,
            port: route.port,
            tls: route.tls,
            login: route.login.into_login(),
            client_id: member.client_id.clone(),
            timeout: route.timeout,
            sockets: Arc::clone(&sockets),
        };
        let fetcher = Fetcher::new(&route);
        let membership = Membership::new(GroupSettings {
            route,
            group: member.group.clone(),
            instance: member.instance.clone(),
            hubs: member.hubs.iter().cloned().collect(),
            session: SESSION,
            heartbeat: HEARTBEAT,
            rebalance: REBALANCE,
            count: COUNT,
            count_failed: COUNT_FAILED,
        })?;
        Ok(Self {
            namespace,
            member,
            membership,
            fetcher,
            sockets,
        })
    }

    /// Aborts a request that hangs, and ends the member with it.
    #[must_use]
    pub fn cancel(&self) -> Cancel {
        let sockets = Arc::clone(&self.sockets);
        Box::new(move || sockets.shut_down())
    }

    fn error(&self, error: HubError) -> SourceError {
        if error.code() == Some(KafkaErrorCode::UnknownTopicOrPartition) {
            self.membership.count_soon();
        }
        match self.sockets.is_closed() {
            true => SourceError::new(SourceErrorKind::Stopped, "stopped"),
            false => error_text::translate(error, &self.member.group),
        }
    }
}

impl PartitionSource for EventHubs {
    fn namespace(&self) -> String {
        self.namespace.clone()
    }

    fn group(&self) -> String {
        self.member.group.clone()
    }

    fn member(&self) -> String {
        self.member.client_id.clone()
    }

    fn membership(&self) -> MembershipState {
        self.membership.state()
    }

    fn join(&mut self) -> Result<JoinedGroup, SourceError> {
        let joined = self.membership.join().map_err(|error| self.error(error))?;
        let failed = joined.failed.into_iter();
        Ok(JoinedGroup {
            generation: joined.generation,
            total_partitions: joined.total_partitions,
            assigned: joined.assigned,
            failed: failed
                .map(|(hub, code)| {
                    let topic = hub.clone();
                    (hub, self.error(HubError::Hub { topic, code }))
                })
                .collect(),
        })
    }

    fn find(
        &mut self,
        partitions: &[HubPartition],
        first_ms: i64,
    ) -> Result<BTreeMap<HubPartition, Result<FoundOffsets, SourceError>>, SourceError> {
        let (membership, fetcher) = (&self.membership, &mut self.fetcher);
        let found = find(&self.namespace, membership, fetcher, partitions, first_ms);
        let found = found.map_err(|error| self.error(error))?.into_iter();
        Ok(found
            .map(|(partition, of)| (partition, of.map_err(|error| self.error(error))))
            .collect())
    }

    fn fetch(
        &mut self,
        from: &[(HubPartition, i64)],
    ) -> Result<Vec<(HubPartition, Fetched)>, SourceError> {
        let fetched = self.fetcher.fetch(from);
        let fetched = fetched.map_err(|error| self.error(error))?;
        let mut fetched: BTreeMap<_, _> = fetched.into_iter().collect();
        let mut budget = DecodeBudget::new();
        let mut all = Vec::with_capacity(fetched.len());
        // in their order, since those in front have precedence
        for (partition, offset) in from {
            let of = match fetched.remove(partition) {
                None => continue,
                Some(Ok(of)) => decode_fetched(of, *offset, &mut budget),
                Some(Err(error)) => Some(match error.code() {
                    Some(KafkaErrorCode::OffsetOutOfRange) => Fetched::OutOfRange,
                    _ => Fetched::Failed(self.error(error)),
                }),
            };
            all.extend(of.map(|of| (partition.clone(), of)));
        }
        Ok(all)
    }

    fn commit(
        &mut self,
        offsets: &BTreeMap<HubPartition, i64>,
    ) -> Result<BTreeMap<HubPartition, SourceError>, SourceError> {
        let refused = self.membership.commit(offsets);
        let refused = refused.map_err(|error| self.error(error))?.into_iter();
        Ok(refused
            .map(|(partition, error)| (partition, self.error(error)))
            .collect())
    }

    fn read(&self, body: &[u8], to: &mut dyn FnMut(HubRecord<'_>)) {
        message::read(body, &self.member.tables, &self.member.names, to);
    }
}
