//! `[log]`: the operator log.

use super::section::Section;

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// `level`: error, warn, info (default), debug, trace
    pub level: LogLevel,
    /// `max_size_mb` of one file, MB (10^6 bytes): 1 to 1000. 10
    pub max_size_mb: u32,
    /// `files` kept, the one being written included: 1 to 100. 5
    pub files: u32,
}

/// `log.level`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum LogLevel {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

const LEVELS: [(&str, LogLevel); 5] = [
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
    ("trace", LogLevel::Trace),
];

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            level: LogLevel::default(),
            max_size_mb: 10,
            files: 5,
        }
    }
}

pub(super) fn read(section: Section) -> LogSettings {
    let default = LogSettings::default();
    let settings = LogSettings {
        level: section.word("level", &LEVELS).unwrap_or(default.level),
        max_size_mb: section
            .number("max_size_mb", 1..=1000)
            .unwrap_or(default.max_size_mb),
        files: section.number("files", 1..=100).unwrap_or(default.files),
    };
    section.close();
    settings
}
