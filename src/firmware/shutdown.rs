//! The end of the system: syncs and unmounts the disk, then restarts, halts or powers off.

use std::time::Duration;

use rustix::mount::{MountFlags, UnmountFlags, mount_remount, unmount};
use rustix::system::{RebootCommand, reboot};

use super::log::Log;

/// How the system ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShutdownKind {
    /// Restart.
    Restart,
    /// Restart with an empty data partition.
    FactoryReset,
    /// Power off.
    PowerOff,
    /// Halt.
    Halt,
}

/// Puts everything on the disk and lets go of the data partition, so that it need not be mended at
/// the next start.
pub fn close_data(log: &Log) {
    log.let_go();
    rustix::fs::sync();
    if unmount(super::paths::DATA_FOLDER, UnmountFlags::empty()).is_err() {
        // somebody holds a file there open: read-only, it is clean too
        let flags = MountFlags::RDONLY;
        if let Err(cause) = mount_remount(super::paths::DATA_FOLDER, flags, c"") {
            log.say(format!(
                "data: cannot be unmounted properly: {cause}; it is checked at the next start"
            ));
        }
    }
}

/// Ends the system. PID 1 must not return: the kernel would panic.
pub fn end(ending: ShutdownKind, log: &Log) -> ! {
    let (command, words) = match ending {
        ShutdownKind::Restart | ShutdownKind::FactoryReset => {
            (RebootCommand::Restart, "the box restarts")
        }
        ShutdownKind::PowerOff => (RebootCommand::PowerOff, "power off"),
        ShutdownKind::Halt => (RebootCommand::Halt, "halted: the power can be switched off"),
    };
    log.say(format!("siembox: {words}"));
    rustix::fs::sync();
    loop {
        if let Err(cause) = reboot(command) {
            log.say(format!("the system does not shut down: {cause}"));
        }
        std::thread::sleep(Duration::from_secs(10));
    }
}
