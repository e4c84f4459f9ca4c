//! The one button of the box: short to identify it, 10 seconds to release the owner's claim, 30
//! seconds for a factory reset. All of it happens only when the button is let go, and the lamps ask
//! before.
//!
//! What a press means is `hold` (pure, time comes in). What is pressed, a GPIO line or a key of the
//! kernel's input events, is a [`Contact`] that gives levels as they change.

mod contact;
mod hold;
mod key;
mod line;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use crate::board;
use crate::clock;
use crate::gpio::GpioError;
use crate::status::Signal;
pub use contact::Contact;
pub use hold::{Hold, RELEASE, RESET};

/// What somebody did, or is doing, to the button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// A short press, at its end.
    Identify,
    /// It is held for so long already; each second from 3 s on. The lamps answer with
    /// [`Press::answer`].
    Holding(Duration),
    /// Let go after 10 seconds and more.
    ReleaseClaim,
    /// Let go after 30 seconds and more.
    FactoryReset,
    /// Let go after a time that means nothing: what the lamps answered is over.
    Nothing,
}

/// The button can't be used. Names the device, the reason and the cure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ButtonError {
    /// Its line can't be had.
    #[error(transparent)]
    Line(#[from] GpioError),
    /// No input device has the key.
    #[error(
        "no input device has key {code}: load the module of its driver (usually gpio_keys or \
            button), or correct \"key\" in the board's profile"
    )]
    NoKey {
        /// The key's code.
        code: u16,
    },
    /// The input device can't be read.
    #[error("{}: {cause}: run it as root, or add the user to the group input", path.display())]
    Device {
        /// The device.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// No thread to be had.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

// === impl Press ===

impl Press {
    /// What the lamps answer while the button is held.
    #[must_use]
    pub fn answer(self) -> Option<Signal> {
        match self {
            Self::Holding(held) if held >= RESET => Some(Signal::ResetAsked),
            Self::Holding(held) if held >= RELEASE => Some(Signal::ReleaseAsked),
            Self::Holding(_) => Some(Signal::Identify),
            _ => None,
        }
    }
}

/// Listens to the button on threads of its own, which end when nobody hears `tell` any more and the
/// button is pressed once more.
///
/// # Errors
/// [`ButtonError`]
pub fn listen(button: &board::Button, tell: Sender<Press>) -> Result<(), ButtonError> {
    let contact = open(button, Path::new("/"))?;
    let (change, changed) = channel();
    thread("button", move || watch(contact, &change))?;
    thread("presses", move || judge(&changed, &tell))
}

/// The button's contact. `root` is `/` but in tests.
///
/// # Errors
/// [`ButtonError`]
pub fn open(button: &board::Button, root: &Path) -> Result<Box<dyn Contact>, ButtonError> {
    Ok(match &button.press {
        board::ButtonWiring::Line(line) => Box::new(line::LineContact::open(line)?),
        board::ButtonWiring::Key(code) => Box::new(key::KeyContact::open(*code, root)?),
    })
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), ButtonError> {
    let thread = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work);
    thread.map(drop).map_err(ButtonError::Thread)
}

/// Hands on each level.
fn watch(mut contact: Box<dyn Contact>, change: &Sender<bool>) {
    loop {
        match contact.next() {
            Ok(pressed) => {
                if change.send(pressed).is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!("the button cannot be read any more: {error}");
                return;
            }
        }
    }
}

/// Says what the levels mean.
fn judge(changed: &Receiver<bool>, tell: &Sender<Press>) {
    let mut hold = Hold::default();
    loop {
        let heard = match hold.wait(clock::now().steady) {
            Some(wait) => changed.recv_timeout(wait),
            None => changed.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let now = clock::now().steady;
        let press = match heard {
            Ok(pressed) => hold.level(pressed, now),
            Err(RecvTimeoutError::Timeout) => hold.look(now),
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if press.is_some_and(|press| tell.send(press).is_err()) {
            return;
        }
    }
}
