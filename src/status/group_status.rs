//! What the status keeps of a stream's consumer group, from one told event to the next.

use super::group::{GroupAssignment, GroupReport};

/// The group as it was told last, and whether that still holds.
#[derive(Default)]
pub(super) struct GroupStatus {
    share: Option<Box<GroupAssignment>>,
    /// What readers of the stream counted that ran before this one: counters never go back.
    before: Counters,
}

#[derive(Clone, Copy, Default)]
struct Counters {
    rebalances: u64,
    other_records: u64,
}

// === impl GroupStatus ===

impl GroupStatus {
    /// The group as it is now, by an answer of the service.
    pub(super) fn take_in(&mut self, told: &GroupReport) {
        let mut report = told.clone();
        let before = self.before;
        report.rebalances = report.rebalances.saturating_add(before.rebalances);
        report.other_records = report.other_records.saturating_add(before.other_records);
        self.share = Some(Box::new(GroupAssignment { report, held: true }));
    }

    /// A request failed: the group may have rebalanced without this box.
    pub(super) fn doubt(&mut self) {
        if let Some(share) = &mut self.share {
            share.held = false;
        }
    }

    /// Nothing is read any more: the share is others'. What was counted, and the names, stay.
    pub(super) fn let_go(&mut self) {
        if let Some(share) = &mut self.share {
            share.held = false;
            share.report.partitions.clear();
        }
    }

    /// Whoever read has ended; another one begins, which counts from 0 on.
    pub(super) fn begin_again(&mut self) {
        if let Some(share) = &self.share {
            self.before = Counters {
                rebalances: share.report.rebalances,
                other_records: share.report.other_records,
            };
        }
    }

    /// The settings may name another group, or none: the next event tells which.
    pub(super) fn forget(&mut self) {
        self.share = None;
    }

    pub(super) fn share(&self) -> Option<Box<GroupAssignment>> {
        self.share.clone()
    }
}
