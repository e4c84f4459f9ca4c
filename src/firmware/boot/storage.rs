//! The disk at boot: found, grown, erased if a factory reset is requested, and mounted.

use std::path::Path;

use super::say_trouble;
use crate::firmware::boot_counting::BootTrial;
use crate::firmware::boot_loader;
use crate::firmware::disk::{self, Data, Disk, FoundDisk};
use crate::firmware::efi_file::EfiFile;
use crate::firmware::esp::Esp;
use crate::firmware::log::Log;
use crate::firmware::panel::BoxPanel;
use crate::firmware::reset;
use crate::status::Signal;

/// Storage of the box.
pub(super) struct Storage {
    /// `None` where there is no disk of siembox, or two.
    pub(super) disk: Option<Disk>,
    /// The boot partition; `None` where it cannot be mounted.
    pub(super) esp: Option<Esp>,
    /// State of boot counting.
    pub(super) trial: BootTrial,
    /// Where the settings and the spool are: on the disk, or in RAM if there is no other place.
    pub(super) data: Data,
}

impl Storage {
    /// Mounts everything. `version`: of the firmware that runs.
    pub(super) fn open(version: &str, panel: &BoxPanel, log: &Log) -> Self {
        let sys = Path::new("/sys");
        let found = disk::find(log, sys);
        if let Ok(disk) = &found.disk {
            disk::widen(disk, log, sys);
        }
        let esp = open_esp(&found, log);
        let trial = files_on_trial(esp.as_ref(), version, log);
        let data = mount_data(&found, esp.as_ref(), panel, log);
        Self {
            disk: found.disk.ok(),
            esp,
            trial,
            data,
        }
    }
}

fn open_esp(found: &FoundDisk, log: &Log) -> Option<Esp> {
    let opened = Esp::open(&found.esp.as_ref()?.device(), log);
    opened
        .inspect_err(|cause| {
            log.say(format!(
                "boot partition: cannot be mounted: {cause}; there is no STATUS.TXT"
            ))
        })
        .ok()
}

fn files_on_trial(esp: Option<&Esp>, version: &str, log: &Log) -> BootTrial {
    let files = esp.map_or(Ok(Vec::new()), |esp| EfiFile::all(esp.place()));
    let files = files.unwrap_or_else(|cause| {
        log.say(format!("firmware: its files cannot be read: {cause}"));
        Vec::new()
    });
    let counted = boot_loader::counted_file(Path::new("/sys"));
    let trial = BootTrial::of(&files, version, counted.as_deref());
    say_trouble(
        log,
        trial.given_up().map(|what| format!("firmware: {what}")),
    );
    trial
}

/// Mounts the data partition, after a factory reset if a file on the boot partition asks for one.
fn mount_data(found: &FoundDisk, esp: Option<&Esp>, panel: &BoxPanel, log: &Log) -> Data {
    let sys = Path::new("/sys");
    let Some((esp, file)) = esp.and_then(|esp| Some((esp, reset::asked(esp)?))) else {
        return disk::mount_data(found, false, log, sys);
    };
    log.say(
        "factory reset: requested by a file on the boot partition; leave the power on, it can \
        take ten minutes",
    );
    // the lamps go on as they did when the button was let go
    panel.lamps.show(Signal::ResetAsked);
    let data = disk::mount_data(found, true, log, sys);
    panel.lamps.show(Signal::Starting);
    if !data.is_in_ram() {
        let left = reset::done(esp, &file).err();
        say_trouble(
            log,
            left.map(|cause| {
                format!(
                    "boot partition: {} cannot be removed: {cause}: remove it, or the next start \
                    erases the box again",
                    file.display()
                )
            }),
        );
    }
    data
}
