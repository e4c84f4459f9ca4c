//! `siembox replay`: fetches a stretch of time again and sends what is missing. The command asks
//! the running siembox, which has the spool, the tenant's limit of requests and the way to the
//! SIEM; here is what the two say to each other, one JSON text a line: a [`ReplayRequest`], then
//! [`ReplayReport`]s until the last. Whoever hangs up has ended it.

mod show;
mod when;
mod window;

pub use show::{bar, line, sentence};
pub use when::When;
pub use window::{Unfit, window};

use serde::{Deserialize, Serialize};

use crate::clock::in_words;

/// What is to be fetched again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayRequest {
    /// Whose; `None` where there is only one.
    pub agent: Option<String>,
    /// From here, in the time by which the stream is read; milliseconds since 1970.
    pub from_ms: i64,
    /// Up to here, this millisecond included.
    pub to_ms: i64,
    /// Which streams; `None` for those that the settings have on.
    pub stream: Option<String>,
    /// Also what was sent before.
    pub again: bool,
    /// Only counts.
    pub dry_run: bool,
}

/// What is said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReplayReport {
    /// So far.
    Progress(ReplayProgress),
    /// The end: all of the window was read.
    Done(ReplayCounts),
    /// The end, before all was read.
    Failed {
        /// Cause and cure.
        what: String,
        /// What was done until then.
        counts: ReplayCounts,
    },
    /// It can't be begun: something about the request is wrong, in words.
    Refused(String),
}

/// How far it has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayProgress {
    /// The stream that is being read.
    pub stream: Option<String>,
    /// How much of the window's time is read, of 1000.
    pub per_mille: u16,
    /// What was done so far.
    pub counts: ReplayCounts,
    /// What it waits for, where it does.
    pub waits: Option<String>,
}

/// What became of the window's records. Each counts once, in one of the figures behind `records`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayCounts {
    /// Requests that brought a page.
    pub pages: u64,
    /// Different records.
    pub records: u64,
    /// Left out, because they were sent before.
    pub already_sent: u64,
    /// Sent; of a dry run: would be.
    pub sent: u64,
    /// Sent although they were before, because that was asked for.
    pub sent_again: u64,
    /// Not read by the running stream yet, which will do so by itself.
    pub to_come: u64,
    /// Left out by a setting.
    pub left_out: u64,
    /// Could not be read and stand aside.
    pub set_aside: u64,
}

/// A replay under way, as the status shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// What was asked for.
    pub request: ReplayRequest,
    /// The streams that it reads, one after the other.
    #[serde(default)]
    pub streams: Vec<String>,
    /// How far it has come.
    pub progress: ReplayProgress,
}

/// A request on its way to the agent that it is for.
#[derive(Debug)]
pub struct ReplayCall {
    /// What is asked.
    pub request: ReplayRequest,
    /// Takes the words; only the latest counts. Closed where nobody listens any more.
    pub words: tokio::sync::watch::Sender<ReplayReport>,
}

// === impl Running ===

impl Running {
    /// What is to be done, for the log.
    #[must_use]
    pub fn in_words(&self) -> String {
        let request = &self.request;
        let how = match (request.dry_run, request.again) {
            (true, _) => ", count only",
            (false, true) => ", including records sent before",
            (false, false) => "",
        };
        format!(
            "replay of {} from {} to {}{how}",
            self.streams.join(" and "),
            in_words(request.from_ms),
            in_words(request.to_ms)
        )
    }
}

// === impl Word ===

impl ReplayReport {
    /// Is it the last?
    #[must_use]
    pub fn is_last(&self) -> bool {
        !matches!(self, Self::Progress(_))
    }
}
