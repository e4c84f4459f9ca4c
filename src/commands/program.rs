//! The whole program: parses the command line, runs the command, returns its exit code.

use std::io::Write;
use std::process::ExitCode;

use super::{
    announce, board, check, clock, lease, migrate, orphans, preview, render, replay, run, status,
};
use crate::cli::{self, Command, Exit};
use crate::{firmware, settings};

/// Does what the command line of this process says.
#[must_use]
pub fn program() -> ExitCode {
    // the same program under another name: the script of the firmware's DHCP client
    if cli::called_as("siembox-lease") {
        return lease(std::env::args_os().skip(1)).into();
    }
    let exit = match cli::from_process() {
        Ok(Command::Init) => firmware::run(),
        Ok(Command::Run(args)) => run(args),
        Ok(Command::Render(args)) => render(args),
        Ok(Command::Preview(args)) => preview(args),
        Ok(Command::Check(args)) => check(args),
        Ok(Command::Status(args)) => status(args),
        Ok(Command::Replay(args)) => replay(args),
        Ok(Command::Migrate(args)) => migrate(args),
        Ok(Command::Orphans(args)) => orphans(args),
        Ok(Command::Board(args)) => board(args),
        Ok(Command::Announce(args)) => announce(args),
        Ok(Command::Clock(args)) => clock(args),
        Ok(Command::Example) => print(settings::EXAMPLE),
        Ok(Command::Help(command)) => print(cli::help(command)),
        Ok(Command::Version) => print(concat!("siembox ", env!("CARGO_PKG_VERSION"), "\n")),
        Err(usage) => {
            eprintln!("siembox: {usage}\nHelp: siembox --help");
            Exit::Usage
        }
    };
    exit.into()
}

/// To standard output; a reader that has gone away (`| head`) is no error.
fn print(text: &str) -> Exit {
    let _ = std::io::stdout().write_all(text.as_bytes());
    Exit::Done
}
