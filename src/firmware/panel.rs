//! The box's face to who stands before it: lamps, button, and the hardware watchdog behind. PID 1 knows them by what they
//! mean; the rooms `board`, `led`, `button` and `watchdog` are wired here, and nowhere else.

use std::path::Path;
use std::sync::mpsc::Sender;
use std::time::Duration;

use super::image::Image;
use super::log::Log;
use crate::status::Condition;

/// What the lamps can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// The box is on its way.
    Starting,
    /// New firmware is being written.
    Updating,
    /// "Here I am."
    Identify,
    /// Something is wrong with the box itself.
    Fault,
    /// The button is held: who lets go now releases the owner's claim.
    ReleaseAsked,
    /// The button is held for long: who lets go now erases everything.
    ResetAsked,
    /// How siembox does.
    Condition(Condition),
}

/// What the button can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// Short.
    Identify,
    /// It is being held, for so long now.
    Holding(Duration),
    /// Let go after 10 s and more.
    ReleaseClaim,
    /// Let go after 30 s and more.
    FactoryReset,
    /// Let go after a time that means nothing.
    Nothing,
}

/// The lamps.
pub trait Lamps {
    /// From now on, this.
    fn show(&self, signal: Signal);
}

/// The hardware watchdog.
pub trait Dog {
    /// The box lives.
    ///
    /// # Errors
    /// What the device said.
    fn feed(&mut self) -> std::io::Result<()>;
    /// It is not wanted any more.
    fn disarm(self: Box<Self>);
}

/// What was recognised.
pub struct Panel {
    /// The board's name for people.
    pub title: String,
    /// Bytes that the logs of PID 1 may take on flash.
    pub log_bytes: u64,
    /// Its lamps.
    pub lamps: Box<dyn Lamps>,
}

/// A box without lamps.
#[derive(Debug)]
struct Dark;

/// Recognises the board below `root` and opens its lamps. What is wrong with them is said; a box without lamps works too.
#[must_use]
pub fn recognise(image: &Image, _root: &Path, _log: &Log) -> Panel {
    Panel {
        title: match &*image.board {
            "" => "an unknown board".to_owned(),
            board => board.to_owned(),
        },
        log_bytes: 16_000_000,
        lamps: Box::new(Dark),
    }
}

/// Listens to the button, where the board has one.
pub fn listen<E: Send + 'static>(
    _panel: &Panel,
    _tell: Sender<E>,
    _wrap: impl Fn(Press) -> E + Send + 'static,
    _log: &Log,
) {
}

/// Opens the hardware watchdog, where there is one. It bites from here on, unless it is fed.
#[must_use]
pub fn watchdog(_log: &Log) -> Option<Box<dyn Dog>> {
    None
}

// === impl Press ===

impl Press {
    /// What the lamps answer while the button is held.
    #[must_use]
    pub fn answer(self) -> Option<Signal> {
        match self {
            Self::Holding(held) if held.as_secs() >= 30 => Some(Signal::ResetAsked),
            Self::Holding(held) if held.as_secs() >= 10 => Some(Signal::ReleaseAsked),
            Self::Holding(_) => Some(Signal::Identify),
            _ => None,
        }
    }
}

// === impl Dark ===

impl Lamps for Dark {
    fn show(&self, _: Signal) {}
}
