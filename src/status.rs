//! The status: what the box does and how it is, as one published value. Workers report what
//! happens, watchers ask for a [`Snapshot`]; a report never waits for a watcher.

mod agent;
mod assess;
mod blink;
mod condition;
mod group;
mod group_status;
mod health;
mod internal_event;
mod ledger;
mod liveness;
mod notice;
mod number;
mod queue_depth;
mod registry;
mod reporter;
mod snapshot;
pub mod socket;
mod text;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use blink::Blink;
pub use condition::{Colour, Condition, Lamp, PathCondition, Signal};
pub use group::{GroupAssignment, GroupReport, PartitionReport};
pub use health::{Link, LinkState, Thresholds};
pub use internal_event::{
    Effect, InternalEvent, LateRecords, Level, LineTrouble, PageRead, Question,
};
pub use ledger::{LedgerCounts, LedgerReport, LedgerRow, LedgerSpan};
pub use liveness::{Liveness, LivenessWatch, WORK};
pub use notice::{Notice, Notices, Subject, Topic};
pub(crate) use number::{count, counted};
pub use queue_depth::{QueueDepth, QueueDepths};
pub use reporter::{Introduction, Reporter, StreamIntroduction};
pub use snapshot::{
    AgentReport, LineCounts, LinkReport, Snapshot, SpoolReport, StreamCounts, StreamReport, VERSION,
};
pub use text::text;

use crate::clock::Moment;
use crate::orphan::Orphan;
use agent::{AgentHandles, AgentState, Since};
use registry::Registry;

/// Gives the spool's figures when somebody asks for them.
pub type AskSpool = Arc<dyn Fn() -> SpoolReport + Send + Sync>;
/// Gives the ledger when somebody asks for it.
pub type AskLedger = Arc<dyn Fn() -> LedgerReport + Send + Sync>;

/// The lamps flicker for so long when somebody looks for the box.
pub const IDENTIFY: Duration = Duration::from_secs(30);

/// Where the page is, and how it shows itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageReport {
    /// Its URLs, plain HTTP first; none where it is off.
    pub addresses: Vec<String>,
    /// SHA-256 of its certificate, `AB:CD:…`; empty where HTTPS is off.
    pub fingerprint: String,
    /// What is wrong with its certificate, and what to do.
    pub trouble: Option<String>,
}

/// The box's status. Clones are the same one.
#[derive(Clone)]
pub struct Status(Arc<Shared>);

struct Shared {
    kept: Mutex<Registry>,
    /// Steady time of the last sample, milliseconds: read without waiting for anybody.
    sampled_ms: AtomicU64,
    /// The signs of life of all parts.
    pulses: LivenessWatch,
}

// === impl Status ===

impl Status {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(thresholds: Thresholds, started: Moment) -> Self {
        Self(Arc::new(Shared {
            kept: Mutex::new(Registry {
                thresholds,
                started,
                agents: Vec::new(),
                orphans: Vec::new(),
                notices: Notices::default(),
                since: Since::default(),
                page: PageReport::default(),
                unclaimed: false,
                identify_until: None,
            }),
            sampled_ms: AtomicU64::new(steady_ms(started)),
            pulses: LivenessWatch::default(),
        }))
    }

    /// A part of the process begins that gives signs of life.
    #[must_use]
    pub fn part(&self, part: &str) -> Liveness {
        self.0.pulses.part(part)
    }

    /// Takes other thresholds.
    pub fn set_thresholds(&self, thresholds: Thresholds) {
        self.lock().thresholds = thresholds;
    }

    /// An agent begins, or begins again with other settings; its counters go on.
    #[must_use]
    pub fn introduce(&self, new: Introduction, now: Moment) -> Reporter {
        let reporter = Reporter {
            agent: new.name.as_str().into(),
            status: self.clone(),
        };
        self.lock().introduce(new, now);
        reporter
    }

    /// The agents' order in the settings; those not named are gone, and with them what was wrong
    /// with them.
    pub fn keep(&self, names: &[&str], now: Moment) {
        let mut kept = self.lock();
        kept.forget_all_but(names, now);
        kept.agents
            .sort_by_key(|agent| names.iter().position(|name| *name == agent.report.name));
    }

    /// Has somebody chosen the administrator's password?
    pub fn claimed(&self, is_claimed: bool) {
        self.lock().unclaimed = !is_claimed;
    }

    /// Nobody can sign in on the page, as the administrator's password can't be read (`Some` says
    /// why and what to do), or all is well.
    pub fn owner(&self, trouble: Option<&str>, now: Moment) {
        let kept = &mut self.lock();
        kept.notice(Topic::Owner, "Nobody can sign in", trouble, now);
    }

    /// The settings file was refused (`Some`), or is well again.
    pub fn settings(&self, refused: Option<&str>, now: Moment) {
        let kept = &mut self.lock();
        kept.notice(Topic::Settings, "Settings refused", refused, now);
    }

    /// Something is wrong with the box itself, as PID 1 of siembox's own firmware says; or nothing.
    pub fn box_trouble(&self, trouble: Option<&str>, now: Moment) {
        let kept = &mut self.lock();
        kept.notice(Topic::Box, "Box fault", trouble, now);
    }

    /// The spools that belong to no agent of the settings; those that are not named any more are
    /// gone. Returns what there is to say that was not said before, each with the name of its
    /// spool.
    pub fn orphans(&self, orphans: Vec<Orphan>, now: Moment) -> Vec<(String, String)> {
        self.lock().adopt(orphans, now)
    }

    /// The state folder was taken away while siembox ran, and can't be made anew (`Some` says why
    /// and what to do), or is there.
    pub fn state_folder(&self, gone: Option<&str>, now: Moment) {
        let kept = &mut self.lock();
        kept.notice(Topic::StateFolder, "The state folder is gone", gone, now);
    }

    /// The page listens as this says, or can't (`Err` says why and what to do).
    pub fn page(&self, report: Result<PageReport, &str>, now: Moment) {
        let (report, title, wrong) = match report {
            Ok(report) => {
                let wrong = report.trouble.clone();
                (report, "The page's certificate cannot be used", wrong)
            }
            Err(text) => {
                let none = PageReport::default();
                (none, "The page cannot be shown", Some(text.to_owned()))
            }
        };
        let kept = &mut self.lock();
        kept.page = report;
        kept.notice(Topic::Page, title, wrong.as_deref(), now);
    }

    /// Somebody looks for the box: its lamps are to flicker for [`IDENTIFY`] from now on.
    pub fn identify(&self, now: Moment) {
        self.lock().identify_until = Some(now.steady + IDENTIFY);
    }

    /// Looks at what changes without anybody telling: what waits, and how long it has been so. To
    /// be called every few seconds, by whoever is alive as long as the process makes progress.
    pub fn sample(&self, now: Moment) {
        let asked: Vec<(String, SpoolReport)> = self
            .asks()
            .into_iter()
            .map(|(agent, spool, _)| (agent, spool()))
            .collect();
        let mut kept = self.lock();
        for (name, spool) in asked {
            if let Some(agent) = kept.agent(&name) {
                agent.depths.sample(now, spool.waiting);
            }
        }
        kept.observe(now);
        // seen overdue here, a part is late for who asks next
        for part in self.0.pulses.late(now.steady) {
            tracing::debug!("no sign of life from {part}");
        }
        let at = steady_ms(now);
        self.0.sampled_ms.store(at, Ordering::Relaxed);
    }

    /// How long ago that was last done. Waits for nobody.
    #[must_use]
    pub fn unsampled_for(&self, now: Moment) -> Duration {
        let sampled = Duration::from_millis(self.0.sampled_ms.load(Ordering::Relaxed));
        now.steady.saturating_sub(sampled)
    }

    /// What the box does and how it is, now.
    #[must_use]
    pub fn snapshot(&self, now: Moment) -> Snapshot {
        // the spools and ledgers are asked while those who tell need not wait for it
        let asked = self
            .asks()
            .into_iter()
            .map(|(agent, spool, ledger)| AgentHandles {
                agent,
                spool: spool(),
                ledger: ledger(),
            });
        let mut asked: Vec<AgentHandles> = asked.collect();
        let mut kept = self.lock();
        kept.observe(now);
        let agents: Vec<AgentReport> = kept
            .agents
            .iter()
            .map(|agent| {
                let known = asked
                    .iter_mut()
                    .find(|asked| asked.agent == agent.report.name);
                agent.report_at(now, kept.thresholds, known)
            })
            .collect();
        Snapshot {
            version: VERSION,
            siembox: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            started_ms: wall_ms_at(kept.started.steady, now),
            at_ms: now.wall_ms,
            state: agents
                .iter()
                .map(|agent| agent.state)
                .max()
                .unwrap_or(LinkState::Created),
            condition: kept.since.condition.unwrap_or_default(),
            since_ms: wall_ms_at(kept.since.begin, now),
            page: kept.page.addresses.clone(),
            page_fingerprint: kept.page.fingerprint.clone(),
            unclaimed: kept.unclaimed,
            agents,
            orphans: kept.orphans.clone(),
            notices: kept.notices.iter().cloned().collect(),
            late: self.0.pulses.late(now.steady),
            identify_until_ms: kept.identified_at(now),
        }
    }

    /// Whom to ask, agent by agent.
    fn asks(&self) -> Vec<(String, AskSpool, AskLedger)> {
        let kept = self.lock();
        let ask = |agent: &AgentState| {
            (
                agent.report.name.clone(),
                Arc::clone(&agent.ask_spool),
                Arc::clone(&agent.ask_ledger),
            )
        };
        kept.agents.iter().map(ask).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        // a panic elsewhere leaves counters behind that are at worst one too low
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the wall clock, as it is set now, would have said at a steady time that is past.
fn wall_ms_at(past: Duration, now: Moment) -> i64 {
    let ago = now.steady.saturating_sub(past).as_millis();
    now.wall_ms
        .saturating_sub(i64::try_from(ago).unwrap_or(i64::MAX))
}

fn steady_ms(now: Moment) -> u64 {
    u64::try_from(now.steady.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
