//! A hub and its group: what the service keeps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;

use crate::event::Names;
use crate::source::{
    CommittedOffset, Committer, Fetched, FoundOffsets, HubMessage, HubPartition, HubRecord,
    JoinedGroup, MembershipState, PartitionSource, SourceError, SourceErrorKind, Unreadable,
    hunting,
};
use crate::stream::CLOUD_APP_EVENTS;

/// The most messages that a fetch brings of a partition.
pub(super) const PAGE: usize = 4;

/// The hub, and what goes wrong with it.
pub(super) struct Hub {
    /// The messages of each partition: the id of its record, or a poisonous one.
    pub(super) partitions: Vec<Vec<String>>,
    /// The oldest offset that is kept of each.
    pub(super) earliest: Vec<usize>,
    pub(super) committed: BTreeMap<HubPartition, (i64, String)>,
    pub(super) generation: i32,
    pub(super) members: BTreeMap<String, Of>,
    /// Who had each partition last, and how often that became another one.
    owners: BTreeMap<HubPartition, String>,
    pub(super) moves: BTreeMap<HubPartition, usize>,
    /// Random numbers, for whatever may go either way.
    seed: u64,
    /// Do requests fail now and then?
    pub(super) fails: bool,
    /// Partitions that always fail.
    pub(super) denied: BTreeSet<usize>,
    /// Partitions whose fetches are out of range, whatever the offset.
    pub(super) out_of_range: BTreeSet<usize>,
    /// Whether what nobody has read starts at the newest message.
    pub(super) starts_at_latest: bool,
    /// Whether the metadata of commits is not kept, as of tansu.
    pub(super) forgets_committers: bool,
    /// The most messages that a fetch brings of all partitions.
    pub(super) most: usize,
    /// How often messages were fetched.
    pub(super) fetches: usize,
    /// After so many looks at the group another member joins.
    pub(super) joins_after: Option<usize>,
}

/// What the group knows of a member.
#[derive(Debug, Default)]
pub(super) struct Of {
    generation: i32,
    share: Vec<HubPartition>,
    is_joining: bool,
    /// Has it got its share?
    is_committed: bool,
}

pub(super) fn partition(number: usize) -> HubPartition {
    HubPartition {
        hub: "defender".to_owned(),
        number: i32::try_from(number).unwrap(),
    }
}

fn place(partition: &HubPartition) -> usize {
    usize::try_from(partition.number).unwrap()
}

impl Hub {
    pub(super) fn new(partitions: usize, seed: u64) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            partitions: vec![Vec::new(); partitions],
            earliest: vec![0; partitions],
            committed: BTreeMap::new(),
            generation: 0,
            members: BTreeMap::new(),
            owners: BTreeMap::new(),
            moves: BTreeMap::new(),
            seed,
            fails: false,
            denied: BTreeSet::new(),
            out_of_range: BTreeSet::new(),
            starts_at_latest: false,
            forgets_committers: false,
            most: usize::MAX,
            fetches: 0,
            joins_after: None,
        }))
    }

    /// The next random number below this one (xorshift).
    pub(super) fn any(&mut self, below: usize) -> usize {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        usize::try_from(self.seed % u64::try_from(below).unwrap()).unwrap()
    }

    /// Deletes it and creates it again: it is empty, and nothing is committed.
    pub(super) fn recreate(&mut self) {
        self.partitions.iter_mut().for_each(Vec::clear);
        self.committed.clear();
    }

    /// A member without a sign of life is out of the group.
    pub(super) fn expel(&mut self, name: &str) {
        self.members.remove(name);
        self.share_out();
    }

    fn fails(&mut self) -> bool {
        self.fails && self.any(8) == 0
    }

    /// What is said of one partition.
    fn answer(&mut self, of: &HubPartition) -> Result<(), SourceError> {
        match self.fails() || self.denied.contains(&place(of)) {
            true => failed(),
            false => Ok(()),
        }
    }

    /// The group is shared out where all members have joined.
    fn share_out(&mut self) {
        if !self.members.values().all(|of| of.is_joining) || self.members.is_empty() {
            return;
        }
        self.generation += 1;
        let names: Vec<String> = self.members.keys().cloned().collect();
        let size = self.partitions.len();
        for (at, name) in names.iter().enumerate() {
            let from = at * size / names.len();
            let to = (at + 1) * size / names.len();
            let share: Vec<HubPartition> = (from..to).map(partition).collect();
            for of in &share {
                let before = self.owners.insert(of.clone(), name.clone());
                if before.is_some_and(|before| before != *name) {
                    *self.moves.entry(of.clone()).or_default() += 1;
                }
            }
            let generation = self.generation;
            let of = Of {
                generation,
                share,
                is_joining: false,
                is_committed: false,
            };
            self.members.insert(name.clone(), of);
        }
    }
}

/// A member as its consumer has it.
pub(super) struct Member {
    name: String,
    hub: Arc<Mutex<Hub>>,
}

impl Member {
    pub(super) fn new(name: &str, hub: &Arc<Mutex<Hub>>) -> Self {
        // a process that begins has joined nothing
        if let Some(of) = hub.lock().unwrap().members.get_mut(name) {
            of.generation = 0;
        }
        Self {
            name: name.to_owned(),
            hub: Arc::clone(hub),
        }
    }

    fn hub(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().unwrap()
    }
}

fn failed<T>() -> Result<T, SourceError> {
    Err(SourceError::new(
        SourceErrorKind::Passing,
        "the service ended the connection",
    ))
}

impl PartitionSource for Member {
    fn namespace(&self) -> String {
        "hub:9093".to_owned()
    }

    fn group(&self) -> String {
        "siembox".to_owned()
    }

    fn member(&self) -> String {
        self.name.clone()
    }

    fn membership(&self) -> MembershipState {
        let mut hub = self.hub();
        if let Some(looks) = &mut hub.joins_after {
            *looks = looks.saturating_sub(1);
            if *looks == 0 {
                hub.joins_after = None;
                hub.members
                    .entry("other".to_owned())
                    .or_default()
                    .is_joining = true;
            }
        }
        match hub.members.get(&self.name) {
            Some(of) if of.generation == 0 || !of.is_committed => MembershipState::Lost,
            Some(of) if of.generation < hub.generation => MembershipState::Lost,
            Some(_) if hub.members.values().any(|of| of.is_joining) => MembershipState::Rebalancing,
            Some(_) => MembershipState::Member,
            None => MembershipState::Lost,
        }
    }

    fn join(&mut self) -> Result<JoinedGroup, SourceError> {
        let mut hub = self.hub();
        let generation = hub.generation;
        let of = hub.members.entry(self.name.clone()).or_default();
        let is_shared_out = of.generation == generation && !of.is_committed && !of.is_joining;
        if generation == 0 || !is_shared_out {
            of.is_joining = true;
            hub.share_out();
        }
        let generation = hub.generation;
        let of = hub.members.entry(self.name.clone()).or_default();
        if of.is_joining || of.generation < generation {
            return failed();
        }
        of.is_committed = true;
        let share = of.share.clone();
        Ok(JoinedGroup {
            generation,
            total_partitions: u64::try_from(hub.partitions.len()).unwrap(),
            assigned: share,
            failed: Vec::new(),
        })
    }

    fn find(
        &mut self,
        partitions: &[HubPartition],
        _: i64,
    ) -> Result<BTreeMap<HubPartition, Result<FoundOffsets, SourceError>>, SourceError> {
        let mut hub = self.hub();
        if hub.fails() {
            return failed();
        }
        let found = partitions.iter().map(|of| {
            let answer = hub.answer(of);
            let at = place(of);
            let earliest = i64::try_from(hub.earliest[at]).unwrap();
            let latest = i64::try_from(hub.partitions[at].len()).unwrap();
            let committed = hub.committed.get(of);
            let found = FoundOffsets {
                committed: committed.map(|(offset, by)| CommittedOffset {
                    offset: *offset,
                    by: match by == &self.name {
                        _ if hub.forgets_committers => Committer::Unknown,
                        true => Committer::ThisBox,
                        false => Committer::AnotherBox,
                    },
                }),
                first: match hub.starts_at_latest {
                    true => latest,
                    false => earliest,
                },
                earliest,
                latest,
            };
            (of.clone(), answer.map(|()| found))
        });
        Ok(found.collect())
    }

    fn fetch(
        &mut self,
        from: &[(HubPartition, i64)],
    ) -> Result<Vec<(HubPartition, Fetched)>, SourceError> {
        let mut hub = self.hub();
        let mut fetched = Vec::new();
        hub.fetches += 1;
        let mut room = hub.most;
        if hub.fails() {
            return failed();
        }
        for (of, offset) in from {
            if let Err(error) = hub.answer(of) {
                fetched.push((of.clone(), Fetched::Failed(error)));
                continue;
            }
            let at = place(of);
            let begin = usize::try_from(*offset).unwrap();
            let is_within = (hub.earliest[at]..=hub.partitions[at].len()).contains(&begin);
            if !is_within || hub.out_of_range.contains(&at) {
                fetched.push((of.clone(), Fetched::OutOfRange));
                continue;
            }
            let most = hub.any(PAGE + 1).min(room);
            let messages = hub.partitions[at].iter().enumerate().skip(begin).take(most);
            let messages: Vec<HubMessage> = messages
                .map(|(at, body)| HubMessage {
                    offset: i64::try_from(at).unwrap(),
                    body: Bytes::from(body.clone()),
                    damage: None,
                    next: i64::try_from(at).unwrap() + 1,
                })
                .collect();
            room -= messages.len();
            let next = messages.last().map(|last| last.next);
            let latest = i64::try_from(hub.partitions[at].len()).unwrap();
            let of_partition = Fetched::Messages {
                messages,
                next,
                latest,
            };
            fetched.push((of.clone(), of_partition));
        }
        if hub.fails && hub.any(30) == 0 {
            // its session ends while it reads
            hub.expel(&self.name);
        }
        Ok(fetched)
    }

    fn commit(
        &mut self,
        offsets: &BTreeMap<HubPartition, i64>,
    ) -> Result<BTreeMap<HubPartition, SourceError>, SourceError> {
        if self.membership() == MembershipState::Lost {
            return failed();
        }
        let mut hub = self.hub();
        if hub.fails() {
            return failed();
        }
        let held: BTreeSet<HubPartition> = hub.members[&self.name].share.iter().cloned().collect();
        let mut refused = BTreeMap::new();
        for (of, next) in offsets {
            assert!(held.contains(of), "{of} is not of this member");
            if let Err(error) = hub.answer(of) {
                refused.insert(of.clone(), error);
                continue;
            }
            hub.committed.insert(of.clone(), (*next, self.name.clone()));
        }
        // the answer may be lost where the commit is not
        match hub.fails() {
            true => failed(),
            false => Ok(refused),
        }
    }

    fn read(&self, body: &[u8], to: &mut dyn FnMut(HubRecord<'_>)) {
        let id = std::str::from_utf8(body).unwrap();
        if id.starts_with("other") {
            return to(HubRecord::Other);
        }
        if id.starts_with("poison") {
            return to(HubRecord::Poison(Unreadable {
                id: None,
                cursor_ms: None,
                reason: "the message is not valid JSON".to_owned(),
            }));
        }
        let row = format!(r#"{{"Timestamp":"2026-09-21T14:12:20Z","ReportId":"{id}"}}"#);
        let record = hunting::record::cloud_app(&row, &Names::default());
        to(HubRecord::Row(CLOUD_APP_EVENTS, &row, record));
    }
}
