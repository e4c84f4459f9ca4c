//! The brokers that lead partitions, and a connection to each that is asked.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kafka_protocol::messages::BrokerId;

use super::broker_route::BrokerRoute;
use super::connection::HubConnection;
use super::error::{HubError, KafkaErrorCode, is_of_leader};
use super::metadata::{self, Metadata};
use crate::source::HubPartition;

/// What brokers answer, partition by partition.
pub(in crate::source::event_hubs) type PartitionAnswers<T> =
    Vec<(HubPartition, Result<T, HubError>)>;

/// Knows whom to ask for which partition.
pub(super) struct Leaders {
    route: BrokerRoute,
    /// One to each broker.
    links: HashMap<BrokerId, HubConnection>,
    /// Host and port of each broker.
    brokers: HashMap<BrokerId, (String, u16)>,
    leaders: BTreeMap<HubPartition, BrokerId>,
}

// === impl Leaders ===

impl Leaders {
    /// Knows nobody yet.
    pub(super) fn new(route: &BrokerRoute) -> Self {
        Self {
            route: route.clone(),
            links: HashMap::new(),
            brokers: HashMap::new(),
            leaders: BTreeMap::new(),
        }
    }

    /// Asks the leader of each partition. What fails of one leader or partition fails for it alone.
    ///
    /// # Errors
    /// If no leader answers.
    pub(super) fn ask<T>(
        &mut self,
        partitions: &[HubPartition],
        ask: impl Fn(&mut HubConnection, &[HubPartition]) -> Result<PartitionAnswers<T>, HubError>,
    ) -> Result<PartitionAnswers<T>, HubError> {
        let (by_leader, failed) = self.by_leader(partitions);
        let mut answers: PartitionAnswers<T> = (failed.into_iter())
            .map(|(partition, error)| (partition, Err(error)))
            .collect();
        let mut first = None;
        let mut has_answer = false;
        for (broker, of) in by_leader {
            match self.link(broker).and_then(|link| ask(link, &of)) {
                Ok(answer) => {
                    has_answer = true;
                    answers.extend(answer);
                }
                Err(error) => {
                    self.links.remove(&broker);
                    self.leaders.retain(|_, leader| *leader != broker);
                    let failed = of.into_iter().map(|it| (it, Err(error.clone())));
                    answers.extend(failed);
                    first.get_or_insert(error);
                }
            }
        }
        for (partition, answer) in &answers {
            let code = answer.as_ref().err().and_then(HubError::code);
            if code.is_some_and(is_of_leader) {
                self.leaders.remove(partition);
            }
        }
        if has_answer || partitions.is_empty() {
            return Ok(answers);
        }
        let first = first.or_else(|| answers.into_iter().find_map(|(_, answer)| answer.err()));
        first.map_or(Ok(Vec::new()), Err)
    }

    /// The partitions of each leader, and those without.
    #[expect(clippy::type_complexity, reason = "the two halves of one list")]
    fn by_leader(
        &mut self,
        partitions: &[HubPartition],
    ) -> (
        BTreeMap<BrokerId, Vec<HubPartition>>,
        Vec<(HubPartition, HubError)>,
    ) {
        let unknown = partitions
            .iter()
            .filter(|it| !self.leaders.contains_key(it));
        let hubs: BTreeSet<&str> = unknown.map(|it| it.hub.as_str()).collect();
        let learned = (!hubs.is_empty()).then(|| self.learn(&hubs));
        let mut by_leader: BTreeMap<BrokerId, Vec<HubPartition>> = BTreeMap::new();
        let mut failed = Vec::new();
        for partition in partitions {
            let known = self.leaders.get(partition).copied();
            let leader = known.map_or_else(
                || match &learned {
                    Some(Ok(metadata)) => metadata.leader(partition),
                    Some(Err(error)) => Err(error.clone()),
                    None => Err(no_broker()),
                },
                Ok,
            );
            match leader {
                Ok(leader) => {
                    self.leaders.insert(partition.clone(), leader);
                    by_leader.entry(leader).or_default().push(partition.clone());
                }
                Err(error) => failed.push((partition.clone(), error)),
            }
        }
        (by_leader, failed)
    }

    /// Asks who leads the partitions of these hubs: a broker that is connected, or else the one of
    /// the settings.
    fn learn(&mut self, hubs: &BTreeSet<&str>) -> Result<Metadata, HubError> {
        let connected: Vec<BrokerId> = self.links.keys().copied().collect();
        for broker in connected {
            let answer = self
                .link(broker)
                .and_then(|link| link.call(metadata::request(hubs)));
            match answer {
                Ok(answer) => {
                    let metadata = Metadata::of(answer, hubs);
                    self.know(&metadata);
                    return Ok(metadata);
                }
                Err(_) => {
                    self.links.remove(&broker);
                }
            }
        }
        let (host, port) = (self.route.host.clone(), self.route.port);
        let mut any = HubConnection::open(&host, port, &self.route)?;
        let metadata = Metadata::of(any.call(metadata::request(hubs))?, hubs);
        self.know(&metadata);
        // the broker that was asked is one of them: with Event Hubs the only one
        let asked = self
            .brokers
            .iter()
            .find(|(_, at)| **at == (host.clone(), port));
        if let Some((broker, _)) = asked {
            self.links.insert(*broker, any);
        }
        Ok(metadata)
    }

    /// Brokers that have moved are connected to anew.
    fn know(&mut self, metadata: &Metadata) {
        let (before, now) = (&self.brokers, &metadata.brokers);
        self.links
            .retain(|broker, _| now.contains_key(broker) && before.get(broker) == now.get(broker));
        self.brokers.clone_from(&metadata.brokers);
    }

    fn link(&mut self, broker: BrokerId) -> Result<&mut HubConnection, HubError> {
        if self.links.get(&broker).is_none_or(HubConnection::is_over) {
            self.links.remove(&broker);
            let at = self.brokers.get(&broker).cloned();
            let (host, port) = at.ok_or_else(no_broker)?;
            let link = HubConnection::open(&host, port, &self.route)?;
            self.links.insert(broker, link);
        }
        self.links.get_mut(&broker).ok_or_else(no_broker)
    }
}

/// The leader is none of the brokers that are named.
fn no_broker() -> HubError {
    HubError::Refused {
        what: "Metadata",
        code: KafkaErrorCode::LeaderNotAvailable,
    }
}

#[cfg(test)]
mod tests;
