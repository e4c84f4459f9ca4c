//! QEMU's monitor: what a person would type there.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::wait::until;

const PROMPT: &str = "(qemu) ";

/// A monitor that has been connected to.
pub struct Monitor(UnixStream);

impl Monitor {
    /// Of the machine whose monitor this socket is; waits until it is there.
    pub fn open(socket: &Path) -> Self {
        let stream = until(
            "QEMU's monitor",
            || UnixStream::connect(socket).ok(),
            || socket.display().to_string(),
        );
        let patience = Some(Duration::from_secs(60));
        stream.set_read_timeout(patience).unwrap();
        let mut monitor = Self(stream);
        monitor.answer();
        monitor
    }

    /// Types a command and returns what comes back.
    pub fn ask(&mut self, command: &str) -> String {
        writeln!(self.0, "{command}").unwrap();
        self.answer()
    }

    /// A 32-bit register of the guest's machine.
    pub fn register(&mut self, address: u64) -> u32 {
        let answer = self.ask(&format!("xp /1wx {address:#x}"));
        let value = answer
            .lines()
            .find_map(|line| line.split_once(": 0x"))
            .unwrap_or_else(|| panic!("no register at {address:#x}: {answer:?}"));
        u32::from_str_radix(value.1.trim(), 16).unwrap()
    }

    fn answer(&mut self) -> String {
        let mut text = Vec::new();
        let mut piece = [0; 4096];
        while !text.ends_with(PROMPT.as_bytes()) {
            match self.0.read(&mut piece) {
                Ok(0) => break,
                Ok(length) => text.extend_from_slice(&piece[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => panic!("the monitor is silent: {error}"),
            }
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}
