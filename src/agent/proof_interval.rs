//! How many bytes are sent before the receiver is asked for proof. Pure.
//!
//! As long as all is well that is [`NORMAL`] bytes. A receiver, or a relay before it, that ends
//! connections early would never come to be asked, and the same lines would go out for ever. So
//! after a break the word is asked for sooner:
//!
//! ```text
//!            break                      break within 64 kB
//!   normal ────────▶ careful: 64 kB ──────────────────────▶ searching: an eighth of the lines that were out,
//!      ▲                 │ doubles while it holds               again and again, down to one line alone
//!      ╰─────────────────╯ from 4 MB on
//! ```
//!
//! A single line at which connections end is a suspect ([`Suspects`](super::suspects::Suspects)).

use std::ops::Range;

use crate::spool::LineSet;

/// Bytes sent before the word of the receiver's kernel is waited for.
pub const NORMAL: u64 = 1 << 20;
/// Bytes after a break.
const SMALLEST: u64 = 64 * 1024;
/// A receiver that has taken so many bytes in one connection is well.
const WELL: u64 = 4 << 20;
/// After so many steps of the largest size that is known to hold, a larger one is tried.
const STEPS_AT_CEILING: u32 = 8;

/// How much may go out before the receiver's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Lines; at least one may always go out where nothing is out.
    pub lines: u64,
    /// Bytes of them.
    pub bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Normal,
    Careful {
        bytes: u64,
        /// The largest size that is not known to fail.
        ceiling: u64,
        /// Steps of that size that held.
        held: u32,
    },
    Searching {
        /// Connections end somewhere below this line.
        end: u64,
        lines: u64,
    },
}

/// The interval, and what is out in it.
#[derive(Debug)]
pub struct ProofInterval {
    mode: Mode,
    /// Lines that went out since the last word.
    out: LineSet,
    /// Their bytes.
    bytes: u64,
}

// === impl ProofInterval ===

impl ProofInterval {
    /// The normal one.
    #[must_use]
    pub fn new() -> Self {
        Self {
            mode: Mode::Normal,
            out: LineSet::default(),
            bytes: 0,
        }
    }

    /// Is more asked of the receiver than its kernel's word, because connections end early?
    #[must_use]
    pub fn is_careful(&self) -> bool {
        self.mode != Mode::Normal
    }

    /// Is the line looked for at which connections end?
    #[must_use]
    pub fn is_searching(&self) -> bool {
        matches!(self.mode, Mode::Searching { .. })
    }

    /// What may still go out before the receiver's word. With no line left, the word is due.
    #[must_use]
    pub fn left(&self) -> Quota {
        let out = self.out.len();
        let (lines, bytes) = match self.mode {
            Mode::Normal => (u64::MAX, NORMAL),
            Mode::Careful { bytes, .. } => (u64::MAX, bytes),
            Mode::Searching { lines, .. } => (lines, SMALLEST),
        };
        let bytes = bytes.saturating_sub(self.bytes);
        let lines = match (bytes, out) {
            (_, 0) => lines.max(1),
            (0, _) => 0,
            _ => lines.saturating_sub(out),
        };
        Quota { lines, bytes }
    }

    /// Lines go out; of their bytes nothing is known yet.
    pub fn sending(&mut self, lines: Range<u64>) {
        self.out.insert(lines);
    }

    /// So many bytes of them went out.
    pub fn sent(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    /// Lines that went out since the last word.
    #[must_use]
    pub fn out(&self) -> &LineSet {
        &self.out
    }

    /// The receiver's kernel has what is out, which is its word as long as all is well.
    pub fn acknowledged(&mut self) {
        if !self.is_careful() {
            self.nothing_out();
        }
    }

    /// The receiver has what is out.
    pub fn held(&mut self) {
        if self.out.is_empty() {
            return;
        }
        let out_to = self.out.end();
        self.nothing_out();
        self.mode = match self.mode {
            Mode::Normal => Mode::Normal,
            Mode::Careful { bytes, .. } if bytes >= WELL => Mode::Normal,
            Mode::Careful {
                bytes,
                ceiling,
                held,
            } => {
                let (ceiling, held) = match held + u32::from(bytes >= ceiling) {
                    STEPS_AT_CEILING => (ceiling.saturating_mul(2), 0),
                    held => (ceiling, held),
                };
                Mode::Careful {
                    bytes: (bytes * 2).min(ceiling),
                    ceiling,
                    held,
                }
            }
            Mode::Searching { end, .. } if out_to >= end => Self::careful(u64::MAX),
            // no larger steps here: each that fails repeats its lines
            searching @ Mode::Searching { .. } => searching,
        };
    }

    /// The connection broke. Returns the line that was out alone, if that is what happened: a
    /// suspect.
    pub fn broke(&mut self) -> Option<u64> {
        let (lines, end, bytes) = (self.out.len(), self.out.end(), self.bytes);
        self.nothing_out();
        if lines == 0 {
            return None;
        }
        self.mode = match self.mode {
            Mode::Normal => Self::careful(u64::MAX),
            Mode::Careful { bytes: planned, .. } if planned > SMALLEST => {
                Self::careful(planned.min(bytes) / 2)
            }
            Mode::Careful { .. } | Mode::Searching { .. } => {
                let suspect = (lines == 1).then_some(end - 1);
                let lines = (lines / 8).max(1);
                self.mode = Mode::Searching { end, lines };
                return suspect;
            }
        };
        None
    }

    /// The connection broke before a receiver that answers each line had answered any of these.
    /// Returns the line that was out alone, if that is what happened.
    pub fn unanswered(&mut self, lines: &LineSet) -> Option<u64> {
        self.out.clone_from(lines);
        self.bytes = 0;
        if !self.is_careful() {
            self.mode = Self::careful(u64::MAX);
        }
        self.broke()
    }

    /// What was out is accounted for by the receiver's own answers.
    pub fn nothing_out(&mut self) {
        (self.out, self.bytes) = (LineSet::default(), 0);
    }

    /// Begins anew, up to the largest size that is not known to fail.
    fn careful(ceiling: u64) -> Mode {
        Mode::Careful {
            bytes: SMALLEST,
            ceiling: ceiling.max(SMALLEST),
            held: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends lines of 500 bytes as the quota has it, up to `last`; how many lines went out.
    fn fill(interval: &mut ProofInterval, first: u64, last: u64) -> u64 {
        let mut next = first;
        while next < last && interval.left().lines > 0 {
            interval.sending(next..next + 1);
            interval.sent(500);
            next += 1;
        }
        next - first
    }

    #[test]
    fn doubles_while_it_holds_and_comes_back_to_normal() {
        let mut interval = ProofInterval::new();
        assert_eq!(fill(&mut interval, 0, 10_000), NORMAL.div_ceil(500));
        assert_eq!((interval.broke(), interval.is_careful()), (None, true));
        let mut sizes = Vec::new();
        while interval.is_careful() {
            sizes.push(interval.left().bytes / 1024);
            fill(&mut interval, 0, u64::MAX);
            interval.held();
        }
        assert_eq!(sizes, [64, 128, 256, 512, 1024, 2048, 4096]);
    }

    #[test]
    fn stays_below_what_is_known_to_fail() {
        let mut interval = ProofInterval::new();
        fill(&mut interval, 0, 10_000);
        interval.broke();
        let mut sizes = Vec::new();
        for _ in 0..30 {
            // a receiver that ends each connection after 300 kB
            let size = interval.left().bytes;
            let sent = fill(&mut interval, 0, 600) * 500;
            sizes.push(size / 1024);
            if sent >= 300_000 {
                interval.broke();
            } else {
                interval.held();
            }
        }
        let failed = sizes.iter().filter(|size| **size > 293).count();
        assert!((1..=4).contains(&failed), "{sizes:?}");
    }

    #[test]
    fn finds_one_line_in_many() {
        for poison in [0, 1, 63, 130, 131, 500, 2_096] {
            let (mut interval, mut arrived, mut breaks, mut most) =
                (ProofInterval::new(), 0, 0, vec![0; 3_000]);
            let suspect = loop {
                let sent = fill(&mut interval, arrived, 3_000);
                (arrived..arrived + sent).for_each(|line| most[line as usize] += 1);
                assert!(sent > 0, "{poison}");
                if (arrived..arrived + sent).contains(&poison) {
                    breaks += 1;
                    if let Some(suspect) = interval.broke() {
                        break suspect;
                    }
                } else {
                    arrived += sent;
                    interval.acknowledged();
                    interval.held();
                }
            };
            assert_eq!(suspect, poison);
            let most = most.iter().max().copied().unwrap_or(0);
            assert!(
                breaks <= 12 && most <= 8,
                "{poison}: {breaks} breaks, {most} times"
            );
        }
    }

    #[test]
    fn an_unanswered_line_alone_is_a_suspect() {
        let mut interval = ProofInterval::new();
        interval.sending(0..40);
        interval.sent(20_000);
        assert_eq!(interval.unanswered(&LineSet::from(7..40)), None);
        assert_eq!(interval.left().lines, 4);
        interval.sending(7..8);
        assert_eq!(interval.unanswered(&LineSet::from(7..8)), Some(7));
        assert_eq!(interval.unanswered(&LineSet::default()), None);
    }
}
