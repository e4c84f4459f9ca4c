//! The meaning of a press by its length. Pure: levels and time come in.

use std::time::Duration;

use super::Press;

/// Shorter presses identify.
pub const SHORT: Duration = Duration::from_secs(3);
/// From here on letting go releases the owner's claim.
pub const RELEASE: Duration = Duration::from_secs(10);
/// From here on letting go erases everything.
pub const RESET: Duration = Duration::from_secs(30);
/// Held for longer than anybody holds a button: something leans on it, or its wire is broken. It
/// means nothing then.
pub const STUCK: Duration = Duration::from_secs(120);

/// A level counts when it has lasted so long: contacts bounce for a few milliseconds.
const BOUNCE: Duration = Duration::from_millis(30);
/// While it is held, word is given this often.
const WORD: Duration = Duration::from_secs(1);

/// The button's story. Steady time in all of it.
#[derive(Debug, Default)]
pub struct Hold {
    /// The level as it came last, and since when.
    raw: Option<(bool, Duration)>,
    state: State,
    /// Word was given for so long a hold.
    said: Duration,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// Pressed ever since we began to look, or not known: its end means nothing.
    #[default]
    Unknown,
    Up,
    /// Since then.
    Down(Duration),
}

// === impl Hold ===

impl Hold {
    /// The contact says so. What it means, where it means something at once; it has been looked at
    /// as by [`look`](Self::look) then.
    pub fn level(&mut self, pressed: bool, now: Duration) -> Option<Press> {
        let press = self.look(now);
        if self.raw.is_none_or(|(before, _)| before != pressed) {
            self.raw = Some((pressed, now));
        }
        press
    }

    /// Time has gone by.
    pub fn look(&mut self, now: Duration) -> Option<Press> {
        let (pressed, since) = self.raw?;
        let settled = now.saturating_sub(since) >= BOUNCE;
        match (self.state, pressed) {
            (State::Unknown, false) if settled => {
                self.state = State::Up;
                None
            }
            (State::Up, true) if settled => {
                (self.state, self.said) = (State::Down(since), SHORT - WORD);
                self.word(now.saturating_sub(since))
            }
            (State::Down(begun), false) if settled => {
                self.state = State::Up;
                Some(meaning(since.saturating_sub(begun)))
            }
            // while the end is not sure, the hold goes on
            (State::Down(begun), _) => self.word(now.saturating_sub(begun)),
            _ => None,
        }
    }

    /// When to look again. `None`: not before the contact says something.
    #[must_use]
    pub fn wait(&self, now: Duration) -> Option<Duration> {
        let (pressed, since) = self.raw?;
        let settles = (since + BOUNCE).saturating_sub(now);
        match (self.state, pressed) {
            (State::Unknown | State::Down(_), false) | (State::Up, true) => Some(settles),
            (State::Down(begun), true) if self.said < STUCK => {
                Some((begun + self.said + WORD).saturating_sub(now))
            }
            _ => None,
        }
    }

    fn word(&mut self, held: Duration) -> Option<Press> {
        let whole = Duration::from_secs(held.as_secs());
        if whole <= self.said || self.said >= STUCK {
            return None;
        }
        self.said = whole;
        Some(if whole >= STUCK {
            Press::Nothing
        } else {
            Press::Holding(whole)
        })
    }
}

fn meaning(held: Duration) -> Press {
    match held {
        held if held < SHORT => Press::Identify,
        held if held < RELEASE => Press::Nothing,
        held if held < RESET => Press::ReleaseClaim,
        held if held < STUCK => Press::FactoryReset,
        _ => Press::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    /// Plays levels (milliseconds, pressed), and looks whenever it wants to be asked, until `end`.
    fn play(hold: &mut Hold, levels: &[(u64, bool)], end: u64) -> Vec<Press> {
        let (mut said, mut now) = (Vec::new(), MS(0));
        let mut levels = levels
            .iter()
            .map(|&(at, pressed)| (MS(at), pressed))
            .peekable();
        loop {
            let due = hold.wait(now).map(|wait| now + wait);
            let next = levels.peek().map(|(at, _)| *at);
            let Some(at) = [due, next]
                .into_iter()
                .flatten()
                .min()
                .filter(|at| *at <= MS(end))
            else {
                return said;
            };
            now = at;
            said.extend(match levels.next_if(|(level_at, _)| *level_at == at) {
                Some((_, pressed)) => hold.level(pressed, at),
                None => hold.look(at),
            });
        }
    }

    fn fresh() -> Hold {
        let mut hold = Hold::default();
        assert_eq!(play(&mut hold, &[(0, false)], 500), []);
        hold
    }

    fn holding(seconds: std::ops::RangeInclusive<u64>) -> Vec<Press> {
        seconds
            .map(|s| Press::Holding(Duration::from_secs(s)))
            .collect()
    }

    #[test]
    fn a_press_means_what_its_length_says_and_only_when_it_is_let_go() {
        for (held, last_word, meaning) in [
            (40, 0, Press::Identify),
            (2_999, 0, Press::Identify),
            (3_000, 3, Press::Nothing),
            (9_999, 9, Press::Nothing),
            (10_000, 10, Press::ReleaseClaim),
            (29_999, 29, Press::ReleaseClaim),
            (30_000, 30, Press::FactoryReset),
            (119_999, 119, Press::FactoryReset),
        ] {
            let said = play(
                &mut fresh(),
                &[(1_000, true), (1_000 + held, false)],
                500_000,
            );
            let mut expected = holding(3..=last_word);
            expected.push(meaning);
            assert_eq!(said, expected, "held for {held} ms");
        }
    }

    #[test]
    fn bounces_are_no_presses() {
        let bouncing = [
            (1_000, true),
            (1_004, false),
            (1_007, true),
            (1_020, false),
            (1_021, true),
        ];
        let ending = [(2_000, false), (2_003, true), (2_010, false)];
        let levels: Vec<_> = bouncing.into_iter().chain(ending).collect();
        assert_eq!(play(&mut fresh(), &levels, 9_000), [Press::Identify]);
        assert_eq!(
            play(&mut fresh(), &[(1_000, true), (1_025, false)], 9_000),
            [],
            "a spark"
        );
        let dip = [
            (1_000, true),
            (6_000, false),
            (6_010, true),
            (32_000, false),
        ];
        let said = play(&mut fresh(), &dip, 90_000);
        assert_eq!(
            said.last(),
            Some(&Press::FactoryReset),
            "a dip does not end a hold"
        );
    }

    #[test]
    fn what_is_pressed_from_the_beginning_or_for_ever_means_nothing() {
        let mut hold = Hold::default();
        assert_eq!(play(&mut hold, &[(0, true), (40_000, false)], 60_000), []);
        assert_eq!(
            play(&mut hold, &[(100_000, true), (100_100, false)], 200_000),
            [Press::Identify]
        );
        let said = play(&mut fresh(), &[(1_000, true), (400_000, false)], 500_000);
        assert_eq!(said[said.len() - 2..], [Press::Nothing, Press::Nothing]);
        assert!(!said.contains(&Press::FactoryReset) && !said.contains(&Press::ReleaseClaim));
    }

    #[test]
    fn the_lamps_ask_before_anything_is_done() {
        let answer = |s| Press::Holding(Duration::from_secs(s)).answer();
        use crate::status::Signal::{Identify, ReleaseAsked, ResetAsked};
        assert_eq!(
            [3, 9, 10, 29, 30, 99].map(answer),
            [
                Identify,
                Identify,
                ReleaseAsked,
                ReleaseAsked,
                ResetAsked,
                ResetAsked
            ]
            .map(Some)
        );
        assert_eq!(Press::FactoryReset.answer(), None);
    }
}
