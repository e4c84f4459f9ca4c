//! GPIO lines through `/dev/gpiochip*`: found by the chip's label or name, because numbers of chips
//! depend on the order in which drivers come. Errors say what is there instead, and what to do.

use embedded_hal::digital::PinState;
use linux_embedded_hal::CdevPin;
use linux_embedded_hal::gpio_cdev::{self, Chip, LineRequestFlags};

use crate::board;

/// How the kernel shows who holds a line.
pub const CONSUMER: &str = "siembox";

/// A line can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GpioError {
    /// No chip of this label or name.
    #[error("GPIO chip {wanted} is not there; {}: load its driver's module, or correct \"chip\" in the board's profile", there_are(.there))]
    NoChip {
        /// Label or name, as the profile has it.
        wanted: String,
        /// Names and labels that there are.
        there: Vec<String>,
    },
    /// A chip can't be opened.
    #[error("/dev/gpiochip*: {cause}: {}", cure(.cause))]
    Chip {
        /// What the system said.
        cause: gpio_cdev::Error,
    },
    /// The line can't be had.
    #[error("{line}: {cause}: {}", cure(.cause))]
    Line {
        /// As the profile has it.
        line: board::GpioLine,
        /// What the system said.
        cause: gpio_cdev::Error,
    },
}

/// The kernel's line.
///
/// # Errors
/// [`GpioError`]
pub fn find(line: &board::GpioLine) -> Result<gpio_cdev::Line, GpioError> {
    let mut there = Vec::new();
    let mut closed = None;
    for chip in gpio_cdev::chips().map_err(|cause| GpioError::Chip { cause })? {
        let mut chip: Chip = match chip {
            Ok(chip) => chip,
            // the one that is meant may be another
            Err(cause) => {
                closed = Some(cause);
                continue;
            }
        };
        if chip.label() == line.chip || chip.name() == line.chip {
            let found = chip.get_line(line.line);
            return found.map_err(|cause| GpioError::Line {
                line: line.clone(),
                cause,
            });
        }
        there.push(format!("{} ({})", chip.name(), chip.label()));
    }
    Err(match closed {
        Some(cause) => GpioError::Chip { cause },
        None => GpioError::NoChip {
            wanted: line.chip.clone(),
            there,
        },
    })
}

/// The line as an output that is not active.
///
/// # Errors
/// [`GpioError`]
pub fn output(line: &board::GpioLine) -> Result<CdevPin, GpioError> {
    let failed = |cause| GpioError::Line {
        line: line.clone(),
        cause,
    };
    let found = find(line)?;
    let dark = u8::from(line.active_low);
    let handle = found.request(LineRequestFlags::OUTPUT, dark, CONSUMER);
    CdevPin::new(handle.map_err(failed)?)
        .and_then(|pin| pin.into_output_pin(PinState::from(line.active_low)))
        .map_err(failed)
}

fn there_are(chips: &[String]) -> String {
    match chips {
        [] => "there is none".to_owned(),
        some => format!("there are {}", some.join(", ")),
    }
}

fn cure(cause: &gpio_cdev::Error) -> &'static str {
    let text = cause.to_string();
    let says = |words: [&str; 2]| words.into_iter().any(|word| text.contains(word));
    if says(["denied", "EPERM"]) || text.contains("EACCES") {
        "run it as root, or add the user to the group gpio"
    } else if says(["EBUSY", "busy"]) {
        "another program or driver holds it (siembox itself, where it runs as firmware): stop that first"
    } else if says(["range", "EINVAL"]) {
        "correct \"line\" in the board's profile"
    } else {
        "is the driver's module loaded, and /dev mounted?"
    }
}
