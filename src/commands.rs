//! What each command does, from its arguments to its exit code.
//!
//! The settings are read and doubted here already; the rooms behind each command are wired in at merge.

use crate::cli::{CheckArgs, Exit, PreviewArgs, RenderArgs, RunArgs, Setup, StatusArgs};
use crate::log;
use crate::settings::Loaded;

/// `siembox run`
pub fn run(args: RunArgs) -> Exit {
    let Some(loaded) = load(&args.setup) else {
        return Exit::Usage;
    };
    let settings = loaded.settings;
    if let Err(error) = log::init(&settings.log, settings.logs_dir.as_deref()) {
        eprintln!("siembox: General error during bootstrap: {error}");
        return Exit::CantCreate;
    }
    for warning in &args.setup.warnings {
        tracing::warn!("{warning}");
    }
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    not_wired("run")
}

/// `siembox render`
pub fn render(args: RenderArgs) -> Exit {
    load_and_show(&args.setup, "render")
}

/// `siembox preview`
pub fn preview(args: PreviewArgs) -> Exit {
    load_and_show(&args.setup, "preview")
}

/// `siembox check`
pub fn check(args: CheckArgs) -> Exit {
    load_and_show(&args.setup, "check")
}

/// `siembox status`
pub fn status(args: StatusArgs) -> Exit {
    load_and_show(&args.setup, "status")
}

/// The settings; where there are none, the reason is on standard error.
fn load(setup: &Setup) -> Option<Loaded> {
    setup
        .load()
        .map_err(|error| eprintln!("siembox: {error}"))
        .ok()
}

fn load_and_show(setup: &Setup, command: &str) -> Exit {
    let Some(loaded) = load(setup) else {
        return Exit::Usage;
    };
    for warning in &setup.warnings {
        eprintln!("siembox: {warning}");
    }
    for warning in &loaded.warnings {
        eprintln!("siembox: {warning}");
    }
    not_wired(command)
}

fn not_wired(command: &str) -> Exit {
    eprintln!("siembox: General error during bootstrap: {command} is not wired in this build");
    Exit::Software
}
