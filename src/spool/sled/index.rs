//! The index of the spool, in memory: which lines wait, which are lost, and where each is. Pure;
//! locked only for moments.

use std::collections::VecDeque;

use super::segments::SegmentId;
use crate::spool::state::{MOST_NOTE, SpoolProgress, SpoolState};
use crate::spool::{Repair, Stats};

/// Repairs that wait to be asked for; the oldest go.
const MOST_REPAIRS: usize = 64;
/// Batches handed out and not acknowledged that are remembered; only the age and the size of what
/// waits come from them.
const MOST_MARKS: usize = 1024;

/// A store of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentLink {
    pub(super) id: SegmentId,
    /// On disk; the newest store's grows.
    pub(super) bytes: u64,
}

/// Lines that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hole {
    pub(super) first: u64,
    pub(super) next: u64,
    /// How many lines that cost; none where the numbers were never used.
    pub(super) lines: u64,
    /// How many damaged pieces.
    pub(super) pieces: u64,
}

/// A batch that was handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HandedOut {
    pub(super) first: u64,
    pub(super) next: u64,
    pub(super) at_ms: i64,
    /// Text before it, and in it, bytes.
    pub(super) before: u64,
    pub(super) text: u64,
}

/// A record set aside that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeptLetter {
    /// Where it begins in the newest store.
    pub(super) at: u32,
    /// On disk.
    pub(super) bytes: u32,
}

/// Which store holds a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whereabouts {
    pub(super) id: SegmentId,
    /// Lines from this number on are not in it.
    pub(super) end: u64,
    /// Is it the newest?
    pub(super) newest: bool,
    /// The pieces that count in the newest store.
    pub(super) pieces: u32,
}

/// The numbers.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// The stores, oldest first; the last one is written to.
    pub(super) chain: VecDeque<SegmentLink>,
    /// Stores that were lost and whose lines the SIEM has not come past yet.
    pub(super) lost: Vec<SegmentId>,
    /// Number of the next line, and the text of all before it.
    pub(super) next: u64,
    pub(super) text: u64,
    /// Pieces that count in the newest store.
    pub(super) pieces: u32,
    pub(super) progress: SpoolProgress,
    /// Ahead of `progress.first`, in order.
    holes: Vec<Hole>,
    marks: VecDeque<HandedOut>,
    /// Text before the oldest line that waits, and when that was appended, as far as known.
    before: u64,
    oldest_ms: Option<i64>,
    /// Oldest first.
    pub(super) asides: VecDeque<KeptLetter>,
    pub(super) asides_gone: u64,
    /// On disk beside the stores.
    pub(super) other_bytes: u64,
    repairs: VecDeque<Repair>,
    /// The last time that anybody told us.
    pub(super) now_ms: i64,
}

impl Index {
    pub(super) fn at(now_ms: i64) -> Self {
        Self {
            now_ms,
            ..Self::default()
        }
    }

    /// A page has become durable, and left this state and these records set aside.
    pub(super) fn follow(&mut self, state: &SpoolState, asides: &VecDeque<KeptLetter>) {
        self.next = state.next;
        self.text = state.text;
        self.pieces = state.pieces;
        self.asides.clone_from(asides);
        self.asides_gone = state.asides_gone;
    }

    /// All lines below `before` have arrived.
    pub(super) fn acknowledge(&mut self, before: u64, note: &[u8]) {
        self.progress.first = self.progress.first.max(before.min(self.next));
        if note.len() <= MOST_NOTE {
            note.clone_into(&mut self.progress.note);
        }
        self.settle();
    }

    /// Lines cannot be read. False where that was known.
    pub(super) fn lose(&mut self, mut hole: Hole) -> bool {
        if hole.first < self.progress.first {
            hole.lines = hole
                .lines
                .min(hole.next.saturating_sub(self.progress.first));
            hole.first = self.progress.first;
        }
        let known = self
            .holes
            .iter()
            .any(|known| known.first <= hole.first && hole.next <= known.next);
        if known || hole.next <= hole.first {
            return false;
        }
        self.holes.push(hole);
        self.holes.sort_unstable_by_key(|hole| hole.first);
        self.settle();
        true
    }

    /// Stores that an earlier life lost leave holes.
    pub(super) fn lose_what_was_lost(&mut self) {
        for id in self.lost.clone() {
            let after = self
                .chain
                .partition_point(|link| link.id.number <= id.number);
            let next = self.chain.get(after).map_or(id.first, |link| link.id.first);
            self.lose(Hole {
                first: id.first,
                next,
                lines: next.saturating_sub(id.first),
                pieces: 1,
            });
        }
    }

    /// Takes the lost stores that the SIEM has come past.
    pub(super) fn take_passed(&mut self) -> Vec<SegmentId> {
        let first = self.progress.first;
        self.lost.extract_if(.., |id| id.first < first).collect()
    }

    /// A batch was handed out.
    pub(super) fn mark(&mut self, mark: HandedOut) {
        let new = self.marks.back().is_none_or(|last| last.next <= mark.first);
        if new && self.marks.len() < MOST_MARKS {
            self.marks.push_back(mark);
        }
        self.settle();
    }

    /// Takes the stores from the chain whose lines have all arrived; never the newest.
    pub(super) fn take_drained(&mut self) -> Vec<SegmentId> {
        let mut drained = Vec::new();
        while self.chain.len() > 1 && self.chain[1].id.first <= self.progress.first {
            drained.extend(self.chain.pop_front().map(|link| link.id));
        }
        drained
    }

    /// The store that holds this line, or the first one after it.
    pub(super) fn find(&self, line: u64) -> Option<Whereabouts> {
        let after = self.chain.partition_point(|link| link.id.first <= line);
        let at = after.saturating_sub(1);
        let id = self.chain.get(at)?.id;
        let following = self.chain.get(at + 1);
        Some(Whereabouts {
            id,
            end: following.map_or(self.next, |link| link.id.first),
            newest: following.is_none(),
            pieces: self.pieces,
        })
    }

    /// Lines that wait.
    pub(super) fn waiting(&self) -> u64 {
        let lost: u64 = self
            .holes
            .iter()
            .map(|hole| hole.next - hole.first.max(self.progress.first))
            .sum();
        (self.next - self.progress.first).saturating_sub(lost)
    }

    /// Bytes on disk.
    pub(super) fn disk_bytes(&self) -> u64 {
        self.other_bytes + self.chain.iter().map(|link| link.bytes).sum::<u64>()
    }

    pub(super) fn stats(&self) -> Stats {
        let waiting = self.waiting();
        Stats {
            waiting,
            waiting_bytes: if waiting == 0 {
                0
            } else {
                self.text.saturating_sub(self.before)
            },
            oldest_ms: self.oldest_ms.filter(|_| waiting > 0),
            next: self.next,
            disk_bytes: self.disk_bytes(),
            aside: self.asides.len() as u64,
            aside_gone: self.asides_gone,
            damaged_lines: self.progress.damaged_lines
                + self.holes.iter().map(|hole| hole.lines).sum::<u64>(),
            damaged_pieces: self.progress.damaged_pieces
                + self.holes.iter().map(|hole| hole.pieces).sum::<u64>(),
        }
    }

    /// Notes a repair.
    pub(super) fn repaired(&mut self, repair: Repair) {
        if self.repairs.len() == MOST_REPAIRS {
            self.repairs.pop_front();
        }
        self.repairs.push_back(repair);
    }

    pub(super) fn take_repairs(&mut self) -> Vec<Repair> {
        self.repairs.drain(..).collect()
    }

    /// Moves `first` over holes, counts them, and drops what lies behind it.
    fn settle(&mut self) {
        while let Some(hole) = self.holes.first().copied() {
            if hole.first > self.progress.first {
                break;
            }
            self.progress.first = self.progress.first.max(hole.next);
            self.progress.damaged_lines += hole.lines;
            self.progress.damaged_pieces += hole.pieces;
            self.holes.remove(0);
        }
        let first = self.progress.first;
        while let Some(mark) = self.marks.front().copied() {
            if mark.first > first {
                break;
            }
            self.oldest_ms = Some(mark.at_ms);
            self.before = mark.before;
            if mark.next > first {
                break;
            }
            self.before += mark.text;
            self.marks.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
