//! A spool in memory, with the borders of its batches where the case wants them. Like the real one
//! it hands out the whole batch that holds the line that was asked for.

use std::sync::Mutex;

use crate::agent::forwarder::simulation::held;
use crate::lines::Lines;
use crate::spool::{Batch, DeadLetter, Memory, Spool, SpoolError, SpoolPage, Stats};

/// The spool.
pub struct MemorySpool {
    /// Lines to a batch.
    batch: u64,
    /// How many lines there are; line n has the text "externalId=n".
    lines: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    first: u64,
    note: Vec<u8>,
    asides: Vec<DeadLetter>,
}

// === impl MemorySpool ===

impl MemorySpool {
    /// So many lines, so many of them to a batch.
    pub fn new(lines: u64, batch: u64) -> Self {
        Self {
            batch,
            lines,
            state: Mutex::default(),
        }
    }
}

impl Spool for MemorySpool {
    fn append(&self, _: &SpoolPage<'_>, _: i64) -> Result<(), SpoolError> {
        Ok(())
    }

    fn peek(&self, from: u64) -> Result<Option<Batch>, SpoolError> {
        let from = from.max(self.first());
        if from >= self.lines {
            return Ok(None);
        }
        let first = from / self.batch * self.batch;
        let mut lines = Lines::default();
        for line in first..(first + self.batch).min(self.lines) {
            lines.push(&format!("externalId={line} {}", "x".repeat(480)));
        }
        Ok(Some(Batch { first, lines }))
    }

    fn acknowledge(&self, before: u64, note: &[u8]) -> Result<(), SpoolError> {
        let mut state = held(&self.state);
        state.first = state.first.max(before);
        note.clone_into(&mut state.note);
        Ok(())
    }

    fn set_aside(&self, aside: &DeadLetter, _: i64) -> Result<(), SpoolError> {
        held(&self.state).asides.push(aside.clone());
        Ok(())
    }

    fn note(&self) -> Vec<u8> {
        held(&self.state).note.clone()
    }

    fn recall(&self, _: u8) -> Result<Memory, SpoolError> {
        Ok(Memory::default())
    }

    fn first(&self) -> u64 {
        held(&self.state).first
    }

    fn stats(&self) -> Stats {
        let first = self.first();
        Stats {
            waiting: self.lines - first,
            next: self.lines,
            ..Stats::default()
        }
    }

    fn aside(&self, most: usize) -> Result<Vec<DeadLetter>, SpoolError> {
        let state = held(&self.state);
        Ok(state.asides.iter().rev().take(most).cloned().collect())
    }
}
