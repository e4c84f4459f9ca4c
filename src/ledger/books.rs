//! The ledger in memory, and how it comes back after any kind of end. Pure.
//!
//! ```text
//!  checkpoint (file)          + tail of each stream          + tail of the delivery
//!  all rows up to base n        in the cursor of its last       in the note beside how far
//!                               page: rows since base n         the SIEM has come: since base n
//! ```
//!
//! Each writer's tail reaches flash in one piece with what it counts. A checkpoint takes all tails
//! into the file and raises the bases by one; a tail that is found with an older base is in the
//! file already. So no count is lost or doubled by a kill at any moment. Lines that go out again
//! after one are known by their numbers: what lies below [`sent_to`](LedgerMarks::sent_to) was
//! counted.

mod delivery;
mod opening;

use std::collections::BTreeMap;

use super::audit::Audited;
use super::key::{LedgerKey, hour_of};
use super::row::{Row, Rows, merge, sums};
use delivery::Out;
pub use delivery::Release;
pub use opening::{LedgerFound, LedgerRepair};

/// A checkpoint is due when a tail has more rows than this.
const MOST_TAIL: usize = 64;
/// Counts since a checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerTail {
    /// Number of that checkpoint.
    pub base: u64,
    /// The counts.
    pub rows: Rows,
}

/// How far lines were counted, by their numbers in the spool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LedgerMarks {
    /// Lines below were counted as sent.
    pub sent_to: u64,
    /// Lines below have left the spool, and were counted as proved or refused.
    pub proved_to: u64,
}

/// What the checkpoint file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerCheckpoint {
    /// Base of each stream's tail that goes on top.
    pub streams: BTreeMap<u8, u64>,
    /// Base of the delivery's tail that goes on top.
    pub delivery: u64,
    /// As of this checkpoint.
    pub marks: LedgerMarks,
    /// Lines below this number belong to no row that is known.
    pub own_from: u64,
    /// Hours below are kept as one.
    pub kept_from: u32,
    /// All counts.
    pub rows: Rows,
    /// What the API was asked.
    pub audited: BTreeMap<u8, Audited>,
}

/// The spool's own figures, against which the ledger is held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stock {
    /// Number of the oldest line that waits.
    pub first: u64,
    /// Number of the next line.
    pub next: u64,
    /// Lines that wait.
    pub waiting: u64,
    /// Lines that damage has cost.
    pub damaged: u64,
}

/// What [`Books::close`] changed, should the file refuse it.
#[derive(Debug)]
pub struct Undo {
    base: Rows,
    kept_from: u32,
    streams: BTreeMap<u8, LedgerTail>,
    delivery: LedgerTail,
}

/// The ledger in memory.
#[derive(Debug, Default)]
pub struct Books {
    /// As in the checkpoint: the only one in which old hours are folded, so that one that fails
    /// takes nothing back.
    base: Rows,
    streams: BTreeMap<u8, LedgerTail>,
    delivery: LedgerTail,
    marks: LedgerMarks,
    own_from: u64,
    kept_from: u32,
    /// The latest hour that was read.
    latest: u32,
    /// Sent, and still in the spool.
    out: Out,
    /// What the API was asked, by stream.
    pub audited: BTreeMap<u8, Audited>,
    /// Is there anything that the file does not have?
    pub changed: bool,
}

// === impl Books ===

impl Books {
    /// Lines counted as spooled that are neither proved, nor refused, nor waiting, nor known to be
    /// lost: 0 where it adds up.
    #[must_use]
    pub fn balance(&self, stock: Stock) -> i64 {
        let total = self.total();
        // counted as proved, and waiting all the same: their acknowledgement was cut off, and they
        // go out again
        let twice = self
            .marks
            .proved_to
            .saturating_sub(stock.first)
            .min(stock.waiting);
        let known =
            total.proved + total.refused + (stock.waiting - twice) + stock.damaged + total.lost;
        i64::try_from(i128::from(total.spooled) - i128::from(known)).unwrap_or(i64::MIN)
    }

    /// The latest time that was read, milliseconds since 1970: from it on what is kept is counted
    /// back.
    pub fn reached(&mut self, at_ms: i64) {
        self.latest = self.latest.max(hour_of(at_ms));
    }

    /// The stream's tail as it will be with these counts.
    #[must_use]
    pub fn tail_with(&self, stream: u8, counts: &Rows) -> LedgerTail {
        let mut tail = self.streams.get(&stream).cloned().unwrap_or_default();
        merge(&mut tail.rows, counts);
        tail
    }

    /// Counts records of a page.
    pub fn count(&mut self, stream: u8, counts: &Rows) {
        merge(&mut self.streams.entry(stream).or_default().rows, counts);
        self.changed |= !counts.is_empty();
    }

    /// The API has counted so many records in an hour.
    pub fn named(&mut self, key: LedgerKey, named: u64) {
        if named > 0 || self.row(key) != Row::default() {
            self.base.entry(key).or_default().named = Some(named);
        }
        self.changed = true;
    }

    // --- checkpoints

    /// Is a tail so long that it should go into the file?
    #[must_use]
    pub fn due(&self) -> bool {
        let mut tails = self.streams.values().chain([&self.delivery]);
        tails.any(|tail| tail.rows.len() > MOST_TAIL)
    }

    /// Is it the delivery's?
    #[must_use]
    pub fn delivery_due(&self) -> bool {
        self.delivery.rows.len() > MOST_TAIL
    }

    /// Takes all tails into the base, folds what is older than `keep` hours, and says what the file
    /// must hold before any tail is written again.
    pub fn close(&mut self, keep: u32) -> (LedgerCheckpoint, Undo) {
        let undo = Undo {
            base: self.base.clone(),
            kept_from: self.kept_from,
            streams: self.streams.clone(),
            delivery: self.delivery.clone(),
        };
        for tail in self.streams.values_mut().chain([&mut self.delivery]) {
            merge(&mut self.base, &std::mem::take(&mut tail.rows));
            tail.base += 1;
        }
        self.kept_from = self.kept_from.max(self.latest.saturating_sub(keep));
        self.base = self.placed(&self.base);
        self.changed = false;
        let bases = self
            .streams
            .iter()
            .map(|(&stream, tail)| (stream, tail.base));
        let checkpoint = LedgerCheckpoint {
            streams: bases.collect(),
            delivery: self.delivery.base,
            marks: self.marks,
            own_from: self.own_from,
            kept_from: self.kept_from,
            rows: self.base.clone(),
            audited: self.audited.clone(),
        };
        (checkpoint, undo)
    }

    /// The file did not take it: the tails go on.
    pub fn reopen(&mut self, undo: Undo) {
        (self.base, self.kept_from) = (undo.base, undo.kept_from);
        let since = std::mem::take(&mut self.streams);
        self.streams = undo.streams;
        for (stream, tail) in since {
            merge(
                &mut self.streams.entry(stream).or_default().rows,
                &tail.rows,
            );
        }
        let since = std::mem::replace(&mut self.delivery, undo.delivery);
        merge(&mut self.delivery.rows, &since.rows);
        self.changed = true;
    }

    // --- looking

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> Rows {
        let mut rows = self.base.clone();
        for tail in self.streams.values().chain([&self.delivery]) {
            merge(&mut rows, &tail.rows);
        }
        rows.retain(|_, row| *row != Row::default());
        self.placed(&rows)
    }

    /// One row that is not folded.
    #[must_use]
    pub fn row(&self, key: LedgerKey) -> Row {
        let mut sum = Row::default();
        let tails = self.streams.values().chain([&self.delivery]);
        for rows in tails.map(|tail| &tail.rows).chain([&self.base]) {
            if let Some(row) = rows.get(&key) {
                sum += row;
            }
        }
        sum
    }

    fn total(&self) -> Row {
        let mut total = sums(&self.base);
        for tail in self.streams.values().chain([&self.delivery]) {
            total += &sums(&tail.rows);
        }
        total
    }

    /// Old hours folded into one.
    fn placed(&self, rows: &Rows) -> Rows {
        let mut placed = Rows::new();
        for (key, row) in rows {
            *placed.entry(key.folded(self.kept_from)).or_default() += row;
        }
        placed
    }
}

#[cfg(test)]
mod tests;
