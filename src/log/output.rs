//! The output of the log: a bounded file, or standard error. A full disk or a vanished folder never
//! stops the process.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tracing::Level;

use super::bounded_file::BoundedFile;
use crate::settings::LogSettings;

/// Where lines go; may be changed while lines are coming.
#[derive(Debug)]
pub(super) struct Output(Mutex<Target>);

#[derive(Debug)]
enum Target {
    StandardError {
        coloured: bool,
    },
    File {
        file: BoundedFile,
        outage: Option<Outage>,
    },
}

/// Lines that could not be written to the file since it last took one.
#[derive(Debug)]
struct Outage {
    lines: u64,
    reason: io::Error,
}

impl Output {
    /// Opens the file in the folder, or standard error where none is given.
    pub(super) fn open(settings: &LogSettings, folder: Option<&Path>) -> io::Result<Self> {
        Target::open(settings, folder).map(Mutex::new).map(Self)
    }

    /// Into this file, for tests of a disk that refuses.
    #[cfg(test)]
    pub(super) fn into_file(file: BoundedFile) -> Self {
        Self(Mutex::new(Target::File { file, outage: None }))
    }

    /// The same for a log that is running. On an error the old target stays.
    pub(super) fn reopen(&self, settings: &LogSettings, folder: Option<&Path>) -> io::Result<()> {
        let target = Target::open(settings, folder)?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = target;
        Ok(())
    }

    /// Writes one line. `rest` begins with a blank and holds no line feed.
    pub(super) fn line(&self, time: &str, level: Level, rest: &str) {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Target::StandardError { coloured: true } => {
                to_standard_error(&format!("{time} {}{rest}", coloured(level)))
            }
            Target::StandardError { coloured: false } => {
                to_standard_error(&format!("{time} {level}{rest}"))
            }
            Target::File { file, outage } => {
                to_file(file, outage, &format!("{time} {level}{rest}"))
            }
        }
    }
}

impl Target {
    fn open(settings: &LogSettings, folder: Option<&Path>) -> io::Result<Self> {
        let Some(folder) = folder else {
            return Ok(Self::StandardError {
                coloured: io::stderr().is_terminal(),
            });
        };
        let max_bytes = u64::from(settings.max_size_mb) * 1_000_000;
        let file = BoundedFile::open(folder, super::NAME, max_bytes, settings.files)?;
        Ok(Self::File { file, outage: None })
    }
}

/// To the file; while that fails to standard error, which is told once why.
fn to_file(file: &mut BoundedFile, outage: &mut Option<Outage>, line: &str) {
    let gap = outage.as_ref().map(|Outage { lines, reason }| {
        format!("--- {lines} lines before this one could not be written here and went to standard error: {reason}")
    });
    let written = gap
        .map_or(Ok(()), |gap| file.write_line(&gap))
        .and_then(|()| file.write_line(line));
    match (written, &mut *outage) {
        (Ok(()), _) => *outage = None,
        (Err(_), Some(outage)) => outage.lines += 1,
        (Err(reason), None) => {
            to_standard_error(&format!(
                "siembox: the log {} cannot be written: {reason}; until it can, its lines come here",
                file.path().display()
            ));
            *outage = Some(Outage { lines: 1, reason });
        }
    }
    if outage.is_some() {
        to_standard_error(line);
    }
}

/// In one call, so that lines of several threads and processes don't mix. Nobody is left to be told
/// of a failure here.
fn to_standard_error(line: &str) {
    let _ = io::stderr()
        .lock()
        .write_all(format!("{line}\n").as_bytes());
}

fn coloured(level: Level) -> String {
    let colour = match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 36,
        Level::TRACE => 90,
    };
    format!("\u{1b}[{colour}m{level}\u{1b}[0m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_level_is_coloured() {
        assert_eq!(coloured(Level::WARN), "\u{1b}[33mWARN\u{1b}[0m");
    }
}
