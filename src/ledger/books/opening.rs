//! Opens the ledger after any kind of end, and reconciles its file with the spool.

use std::collections::BTreeMap;

use super::{Books, LedgerCheckpoint, LedgerMarks, LedgerTail, Stock};
use crate::ledger::key::LedgerKey;

/// What lies on flash beside the checkpoint when an agent starts.
#[derive(Debug, Clone, Default)]
pub struct LedgerFound {
    /// The streams' tails, where they have one.
    pub streams: BTreeMap<u8, LedgerTail>,
    /// The delivery's.
    pub delivery: Option<(LedgerTail, LedgerMarks)>,
}

/// What had to be put right at a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerRepair {
    /// The checkpoint is older than what counts on top of it, or gone.
    Anew,
    /// So many lines are in no spool and never arrived.
    Vanished(u64),
    /// So many lines wait that no row knows of.
    Adopted(u64),
}

impl Books {
    /// Puts together what an earlier life left behind.
    #[must_use]
    pub fn restore(
        checkpoint: Option<LedgerCheckpoint>,
        found: LedgerFound,
        stock: Stock,
    ) -> (Self, Vec<LedgerRepair>) {
        let mut mended = Vec::new();
        let fresh = checkpoint.is_none();
        let checkpoint = checkpoint.unwrap_or_default();
        let newest = |(stream, tail): (&u8, &LedgerTail)| {
            tail.base > checkpoint.streams.get(stream).copied().unwrap_or(0)
        };
        let outdated = found.streams.iter().any(newest)
            || (found.delivery.iter()).any(|(tail, _)| tail.base > checkpoint.delivery);
        let mut books = if outdated {
            mended.push(LedgerRepair::Anew);
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
    fn anew(found: &LedgerFound) -> Self {
        let bases = found
            .streams
            .values()
            .chain(found.delivery.iter().map(|(tail, _)| tail));
        let base = bases.map(|tail| tail.base).max().unwrap_or(0) + 1;
        let tail = LedgerTail {
            base,
            ..LedgerTail::default()
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

    fn continued(checkpoint: LedgerCheckpoint, found: LedgerFound) -> Self {
        let mut books = Self {
            base: checkpoint.rows,
            delivery: LedgerTail {
                base: checkpoint.delivery,
                ..LedgerTail::default()
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
                LedgerTail {
                    base,
                    ..LedgerTail::default()
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

    /// Holds the rows against what the spool has, and puts the difference where no row is known for
    /// it.
    fn reconcile(&mut self, stock: Stock) -> Option<LedgerRepair> {
        let difference = self.balance(stock);
        let lost = u64::try_from(difference).unwrap_or(0);
        if difference == 0 {
            return None;
        }
        self.changed = true;
        if lost > 0 {
            self.base.entry(LedgerKey::UNATTRIBUTED).or_default().lost += lost;
            return Some(LedgerRepair::Vanished(lost));
        }
        // which of the waiting lines are known cannot be told: none counts for a row from here on
        self.own_from = stock.next;
        self.marks = LedgerMarks {
            sent_to: stock.first,
            proved_to: stock.first,
        };
        self.adopt(stock.waiting);
        let rest = self.balance(stock);
        self.base.entry(LedgerKey::UNATTRIBUTED).or_default().lost +=
            u64::try_from(rest).unwrap_or(0);
        self.adopt(u64::try_from(-rest).unwrap_or(0));
        Some(LedgerRepair::Adopted(difference.unsigned_abs()))
    }

    fn adopt(&mut self, lines: u64) {
        let row = self.base.entry(LedgerKey::UNATTRIBUTED).or_default();
        row.read += lines;
        row.spooled += lines;
    }
}
