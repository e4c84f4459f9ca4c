//! The operator log: one line for each thing that happened, for the people who run the box.
//!
//! ```text
//! 2026-11-21T08:00:00.000Z INFO agent=contoso stream=alerts page read records=100
//! ```
//!
//! It goes to `siembox.log` in a folder, bounded by size and number of files, or to standard error.
//! It never stops the stream: what can't be written to the file goes to standard error. Our own
//! lines follow the level of the settings; libraries speak from warnings on only, whatever the
//! level: their finer lines tell nothing to an operator, and some show requests with their headers.

mod bounded_file;
mod libraries;
mod line;
mod output;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Registry, reload};

use crate::settings::{LogLevel, LogSettings};
pub(crate) use bounded_file::{BoundedFile, names};
use line::LogLines;
use output::Output;

/// The file in the folder of the settings; older ones have a number behind it.
pub(crate) const NAME: &str = "siembox.log";

/// The running log; changes take effect at once.
#[derive(Debug, Clone)]
pub struct LogHandle {
    output: Arc<Output>,
    levels: reload::Handle<Targets, Registry>,
}

/// Why there is no log, or no changed one.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The folder can't be made or used.
    #[error("the log folder {} cannot be used: {source}", .folder.display())]
    Folder {
        /// `logs_dir` or `--logsDirectory`.
        folder: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// There is a log in this process already.
    #[error("the log is set up already")]
    Twice,
    /// The log has ended.
    #[error("the log has ended")]
    Ended,
}

/// Starts the log of this process: into a folder, or to standard error.
///
/// # Errors
/// A folder that can't be made or written; a second start.
pub fn init(settings: &LogSettings, folder: Option<&Path>) -> Result<LogHandle, LogError> {
    let output = Output::open(settings, folder).map_err(|source| folder_error(folder, source))?;
    let (subscriber, handle) = assemble(settings.level, Arc::new(output), crate::clock::now_ms);
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogError::Twice)?;
    libraries::listen();
    Ok(handle)
}

impl LogHandle {
    /// Takes new settings: level, bounds and folder. On an error everything stays as it was.
    ///
    /// # Errors
    /// A folder that can't be made or written.
    pub fn change(&self, settings: &LogSettings, folder: Option<&Path>) -> Result<(), LogError> {
        let reopened = self.output.reopen(settings, folder);
        reopened.map_err(|source| folder_error(folder, source))?;
        self.levels
            .reload(levels(settings.level))
            .map_err(|_| LogError::Ended)
    }
}

fn folder_error(folder: Option<&Path>, source: io::Error) -> LogError {
    let folder = folder.unwrap_or(Path::new("")).to_owned();
    LogError::Folder { folder, source }
}

/// The subscriber, and the handle that changes it.
fn assemble(
    level: LogLevel,
    output: Arc<Output>,
    clock: fn() -> i64,
) -> (impl tracing::Subscriber + Send + Sync, LogHandle) {
    let (filter, handle) = reload::Layer::new(levels(level));
    let lines = LogLines::new(output.clone(), clock);
    let subscriber = Registry::default().with(filter).with(lines);
    (
        subscriber,
        LogHandle {
            output,
            levels: handle,
        },
    )
}

/// Our own lines at the level asked for, everybody else's at warnings at most.
fn levels(level: LogLevel) -> Targets {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    Targets::new()
        .with_target("siembox", level)
        .with_default(level.min(LevelFilter::WARN))
}

#[cfg(test)]
mod tests;
