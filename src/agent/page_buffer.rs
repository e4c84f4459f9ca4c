//! A page in memory until it is on flash: its lines, counts and dead letters.
//!
//! All pollers of an agent hold a page at once, so the lines are compressed as they come: a page of
//! 5,000 takes less than a megabyte.

use std::ops::ControlFlow;

use super::chunk::{self, MOST_LINE, OVERHEAD};
use crate::event::Event;
use crate::format::LineWriter;
use crate::ledger::{LedgerKey, PageCounts};
use crate::lines::Lines;
use crate::source::Unreadable;
use crate::spool::{DeadLetter, MOST_TEXT, PackedLines, Packer};

/// The yield of one page.
#[derive(Default)]
pub struct PageBuffer {
    /// Compresses what is sent, batch by batch.
    packer: Packer,
    /// What is sent: batches that are full,
    pub packed: Vec<PackedLines>,
    /// and the lines behind them.
    pub lines: Lines,
    /// What the page counts for in the ledger.
    pub counts: PageCounts,
    /// What could not become a line.
    pub aside: Vec<DeadLetter>,
    /// What stands beside the lines, bytes: dead letters, and records that are no lines yet.
    pub beside_lines: usize,
}

// === impl PageBuffer ===

impl PageBuffer {
    /// An empty page, whose lines this one compresses.
    pub fn new(packer: &Packer) -> Self {
        Self {
            packer: packer.clone(),
            ..Self::default()
        }
    }

    /// A new page.
    pub fn clear(&mut self) {
        self.packed.clear();
        self.lines.clear();
        // a long line was a rare one
        self.lines.shrink_to(2 * MOST_TEXT);
        self.counts.clear();
        self.aside.clear();
        self.beside_lines = 0;
    }

    /// How many lines it has.
    pub fn count(&self) -> u64 {
        let packed = self.packed.iter().map(|batch| u64::from(batch.count()));
        packed.sum::<u64>() + self.lines.len() as u64
    }

    /// A record becomes a line, or is set aside where that would be too long: then false.
    /// `text` is the record as it stands in the page, where that is still known.
    pub fn add(
        &mut self,
        record: (LedgerKey, i64, &Event<'_>),
        text: &str,
        at_ms: impl FnOnce() -> i64,
        writer: &mut LineWriter,
    ) -> bool {
        let (key, cursor_ms, event) = record;
        let write = |line: &mut String| writer.write(event, line);
        if self.lines.push_within(MOST_LINE, key.tag(), write) {
            self.packed.extend(self.packer.take_full(&mut self.lines));
            self.counts.spooled(key);
            return true;
        }
        let reason = chunk::line_too_long(&event.id, cursor_ms);
        self.set_aside(key, reason, text.as_bytes(), at_ms());
        false
    }

    /// A record is set aside, and counted as that.
    pub fn set_aside(&mut self, key: LedgerKey, reason: Unreadable, text: &[u8], at_ms: i64) {
        self.counts.aside(key);
        self.keep(reason, text, at_ms);
    }

    /// A record is set aside that the ledger does not count.
    pub fn keep(&mut self, reason: Unreadable, text: &[u8], at_ms: i64) {
        let aside = chunk::aside(reason, text, at_ms);
        self.beside_lines += aside.bytes.len() + OVERHEAD;
        self.aside.push(aside);
    }

    /// Is there room for another record?
    pub fn room(&self) -> ControlFlow<()> {
        let packed: usize = self.packed.iter().map(PackedLines::bytes).sum();
        chunk::room_beside(packed, self.lines.bytes() + self.beside_lines)
    }
}
