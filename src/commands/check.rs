//! `siembox check`

use super::{load, meant};
use crate::check::{self, CheckReport};
use crate::cli::{CheckArgs, Exit};

/// Tries every step once and says what it found; 0 only where all is well.
pub fn check(args: CheckArgs) -> Exit {
    let settings = match load(&args.setup) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let agents = match meant(&settings, args.agent.as_deref()) {
        Ok(agents) => agents,
        Err(exit) => return exit,
    };
    let mut report = CheckReport::new(std::io::stdout());
    if check::run(&settings, &agents, &mut report) {
        Exit::Done
    } else {
        Exit::NotAllWell
    }
}
