//! Suspects: lines that the receiver seems not to take. It refuses them (RELP), or ends each
//! connection at them. Pure.
//!
//! Such a line must not hold up the others, and the others must not be set aside because the
//! receiver as a whole is down. So a suspect is held back while the others go on, is sent again,
//! alone, after a while, and counts as refused only if the receiver has taken others since.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::spool::LineSet;

/// A line at which so many connections ended while it was out alone is held back.
const DEATHS: u8 = 2;
/// A line that was refused so often, or at which a connection ended so often, is set aside.
const REFUSALS: u8 = 4;
const ENDS: u8 = 3;
/// The wait before a suspect is sent again; three times as long after each try, up to the longest.
const WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// More suspects at once, none of which is proved by another line that passed, mean that it is not
/// the lines.
const MOST: usize = 16;

/// What a suspect did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offence {
    /// The receiver answered that it does not take it.
    Refused,
    /// The connection ended while it was out alone.
    EndsConnections,
}

#[derive(Debug)]
struct Suspect {
    offence: Offence,
    tries: u8,
    /// The receiver has taken another line since the first try: it is not down as a whole.
    others_passed: bool,
    /// It was told to the operator.
    told: bool,
    /// Is it held back?
    held: bool,
    /// Not before this moment is it sent again.
    retry_at: Duration,
    /// What the receiver said, or how the connection ended.
    words: String,
}

/// A suspect whose fate is decided, or who is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The line's number.
    pub line: u64,
    /// What it did.
    pub offence: Offence,
    /// In the receiver's words.
    pub words: String,
    /// How often it was tried.
    pub tries: u8,
}

/// All suspects of an agent.
#[derive(Debug, Default)]
pub struct Suspects(BTreeMap<u64, Suspect>);

// === impl Suspects ===

impl Suspects {
    /// A connection ended while this line was out alone.
    pub fn ended_connection(&mut self, line: u64, words: &str, now: Duration) {
        let suspect = self.entry(line, Offence::EndsConnections, words, now);
        suspect.held = suspect.tries >= DEATHS;
        let unproved = |suspect: &Suspect| suspect.held && !suspect.others_passed;
        if self.0.values().filter(|suspect| unproved(suspect)).count() > MOST {
            self.0.retain(|_, suspect| !unproved(suspect));
        }
    }

    /// The receiver refused this line in these words, while it took others or this one was out
    /// alone. `others_after`: has it taken others behind it?
    pub fn refused(&mut self, line: u64, words: &str, others_after: bool, now: Duration) {
        let suspect = self.entry(line, Offence::Refused, words, now);
        suspect.held = true;
        suspect.others_passed |= others_after;
    }

    fn entry(&mut self, line: u64, offence: Offence, words: &str, now: Duration) -> &mut Suspect {
        let suspect = self.0.entry(line).or_insert(Suspect {
            offence,
            tries: 0,
            others_passed: false,
            told: false,
            held: false,
            retry_at: Duration::ZERO,
            words: String::new(),
        });
        suspect.tries = suspect.tries.saturating_add(1);
        suspect.offence = offence;
        words.clone_into(&mut suspect.words);
        let wait = WAIT.saturating_mul(3_u32.saturating_pow(u32::from(suspect.tries) - 1));
        suspect.retry_at = now + wait.min(LONGEST_WAIT);
        suspect
    }

    /// These lines have arrived, or were read.
    pub fn passed(&mut self, lines: &LineSet) {
        if self.0.is_empty() || lines.is_empty() {
            return;
        }
        self.0.retain(|line, _| !lines.contains(*line));
        for suspect in self.0.values_mut() {
            suspect.others_passed = true;
        }
    }

    /// The first line from `line` on that is not held back.
    #[must_use]
    pub fn free_from(&self, line: u64) -> u64 {
        let mut free = line;
        for (&line, _) in self.0.range(line..).filter(|(_, suspect)| suspect.held) {
            if line != free {
                break;
            }
            free += 1;
        }
        free
    }

    /// The first line from `line` on that is held back.
    #[must_use]
    pub fn held_from(&self, line: u64) -> Option<u64> {
        let mut held = self.0.range(line..).filter(|(_, suspect)| suspect.held);
        held.next().map(|(&line, _)| line)
    }

    /// A suspect that is to be sent alone now. One that no other line has passed since waits for as
    /// long as there are `others`.
    #[must_use]
    pub fn due(&self, now: Duration, others: bool) -> Option<u64> {
        let due = |suspect: &Suspect| {
            suspect.held && now >= suspect.retry_at && (suspect.others_passed || !others)
        };
        let mut due = self.0.iter().filter(|(_, suspect)| due(suspect));
        due.next().map(|(&line, _)| line)
    }

    /// When the next one is due.
    #[must_use]
    pub fn due_at(&self) -> Option<Duration> {
        let held = self.0.values().filter(|suspect| suspect.held);
        held.map(|suspect| suspect.retry_at).min()
    }

    /// The suspects that were not told yet: lines that were refused while others were taken, and
    /// lines at which connections end although the receiver has taken others since.
    #[must_use]
    pub fn take_untold(&mut self) -> Vec<Named> {
        let new = |suspect: &Suspect| {
            let sure = suspect.others_passed || suspect.offence == Offence::Refused;
            suspect.held && sure && !suspect.told
        };
        let mut named = Vec::new();
        for (&line, suspect) in self.0.iter_mut().filter(|(_, suspect)| new(suspect)) {
            suspect.told = true;
            named.push(suspect.named(line));
        }
        named
    }

    /// The next suspect that is beyond doubt.
    #[must_use]
    pub fn convicted(&self) -> Option<Named> {
        let convicted = |suspect: &Suspect| {
            let most = match suspect.offence {
                Offence::Refused => REFUSALS,
                Offence::EndsConnections => ENDS,
            };
            suspect.held && suspect.others_passed && suspect.tries >= most
        };
        let mut all = self.0.iter().filter(|(_, suspect)| convicted(suspect));
        all.next().map(|(&line, suspect)| suspect.named(line))
    }

    /// This line is accounted for otherwise.
    pub fn forget(&mut self, line: u64) {
        self.0.remove(&line);
    }

    /// Lines below this number have left the spool.
    pub fn forget_below(&mut self, line: u64) {
        while self
            .0
            .first_key_value()
            .is_some_and(|(&oldest, _)| oldest < line)
        {
            self.0.pop_first();
        }
    }
}

// === impl Suspect ===

impl Suspect {
    fn named(&self, line: u64) -> Named {
        Named {
            line,
            offence: self.offence,
            words: self.words.clone(),
            tries: self.tries,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    fn lines(lines: std::ops::Range<u64>) -> LineSet {
        LineSet::from(lines)
    }

    #[test]
    fn a_line_that_is_refused_again_and_again_while_others_pass_is_convicted() {
        let mut suspects = Suspects::default();
        suspects.refused(7, "500 bad", false, S(0));
        assert_eq!((suspects.free_from(7), suspects.held_from(0)), (8, Some(7)));
        assert_eq!(suspects.due(S(100), true), None, "nobody passed");
        assert_eq!(suspects.due(S(100), false), Some(7));
        suspects.passed(&lines(8..20));
        assert_eq!(suspects.take_untold().len(), 1);
        assert_eq!(suspects.take_untold().len(), 0, "told once");
        for at in [1, 10, 100] {
            assert_eq!(suspects.convicted(), None);
            assert_eq!(suspects.due(S(at), true), Some(7));
            suspects.refused(7, "500 bad", false, S(at));
        }
        let named = suspects.convicted().map(|named| (named.line, named.words));
        assert_eq!(named, Some((7, "500 bad".to_owned())));
    }

    #[test]
    fn a_receiver_that_is_down_convicts_nobody() {
        let mut suspects = Suspects::default();
        for line in 0..100 {
            for at in 0..10 {
                suspects.ended_connection(line, "reset", S(at));
            }
            assert_eq!(suspects.convicted(), None);
            assert!(suspects.0.len() <= MOST + 1);
        }
        // one of them passes, when it is up again
        suspects.passed(&lines(200..201));
        suspects.passed(&lines(0..200));
        assert_eq!((suspects.convicted(), suspects.due_at()), (None, None));
    }

    #[test]
    fn a_line_at_which_connections_end_is_held_back_at_the_second() {
        let mut suspects = Suspects::default();
        suspects.ended_connection(3, "reset", S(0));
        assert_eq!(suspects.held_from(0), None);
        suspects.ended_connection(3, "reset", S(1));
        assert_eq!(suspects.held_from(0), Some(3));
        suspects.passed(&lines(4..5));
        assert_eq!(suspects.convicted(), None);
        suspects.ended_connection(3, "reset", S(5));
        assert!(suspects.convicted().is_some());
        suspects.forget(3);
        assert_eq!(suspects.free_from(3), 3);
    }
}
