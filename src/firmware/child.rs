//! A process that PID 1 keeps running.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// What is to run, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// What messages call it; one of a kind.
    pub name: &'static str,
    /// The file.
    pub program: PathBuf,
    /// Its arguments, without the program itself.
    pub args: Vec<OsString>,
    /// User and group; root where there is none.
    pub user: Option<(u32, u32)>,
    /// How long it may take to end once it is asked to; then it is killed.
    pub stop_within: Duration,
    /// Is it asked to end before the others, which it needs for that? siembox proves over the
    /// network what it has sent.
    pub stops_first: bool,
}

// === impl Child ===

impl Child {
    /// As root, with 3 s to end.
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

    /// With these arguments.
    #[must_use]
    pub fn with<S: Into<OsString>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args = args.into_iter().map(Into::into).collect();
        self
    }

    /// By this user and group, without root's rights.
    #[must_use]
    pub fn run_by(mut self, user: (u32, u32)) -> Self {
        self.user = Some(user);
        self
    }
}
