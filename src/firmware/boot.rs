//! The boot: everything up to the point where the children can be started, step by step.
//!
//! No step ends the boot. What fails is said on the console and in the log, and the next step goes
//! on with what there is.

mod children;
mod storage;

use std::path::Path;

use super::clock::{self, Floor, LastTime};
use super::console::Console;
use super::esp::Esp;
use super::given::BootFindings;
use super::image::{self, Image};
use super::log::Log;
use super::main_loop::MainLoop;
use super::panel::BoxPanel;
use super::paths::{on_data, settings};
use super::{kernel, modules, mounts, program, services};
use crate::provision::ProvisionResult;
use crate::run_file;
use crate::status::Signal;
use crate::timekeeping::{self, ClockSource};
use children::{shell, stream};
use storage::Storage;

/// The first mounts, and the log, which everything after it speaks through.
pub(super) fn first() -> Log {
    let troubles = mounts::first();
    let log = Log::new(Console::open());
    for trouble in troubles {
        log.say(trouble);
    }
    log
}

/// The steps, in their order.
pub(super) fn boot(log: &Log) -> MainLoop {
    let image = image(log);
    let panel = panel(&image, log);
    let built = least_time(&image, log);
    let Storage {
        disk,
        esp,
        trial,
        data,
    } = Storage::open(&image.version, &panel, log);
    keep_log(&panel, log);
    let keeper = last_time(built, log);
    let taken = match &esp {
        // what is taken in is wiped there: RAM would be no place for it
        Some(esp) if !data.is_in_ram() => take_in(esp, log),
        _ => ProvisionResult::Nothing,
    };
    let network = services::network(&settings(), log);
    let children = [stream()]
        .into_iter()
        .chain(image.debug.then(shell))
        .collect();
    let dog = panel.watchdog(log);
    kernel::set(&image, log);
    seal_root(log);
    MainLoop::new(BootFindings {
        log: log.clone(),
        image,
        panel,
        dog,
        disk,
        data,
        esp,
        trial,
        keeper,
        taken: (taken, crate::clock::now_ms()),
        network,
        children,
    })
}

/// What the image says about itself, and the folder by which processes tell each other.
fn image(log: &Log) -> Image {
    let (image, trouble) = Image::read(Path::new(image::PATH));
    say_trouble(log, trouble);
    let folder = mounts::word_folder().err();
    say_trouble(log, folder.map(|cause| format!("/run/siembox: {cause}")));
    image
}

/// The drivers, then the lamps and the button of the board, which need them.
fn panel(image: &Image, log: &Log) -> BoxPanel {
    let drivers = modules::load(Path::new(modules::LIST));
    let panel = BoxPanel::open(image, Path::new("/"), log);
    panel.lamps.show(Signal::Starting);
    log.say(format!(
        "siembox {} on {}, recognised by its {}",
        image.version, panel.board.title, panel.by
    ));
    log.say(drivers.in_words());
    mounts::efi_variables();
    panel
}

/// The clock shows at least the time of the image, or e2fsck takes the years since 1970 for damage.
fn least_time(image: &Image, log: &Log) -> Floor {
    let built = clock::floor(crate::clock::now_ms(), image.built_ms, None);
    begin_clock(built, log);
    let _ = run_file::put(
        Path::new(program::E2FSCK_CONFIG),
        program::CLOCKLESS.as_bytes(),
    );
    built
}

fn keep_log(panel: &BoxPanel, log: &Log) {
    let kept = log.keep_in(&on_data("log"), panel.log_bytes()).err();
    say_trouble(
        log,
        kept.map(|cause| format!("log: on the console only: {cause}")),
    );
}

/// The clock shows at least the last time that the box knew.
fn last_time(built: Floor, log: &Log) -> LastTime {
    let keeper = LastTime::new(&on_data("system"));
    let now = crate::clock::now_ms();
    let floor = built.raised(now, keeper.known_ms());
    if floor.at_ms > now {
        begin_clock(floor, log);
    }
    let told = clock::tell(floor).err();
    say_trouble(
        log,
        told.map(|cause| format!("{}: {cause}", timekeeping::FILE)),
    );
    keeper
}

fn seal_root(log: &Log) {
    let sealed = mounts::seal_root().err();
    say_trouble(
        log,
        sealed.map(|cause| format!("/: remains writable: {cause}")),
    );
}

fn begin_clock(floor: Floor, log: &Log) {
    match clock::begin(floor) {
        Ok(()) if floor.source == ClockSource::Floor => {
            let at = crate::clock::in_words(floor.at_ms);
            log.say(format!(
                "clock: set to {at}, the earliest possible time, until a time server answers"
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
            log.say(format!(
                "settings: applied from the boot partition: {files}"
            ));
            for warning in warnings {
                log.say(format!("settings: doubtful: {warning}"));
            }
        }
        ProvisionResult::Refused { why } => log.say(format!(
            "settings: the files on the boot partition are refused:\n{why}"
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
