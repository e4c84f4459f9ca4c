//! Counting what goes out: sent, sent again, proved.

use super::{Books, Marks, Tail};
use crate::ledger::key::Key;
use crate::ledger::row::{Row, Rows, merge};

/// One acknowledgement carries at most so many rows into the note: with the rows of a tail besides it stays below 16 kB.
const MOST_STEP: usize = 512;

/// Lines in a row that count for the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    first: u64,
    next: u64,
    key: Key,
}

/// A part of the lines that have arrived.
#[derive(Debug)]
pub struct Step {
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
            let key = Key::from_tag(same[0]);
            let own = self.own_from.clamp(number, next);
            self.run(Run {
                first: number,
                next: own,
                key: Key::UNATTRIBUTED,
            });
            self.run(Run {
                first: own,
                next,
                key,
            });
            number = next;
        }
        self.marks.sent_to = self.marks.sent_to.max(number);
    }

    fn run(&mut self, run: Run) {
        if run.first == run.next {
            return;
        }
        let again = self.marks.sent_to.clamp(run.first, run.next) - run.first;
        let row = self.delivery.rows.entry(run.key).or_default();
        row.again += again;
        row.sent += run.next - run.first - again;
        self.changed = true;
        match self
            .out
            .back_mut()
            .filter(|last| last.next == run.first && last.key == run.key)
        {
            Some(last) => last.next = run.next,
            None => self.out.push_back(run),
        }
    }

    /// Nothing of what is out counts any longer: it goes out again.
    pub fn begin_again(&mut self) {
        self.out.clear();
    }

    /// What counts as proved when lines below `before` have arrived; where that is too much for one note, the first part.
    #[must_use]
    pub fn step(&self, before: u64) -> Step {
        let mut rows = Rows::new();
        for run in self.out.iter().take_while(|run| run.first < before) {
            if rows.len() == MOST_STEP && !rows.contains_key(&run.key) {
                return Step {
                    before: run.first,
                    rows,
                };
            }
            let from = run.first.max(self.marks.proved_to);
            let proved = run.next.min(before).saturating_sub(from);
            // a row must be there for its lines, also where all of them were counted
            rows.entry(run.key).or_default().proved += proved;
        }
        Step { before, rows }
    }

    /// The delivery's tail and marks as they will be with this step.
    #[must_use]
    pub fn note_with(&self, step: &Step) -> (Tail, Marks) {
        let mut tail = self.delivery.clone();
        merge(&mut tail.rows, &step.rows);
        tail.rows.retain(|_, row| *row != Row::default());
        let marks = Marks {
            proved_to: self.marks.proved_to.max(step.before),
            sent_to: self.marks.sent_to.max(step.before),
        };
        (tail, marks)
    }

    /// The step has been taken.
    pub fn proved(&mut self, step: &Step) {
        let (tail, marks) = self.note_with(step);
        (self.delivery, self.marks, self.changed) = (tail, marks, true);
        while let Some(run) = self.out.front_mut().filter(|run| run.first < step.before) {
            if run.next > step.before {
                run.first = step.before;
                break;
            }
            self.out.pop_front();
        }
    }
}
