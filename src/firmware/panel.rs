//! The box's lamps, button and hardware watchdog, opened for its board. What is wrong with a part
//! is said once, and the box goes on without it.

use std::path::Path;
use std::sync::mpsc::{Sender, channel};

use super::image::Image;
use super::log::Log;
use crate::board::{self, BoardProfile, MachineFacts, Recognised};
use crate::button::{self, Press};
use crate::led;
use crate::watchdog::Watchdog;

/// The first of the machine's watchdogs.
const WATCHDOG: &str = "/dev/watchdog";

/// The recognised board with its lamps.
#[derive(Debug)]
pub struct BoxPanel {
    /// The board.
    pub board: BoardProfile,
    /// How the board was recognised.
    pub by: String,
    /// Its lamps.
    pub lamps: led::Panel,
}

// === impl Panel ===

impl BoxPanel {
    /// Recognises the board below `root`, and opens its lamps.
    #[must_use]
    pub fn open(image: &Image, root: &Path, log: &Log) -> Self {
        let Recognised { profile, by } =
            which(board::recognise(&MachineFacts::read(root)), &image.board);
        let (lamps, wrong) = led::Panel::open(&profile.lamps, &root.join("sys"));
        for trouble in wrong {
            log.say(format!("lamps: {trouble}"));
        }
        Self {
            board: profile,
            by,
            lamps,
        }
    }

    /// Bytes that the logs may take on flash.
    #[must_use]
    pub fn log_bytes(&self) -> u64 {
        u64::from(self.board.budget.log_mb) * 1_000_000
    }

    /// Listens to the button, where the board has one.
    pub fn listen<E: Send + 'static>(
        &self,
        tell: Sender<E>,
        wrap: impl Fn(Press) -> E + Send + 'static,
        log: &Log,
    ) {
        let Some(button) = &self.board.button else {
            return;
        };
        let (press, pressed) = channel();
        let relay = move || {
            for press in pressed {
                if tell.send(wrap(press)).is_err() {
                    return;
                }
            }
        };
        let relayed = std::thread::Builder::new()
            .name("button's words".to_owned())
            .spawn(relay)
            .map_err(button::ButtonError::Thread);
        if let Err(error) = relayed.and_then(|_| button::listen(button, press)) {
            log.say(format!("button: {error}"));
        }
    }

    /// Opens the hardware watchdog, where there is one. It bites from here on, unless it is fed.
    #[must_use]
    pub fn watchdog(&self, log: &Log) -> Option<Watchdog> {
        if self.board.watchdog.module.is_empty() {
            return None;
        }
        Watchdog::open(Path::new(WATCHDOG))
            .inspect_err(|cause| {
                let module = &self.board.watchdog.module;
                log.say(format!(
                    "watchdog: {WATCHDOG}: {cause}: a kernel that hangs is not restarted (driver: \
                        {module})"
                ));
            })
            .ok()
    }
}

/// A board that was recognised as nothing in particular is the one that the image was built for.
fn which(recognised: Recognised, built_for: &str) -> Recognised {
    let named = board::named(built_for);
    match named.filter(|named| {
        is_fallback(&recognised.profile) && named.machine == recognised.profile.machine
    }) {
        Some(profile) if profile != recognised.profile => Recognised {
            profile,
            by: "the image that was built for it".to_owned(),
        },
        _ => recognised,
    }
}

fn is_fallback(profile: &BoardProfile) -> bool {
    profile.recognise.compatible.is_empty() && profile.recognise.dmi.is_empty()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_recognised_wins_over_what_the_image_was_built_for() {
        let recognised = |name: &str| Recognised {
            profile: board::named(name).unwrap(),
            by: "device tree".to_owned(),
        };
        for (seen, built_for, is) in [
            ("raspberry-pi-4", "raspberry-pi-3", "raspberry-pi-4"),
            ("generic-aarch64", "rock64", "rock64"),
            ("generic-aarch64", "qemu-x86_64", "generic-aarch64"),
            ("generic-aarch64", "", "generic-aarch64"),
        ] {
            assert_eq!(which(recognised(seen), built_for).profile.name, is);
        }
    }
}
