//! The firmware: siembox as PID 1, the first and last process of a box of its own. It reads nothing
//! from the network.
//!
//! ```text
//! mounts ─▶ modules ─▶ panel ─▶ disk ──────────▶ clock ─▶ services ───────▶ main loop ─▶ shutdown
//! /proc…    drivers    lamps    esp, /data, fsck  floor   settings, network  keeps all running
//! ```
//!
//! No step may stop the boot: what fails is said on the console, in the log and in STATUS.TXT, and
//! the box goes on with what it has, so that a person can read why.

pub mod bless;
mod boot;
pub mod boot_counting;
pub mod boot_loader;
pub mod child;
pub mod clock;
pub mod console;
pub mod disk;
pub mod efi_file;
pub mod esp;
pub mod facts;
pub mod given;
pub mod health_check;
pub mod image;
pub mod kernel;
pub mod log;
pub mod main_loop;
pub mod modules;
pub mod mounts;
pub mod panel;
pub mod paths;
pub mod program;
pub mod reset;
pub mod services;
pub mod shutdown;
pub mod signals;
pub mod status_file;
pub mod status_txt;
pub mod supervise;

use std::ffi::OsStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use shutdown::ShutdownKind;

/// User and group that siembox runs as: it needs none of root's rights.
pub const SIEMBOX: (u32, u32) = (900, 900);
/// Name of the child that is siembox itself.
pub const STREAM: &str = "siembox";

/// Is this process the first one of a box of its own, by the name it was started under?
#[must_use]
pub fn is_init(program: &OsStr) -> bool {
    std::process::id() == 1 && Path::new(program).file_name() == Some(OsStr::new("init"))
}

/// Boots the box, keeps it running, and ends it. Only for PID 1.
pub fn run() -> ! {
    let log = boot::first();
    let ending = catch_unwind(AssertUnwindSafe(|| boot::boot(&log).run()));
    // a new start is the best that can follow a slip of our own; the hardware watchdog would bring
    // it too
    let ending = ending.unwrap_or_else(|_| {
        log.say("Internal error: PID 1 failed; the box restarts in 10 s");
        std::thread::sleep(Duration::from_secs(10));
        shutdown::close_data(&log);
        ShutdownKind::Restart
    });
    shutdown::end(ending, &log)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_process_is_init() {
        assert!(!is_init(OsStr::new("/init")), "a test is not PID 1");
    }
}
