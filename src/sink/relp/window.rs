//! The transactions that are open: begun, and not all answered. A window of them is what makes RELP quick: without it each line
//! would wait for the answer to the one before.

use std::collections::VecDeque;

/// Lines that may be on their way at once, as with librelp. A broken connection repeats at most so many. Enough for 2,500 lines
/// per second, the most that one tenant's API gives, at a round trip of 50 ms.
pub const WINDOW: usize = 128;
/// The highest transaction number; 1 comes after it, as 0 is for hints.
const LAST: u32 = 999_999_999;

/// Which lines are on their way, and how many the receiver has accepted.
#[derive(Debug)]
pub struct Window {
    /// Number of the oldest transaction that is open.
    first: u32,
    /// From that one on: is it answered? The first never is.
    answered: VecDeque<bool>,
    /// Lines before `first`.
    accepted: u64,
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
            answered: VecDeque::with_capacity(WINDOW),
            accepted: 0,
        }
    }

    /// Begins a transaction and gives it its number; `None` while the window is full.
    #[must_use]
    pub fn begin(&mut self) -> Option<u32> {
        (self.room() > 0).then(|| {
            let txnr = self.next();
            self.answered.push_back(false);
            txnr
        })
    }

    /// The receiver has accepted this one. In any order.
    ///
    /// # Errors
    /// When it is not open.
    pub fn accept(&mut self, txnr: u32) -> Result<(), NotOpen> {
        let ahead = (u64::from(txnr) + u64::from(LAST - self.first)) % u64::from(LAST);
        let slot = usize::try_from(ahead).map_err(|_| NotOpen)?;
        match self.answered.get_mut(slot) {
            Some(answered) if !*answered && (1..=LAST).contains(&txnr) => *answered = true,
            _ => return Err(NotOpen),
        }
        while let Some(true) = self.answered.front() {
            self.answered.pop_front();
            self.first = after(self.first, 1);
            self.accepted += 1;
        }
        Ok(())
    }

    /// The number of the next transaction.
    #[must_use]
    pub fn next(&self) -> u32 {
        after(self.first, self.answered.len())
    }

    /// How many transactions may still begin.
    #[must_use]
    pub fn room(&self) -> usize {
        WINDOW - self.answered.len()
    }

    /// How many have no answer.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.answered.iter().filter(|answered| !**answered).count()
    }

    /// Lines accepted since the start, without a gap: the first so many have all arrived.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.accepted
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
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn is_full_at_its_bound() {
        let mut window = Window::new(2);
        for txnr in 2..130 {
            assert_eq!(window.begin(), Some(txnr));
        }
        assert_eq!(window.begin(), None);
        // Out of order: nothing moves before the oldest is answered.
        window.accept(3).unwrap();
        assert_eq!(
            (window.begin(), window.accepted(), window.unanswered()),
            (None, 0, 127)
        );
        window.accept(2).unwrap();
        assert_eq!((window.room(), window.accepted()), (2, 2));
        assert_eq!(window.begin(), Some(130));
    }

    #[test]
    fn the_numbers_begin_again() {
        let mut window = Window::new(999_999_998);
        let numbers = [999_999_998, 999_999_999, 1, 2];
        assert_eq!(numbers.map(|_| window.begin().unwrap()), numbers);
        for txnr in [2, 999_999_999, 1, 999_999_998] {
            window.accept(txnr).unwrap();
        }
        assert_eq!((window.accepted(), window.next()), (4, 3));
    }

    #[test]
    fn only_what_is_open_can_be_answered() {
        let mut window = Window::new(2);
        assert_eq!(window.accept(2), Err(NotOpen));
        let _ = window.begin();
        let _ = window.begin();
        for txnr in [0, 1, 4, 999_999_999, 1_000_000_000, 1_000_000_001, u32::MAX] {
            assert_eq!(window.accept(txnr), Err(NotOpen), "{txnr}");
        }
        window.accept(3).unwrap();
        assert_eq!(window.accept(3), Err(NotOpen));
    }

    proptest! {
        /// Against the simplest model: a list of what was begun, and a set of what was answered.
        #[test]
        fn counts_what_has_no_gap(first in prop_oneof![Just(2_u32), LAST - 60..=LAST], steps in proptest::collection::vec((any::<bool>(), 0_usize..WINDOW), 0..400)) {
            let mut window = Window::new(first);
            let (mut begun, mut open) = (Vec::new(), Vec::new());
            for (begin, which) in steps {
                if begin {
                    if let Some(txnr) = window.begin() {
                        begun.push(txnr);
                        open.push(txnr);
                    }
                } else if !open.is_empty() {
                    let txnr = open.remove(which % open.len());
                    prop_assert_eq!(window.accept(txnr), Ok(()));
                    prop_assert_eq!(window.accept(txnr), Err(NotOpen));
                }
                let gapless = begun.iter().take_while(|txnr| !open.contains(txnr)).count();
                prop_assert_eq!(window.accepted(), gapless as u64);
                prop_assert_eq!(window.unanswered(), open.len());
                prop_assert_eq!(window.room(), WINDOW - (begun.len() - gapless));
            }
        }
    }
}
