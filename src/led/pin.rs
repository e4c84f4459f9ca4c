//! An output pin: a GPIO line, or a lamp that the kernel already drives. Both are output pins to
//! whoever switches them.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use embedded_hal::digital::{self, ErrorKind, ErrorType, OutputPin};

use crate::board::{LampWiring, Wiring};
use crate::gpio::{self, GpioError};

/// A lamp can't be used. Names the device, the reason and the cure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LampError {
    /// Its line can't be had.
    #[error(transparent)]
    Line(#[from] GpioError),
    /// The kernel's lamp can't be used.
    #[error("{}: {cause}: {}", path.display(), .cure)]
    Class {
        /// Its file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
        /// What to do.
        cure: String,
    },
}

/// One lamp that can be lit, whatever it is.
pub trait Light: Send {
    /// Lights or darkens it.
    ///
    /// # Errors
    /// What the system said.
    fn set(&mut self, lit: bool) -> Result<(), String>;
}

impl fmt::Debug for dyn Light {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Light")
    }
}

/// Any output pin, and what its levels mean.
pub(super) struct Wired<P> {
    pin: P,
    active_low: bool,
}

/// A lamp below `/sys/class/leds`. High is as bright as it can be.
struct LedClass {
    brightness: PathBuf,
    brightest: String,
}

/// What the system said to a write.
#[derive(Debug, thiserror::Error)]
#[error("{}: {cause}", path.display())]
struct ClassError {
    path: PathBuf,
    cause: io::Error,
}

/// Opens a lamp, dark. `sys` is `/sys` but in tests.
///
/// # Errors
/// [`LampError`]
pub fn open(lamp: &LampWiring, sys: &Path) -> Result<Box<dyn Light>, LampError> {
    Ok(match &lamp.wiring {
        Wiring::Line(line) => Box::new(Wired::new(gpio::output(line)?, line.active_low)),
        Wiring::Class(name) => Box::new(Wired::new(LedClass::open(name, sys)?, false)),
    })
}

// === impl Wired ===

impl<P> Wired<P> {
    pub(super) fn new(pin: P, active_low: bool) -> Self {
        Self { pin, active_low }
    }
}

impl<P: OutputPin + Send> Light for Wired<P>
where
    P::Error: fmt::Debug,
{
    fn set(&mut self, lit: bool) -> Result<(), String> {
        let level = digital::PinState::from(lit != self.active_low);
        self.pin
            .set_state(level)
            .map_err(|error| format!("{error:?}"))
    }
}

// === impl LedClass ===

impl LedClass {
    fn open(name: &str, sys: &Path) -> Result<Self, LampError> {
        let leds = sys.join("class/leds");
        let folder = leds.join(name);
        let failed = |file: &str, cause: io::Error| LampError::Class {
            path: folder.join(file),
            cure: cure(&cause, &leds),
            cause,
        };
        let most = fs::read_to_string(folder.join("max_brightness"))
            .map_err(|cause| failed("max_brightness", cause))?;
        // else the kernel goes on blinking it by its own rules; the write also darkens it
        fs::write(folder.join("trigger"), "none").map_err(|cause| failed("trigger", cause))?;
        fs::write(folder.join("brightness"), "0").map_err(|cause| failed("brightness", cause))?;
        Ok(Self {
            brightness: folder.join("brightness"),
            brightest: most.trim().to_owned(),
        })
    }

    fn write(&self, value: &str) -> Result<(), ClassError> {
        fs::write(&self.brightness, value).map_err(|cause| ClassError {
            path: self.brightness.clone(),
            cause,
        })
    }
}

impl ErrorType for LedClass {
    type Error = ClassError;
}

impl OutputPin for LedClass {
    fn set_low(&mut self) -> Result<(), ClassError> {
        self.write("0")
    }

    fn set_high(&mut self) -> Result<(), ClassError> {
        self.write(&self.brightest)
    }
}

impl digital::Error for ClassError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

fn cure(cause: &io::Error, leds: &Path) -> String {
    if cause.kind() == io::ErrorKind::PermissionDenied {
        return "run it as root".to_owned();
    }
    let entries = fs::read_dir(leds).into_iter().flatten().flatten();
    let mut there: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    there.sort();
    match there.is_empty() {
        true => "the kernel has no lamps: load the module of their driver (usually \
                leds_gpio)"
            .to_owned(),
        false => format!(
            "the kernel's lamps are {}: correct \"led\" in the board's profile",
            there.join(", ")
        ),
    }
}
