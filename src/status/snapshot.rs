//! The published value: what `siembox status --json` prints and the page shows.
//! `web/status.schema.json` describes it.

use serde::{Deserialize, Serialize};

use super::condition::Condition;
use super::group::GroupAssignment;
use super::health::LinkState;
use super::ledger::LedgerReport;
use super::notice::Notice;
use super::queue_depth::QueueDepths;
use crate::certificate::Ending;
use crate::orphan::Orphan;
use crate::replay::Running;

/// Version of the shape. 2: `streams`, of which version 1 had `activities` and `alerts` only.
pub const VERSION: u32 = 2;

/// The box at one moment. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Version of this shape; grows when a reader must know.
    pub version: u32,
    /// Version of siembox.
    pub siembox: String,
    /// The process.
    pub pid: u32,
    /// When it started.
    pub started_ms: i64,
    /// When this was taken.
    pub at_ms: i64,
    /// The worst of the agents' states.
    pub state: LinkState,
    /// The worst of the agents' conditions.
    #[serde(default)]
    pub condition: Condition,
    /// Since when.
    #[serde(default)]
    pub since_ms: i64,
    /// Where the page is: `http://127.0.0.1:8514/`, then `https://127.0.0.1:8515/`. Empty where it
    /// is off.
    #[serde(default)]
    pub page: Vec<String>,
    /// SHA-256 of the certificate by which the page shows itself over HTTPS, `AB:CD:…`; empty where
    /// HTTPS is off.
    #[serde(default)]
    pub page_fingerprint: String,
    /// Has nobody chosen the administrator's password yet?
    #[serde(default)]
    pub unclaimed: bool,
    /// The agents in the order of the settings.
    pub agents: Vec<AgentReport>,
    /// Orphaned spools that hold lines or records.
    #[serde(default)]
    pub orphans: Vec<Orphan>,
    /// Newest first.
    pub notices: Vec<Notice>,
    /// Parts of the process that should have given a sign of life and did not: `contoso: sender`,
    /// `page`. Empty when all is well.
    #[serde(default)]
    pub late: Vec<String>,
    /// Somebody looks for this box: its lamps flicker until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identify_until_ms: Option<i64>,
}

/// One agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentReport {
    /// Its name.
    pub name: String,
    /// The worse of its two sides; of a paused agent, that of its SIEM's.
    pub state: LinkState,
    /// Is it paused, so that nothing is read from the cloud?
    #[serde(default)]
    pub paused: bool,
    /// The same, and whether something fails at present.
    #[serde(default)]
    pub condition: Condition,
    /// Since when.
    #[serde(default)]
    pub since_ms: i64,
    /// When a page last brought something new, in this life of the process.
    #[serde(default)]
    pub last_read_ms: Option<i64>,
    /// When lines last were proved, in this life.
    #[serde(default)]
    pub last_proved_ms: Option<i64>,
    /// The cloud's side.
    pub cloud: LinkReport,
    /// The SIEM's side.
    pub siem: LinkReport,
    /// The streams of its source, in their order.
    #[serde(default)]
    pub streams: Vec<StreamReport>,
    /// The stream of this name, for readers of version 1; all 0 where the source has none.
    pub activities: StreamCounts,
    /// The same.
    pub alerts: StreamCounts,
    /// Lines.
    pub lines: LineCounts,
    /// What waits on flash.
    pub spool: SpoolReport,
    /// What became of its records since it was set up.
    #[serde(default)]
    pub ledger: LedgerReport,
    /// What lets it in and ends on a day, as far as it is known.
    #[serde(default)]
    pub expiries: Vec<Ending>,
    /// A replay, while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Box<Running>>,
    /// What waited over the last days, for the page's charts only.
    #[serde(skip)]
    pub depths: QueueDepths,
}

// === impl LinkReport ===

impl LinkReport {
    /// Nobody has tried it yet.
    pub(super) fn new(to: String) -> Self {
        Self {
            state: LinkState::Created,
            to,
            contact_ms: None,
            trouble: None,
        }
    }
}

// === impl AgentReport ===

impl AgentReport {
    /// The worse of its two sides; of a paused agent, the SIEM's.
    #[must_use]
    pub fn state_of_sides(&self) -> LinkState {
        if self.paused {
            self.siem.state
        } else {
            self.cloud.state.max(self.siem.state)
        }
    }

    /// Sets the streams, and beside them those that readers of version 1 know.
    pub fn set_streams(&mut self, streams: impl Iterator<Item = StreamReport>) {
        self.streams = streams.collect();
        let named = |name: &str| {
            let mut streams = self.streams.iter();
            let stream = streams.find(|stream| stream.name == name);
            stream
                .map(|stream| stream.counts.clone())
                .unwrap_or_default()
        };
        (self.activities, self.alerts) = (named("activities"), named("alerts"));
    }

    /// Time by which the SIEM is behind the cloud, milliseconds: the age of the oldest line that
    /// waits, or of where reading stands while more is known to follow. 0 where nothing waits.
    #[must_use]
    pub fn lag_ms(&self, at_ms: i64) -> i64 {
        let on = (self.streams.iter())
            .filter(|stream| stream.counts.enabled && stream.counts.behind && !self.paused);
        let reading = on.filter_map(StreamReport::reads_at_ms);
        let oldest = reading.chain(self.spool.oldest_ms).min();
        oldest.map_or(0, |oldest| (at_ms - oldest).max(0))
    }
}

/// One side of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkReport {
    /// Its state.
    pub state: LinkState,
    /// Where it leads: a URL, or `tcp://host:port`.
    pub to: String,
    /// The last contact, where there was one.
    pub contact_ms: Option<i64>,
    /// What is wrong at present.
    pub trouble: Option<String>,
}

/// One stream of an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamReport {
    /// As operators know it: `activities`.
    pub name: String,
    /// What came of its records.
    #[serde(flatten)]
    pub counts: StreamCounts,
    /// Its consumer group, where boxes share it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Box<GroupAssignment>>,
}

// === impl StreamReport ===

impl StreamReport {
    /// Where reading stands, by the time of its records; of a shared stream, in the partition that
    /// is furthest behind.
    fn reads_at_ms(&self) -> Option<i64> {
        let of_group = self
            .group
            .as_ref()
            .and_then(|group| group.report.reads_at_ms());
        of_group.or(self.counts.read_up_to_ms)
    }
}

/// Records of one stream since the process started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamCounts {
    /// Is it read at all?
    pub enabled: bool,
    /// Requests that brought a page.
    pub pages: u64,
    /// Records in those pages.
    pub read: u64,
    /// Of them, read before.
    pub repeats: u64,
    /// Left out by a setting.
    pub left_out: u64,
    /// Could not be read and stand aside.
    pub set_aside: u64,
    /// Became lines on flash.
    pub spooled: u64,
    /// Everything up to here has been read; the stream's own time.
    pub read_up_to_ms: Option<i64>,
    /// More is known to follow at once.
    pub behind: bool,
    /// Requests to the API, those that failed too.
    #[serde(default)]
    pub requests: u64,
    /// Of them, those after which the API asked for silence (429).
    #[serde(default)]
    pub throttled: u64,
    /// What it reads is not there, or not for us: a notice says why.
    #[serde(default)]
    pub absent: bool,
}

/// Lines on their way out since the process started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineCounts {
    /// Handed to the system, repetitions included.
    pub sent: u64,
    /// Known to have arrived.
    pub proved: u64,
    /// Cut to fit a datagram.
    pub cut: u64,
}

/// What waits on flash.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpoolReport {
    /// Lines.
    pub waiting: u64,
    /// Their bytes as text.
    pub waiting_bytes: u64,
    /// When the oldest was appended.
    pub oldest_ms: Option<i64>,
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// Records set aside and kept.
    pub aside: u64,
    /// Lines that damage has cost since the spool was made.
    pub damaged_lines: u64,
    /// The bound is reached: reading waits for the SIEM.
    pub full: bool,
}
