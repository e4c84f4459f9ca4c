//! The console: one line for each step of the boot, for who has a cable or a screen on the box.
//!
//! Nothing is ever read from it, and writing never waits: a serial line whose other side holds it
//! back loses our words, not the box's time.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::OFlags;
use rustix::time::ClockId;

/// The device, where there is one.
#[derive(Debug)]
pub struct Console(Option<File>);

// === impl Console ===

impl Console {
    /// The kernel's console; needs /dev.
    #[must_use]
    pub fn open() -> Self {
        // never our controlling terminal: a key there must mean nothing
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        let opened = OpenOptions::new()
            .write(true)
            .custom_flags(flags.bits().cast_signed())
            .open("/dev/console");
        Self(opened.ok())
    }

    /// None: nothing is shown.
    #[cfg(test)]
    pub const fn none() -> Self {
        Self(None)
    }

    /// One line, with the time since the kernel's start. What the device does not take at once is
    /// lost.
    pub fn line(&mut self, text: &str) {
        if let Some(device) = &mut self.0 {
            let since = rustix::time::clock_gettime(ClockId::Boottime);
            let (seconds, tenths) = (since.tv_sec, since.tv_nsec / 100_000_000);
            // carriage returns: a serial line has nobody who adds them
            let _ = device.write_all(format!("[{seconds:4}.{tenths} s] {text}\r\n").as_bytes());
        }
    }
}
