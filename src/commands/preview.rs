//! `siembox preview`

use super::{load, meant};
use crate::cli::{Exit, PreviewArgs};
use crate::preview::{self, PreviewError};

/// Most lines shown of each stream.
const MOST: u32 = 100;

/// Prints what the filters let through now; remarks go to standard error.
pub fn preview(args: PreviewArgs) -> Exit {
    let settings = match load(&args.setup) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let agents = match meant(&settings, args.agent.as_deref()) {
        Ok(agents) => agents,
        Err(exit) => return exit,
    };
    let mut unreadable = 0;
    for agent in agents {
        match preview::run(
            agent,
            MOST,
            &mut std::io::stdout().lock(),
            &mut std::io::stderr().lock(),
        ) {
            Ok(found) => unreadable += found.unreadable,
            // a reader that has gone away (`| head`) has seen enough
            Err(PreviewError::Write(_)) => return Exit::Done,
            Err(error) => {
                eprintln!("siembox: agent {}: {error}", agent.name);
                return Exit::Unavailable;
            }
        }
    }
    if unreadable == 0 {
        Exit::Done
    } else {
        Exit::NotAllWell
    }
}
