//! A process that PID 1 keeps running.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// A program with its user and group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// Name in messages; unique.
    pub name: &'static str,
    /// Path of the program.
    pub program: PathBuf,
    /// Its arguments, without the program itself.
    pub args: Vec<OsString>,
    /// User and group; root where there is none.
    pub user: Option<(u32, u32)>,
    /// Time between SIGTERM and SIGKILL.
    pub stop_within: Duration,
    /// Is it asked to end before the others, which it needs for that? siembox proves over the
    /// network what it has sent.
    pub stops_first: bool,
}

// === impl Child ===

impl Child {
    /// A child that runs as root and has 3 s to end.
    pub fn new(name: &'static str, program: impl Into<PathBuf>) -> Self {
        Self {
            name,
            program: program.into(),
            args: Vec::new(),
            user: None,
            stop_within: Duration::from_secs(3),
            stops_first: false,
        }
    }

    /// Sets the arguments.
    #[must_use]
    pub fn with<S: Into<OsString>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args = args.into_iter().map(Into::into).collect();
        self
    }

    /// Sets user and group, without root's rights.
    #[must_use]
    pub fn run_by(mut self, user: (u32, u32)) -> Self {
        self.user = Some(user);
        self
    }
}
