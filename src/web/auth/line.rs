//! The queue: how an unknown browser gets a try while others at its address enter wrong passwords.
//!
//! Each browser that is shown the log-in has a place in the line, a [`Stamp`] that says since when.
//! It is good for one try, ten seconds after it was given: who only throws passwords at the box
//! never gets that far. One try is let in each three seconds, and whoever has waited longest goes
//! first. So whoever waits gets in after ten seconds, and three more for each who has waited
//! longer; and all who wait have one guess in three seconds together.

use std::time::Duration;

use super::stamp::Stamp;

/// A place is good for a try so long after it was given,
pub(super) const AGE: Duration = Duration::from_secs(10);
/// and until it is so old.
const LIFE: Duration = Duration::from_secs(10 * 60);
/// One try in this time.
const SLOT: Duration = Duration::from_secs(3);
/// A browser that has not asked for so long does not hold up those behind it.
const GONE: Duration = Duration::from_secs(15);
/// So many who ask are remembered: those who have waited longest.
const MOST: usize = 64;

/// Times are steady ones.
#[derive(Debug, Clone, Default)]
pub(super) struct LoginQueue {
    /// Browsers that ask at present, the longest waiting first.
    waiting: Vec<Waiting>,
    /// Places that had their try, with when that was; as long as one lives.
    used: Vec<([u8; 16], Duration)>,
    /// When the next try is let in.
    next: Duration,
}

#[derive(Debug, Clone)]
struct Waiting {
    place: Stamp,
    asked: Duration,
}

// === impl Line ===

impl LoginQueue {
    /// A place's number for now.
    pub(super) fn since(now: Duration) -> u64 {
        u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
    }

    /// Can this place still lead to a try?
    pub(super) fn holds(&self, place: &Stamp, now: Duration) -> bool {
        let age = now.checked_sub(Duration::from_millis(place.says));
        age.is_some_and(|age| age < LIFE) && !self.used.iter().any(|(id, _)| *id == place.id)
    }

    /// Lets a try in, for which the place is used up, or says how long to wait.
    pub(super) fn ask(&mut self, place: &Stamp, now: Duration) -> Result<(), Duration> {
        self.used
            .retain(|(_, used)| now.saturating_sub(*used) < LIFE);
        self.waiting
            .retain(|one| now.saturating_sub(one.asked) < GONE);
        if !self.holds(place, now) {
            return Err(AGE);
        }
        let age = now.saturating_sub(Duration::from_millis(place.says));
        if age < AGE {
            return Err(AGE - age);
        }
        self.waiting.retain(|one| one.place.id != place.id);
        // of two that were given at the same time one is before the other all the same
        let before = |one: &Waiting| (one.place.says, one.place.id) < (place.says, place.id);
        let ahead = self.waiting.partition_point(before);
        let left = self.next.saturating_sub(now);
        if ahead == 0 && left == Duration::ZERO {
            self.next = now + SLOT;
            self.used.push((place.id, now));
            return Ok(());
        }
        let waiting = Waiting {
            place: *place,
            asked: now,
        };
        self.waiting.insert(ahead, waiting);
        self.waiting.truncate(MOST);
        let turns = u32::try_from(ahead).unwrap_or(u32::MAX);
        Err((left + SLOT * turns).clamp(Duration::from_millis(100), AGE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn place(number: u8, since: u64) -> Stamp {
        let (id, says) = ([number; 16], since);
        Stamp { id, says }
    }

    #[test]
    fn a_place_is_good_for_one_try_after_ten_seconds() {
        let mut line = LoginQueue::default();
        let mine = place(1, 1_000);
        assert_eq!(line.ask(&mine, at(4_000)), Err(at(7_000)));
        assert_eq!(line.ask(&mine, at(11_000)), Ok(()));
        assert!(!line.holds(&mine, at(11_001)) && line.ask(&mine, at(20_000)).is_err());
        let old = place(2, 1_000);
        assert!(line.holds(&old, at(600_999)) && !line.holds(&old, at(601_000)));
        assert!(
            !line.holds(&place(3, 5_000), at(4_000)),
            "of an earlier life"
        );
    }

    #[test]
    fn who_has_waited_longest_goes_first() {
        let mut line = LoginQueue::default();
        assert_eq!(line.ask(&place(1, 0), at(10_000)), Ok(()));
        // both in vain, and then only the later one is fast enough
        assert_eq!(line.ask(&place(3, 200), at(11_000)), Err(at(2_000)));
        assert_eq!(line.ask(&place(2, 100), at(11_000)), Err(at(2_000)));
        assert_eq!(line.ask(&place(3, 200), at(13_000)), Err(at(3_000)));
        assert_eq!(line.ask(&place(2, 100), at(13_100)), Ok(()));
        assert_eq!(line.ask(&place(3, 200), at(16_100)), Ok(()));
        // one that is gone holds up nobody
        assert!(line.ask(&place(4, 300), at(16_200)).is_err());
        assert_eq!(line.ask(&place(5, 400), at(31_200)), Ok(()));
    }

    /// Thirty who never stop asking: whoever comes later waits for each of them once.
    #[test]
    fn many_who_wait_are_passed_one_by_one() {
        let (mut line, mut now) = (LoginQueue::default(), 10_000);
        let mut others: Vec<Stamp> = (1..=30).map(|number| place(number, 0)).collect();
        // given at the same time as all of them
        let mine = place(99, 0);
        let mut guesses = 0;
        let took = loop {
            for (number, other) in others.iter_mut().enumerate() {
                if line.ask(other, at(now)).is_ok() {
                    guesses += 1;
                    *other = place(100 + u8::try_from(number).unwrap_or(0), now);
                }
            }
            if line.ask(&mine, at(now)).is_ok() {
                break now - 10_000;
            }
            now += 250;
        };
        assert!(took <= 31 * 3_000, "{took} ms");
        assert!(guesses <= took / 3_000 + 1, "{guesses} in {took} ms");
        assert!(line.waiting.len() <= MOST);
    }
}
