//! Parses arguments into a [`Command`]. The old agent's three flags keep their meaning, so its
//! start-up line needs no change but the program's name; everything else is in the settings file.
//!
//! [`from_process`] is the rim of what is pure: it takes the process's own arguments, and wipes the
//! token out of them.

mod build;
mod command;
mod exit;
mod flags;
mod help;
mod wipe;

pub use command::{
    AnnounceArgs, BoardArgs, CheckArgs, ClockArgs, Command, MigrateArgs, OrphansArgs, PreviewArgs,
    RenderArgs, ReplayArgs, RunArgs, SetupArguments, StatusArgs,
};
pub use exit::Exit;
pub use help::help;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use crate::firmware;
use crate::settings::nearest;
use flags::{FLAGS, Flag, WrittenFlags};

/// Commands by name, `run` first: it is the one meant where none is named.
const COMMANDS: [&str; 12] = [
    "run", "render", "preview", "check", "status", "replay", "migrate", "orphans", "board",
    "example", "clock", "announce",
];

/// The token, where no flag gives one.
const TOKEN_VARIABLE: &str = "SIEMBOX_TOKEN";

/// Why the arguments could not be understood. Displayed with the way to help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Usage {
    /// A flag that there is not.
    #[error("unknown flag {written}{}", meant(.nearest.as_deref()))]
    UnknownFlag {
        /// As written.
        written: String,
        /// The flag that was probably meant.
        nearest: Option<String>,
    },
    /// A command that there is not.
    #[error("unknown command \"{written}\"{}; commands: \
        {}", meant(.nearest.as_deref()), COMMANDS.join(", "))]
    UnknownCommand {
        /// As written.
        written: String,
        /// The command that was probably meant.
        nearest: Option<String>,
    },
    /// A flag of another command.
    #[error("\"siembox {command}\" has no flag {flag} (see: siembox {command} --help)")]
    FlagOfAnotherCommand {
        /// The flag.
        flag: &'static str,
        /// The command named.
        command: &'static str,
    },
    /// A flag without the value it takes.
    #[error("{flag} needs a value: {flag} {value}")]
    ValueMissing {
        /// The flag.
        flag: &'static str,
        /// The value's name, as the help has it.
        value: &'static str,
    },
    /// A command without a flag that it needs.
    #[error("siembox {command} needs {flag}: {flag} {value}")]
    FlagMissing {
        /// The command.
        command: &'static str,
        /// The flag.
        flag: &'static str,
        /// The value's name, as the help has it.
        value: &'static str,
    },
    /// A value for a flag that takes none.
    #[error("{flag} takes no value")]
    ValueTooMuch {
        /// The flag.
        flag: String,
    },
    /// The same flag twice.
    #[error("{flag} is given twice")]
    Twice {
        /// The flag.
        flag: &'static str,
    },
    /// Two flags that exclude each other.
    #[error("{} and {} exclude each other: give only one", .flags[0], .flags[1])]
    Exclusive {
        /// Both.
        flags: [&'static str; 2],
    },
    /// A value that can't be. The reason never holds a secret.
    #[error("{flag}: {reason}")]
    Value {
        /// The flag, or the environment's variable.
        flag: &'static str,
        /// In words for the operator.
        reason: String,
    },
    /// Words after a command that takes none.
    #[error("\"siembox {command}\" takes no \"{written}\"")]
    TooMany {
        /// The command.
        command: &'static str,
        /// As written.
        written: String,
    },
}

/// Was this process started under that name (`argv[0]`, without its folder)?
#[must_use]
pub fn called_as(name: &str) -> bool {
    let program = std::env::args_os().next().unwrap_or_default();
    std::path::Path::new(&program).file_name() == Some(name.as_ref())
}

/// Reads this process's arguments and environment, and wipes the token out of the process list and
/// out of `/proc`.
///
/// # Errors
/// [`Usage`]
pub fn from_process() -> Result<Command, Usage> {
    let variable = std::env::var_os(TOKEN_VARIABLE);
    let hidden = variable
        .as_ref()
        .filter(|token| !token.is_empty())
        .map(|_| wipe::wipe_variable(TOKEN_VARIABLE));
    let mut arguments = std::env::args_os();
    if arguments
        .next()
        .is_some_and(|program| firmware::is_init(&program))
    {
        // what the kernel did not understand of its own command line is handed to its first
        // process: none of it is ours
        return Ok(Command::Init);
    }
    let given = scan(arguments)?;
    let wiped = given
        .value("--token")
        .map(|token| wipe::wipe(token.as_bytes()));
    let mut command = build::build(given, variable)?;
    if let Some(setup) = command.setup_mut() {
        match wiped {
            None => {}
            Some(Ok(())) => setup.warnings.push(TOKEN_SHOWN.to_owned()),
            Some(Err(error)) => setup.warnings.push(format!(
                "{TOKEN_SHOWN} siembox could not remove it from there: {error}"
            )),
        }
        if let Some(Err(error)) = hidden {
            setup.warnings.push(format!(
                "{TOKEN_VARIABLE}: the token could not be removed from this process's entry in \
                    /proc ({error}): this user and root can read it there; use --token-file FILE \
                    instead"
            ));
        }
    }
    Ok(command)
}

const TOKEN_SHOWN: &str = "--token: a token on the command line is visible in the process list \
    (until siembox removes it), in the shell's history and in start-up scripts; put it into a file \
    (mode 0600) and give --token-file FILE.";

/// Arguments → flags with their values, and words.
fn scan(arguments: impl IntoIterator<Item = OsString>) -> Result<WrittenFlags, Usage> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let mut given = WrittenFlags::default();
    loop {
        let written = match parser.next() {
            Ok(Some(lexopt::Arg::Value(word))) => {
                given.words.push(word);
                continue;
            }
            Ok(Some(lexopt::Arg::Long(name))) => format!("--{name}"),
            Ok(Some(lexopt::Arg::Short(letter))) => format!("-{letter}"),
            Ok(None) => return Ok(given),
            Err(lexopt::Error::UnexpectedValue { option, .. }) => {
                return Err(Usage::ValueTooMuch { flag: option });
            }
            Err(other) => {
                return Err(Usage::UnknownFlag {
                    written: other.to_string(),
                    nearest: None,
                });
            }
        };
        let flag = Flag::named(&written).ok_or_else(|| unknown_flag(&written))?;
        let value = match flag.value {
            None => OsString::new(),
            Some(name) => value_of(&mut parser).ok_or(Usage::ValueMissing {
                flag: flag.name,
                value: name,
            })?,
        };
        given.add(flag, value)?;
    }
}

/// The value of the flag just read. What is a flag itself is no value: `--token --proxy x` has
/// forgotten the token.
fn value_of(parser: &mut lexopt::Parser) -> Option<OsString> {
    let value = parser.value().ok()?;
    let is_flag = value.to_str().is_some_and(|text| {
        let name = text.split('=').next().unwrap_or(text);
        name.starts_with("--") && Flag::named(name).is_some()
    });
    (!is_flag && !value.is_empty()).then_some(value)
}

fn unknown_flag(written: &str) -> Usage {
    let names = FLAGS.iter().map(|flag| flag.name.trim_start_matches('-'));
    let nearest = nearest(written.trim_start_matches('-'), names).map(|name| format!("--{name}"));
    Usage::UnknownFlag {
        written: written.to_owned(),
        nearest,
    }
}

fn meant(nearest: Option<&str>) -> String {
    nearest
        .map(|name| format!("; did you mean {name}?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
