//! The ledger in memory, and how it comes back after any kind of end. Pure.
//!
//! ```text
//!  checkpoint (file)          + tail of each stream          + tail of the delivery
//!  all rows up to base n        in the cursor of its last       in the note beside how far
//!                               page: rows since base n         the SIEM has come: since base n
//! ```
//!
//! Each writer's tail reaches flash in one piece with what it counts. A checkpoint takes all tails into the file and raises
//! the bases by one; a tail that is found with an older base is in the file already. So no count is lost or doubled by a
//! kill at any moment. Lines that go out again after one are known by their numbers: what lies below
//! [`sent_to`](Marks::sent_to) was counted.

use std::collections::{BTreeMap, VecDeque};

use super::audit::Audited;
use super::key::{Key, hour_of};
use super::row::{Row, Rows, merge, sums};

/// A checkpoint is due when a tail has more rows than this.
const MOST_TAIL: usize = 64;
/// One acknowledgement carries at most so many rows into the note: with [`MOST_TAIL`] others it stays below 16 kB.
const MOST_STEP: usize = 512;

/// Counts since a checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tail {
    /// Number of that checkpoint.
    pub base: u64,
    /// The counts.
    pub rows: Rows,
}

/// How far lines were counted, by their numbers in the spool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    /// Lines below were counted as sent.
    pub sent_to: u64,
    /// Lines below were counted as proved.
    pub proved_to: u64,
}

/// What the checkpoint file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// Base of each stream's tail that goes on top.
    pub streams: BTreeMap<u8, u64>,
    /// Base of the delivery's tail that goes on top.
    pub delivery: u64,
    /// As of this checkpoint.
    pub marks: Marks,
    /// Lines below this number belong to no row that is known.
    pub own_from: u64,
    /// Hours below are kept as one.
    pub kept_from: u32,
    /// All counts.
    pub rows: Rows,
    /// What the API was asked.
    pub audited: BTreeMap<u8, Audited>,
}

/// What lies on flash beside the checkpoint when an agent starts.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The streams' tails, where they have one.
    pub streams: BTreeMap<u8, Tail>,
    /// The delivery's.
    pub delivery: Option<(Tail, Marks)>,
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

/// What had to be put right at a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mended {
    /// The checkpoint is older than what counts on top of it, or gone.
    Anew,
    /// So many lines are in no spool and never arrived.
    Vanished(u64),
    /// So many lines wait that no row knows of.
    Adopted(u64),
}

/// Lines in a row that count for the same.
#[derive(Debug, Clone, Copy)]
struct Run {
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

/// What [`Books::close`] changed, should the file refuse it.
#[derive(Debug)]
pub struct Undo {
    base: Rows,
    kept_from: u32,
    streams: BTreeMap<u8, Tail>,
    delivery: Tail,
}

/// The ledger in memory.
#[derive(Debug, Default)]
pub struct Books {
    /// As in the checkpoint: the only one in which old hours are folded, so that one that fails takes nothing back.
    base: Rows,
    streams: BTreeMap<u8, Tail>,
    delivery: Tail,
    marks: Marks,
    own_from: u64,
    kept_from: u32,
    /// The latest hour that was read.
    latest: u32,
    /// Sent and not yet proved, in order.
    out: VecDeque<Run>,
    /// What the API was asked, by stream.
    pub audited: BTreeMap<u8, Audited>,
    /// Is there anything that the file does not have?
    pub changed: bool,
}

// === impl Books ===

impl Books {
    /// Puts together what an earlier life left behind.
    #[must_use]
    pub fn restore(
        checkpoint: Option<Checkpoint>,
        found: Found,
        stock: Stock,
    ) -> (Self, Vec<Mended>) {
        let mut mended = Vec::new();
        let fresh = checkpoint.is_none();
        let checkpoint = checkpoint.unwrap_or_default();
        let newest = |(stream, tail): (&u8, &Tail)| {
            tail.base > checkpoint.streams.get(stream).copied().unwrap_or(0)
        };
        let outdated = found.streams.iter().any(newest)
            || (found.delivery.iter()).any(|(tail, _)| tail.base > checkpoint.delivery);
        let mut books = if outdated {
            mended.push(Mended::Anew);
            Self::anew(&found)
        } else {
            Self::continued(checkpoint, found)
        };
        let known = books.total().spooled > 0 || !fresh;
        books.marks.sent_to = books.marks.sent_to.min(stock.next);
        books.marks.proved_to = books.marks.proved_to.min(stock.next);
        mended.extend(books.reconcile(stock).filter(|_| known));
        (books, mended)
    }

    /// Tails that stand on a file that is gone must never count again.
    fn anew(found: &Found) -> Self {
        let bases = found
            .streams
            .values()
            .chain(found.delivery.iter().map(|(tail, _)| tail));
        let base = bases.map(|tail| tail.base).max().unwrap_or(0) + 1;
        let tail = Tail {
            base,
            ..Tail::default()
        };
        Self {
            streams: found
                .streams
                .keys()
                .map(|&stream| (stream, tail.clone()))
                .collect(),
            delivery: tail,
            changed: true,
            ..Self::default()
        }
    }

    fn continued(checkpoint: Checkpoint, found: Found) -> Self {
        let mut books = Self {
            base: checkpoint.rows,
            delivery: Tail {
                base: checkpoint.delivery,
                ..Tail::default()
            },
            marks: checkpoint.marks,
            own_from: checkpoint.own_from,
            kept_from: checkpoint.kept_from,
            audited: checkpoint.audited,
            ..Self::default()
        };
        for (stream, base) in checkpoint.streams {
            books.streams.insert(
                stream,
                Tail {
                    base,
                    ..Tail::default()
                },
            );
        }
        for (stream, found) in found.streams {
            let tail = books.streams.entry(stream).or_default();
            if found.base == tail.base {
                tail.rows = found.rows;
                books.changed = true;
            }
        }
        if let Some((found, marks)) = found.delivery
            && found.base == books.delivery.base
        {
            books.delivery.rows = found.rows;
            books.marks = marks;
            books.changed = true;
        }
        let hours = books.rows();
        books.latest = hours.keys().filter_map(|key| key.hour()).max().unwrap_or(0);
        books
    }

    /// Holds the rows against what the spool has, and puts the difference where no row is known for it.
    fn reconcile(&mut self, stock: Stock) -> Option<Mended> {
        let difference = self.balance(stock);
        let lost = u64::try_from(difference).unwrap_or(0);
        if difference == 0 {
            return None;
        }
        self.changed = true;
        if lost > 0 {
            self.base.entry(Key::UNATTRIBUTED).or_default().lost += lost;
            return Some(Mended::Vanished(lost));
        }
        // which of the waiting lines are known cannot be told: none counts for a row from here on
        self.own_from = stock.next;
        self.marks = Marks {
            sent_to: stock.first,
            proved_to: stock.first,
        };
        self.adopt(stock.waiting);
        let rest = self.balance(stock);
        self.base.entry(Key::UNATTRIBUTED).or_default().lost += u64::try_from(rest).unwrap_or(0);
        self.adopt(u64::try_from(-rest).unwrap_or(0));
        Some(Mended::Adopted(difference.unsigned_abs()))
    }

    fn adopt(&mut self, lines: u64) {
        let row = self.base.entry(Key::UNATTRIBUTED).or_default();
        row.read += lines;
        row.spooled += lines;
    }

    /// Lines counted as spooled that are neither proved, nor waiting, nor known to be lost: 0 where it adds up.
    #[must_use]
    pub fn balance(&self, stock: Stock) -> i64 {
        let total = self.total();
        // counted as proved, and waiting all the same: their acknowledgement was cut off, and they go out again
        let twice = self
            .marks
            .proved_to
            .saturating_sub(stock.first)
            .min(stock.waiting);
        let known = total.proved + (stock.waiting - twice) + stock.damaged + total.lost;
        i64::try_from(i128::from(total.spooled) - i128::from(known)).unwrap_or(i64::MIN)
    }

    // --- counting

    /// The latest time that was read, milliseconds since 1970: from it on what is kept is counted back.
    pub fn reached(&mut self, at_ms: i64) {
        self.latest = self.latest.max(hour_of(at_ms));
    }

    /// The stream's tail as it will be with these counts.
    #[must_use]
    pub fn tail_with(&self, stream: u8, counts: &Rows) -> Tail {
        let mut tail = self.streams.get(&stream).cloned().unwrap_or_default();
        merge(&mut tail.rows, counts);
        tail
    }

    /// Counts records of a page.
    pub fn count(&mut self, stream: u8, counts: &Rows) {
        merge(&mut self.streams.entry(stream).or_default().rows, counts);
        self.changed |= !counts.is_empty();
    }

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

    /// The API has counted so many records in an hour.
    pub fn named(&mut self, key: Key, named: u64) {
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

    /// Takes all tails into the base, folds what is older than `keep` hours, and says what the file must hold before any
    /// tail is written again.
    pub fn close(&mut self, keep: u32) -> (Checkpoint, Undo) {
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
        let checkpoint = Checkpoint {
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
    pub fn row(&self, key: Key) -> Row {
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
#[path = "books_tests.rs"]
mod tests;
