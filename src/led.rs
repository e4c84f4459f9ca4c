//! The lamps of the box. What they say is a [`Signal`] of the one table in `status`; how it is
//! shown with the lamps that there are is `pattern` (pure), when to switch which is `player` (time
//! comes in), and what is switched is `pin`.
//!
//! A [`Panel`] plays on a thread of its own, so that a rhythm never waits for anybody. So that
//! nothing reassuring is left behind by who can't take it back any more, a signal can be shown for
//! a while only ([`Panel::show_for`]): who is not heard again by then has a fault. When the panel
//! is dropped, all lamps are dark.

mod pattern;
mod pin;
mod player;

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::board::{LampWiring, Lamps};
use crate::clock;
pub use crate::status::Signal;
pub use pin::open;
pub use player::Player;

/// The lamps, played by a thread.
#[derive(Debug)]
pub struct Panel {
    /// `None` while it is dropped, and where there is no lamp.
    tell: Option<Sender<Told>>,
    thread: Option<JoinHandle<()>>,
}

/// A signal, and for how long it is believed.
type Told = (Signal, Option<Duration>);

// === impl Panel ===

impl Panel {
    /// Opens the lamps, dark, and says what is wrong with those that can't be opened; the others go
    /// on without them. `sys` is `/sys` but in tests.
    #[must_use]
    pub fn open(lamps: &Lamps, sys: &Path) -> (Self, Vec<String>) {
        let (mut there, mut lights, mut wrong) = (Vec::<LampWiring>::new(), Vec::new(), Vec::new());
        for lamp in &lamps.each {
            match open(lamp, sys) {
                Ok(light) => {
                    there.push(lamp.clone());
                    lights.push(light);
                }
                Err(error) => wrong.push(error.to_string()),
            }
        }
        if lights.is_empty() {
            return (Self::none(), wrong);
        }
        let there = Lamps {
            // of three colours only where all three are there
            rgb: lamps.rgb && there.len() == lamps.each.len(),
            each: there,
        };
        let player = Player::new(there, lights);
        let (tell, told) = channel();
        let thread = std::thread::Builder::new()
            .name("lamps".to_owned())
            .spawn(move || play(player, &told));
        match thread {
            Ok(thread) => (
                Self {
                    tell: Some(tell),
                    thread: Some(thread),
                },
                wrong,
            ),
            Err(cause) => {
                wrong.push(format!(
                    "the lamps stay dark: cannot start a thread: {cause}"
                ));
                (Self::none(), wrong)
            }
        }
    }

    /// Shows it from now on. What is shown already goes on in its rhythm.
    pub fn show(&self, signal: Signal) {
        self.tell((signal, None));
    }

    /// Shows it for so long, and then [`Signal::Fault`], unless it is told anything before. For
    /// what reassures: to be told again and again by who knows that it still holds.
    pub fn show_for(&self, signal: Signal, time: Duration) {
        self.tell((signal, Some(time)));
    }

    fn tell(&self, told: Told) {
        if let Some(tell) = &self.tell {
            // a player that fell has darkened the lamps on its way
            let _ = tell.send(told);
        }
    }

    fn none() -> Self {
        Self {
            tell: None,
            thread: None,
        }
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        self.tell = None;
        if let Some(thread) = self.thread.take() {
            // dark when this returns
            let _ = thread.join();
        }
    }
}

/// Plays what is told last, until nobody can tell any more. The player's own end darkens the lamps.
fn play(mut player: Player, told: &Receiver<Told>) {
    loop {
        let heard = match player.play(clock::now().steady) {
            Some(wait) => told.recv_timeout(wait),
            None => told.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match heard {
            Ok((signal, time)) => player.show(signal, time, clock::now().steady),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::board::{LampColour, Wiring};

    #[test]
    fn a_panel_that_is_dropped_is_dark() {
        let sys = tempfile::tempdir().unwrap();
        let lamp = sys.path().join("class/leds/ACT");
        fs::create_dir_all(&lamp).unwrap();
        fs::write(lamp.join("trigger"), "[mmc0] none").unwrap();
        fs::write(lamp.join("max_brightness"), "255\n").unwrap();
        fs::write(lamp.join("brightness"), "0").unwrap();
        let of = |name: &str| LampWiring {
            colour: LampColour::Green,
            wiring: Wiring::Class(name.to_owned()),
        };
        let lamps = Lamps {
            rgb: false,
            each: vec![of("ACT"), of("PWR")],
        };
        let (panel, wrong) = Panel::open(&lamps, sys.path());
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert!(wrong[0].contains("leds/PWR"), "{wrong:?}");
        panel.show(Signal::Condition(crate::status::Condition::Connected));
        let brightness = || fs::read_to_string(lamp.join("brightness")).unwrap();
        for _ in 0..5000 {
            if brightness() == "255" {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        assert_eq!(brightness(), "255");
        drop(panel);
        assert_eq!(brightness(), "0");
        assert_eq!(fs::read_to_string(lamp.join("trigger")).unwrap(), "none");
        let (none, wrong) = Panel::open(&Lamps::default(), sys.path());
        none.show(Signal::Identify);
        assert!(wrong.is_empty() && none.thread.is_none());
    }
}
