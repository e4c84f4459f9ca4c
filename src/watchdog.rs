//! The hardware watchdog: it starts the box anew when nobody has fed it for its time, which is a
//! parameter of its driver (`board/*.toml`), so that no ioctl is needed.
//!
//! Feeding is writing. Closing the file without the letter `V` before it (the kernel's "magic
//! close") leaves the watchdog armed: a siembox that falls is then started anew with the box, which
//! is what the watchdog is for.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// What the kernel takes for feeding: any byte but the magic one.
const FOOD: &[u8] = b"\0";
/// Disarms it at the close that follows.
const MAGIC: &[u8] = b"V";

/// An armed watchdog.
#[derive(Debug)]
pub struct Watchdog {
    device: File,
}

impl Watchdog {
    /// Opens it, which arms it: `/dev/watchdog`, or `/dev/watchdog0`.
    ///
    /// # Errors
    /// What the system said: not found where no driver is loaded, busy where somebody else feeds
    /// it.
    pub fn open(path: &Path) -> io::Result<Self> {
        let device = OpenOptions::new().write(true).open(path)?;
        Ok(Self { device })
    }

    /// Feeds it for another of its times.
    ///
    /// # Errors
    /// What the system said.
    pub fn feed(&mut self) -> io::Result<()> {
        self.device.write_all(FOOD)
    }

    /// Ends it on purpose: before a shutdown that may take longer than its time. A driver loaded
    /// with `nowayout` bites all the same.
    ///
    /// # Errors
    /// What the system said; it is armed still.
    pub fn disarm(mut self) -> io::Result<()> {
        self.device.write_all(MAGIC)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_fed_and_ends_only_by_the_magic_letter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("watchdog");
        assert_eq!(
            Watchdog::open(&path).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        std::fs::write(&path, "").unwrap();
        let mut watchdog = Watchdog::open(&path).unwrap();
        watchdog.feed().unwrap();
        watchdog.feed().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"\0\0");
        watchdog.disarm().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"\0\0V");
        drop(Watchdog::open(&path).unwrap());
        assert_eq!(
            std::fs::read(&path).unwrap(),
            b"\0\0V",
            "dropped is still armed"
        );
    }
}
