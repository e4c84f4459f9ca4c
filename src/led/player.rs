//! Plays a blink pattern: which lamp is switched when.

use std::time::Duration;

use super::pattern::taking_part;
use super::pin::Light;
use crate::board::Lamps;
use crate::status::{Blink, Signal};

/// Plays signals on lamps. Dark at first, and again when it is dropped.
#[derive(Debug)]
pub struct Player {
    lamps: Lamps,
    lights: Vec<Switch>,
    shown: Option<Shown>,
    /// Who showed it wants to be heard again by then, steady time.
    until: Option<Duration>,
}

/// What is played.
#[derive(Debug)]
struct Shown {
    signal: Signal,
    rhythm: Blink,
    /// For each lamp: does it take part?
    parts: Vec<bool>,
    /// When its rhythm began, steady time.
    begun: Duration,
}

/// One lamp, and how it was left.
#[derive(Debug)]
struct Switch {
    light: Box<dyn Light>,
    /// `None` where nothing is known: before the first time, and after trouble.
    lit: Option<bool>,
    /// Trouble is told once.
    troubled: bool,
}

// === impl Player ===

impl Player {
    /// `lights` are those of `lamps`, in their order.
    #[must_use]
    pub fn new(lamps: Lamps, lights: Vec<Box<dyn Light>>) -> Self {
        let switch = |light| Switch {
            light,
            lit: None,
            troubled: false,
        };
        Self {
            lamps,
            lights: lights.into_iter().map(switch).collect(),
            shown: None,
            until: None,
        }
    }

    /// Shows it from now on, for so long; what is shown already goes on in its rhythm.
    pub fn show(&mut self, signal: Signal, time: Option<Duration>, now: Duration) {
        self.until = time.map(|time| now.saturating_add(time));
        if self
            .shown
            .as_ref()
            .is_some_and(|shown| shown.signal == signal)
        {
            return;
        }
        let lamp = signal.meaning().lamp;
        self.shown = Some(Shown {
            signal,
            rhythm: lamp.rhythm,
            parts: taking_part(&self.lamps, lamp.colour),
            begun: now,
        });
    }

    /// Switches the lamps as they have to be now, and says for how long they stay so. `None`: until
    /// something else is shown.
    pub fn play(&mut self, now: Duration) -> Option<Duration> {
        if self.until.is_some_and(|until| now >= until) {
            self.show(Signal::Fault, None, now);
        }
        let Some(shown) = &self.shown else {
            self.dark();
            return None;
        };
        let (on, wait) = shown.rhythm.at(now.saturating_sub(shown.begun));
        for (switch, part) in self.lights.iter_mut().zip(&shown.parts) {
            switch.set(on && *part);
        }
        let left = self.until.map(|until| until.saturating_sub(now));
        wait.into_iter().chain(left).min()
    }

    fn dark(&mut self) {
        for switch in &mut self.lights {
            switch.set(false);
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.dark();
    }
}

// === impl Switch ===

impl Switch {
    fn set(&mut self, lit: bool) {
        if self.lit == Some(lit) {
            return;
        }
        match self.light.set(lit) {
            Ok(()) => (self.lit, self.troubled) = (Some(lit), false),
            Err(what) => {
                self.lit = None;
                if !std::mem::replace(&mut self.troubled, true) {
                    tracing::warn!("a lamp cannot be switched: {what}");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use embedded_hal::digital::{ErrorType, OutputPin};

    use super::*;
    use crate::board::{LampColour, LampWiring, Wiring};
    use crate::led::pin::Wired;
    use crate::status::Condition;

    /// A pin whose level can be seen from outside.
    struct Probe(Arc<AtomicBool>);

    impl ErrorType for Probe {
        type Error = Infallible;
    }

    impl OutputPin for Probe {
        fn set_low(&mut self) -> Result<(), Infallible> {
            self.0.store(false, Ordering::Relaxed);
            Ok(())
        }

        fn set_high(&mut self) -> Result<(), Infallible> {
            self.0.store(true, Ordering::Relaxed);
            Ok(())
        }
    }

    /// A player on pins, and their levels.
    fn bench(colours: &[LampColour], active_low: bool) -> (Player, Vec<Arc<AtomicBool>>) {
        let levels: Vec<_> = colours
            .iter()
            .map(|_| Arc::new(AtomicBool::new(!active_low)))
            .collect();
        let lights = levels.iter().map(|level| {
            let pin = Probe(Arc::clone(level));
            Box::new(Wired::new(pin, active_low)) as Box<dyn Light>
        });
        let lamp = |colour: &LampColour| LampWiring {
            colour: *colour,
            wiring: Wiring::Class(String::new()),
        };
        let lamps = Lamps {
            rgb: false,
            each: colours.iter().map(lamp).collect(),
        };
        (Player::new(lamps, lights.collect()), levels)
    }

    #[test]
    fn the_levels_of_a_pin_are_those_of_the_pattern() {
        let begun = Duration::from_millis(12_345);
        for active_low in [false, true] {
            for signal in Signal::ALL {
                let (mut player, levels) = bench(&[LampColour::Green], active_low);
                player.show(signal, None, begun);
                let rhythm = signal.meaning().lamp.rhythm;
                // at each beat's beginning, end and middle, and where the player itself wants to be
                // asked
                let mut at = Duration::ZERO;
                while at < Duration::from_secs(9) {
                    let wait = player.play(begun + at);
                    let (lit, expected) = rhythm.at(at);
                    assert_eq!(
                        levels[0].load(Ordering::Relaxed),
                        lit != active_low,
                        "{signal:?} at {at:?}"
                    );
                    assert_eq!(wait, expected);
                    at += wait.map_or(Duration::from_secs(1), |wait| match wait.as_millis() % 3 {
                        0 => wait / 2,
                        _ => wait,
                    });
                }
                drop(player);
                assert_eq!(
                    levels[0].load(Ordering::Relaxed),
                    active_low,
                    "dark at the end"
                );
            }
        }
    }

    #[test]
    fn what_is_shown_again_keeps_its_rhythm_and_other_lamps_are_dark() {
        let (mut player, levels) = bench(&[LampColour::Green, LampColour::Red], false);
        let lit = |levels: &[Arc<AtomicBool>]| -> Vec<bool> {
            levels
                .iter()
                .map(|level| level.load(Ordering::Relaxed))
                .collect()
        };
        let s = Duration::from_secs;
        assert_eq!(player.play(s(0)), None);
        assert_eq!(lit(&levels), [false, false]);
        player.show(Signal::Condition(Condition::Connected), None, s(1));
        assert_eq!(player.play(s(1)), None);
        assert_eq!(lit(&levels), [true, false]);
        player.show(Signal::Condition(Condition::Interrupted), None, s(2));
        assert_eq!(player.play(s(2)), Some(s(1)));
        assert_eq!(lit(&levels), [false, true]);
        player.show(Signal::Condition(Condition::Interrupted), None, s(3));
        assert_eq!(
            player.play(s(3)),
            Some(s(1)),
            "the second beat, not the first"
        );
        assert_eq!(lit(&levels), [false, false]);
        player.show(Signal::Identify, None, s(4));
        player.play(s(4));
        assert_eq!(lit(&levels), [true, true]);
    }

    #[test]
    fn who_is_not_heard_again_has_a_fault() {
        let (mut player, levels) = bench(&[LampColour::Green], false);
        let (s, lit) = (Duration::from_secs, || levels[0].load(Ordering::Relaxed));
        let well = Signal::Condition(Condition::Connected);
        player.show(well, Some(s(10)), s(100));
        assert_eq!(player.play(s(100)), Some(s(10)));
        player.show(well, Some(s(10)), s(105));
        assert_eq!(player.play(s(110)), Some(s(5)));
        assert!(lit());
        assert_eq!(
            player.play(s(115)),
            Some(Duration::from_millis(100)),
            "flickers"
        );
        assert!(lit());
        player.play(s(115) + Duration::from_millis(150));
        assert!(!lit());
        player.show(well, None, s(120));
        assert_eq!(player.play(s(120)), None);
    }
}
