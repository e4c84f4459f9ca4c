//! The window of open RELP transactions: sent and not yet answered. A window of them is what makes
//! RELP quick: without it each line would wait for the answer to the one before.
//!
//! Each transaction carries the number of its line, and an answer is noted under that number.
//! Nothing is derived by adding a count of answers to a position: two counters for one thing would
//! drift apart at the first break.

use std::collections::VecDeque;

use crate::sink::{Answers, ReceiverRefusal};

/// Lines that may be on their way at once, as with librelp. A broken connection repeats at most so
/// many. Enough for 2,500 lines per second, the most that one tenant's API gives, at a round trip
/// of 50 ms.
pub const WINDOW: usize = 128;
/// The highest transaction number; 1 comes after it, as 0 is for hints.
const LAST: u32 = 999_999_999;

/// Which lines are on their way, and what the receiver has answered.
#[derive(Debug)]
pub struct Window {
    /// Number of the oldest transaction that is open.
    first: u32,
    /// The transactions from that one on. The first has never an answer.
    open: VecDeque<Transaction>,
    /// What was answered since it was last taken.
    answers: Answers,
}

/// A line on its way.
#[derive(Debug)]
struct Transaction {
    /// The line's number in the spool; `None` for one that does not come from there (a heartbeat).
    line: Option<u64>,
    /// Has the receiver answered?
    answered: bool,
}

/// An answer to a transaction that is not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotOpen;

impl Window {
    /// Nothing open; `first` (1 to 999,999,999) is the number of the next transaction.
    #[must_use]
    pub fn new(first: u32) -> Self {
        Self {
            first,
            open: VecDeque::with_capacity(WINDOW),
            answers: Answers::default(),
        }
    }

    /// Begins a transaction for this line and gives it its number; `None` while the window is full.
    #[must_use]
    pub fn begin(&mut self, line: Option<u64>) -> Option<u32> {
        (self.room() > 0).then(|| {
            let txnr = self.next();
            self.open.push_back(Transaction {
                line,
                answered: false,
            });
            txnr
        })
    }

    /// The receiver has accepted this one. In any order.
    ///
    /// # Errors
    /// When it is not open.
    pub fn accept(&mut self, txnr: u32) -> Result<(), NotOpen> {
        if let Some(line) = self.answered(txnr)? {
            self.answers.accepted.insert(line..line + 1);
        }
        Ok(())
    }

    /// The receiver does not take this one, and says why in `words`. In any order.
    ///
    /// # Errors
    /// When it is not open.
    pub fn refuse(&mut self, txnr: u32, words: String) -> Result<(), NotOpen> {
        if let Some(line) = self.answered(txnr)? {
            self.answers.refused.push(ReceiverRefusal { line, words });
        }
        Ok(())
    }

    /// What was answered since this was last called.
    #[must_use]
    pub fn take_answers(&mut self) -> Answers {
        std::mem::take(&mut self.answers)
    }

    /// The number of the next transaction.
    #[must_use]
    pub fn next(&self) -> u32 {
        after(self.first, self.open.len())
    }

    /// How many transactions may still begin.
    #[must_use]
    pub fn room(&self) -> usize {
        WINDOW - self.open.len()
    }

    /// How many have no answer.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.open.iter().filter(|open| !open.answered).count()
    }

    /// Closes a transaction; the line that it carried.
    fn answered(&mut self, txnr: u32) -> Result<Option<u64>, NotOpen> {
        let ahead = (u64::from(txnr) + u64::from(LAST - self.first)) % u64::from(LAST);
        let slot = usize::try_from(ahead).map_err(|_| NotOpen)?;
        let known = (1..=LAST).contains(&txnr);
        let open = self.open.get_mut(slot).filter(|_| known);
        let open = open.filter(|open| !open.answered).ok_or(NotOpen)?;
        open.answered = true;
        let line = open.line;
        while self.open.front().is_some_and(|oldest| oldest.answered) {
            self.open.pop_front();
            self.first = after(self.first, 1);
        }
        Ok(line)
    }
}

/// The transaction number so many after this one. At most [`WINDOW`] after it, so the sum fits.
fn after(txnr: u32, steps: usize) -> u32 {
    let steps = u32::try_from(steps).unwrap_or(0);
    (txnr - 1 + steps) % LAST + 1
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;
    use crate::spool::LineSet;
    use proptest::prelude::*;

    #[test]
    fn is_full_at_its_bound() {
        let mut window = Window::new(2);
        for txnr in 2..130 {
            assert_eq!(window.begin(Some(u64::from(txnr))), Some(txnr));
        }
        assert_eq!(window.begin(None), None);
        // Out of order: no room before the oldest is answered.
        window.accept(3).unwrap();
        assert_eq!((window.begin(None), window.unanswered()), (None, 127));
        window.accept(2).unwrap();
        assert_eq!(window.room(), 2);
        assert_eq!(window.begin(None), Some(130));
        let accepted = window.take_answers().accepted;
        assert_eq!(accepted, LineSet::from(2..4));
        assert_eq!(window.take_answers(), Answers::default());
    }

    #[test]
    fn the_numbers_begin_again() {
        let mut window = Window::new(999_999_998);
        let numbers = [999_999_998, 999_999_999, 1, 2];
        assert_eq!(numbers.map(|_| window.begin(None).unwrap()), numbers);
        for txnr in [2, 999_999_999, 1, 999_999_998] {
            window.accept(txnr).unwrap();
        }
        assert_eq!((window.unanswered(), window.next()), (0, 3));
    }

    #[test]
    fn only_what_is_open_can_be_answered() {
        let mut window = Window::new(2);
        assert_eq!(window.accept(2), Err(NotOpen));
        let _ = window.begin(None);
        let _ = window.begin(None);
        for txnr in [0, 1, 4, 999_999_999, 1_000_000_000, 1_000_000_001, u32::MAX] {
            assert_eq!(window.accept(txnr), Err(NotOpen), "{txnr}");
        }
        window.accept(3).unwrap();
        assert_eq!(window.accept(3), Err(NotOpen));
        assert_eq!(window.refuse(3, "500".to_owned()), Err(NotOpen));
    }

    proptest! {
        /// Against the simplest model: what was begun with its line, and what was answered about
        /// each.
        #[test]
        fn notes_what_was_answered_by_line(
            first in prop_oneof![Just(2_u32), LAST - 60..=LAST],
            steps in proptest::collection::vec((0_u8..3, 0_usize..WINDOW, any::<bool>()), 0..400),
        ) {
            let mut window = Window::new(first);
            let (mut begun, mut open) = (Vec::new(), Vec::new());
            let (mut accepted, mut refused) = (BTreeSet::new(), BTreeSet::new());
            for (step, (what, which, numbered)) in (1_000_u64..).zip(steps) {
                if what == 0 {
                    let line = numbered.then_some(step);
                    if let Some(txnr) = window.begin(line) {
                        begun.push(txnr);
                        open.push((txnr, line));
                    }
                } else if !open.is_empty() {
                    let (txnr, line) = open.remove(which % open.len());
                    if what == 1 {
                        accepted.extend(line);
                        prop_assert_eq!(window.accept(txnr), Ok(()));
                    } else {
                        refused.extend(line);
                        prop_assert_eq!(window.refuse(txnr, String::new()), Ok(()));
                    }
                    prop_assert_eq!(window.accept(txnr), Err(NotOpen));
                }
                let gapless = begun
                    .iter()
                    .take_while(|txnr| open.iter().all(|(o, _)| o != *txnr))
                    .count();
                prop_assert_eq!(window.unanswered(), open.len());
                prop_assert_eq!(window.room(), WINDOW - (begun.len() - gapless));
            }
            let answers = window.take_answers();
            prop_assert_eq!(
                answers.accepted.ranges().flatten().collect::<BTreeSet<_>>(),
                accepted
            );
            prop_assert_eq!(
                answers
                    .refused
                    .iter()
                    .map(|refusal| refusal.line)
                    .collect::<BTreeSet<_>>(),
                refused
            );
        }
    }
}
