//! Joins the group, finds the start offset of each assigned partition, and commits.

use std::collections::BTreeMap;
use std::time::Duration;

use super::state::Position;
use super::{Consumer, LONGEST_REQUEST};
use crate::clock::Time;
use crate::source::{
    CommittedOffset, Committer, FoundOffsets, HubPartition, MembershipState, SourceError,
    SourceErrorKind, StartOffset,
};
use crate::spool::Spool;
use crate::status::InternalEvent;

impl<S: Spool, T: Time> Consumer<S, T> {
    /// Joins, for the first time or again, and gets its assignment.
    pub(super) fn join(&mut self) -> Result<(), SourceError> {
        let before: Vec<HubPartition> = self.state.assigned.keys().cloned().collect();
        self.state.release();
        self.worker.promise(LONGEST_REQUEST);
        let joined = self.hub.source.join();
        self.worker.promise(Duration::ZERO);
        let joined = joined?;
        let group = &mut self.state.group;
        group.generation = joined.generation;
        group.total_partitions = joined.total_partitions;
        group.rebalances += 1;
        if joined.assigned.is_empty() {
            // there is no page that waits for the spool
            std::mem::take(&mut self.state.hindrance).over(&self.worker);
        }
        let names: Vec<String> = (joined.assigned.iter().map(ToString::to_string))
            .chain(joined.failed.iter().map(|(hub, _)| hub.clone()))
            .collect();
        if (self.state.troubles).retain(|name| names.iter().any(|it| it == name)) {
            self.report_well();
        }
        for (hub, error) in joined.failed {
            self.report_trouble(&hub, &error);
        }
        let assigned = joined.assigned.into_iter();
        self.state.without_offset = assigned.map(|it| (it, None)).collect();
        self.find_start_offsets()?;
        self.report_assignment(&before);
        Ok(())
    }

    /// Finds the start offset of each assigned partition that has none, and makes it durable: from
    /// then on the offset in the spool counts, whatever it was before.
    pub(super) fn find_start_offsets(&mut self) -> Result<(), SourceError> {
        let now = self.now();
        let troubles = &self.state.troubles;
        let without = self.state.without_offset.iter();
        let partitions: Vec<HubPartition> = without
            .map(|(partition, _)| partition.clone())
            .filter(|it| !troubles.holds_back(&it.to_string(), now))
            .collect();
        if partitions.is_empty() {
            return Ok(());
        }
        let look_back = i64::try_from(self.first_look_back.as_millis()).unwrap_or(i64::MAX);
        let first_ms = self.worker.now().wall_ms.saturating_sub(look_back);
        let found = self.hub.source.find(&partitions, first_ms)?;
        let mut starts = BTreeMap::new();
        let mut is_first = false;
        for (partition, found) in self.each_that_answers(found)? {
            let spooled = self.state.offsets.of(&partition);
            is_first |= found.committed.is_none() && spooled.is_none();
            let start = self.state.offsets.start(&partition, found);
            starts.insert(partition, (found, start));
        }
        if !self.keep_starts(&starts)? {
            return Ok(());
        }
        for (partition, (found, start)) in starts {
            self.begin_at(partition, found, start);
        }
        if is_first {
            self.worker.tell(&InternalEvent::FirstStart {
                stream: self.stream.name,
                from_ms: first_ms,
            });
        }
        Ok(())
    }

    /// Fetching begins at the start offset, after its commit: with it, the group's offset is this
    /// box's, so that a later one of another box shows that it has read further.
    fn begin_at(&mut self, partition: HubPartition, found: FoundOffsets, start: StartOffset) {
        let refused = self.state.without_offset.remove(&partition).flatten();
        if refused == Some(start.next) {
            let error = SourceError::new(
                SourceErrorKind::Passing,
                format!(
                    "the service refuses offset {} as out of range, which lies within the range \
                        that it names: siembox tries again",
                    start.next
                ),
            );
            self.report_trouble(&partition.to_string(), &error);
        }
        let own = CommittedOffset {
            offset: start.next,
            by: Committer::ThisBox,
        };
        if found.committed != Some(own) {
            self.state.schedule.add(&partition, start.next);
        }
        let position = Position {
            next: start.next,
            committed: found.committed.map(|it| it.offset),
            latest: Some(found.latest),
            ..Position::default()
        };
        self.state.assigned.insert(partition, position);
    }

    /// Commits these offsets to the group.
    pub(super) fn commit(
        &mut self,
        mut offsets: BTreeMap<HubPartition, i64>,
    ) -> Result<(), SourceError> {
        if offsets.is_empty() {
            return Ok(());
        }
        let refused = match self.hub.source.commit(&offsets) {
            Ok(refused) => refused,
            Err(error) => {
                return match self.hub.source.membership() {
                    MembershipState::Member => Err(error),
                    // the next step joins again
                    MembershipState::Rebalancing | MembershipState::Lost => Ok(()),
                };
            }
        };
        for (partition, error) in &refused {
            offsets.remove(partition);
            if self.hub.source.membership() == MembershipState::Member {
                self.report_trouble(&partition.to_string(), error);
            }
        }
        let now = self.now();
        self.state.schedule.committed(&offsets, now);
        for (partition, next) in offsets {
            self.well(&partition);
            if let Some(position) = self.state.assigned.get_mut(&partition) {
                position.committed = Some(next);
            }
        }
        Ok(())
    }
}
