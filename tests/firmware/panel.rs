//! The lamps of a board as they are seen from outside: levels of lines in the registers of its GPIO
//! controller.

use siembox::for_tests::board;

use crate::board::Board;
use crate::monitor::Monitor;

/// Levels of the lines of the PL061 on QEMU's `virt` machine: its data register, all lines unmasked
/// (ARM DDI 0190B § 3.3.1).
const PL061_DATA: u64 = 0x0903_0000 + 0x3fc;
/// Levels of the lines 0 to 31 of a Raspberry Pi 3: GPLEV0 (BCM2835 ARM Peripherals § 6.1), as the
/// processor sees it.
const BCM2837_LEVELS: u64 = 0x3f20_0034;

/// A board's lamps.
pub struct Panel {
    register: u64,
    lamps: Vec<Lamp>,
}

struct Lamp {
    colour: String,
    line: u32,
    active_low: bool,
}

// === impl Panel ===

impl Panel {
    pub fn of(board: Board) -> Self {
        let profile = board::named(board.name()).expect("the profile of the board");
        let lamps = (profile.lamps.each.iter()).map(|lamp| {
            let (line, active_low) = match &lamp.wiring {
                board::Wiring::Line(line) => (line.line, line.active_low),
                // the device tree's gpio-leds of the Zero 2 W, which the kernel drives
                board::Wiring::Class(name) => {
                    assert_eq!((board, &**name), (Board::RaspberryPi3, "ACT"));
                    (29, true)
                }
            };
            let colour = lamp.colour.to_string();
            Lamp {
                colour,
                line,
                active_low,
            }
        });
        Self {
            lamps: lamps.collect(),
            register: match board {
                Board::RaspberryPi3 => BCM2837_LEVELS,
                _ => PL061_DATA,
            },
        }
    }

    /// Their colours.
    pub fn colours(&self) -> impl Iterator<Item = &str> {
        self.lamps.iter().map(|lamp| &*lamp.colour)
    }

    /// Which of them are lit now, in the order of their colours.
    pub fn lit(&self, monitor: &mut Monitor) -> Vec<bool> {
        let levels = monitor.register(self.register);
        let lit = |lamp: &Lamp| (levels >> lamp.line & 1 == 1) != lamp.active_low;
        self.lamps.iter().map(lit).collect()
    }
}
