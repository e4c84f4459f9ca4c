//! Counts what is sent, sent again, proved and refused. A line counts as proved because the
//! receiver's word about this very line was noted, never because lines were counted up to it.

use std::collections::BTreeMap;

use super::{Books, LedgerMarks, LedgerTail};
use crate::ledger::key::LedgerKey;
use crate::ledger::row::{Row, Rows, merge};
use crate::spool::LineSet;

/// One acknowledgement carries at most so many rows into the note: with the rows of a tail besides
/// it stays below 16 kB.
const MOST_STEP: usize = 512;

/// Lines in a row that count for the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    next: u64,
    key: LedgerKey,
}

/// Lines that may leave the spool, and what became of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Release {
    /// All lines below.
    pub before: u64,
    /// Lines proved to have arrived, those from `before` on do not count yet.
    pub arrived: LineSet,
    /// Lines that were set aside because the receiver does not take them.
    pub refused: LineSet,
}

/// Lines that were sent, by the number of their first.
pub(super) type Out = BTreeMap<u64, Run>;

/// A part of the lines that leave the spool.
#[derive(Debug)]
pub struct DeliveryStep {
    /// All lines below.
    pub before: u64,
    rows: Rows,
}

impl Books {
    /// Lines from number `first` on were handed to the system; `tags` are theirs.
    pub fn sent(&mut self, first: u64, tags: &[u32]) {
        let mut number = first;
        for same in tags.chunk_by(|a, b| a == b) {
            let next = number + same.len() as u64;
            let key = LedgerKey::from_tag(same[0]);
            let own = self.own_from.clamp(number, next);
            self.run(number, own, LedgerKey::UNATTRIBUTED);
            self.run(own, next, key);
            number = next;
        }
        self.marks.sent_to = self.marks.sent_to.max(number);
    }

    fn run(&mut self, first: u64, next: u64, key: LedgerKey) {
        if first == next {
            return;
        }
        let again = self.marks.sent_to.clamp(first, next) - first;
        let row = self.delivery.rows.entry(key).or_default();
        row.again += again;
        row.sent += next - first - again;
        self.changed = true;
        self.remember(first, next, key);
    }

    /// Which row the lines count for; those that went out before are known.
    fn remember(&mut self, first: u64, next: u64, key: LedgerKey) {
        let mut from = first;
        while from < next {
            let known = self.out.range(..=from).next_back();
            if let Some((&begin, run)) = known.filter(|(_, run)| run.next > from) {
                debug_assert!(begin <= from);
                from = run.next;
                continue;
            }
            let to = self
                .out
                .range(from..next)
                .next()
                .map_or(next, |(&begin, _)| begin);
            let touching = self.out.range_mut(..from).next_back();
            match touching.filter(|(_, run)| run.next == from && run.key == key) {
                Some((_, run)) => run.next = to,
                None => drop(self.out.insert(from, Run { next: to, key })),
            }
            from = to;
        }
    }

    /// What counts when these lines leave the spool; where that is too much for one note, the first
    /// part.
    #[must_use]
    pub fn step(&self, release: &Release) -> DeliveryStep {
        let mut rows = Rows::new();
        for (&first, run) in self.out.range(..release.before) {
            if rows.len() == MOST_STEP && !rows.contains_key(&run.key) {
                return DeliveryStep {
                    before: first,
                    rows,
                };
            }
            let from = first.max(self.marks.proved_to);
            let lines = from..run.next.min(release.before).max(from);
            // a row must be there for its lines, also where all of them were counted
            let row = rows.entry(run.key).or_default();
            row.proved += release.arrived.count_in(lines.clone());
            row.refused += release.refused.count_in(lines);
        }
        DeliveryStep {
            before: release.before,
            rows,
        }
    }

    /// The delivery's tail and marks as they will be with this step.
    #[must_use]
    pub fn note_with(&self, step: &DeliveryStep) -> (LedgerTail, LedgerMarks) {
        let mut tail = self.delivery.clone();
        merge(&mut tail.rows, &step.rows);
        tail.rows.retain(|_, row| *row != Row::default());
        let marks = LedgerMarks {
            proved_to: self.marks.proved_to.max(step.before),
            sent_to: self.marks.sent_to.max(step.before),
        };
        (tail, marks)
    }

    /// The step has been taken.
    pub fn proved(&mut self, step: &DeliveryStep) {
        let (tail, marks) = self.note_with(step);
        (self.delivery, self.marks, self.changed) = (tail, marks, true);
        while let Some((&first, &run)) = self.out.first_key_value()
            && first < step.before
        {
            self.out.remove(&first);
            if run.next > step.before {
                self.out.insert(step.before, run);
            }
        }
    }
}
