//! siembox: arguments → settings → appliance → exit code.

use std::io::Write;
use std::process::ExitCode;

use siembox::cli::{self, Command, Exit};
use siembox::{commands, firmware, settings};

fn main() -> ExitCode {
    // the same program under another name: the script of the firmware's DHCP client
    if cli::called_as("siembox-lease") {
        return commands::lease(std::env::args_os().skip(1)).into();
    }
    let exit = match cli::from_process() {
        Ok(Command::Init) => firmware::run(),
        Ok(Command::Run(args)) => commands::run(args),
        Ok(Command::Render(args)) => commands::render(args),
        Ok(Command::Preview(args)) => commands::preview(args),
        Ok(Command::Check(args)) => commands::check(args),
        Ok(Command::Status(args)) => commands::status(args),
        Ok(Command::Replay(args)) => commands::replay(args),
        Ok(Command::Orphans(args)) => commands::orphans(args),
        Ok(Command::Board(args)) => commands::board(args),
        Ok(Command::Announce(args)) => commands::announce(args),
        Ok(Command::Clock(args)) => commands::clock(args),
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
