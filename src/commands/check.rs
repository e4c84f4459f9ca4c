//! `siembox check`

use super::meant;
use crate::check::{self, Report};
use crate::cli::{CheckArgs, Exit};

/// Tries every step once and says what it found; 0 only where all is well.
pub fn check(args: CheckArgs) -> Exit {
    let mut report = Report::new(std::io::stdout());
    let mut loaded = None;
    report.step("settings", || {
        let found = args.setup.load().map_err(|error| error.to_string())?;
        let doubts = args.setup.warnings.len() + found.warnings.len();
        let words = match doubts {
            0 => "read".to_owned(),
            _ => format!("read, with {doubts} warnings below"),
        };
        loaded = Some(found);
        Ok(words)
    });
    let Some(loaded) = loaded else {
        return Exit::Usage;
    };
    let warnings = args
        .setup
        .warnings
        .iter()
        .cloned()
        .chain(loaded.warnings.iter().map(ToString::to_string));
    for warning in warnings {
        report.warn(&warning);
    }
    let agents = match meant(&loaded.settings, args.agent.as_deref()) {
        Ok(agents) => agents,
        Err(exit) => return exit,
    };
    if check::run(&loaded.settings, &agents, &mut report) {
        Exit::Done
    } else {
        Exit::NotAllWell
    }
}
