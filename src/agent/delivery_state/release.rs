//! The lines that may leave the spool: those that have arrived or were set aside, without a gap.

use super::DeliveryState;
use crate::agent::suspects::Named;
use crate::ledger::Release;

impl DeliveryState {
    /// Lines below have left the spool.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// This suspect is set aside.
    pub fn set_aside(&mut self, named: &Named) {
        self.suspects.forget(named.line);
        self.fruitless = 0;
        self.refused.insert(named.line..named.line + 1);
    }

    /// What may leave the spool, whose first line is this one.
    pub fn release(&mut self, first: u64) -> Option<Release> {
        // damaged lines leave it by themselves
        self.first = self.first.max(first);
        let mut before = self.first;
        loop {
            let next = self.refused.gap_from(self.arrived.gap_from(before));
            if next == before {
                break;
            }
            before = next;
        }
        if before == self.first {
            self.forget_gone();
            return None;
        }
        Some(Release {
            before,
            arrived: self.arrived.clone(),
            refused: self.refused.clone(),
        })
    }

    /// They have left it.
    pub fn released(&mut self, before: u64) {
        self.first = self.first.max(before);
        self.forget_gone();
    }

    /// Nothing is known any longer of lines that have left the spool, so none of them may be looked
    /// for.
    fn forget_gone(&mut self) {
        self.cursor = self.cursor.max(self.first);
        self.arrived.forget_below(self.first);
        self.refused.forget_below(self.first);
        self.suspects.forget_below(self.first);
    }
}
