//! Reports what was read and the offsets of the partitions, at most once a second while it lags.

use std::time::Duration;

use super::Consumer;
use crate::clock::Time;
use crate::source::HubPartition;
use crate::spool::Spool;
use crate::status::{GroupReport, InternalEvent, PageRead, PartitionReport};

/// Several fetches a second are reported together.
const EVERY: Duration = Duration::from_secs(1);

impl<S: Spool, T: Time> Consumer<S, T> {
    /// Adds a page to the counts of the next report.
    pub(super) fn count(&mut self, page: &PageRead) {
        let unreported = &mut self.state.unreported;
        unreported.records += page.records;
        unreported.repeats += page.repeats;
        unreported.left_out += page.left_out;
        unreported.set_aside += page.set_aside;
        unreported.lines += page.lines;
    }

    /// An answer of the service ends the backoff; what was read is reported if it is time.
    pub(super) fn answered(&mut self) {
        self.state.passing.reset();
        self.state.refused.reset();
        let now = self.now();
        let is_due = self.state.reported_at.is_none_or(|at| now >= at + EVERY);
        if !is_due && !self.state.has_caught_up(now) {
            return;
        }
        self.state.reported_at = Some(now);
        let stream = self.stream.name;
        let unreported = std::mem::take(&mut self.state.unreported);
        let group = self.group();
        if unreported.records > 0 {
            let page = PageRead {
                stream,
                read_up_to_ms: group.reads_at_ms().or_else(|| group.newest_ms()),
                more: group.is_behind(),
                ..unreported
            };
            self.worker.tell(&InternalEvent::PageRead(page));
        }
        self.worker
            .tell(&InternalEvent::Positions { stream, group });
    }

    /// The group has rebalanced; `before` are the partitions that this box had.
    pub(super) fn report_assignment(&self, before: &[HubPartition]) {
        let (stream, group) = (self.stream.name, self.group());
        let is_same = self.state.assigned.keys().eq(before) && self.state.group.rebalances > 1;
        self.worker.tell(&match is_same {
            true => InternalEvent::Positions { stream, group },
            false => InternalEvent::Rebalanced { stream, group },
        });
    }

    fn group(&self) -> Box<GroupReport> {
        let (group, member) = (self.hub.source.group(), self.hub.source.member());
        let facts = &self.state.group;
        let partitions = self.state.assigned.iter();
        Box::new(GroupReport {
            group,
            member,
            generation: facts.generation,
            rebalances: facts.rebalances,
            total_partitions: facts.total_partitions,
            partitions: partitions
                .map(|(partition, position)| PartitionReport {
                    hub: partition.hub.clone(),
                    number: partition.number,
                    next: position.next,
                    committed: position.committed,
                    latest: position.latest,
                    newest_ms: position.newest_ms,
                })
                .collect(),
            other_records: facts.other_records,
        })
    }
}
