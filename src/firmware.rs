//! The firmware: siembox as PID 1, the first and last process of a box of its own. It reads nothing from the network.
//!
//! ```text
//! mounts ─▶ modules ─▶ panel ─▶ disk ──────────▶ clock ─▶ rooms ──────────────▶ duty ─▶ ending
//! /proc…    drivers    lamps    esp, /data, fsck  floor   settings, network     keeps all running
//! ```
//!
//! No step may stop the boot: what fails is said on the console, in the log and in STATUS.TXT, and the box goes on with what
//! it has, so that a person can read why.

pub mod bless;
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
use std::path::{Path, PathBuf};
use std::time::Duration;

use boot_counting::BootTrial;
use child::Child;
use console::Console;
use disk::on_data;
use efi_file::EfiFile;
use esp::Esp;
use image::Image;
use log::Log;
use main_loop::MainLoop;
use panel::BoxPanel;
use shutdown::ShutdownKind;

use crate::provision::ProvisionResult;
use crate::run_file;
use crate::status::Signal;
use crate::timekeeping::ClockSource;

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
    let troubles = mounts::first();
    let log = Log::new(Console::open());
    for trouble in troubles {
        log.say(trouble);
    }
    let ending = catch_unwind(AssertUnwindSafe(|| boot(&log).run()));
    // a new start is the best that can follow a slip of our own; the hardware watchdog would bring it too
    let ending = ending.unwrap_or_else(|_| {
        log.say("Internal error: PID 1 has slipped; the box starts again in 10 s");
        std::thread::sleep(Duration::from_secs(10));
        shutdown::close_data(&log);
        ShutdownKind::Restart
    });
    shutdown::end(ending, &log)
}

/// Everything up to the point where the children can be started.
fn boot(log: &Log) -> MainLoop {
    let (root, sys) = (Path::new("/"), Path::new("/sys"));
    let (image, trouble) = Image::read(Path::new(image::PATH));
    say_trouble(log, trouble);
    say_trouble(
        log,
        mounts::word_folder()
            .err()
            .map(|cause| format!("/run/siembox: {cause}")),
    );

    let drivers = modules::load(Path::new(modules::LIST));
    let panel = BoxPanel::open(&image, root, log);
    panel.lamps.show(Signal::Starting);
    log.say(format!(
        "siembox {} on {}, known by its {}",
        image.version, panel.board.title, panel.by
    ));
    log.say(drivers.in_words());
    mounts::efi_variables();

    // e2fsck must not take the years since 1970 for damage
    let built = clock::floor(crate::clock::now_ms(), image.built_ms, None);
    begin_clock(built, log);
    let _ = run_file::put(
        Path::new(program::E2FSCK_CONFIG),
        program::CLOCKLESS.as_bytes(),
    );
    let found = disk::find(log, sys);
    if let Ok(disk) = &found.disk {
        disk::widen(disk, log, sys);
    }
    let esp = open_esp(&found, log);
    let trial = files_on_trial(esp.as_ref(), &image.version, log);
    let reset_file = esp.as_ref().and_then(reset::asked);
    if reset_file.is_some() {
        log.say("factory reset: asked for by a file on the boot partition; leave the power on, it may take ten minutes");
        // the lamps go on as they did when the button was let go
        panel.lamps.show(Signal::ResetAsked);
    }
    let data = disk::mount_data(&found, reset_file.is_some(), log, sys);
    if let (Some(esp), Some(file)) = (&esp, &reset_file) {
        panel.lamps.show(Signal::Starting);
        if !data.is_in_ram() {
            say_trouble(log, reset::done(esp, file).err().map(|cause| {
                format!("boot partition: {} stays there: {cause}: remove it, else the next start erases again", file.display())
            }));
        }
    }
    let kept = log.keep_in(&on_data("log"), panel.log_bytes());
    say_trouble(
        log,
        kept.err()
            .map(|cause| format!("log: on the console only: {cause}")),
    );

    let keeper = clock::LastTime::new(&on_data("system"));
    let now = crate::clock::now_ms();
    let floor = built.raised(now, keeper.known_ms());
    if floor.at_ms > now {
        begin_clock(floor, log);
    }
    say_trouble(
        log,
        clock::tell(floor)
            .err()
            .map(|cause| format!("{}: {cause}", crate::timekeeping::FILE)),
    );

    let taken = match &esp {
        // what is taken in is wiped there: RAM would be no place for it
        Some(esp) if !data.is_in_ram() => take_in(esp, log),
        _ => ProvisionResult::Nothing,
    };
    let network = services::network(&settings(), log);
    let shell = image.debug.then(shell);
    let children = [stream()].into_iter().chain(shell).collect();
    let dog = panel.watchdog(log);
    kernel::set(&image, log);
    say_trouble(
        log,
        mounts::seal_root()
            .err()
            .map(|cause| format!("/: stays writable: {cause}")),
    );
    MainLoop::new(given::BootFindings {
        log: log.clone(),
        image,
        panel,
        dog,
        disk: found.disk.ok(),
        data,
        esp,
        trial,
        keeper,
        taken: (taken, crate::clock::now_ms()),
        network,
        children,
    })
}

/// The settings file.
fn settings() -> PathBuf {
    on_data("etc/siembox.toml")
}

/// siembox itself. Its folders are named here: a settings file that names others would hide it from who watches over it.
fn stream() -> Child {
    let arguments = ["run", "--firmware", "--config"].map(Into::into);
    let arguments = arguments
        .into_iter()
        .chain([settings(), "--state".into(), on_data("state")]);
    let arguments = arguments.chain(["--logsDirectory".into(), on_data("log")]);
    Child {
        stop_within: Duration::from_secs(30),
        stops_first: true,
        ..Child::new(STREAM, "/bin/siembox")
            .with(arguments)
            .as_user(SIEMBOX)
    }
}

/// A shell on the console, of debug images only.
fn shell() -> Child {
    // the last ":" keeps setsid from being the group's first process, which would have to fork
    let line = "setsid cttyhack sh -l </dev/console >/dev/console 2>&1; :";
    Child::new("shell", "/bin/busybox").with(["sh", "-c", line])
}

fn open_esp(found: &disk::FoundDisk, log: &Log) -> Option<Esp> {
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

fn begin_clock(floor: clock::Floor, log: &Log) {
    match clock::begin(floor) {
        Ok(()) if floor.source == ClockSource::Floor => {
            let at = crate::clock::in_words(floor.at_ms);
            log.say(format!(
                "clock: it is at least {at}; a time server will tell more"
            ));
        }
        Ok(()) => {}
        Err(cause) => log.say(format!("clock: cannot be set: {cause}")),
    }
}

fn take_in(esp: &Esp, log: &Log) -> ProvisionResult {
    let taken = services::take_in(esp, &on_data("etc"));
    match &taken {
        ProvisionResult::Nothing => {}
        ProvisionResult::Settings { files, warnings } => {
            let files = files.join(", ");
            log.say(format!("settings: taken from the boot partition: {files}"));
            for warning in warnings {
                log.say(format!("settings: doubtful: {warning}"));
            }
        }
        ProvisionResult::Refused { why } => log.say(format!(
            "settings: what lies on the boot partition is refused:\n{why}"
        )),
        ProvisionResult::Failed { why } => log.say(format!("settings: {why}")),
    }
    taken
}

fn say_trouble(log: &Log, trouble: Option<String>) {
    if let Some(trouble) = trouble {
        log.say(trouble);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_process_is_init() {
        assert!(!is_init(OsStr::new("/init")), "a test is not PID 1");
    }

    #[test]
    fn the_stream_runs_without_roots_rights() {
        let child = stream();
        assert_eq!(child.user, Some((900, 900)));
        assert!(child.stops_first);
        let line: Vec<_> = child.args.iter().filter_map(|arg| arg.to_str()).collect();
        assert_eq!(
            line.join(" "),
            "run --firmware --config /data/etc/siembox.toml --state /data/state --logsDirectory /data/log"
        );
    }
}
