//! `siembox status`

use std::io::Write;

use super::load;
use crate::cli::{Exit, StatusArgs};
use crate::status::{LinkState, socket, text};

/// Prints what the running instance reports; 0 only where it is connected.
pub fn status(args: StatusArgs) -> Exit {
    let settings = match load(&args.setup) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let snapshot = match socket::ask(&settings.state_dir) {
        Ok(snapshot) => snapshot,
        Err(error) => {
            eprintln!("siembox: {error}");
            return Exit::Unavailable;
        }
    };
    let shown = if args.json {
        serde_json::to_string_pretty(&snapshot).unwrap_or_default() + "\n"
    } else {
        text(&snapshot)
    };
    // a reader that has gone away (`| head`) is no error
    let _ = std::io::stdout().write_all(shown.as_bytes());
    match snapshot.state {
        LinkState::Connected => Exit::Done,
        _ => Exit::NotAllWell,
    }
}
