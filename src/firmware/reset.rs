//! Releases the owner's claim, and requests a factory reset.
//!
//! A factory reset is asked for by a file on the ESP, whoever asks: a person who puts it there, or
//! the button, for which PID 1 does. The next start erases the data partition before anything uses
//! it, gives it a new file system, and only then takes the file away: a power cut at any moment in
//! between leaves a box that goes on with it. How it is erased is `disk::erase`; who gives a box
//! away and fears a laboratory should destroy the card.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::disk::{self, Disk};
use super::esp::Esp;
use super::log::Log;
use super::paths::FACTORY_RESET;
use super::shutdown;
use crate::own_file;

/// Is a factory reset asked for on the ESP? Laptops like to add an ending, and FAT knows no case.
#[must_use]
pub fn asked(esp: &Esp) -> Option<PathBuf> {
    let entries = std::fs::read_dir(esp.place()).ok()?.flatten();
    let mut paths = entries.map(|entry| entry.path());
    paths.find(|path| {
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        stem.is_some_and(|stem| stem.eq_ignore_ascii_case(FACTORY_RESET)) && path.is_file()
    })
}

/// Asks for one at the next start.
///
/// # Errors
/// What the disk said: nobody has asked.
pub fn ask(esp: &Esp) -> io::Result<()> {
    esp.written(|place| {
        own_file::create(&place.join(FACTORY_RESET), 0o644)?
            .write_all(b"requested by the button\r\n")
    })
}

/// Takes the file away once it was done: in that order, a power cut in between does it twice, and
/// never half.
///
/// # Errors
/// What the disk said: the next start would do it again.
pub fn done(esp: &Esp, file: &Path) -> io::Result<()> {
    esp.written(|_| std::fs::remove_file(file))
}

/// Releases the owner's claim: siembox looks at this file each time, so that sessions end with it.
/// Whether there was a claim.
///
/// # Errors
/// What the disk said: the claim stands.
pub fn release_claim(state_dir: &Path) -> io::Result<bool> {
    match std::fs::remove_file(state_dir.join("owner")) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Erases the data partition now, where the next start can't be asked to. The next start finds it
/// empty.
pub fn erase(disk: &Disk, log: &Log) {
    shutdown::close_data(log);
    if let Err(cause) = disk::erase(disk, log) {
        log.say(format!(
            "factory reset: there is no new file system: {cause}"
        ));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_claim_is_released_once() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("owner"), "hash").unwrap();
        assert!(release_claim(folder.path()).unwrap());
        assert!(!release_claim(folder.path()).unwrap());
    }
}
