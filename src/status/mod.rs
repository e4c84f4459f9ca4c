//! One value, published: what the box does and how it is. Whoever works tells what happens; whoever watches asks for a
//! [`Snapshot`]. Telling never waits for a watcher.

mod agent;
mod depth;
mod happening;
mod health;
mod ledger;
mod meaning;
mod notice;
mod pulse;
mod rhythm;
mod snapshot;
pub mod socket;
mod text;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use depth::{Depth, Depths};
pub use happening::{Effect, Happening, Loudness, PageRead};
pub use health::{Link, State, Thresholds};
pub use ledger::{LedgerCounts, LedgerReport, LedgerRow, LedgerSpan};
pub use meaning::{Colour, Condition, Lamp, Meaning, Signal, Way};
pub use notice::{Notice, Notices, Subject, Topic};
pub use pulse::{Pulse, Pulses, WORK, Watched};
pub use rhythm::Rhythm;
pub use snapshot::{AgentReport, LineCounts, LinkReport, Snapshot, SpoolReport, StreamCounts};
pub use text::text;

use crate::clock::Moment;
use agent::{Agent, Asked, Side, Since};
use depth::DepthRings;

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
    inner: Mutex<Inner>,
    /// Steady time of the last sample, milliseconds: read without waiting for anybody.
    sampled_ms: AtomicU64,
    /// The signs of life of all parts.
    pulses: Pulses,
}

struct Inner {
    thresholds: Thresholds,
    started: Moment,
    agents: Vec<Agent>,
    notices: Notices,
    since: Since,
    /// Where the page is.
    page: PageReport,
    /// Is the box nobody's yet?
    unclaimed: bool,
    /// Somebody looks for the box until then, steady time.
    identify_until: Option<Duration>,
}

/// How one agent tells what happens to it.
#[derive(Clone)]
pub struct Reporter {
    agent: Arc<str>,
    status: Status,
}

/// What is known of an agent when it begins.
pub struct Introduction {
    /// Its name.
    pub name: String,
    /// Address of the cloud's API.
    pub cloud: String,
    /// Address of the SIEM.
    pub siem: String,
    /// Which streams it reads: activities, alerts.
    pub streams: [bool; 2],
    /// Is it paused: is nothing read from the cloud, on purpose?
    pub paused: bool,
    /// Has it ever read anything?
    pub known: bool,
    /// Its spool's figures.
    pub ask_spool: AskSpool,
    /// Its ledger.
    pub ask_ledger: AskLedger,
}

// === impl Status ===

impl Status {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(thresholds: Thresholds, started: Moment) -> Self {
        Self(Arc::new(Shared {
            inner: Mutex::new(Inner {
                thresholds,
                started,
                agents: Vec::new(),
                notices: Notices::default(),
                since: Since::default(),
                page: PageReport::default(),
                unclaimed: false,
                identify_until: None,
            }),
            sampled_ms: AtomicU64::new(steady_ms(started)),
            pulses: Pulses::default(),
        }))
    }

    /// A part of the process begins that gives signs of life.
    #[must_use]
    pub fn part(&self, part: &str) -> Pulse {
        self.0.pulses.part(part)
    }

    /// Takes other thresholds.
    pub fn set_thresholds(&self, thresholds: Thresholds) {
        self.lock().thresholds = thresholds;
    }

    /// An agent begins, or begins again with other settings; its counters go on.
    #[must_use]
    pub fn introduce(&self, new: Introduction, now: Moment) -> Reporter {
        let mut inner = self.lock();
        let report = |to: String| LinkReport {
            state: State::Created,
            to,
            contact_ms: None,
            trouble: None,
        };
        let link = Link {
            since: now.steady,
            known: new.known,
            last_contact: None,
        };
        let fresh = Side {
            link,
            ..Side::default()
        };
        let reporter = Reporter {
            agent: new.name.as_str().into(),
            status: self.clone(),
        };
        match inner
            .agents
            .iter_mut()
            .find(|agent| agent.report.name == new.name)
        {
            Some(agent) => {
                agent.report.cloud.to = new.cloud;
                agent.report.siem.to = new.siem;
                [agent.report.activities.enabled, agent.report.alerts.enabled] = new.streams;
                agent.ask_spool = new.ask_spool;
                agent.ask_ledger = new.ask_ledger;
                if new.paused || agent.report.paused {
                    agent.pause(new.paused, link);
                    inner.forget_reading(&new.name, now);
                }
            }
            None => inner.agents.push(Agent {
                report: AgentReport {
                    name: new.name,
                    state: State::Created,
                    paused: new.paused,
                    cloud: report(new.cloud),
                    siem: report(new.siem),
                    activities: StreamCounts {
                        enabled: new.streams[0],
                        ..StreamCounts::default()
                    },
                    alerts: StreamCounts {
                        enabled: new.streams[1],
                        ..StreamCounts::default()
                    },
                    lines: LineCounts::default(),
                    spool: SpoolReport::default(),
                    ledger: LedgerReport::default(),
                    replay: None,
                    condition: Condition::default(),
                    since_ms: now.wall_ms,
                    last_read_ms: None,
                    last_proved_ms: None,
                    depths: Depths::default(),
                },
                last_read: None,
                last_proved: None,
                since: Since::default(),
                depths: DepthRings::default(),
                cloud: [fresh.clone(), fresh.clone()],
                siem: fresh,
                ask_spool: new.ask_spool,
                ask_ledger: new.ask_ledger,
            }),
        }
        reporter
    }

    /// The agents' order in the settings; those not named are gone.
    pub fn keep(&self, names: &[&str]) {
        let mut inner = self.lock();
        inner
            .agents
            .retain(|agent| names.contains(&agent.report.name.as_str()));
        inner
            .agents
            .sort_by_key(|agent| names.iter().position(|name| *name == agent.report.name));
    }

    /// Has somebody chosen the administrator's password?
    pub fn claimed(&self, is_claimed: bool) {
        self.lock().unclaimed = !is_claimed;
    }

    /// The settings file was refused (`Some`), or is well again.
    pub fn settings(&self, refused: Option<&str>, now: Moment) {
        let inner = &mut self.lock();
        inner.notice(Topic::Settings, "Settings refused", refused, now);
    }

    /// Something is wrong with the box itself, as PID 1 of siembox's own firmware says; or nothing.
    pub fn box_trouble(&self, trouble: Option<&str>, now: Moment) {
        let inner = &mut self.lock();
        inner.notice(Topic::Box, "Trouble with the box", trouble, now);
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
        let inner = &mut self.lock();
        inner.page = report;
        inner.notice(Topic::Page, title, wrong.as_deref(), now);
    }

    /// Somebody looks for the box: its lamps are to flicker for [`IDENTIFY`] from now on.
    pub fn identify(&self, now: Moment) {
        self.lock().identify_until = Some(now.steady + IDENTIFY);
    }

    /// Looks at what changes without anybody telling: what waits, and how long it has been so. To be called every few
    /// seconds, by whoever is alive as long as the process makes progress.
    pub fn sample(&self, now: Moment) {
        let asked: Vec<(String, SpoolReport)> = self
            .asks()
            .into_iter()
            .map(|(agent, spool, _)| (agent, spool()))
            .collect();
        let mut inner = self.lock();
        for (name, spool) in asked {
            if let Some(agent) = inner.agent(&name) {
                agent.depths.sample(now, spool.waiting);
            }
        }
        inner.observe(now);
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
        let asked = self.asks().into_iter().map(|(agent, spool, ledger)| Asked {
            agent,
            spool: spool(),
            ledger: ledger(),
        });
        let mut asked: Vec<Asked> = asked.collect();
        let mut inner = self.lock();
        inner.observe(now);
        let agents: Vec<AgentReport> = inner
            .agents
            .iter()
            .map(|agent| {
                let known = asked
                    .iter_mut()
                    .find(|asked| asked.agent == agent.report.name);
                agent.report_at(now, inner.thresholds, known)
            })
            .collect();
        Snapshot {
            version: 1,
            siembox: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            started_ms: wall_ms_at(inner.started.steady, now),
            at_ms: now.wall_ms,
            state: agents
                .iter()
                .map(|agent| agent.state)
                .max()
                .unwrap_or(State::Created),
            condition: inner.since.condition.unwrap_or_default(),
            since_ms: wall_ms_at(inner.since.begin, now),
            page: inner.page.addresses.clone(),
            page_fingerprint: inner.page.fingerprint.clone(),
            unclaimed: inner.unclaimed,
            agents,
            notices: inner.notices.iter().cloned().collect(),
            late: self.0.pulses.late(now.steady),
            identify_until_ms: inner.identified_at(now),
        }
    }

    /// Whom to ask, agent by agent.
    fn asks(&self) -> Vec<(String, AskSpool, AskLedger)> {
        let inner = self.lock();
        let ask = |agent: &Agent| {
            (
                agent.report.name.clone(),
                Arc::clone(&agent.ask_spool),
                Arc::clone(&agent.ask_ledger),
            )
        };
        inner.agents.iter().map(ask).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // a panic elsewhere leaves counters behind that are at worst one too low
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Reporter ===

impl Reporter {
    /// The agent's name.
    #[must_use]
    pub fn agent(&self) -> &str {
        &self.agent
    }

    /// A part of the agent begins that gives signs of life.
    #[must_use]
    pub fn part(&self, part: &str) -> Pulse {
        self.status.part(&format!("{}: {part}", self.agent))
    }

    /// How its two sides are now: the cloud, the SIEM.
    #[must_use]
    pub fn sides(&self, now: Moment) -> [State; 2] {
        let inner = self.status.lock();
        let mut agents = inner.agents.iter();
        let agent = agents.find(|agent| *agent.report.name == *self.agent);
        agent.map_or([State::Created; 2], |agent| {
            let links = agent.links_at(now, inner.thresholds);
            links.map(|link| link.state)
        })
    }

    /// Something happened: counts it, notices it, logs it.
    pub fn tell(&self, now: Moment, what: &Happening) {
        let words = what.in_words();
        let times = self.status.lock().take_in(&self.agent, now, what, &words);
        let agent = &*self.agent;
        // a trouble that goes on is logged at its 1st, 2nd, 4th, 8th … time
        match what.loudness() {
            Loudness::Debug => tracing::debug!(agent, "{words}"),
            _ if times > 0 && !times.is_power_of_two() => tracing::debug!(agent, "{words}"),
            Loudness::Info => tracing::info!(agent, "{words}"),
            Loudness::Warn => tracing::warn!(agent, "{words}"),
            Loudness::Error => tracing::error!(agent, "{words}"),
        }
    }
}

// === impl Inner ===

impl Inner {
    fn agent(&mut self, name: &str) -> Option<&mut Agent> {
        let mut agents = self.agents.iter_mut();
        agents.find(|agent| agent.report.name == name)
    }

    /// Raises the notice of something that is siembox's own and no agent's, or closes it where nothing is wrong.
    fn notice(&mut self, topic: Topic, title: &'static str, wrong: Option<&str>, now: Moment) {
        let subject = Subject {
            agent: "",
            stream: "",
            topic,
        };
        match wrong {
            Some(text) => drop(self.notices.raise(subject, title, text, now.wall_ms)),
            None => drop(self.notices.close(subject, now.wall_ms)),
        }
    }

    /// Until when the lamps flicker, milliseconds since 1970.
    fn identified_at(&self, now: Moment) -> Option<i64> {
        let left = self.identify_until?.checked_sub(now.steady)?;
        let left = i64::try_from(left.as_millis()).ok()?;
        (left > 0).then(|| now.wall_ms.saturating_add(left))
    }

    /// Notes since when each agent, and the box as its worst, is as it is.
    fn observe(&mut self, now: Moment) {
        let mut worst = None;
        for agent in &mut self.agents {
            let mut report = agent.report.clone();
            [report.cloud, report.siem] = agent.links_at(now, self.thresholds);
            report.state = report.state_of_sides();
            let condition = Condition::of(&report, self.notices.iter());
            agent.since.observe(condition, now);
            worst = worst.max(Some(condition));
        }
        self.since.observe(worst.unwrap_or_default(), now);
    }

    /// What its pollers said is over: they are gone, and nobody would take it back.
    fn forget_reading(&mut self, name: &str, now: Moment) {
        for stream in ["", "activities", "alerts"] {
            for topic in [Topic::Cloud, Topic::Doubt, Topic::Spool] {
                let subject = Subject {
                    agent: name,
                    stream,
                    topic,
                };
                self.notices.close(subject, now.wall_ms);
            }
        }
    }

    /// Returns how often a notice was raised in a row; 0 where none was.
    fn take_in(&mut self, name: &str, now: Moment, what: &Happening, words: &str) -> u64 {
        if let Some(agent) = self.agent(name) {
            agent.count(now, what);
        }
        let subject = |topic| Subject {
            agent: name,
            stream: what.stream(),
            topic,
        };
        match what.effect() {
            Effect::None => 0,
            Effect::Raise(topic, title) => {
                self.notices
                    .raise(subject(topic), title, words, now.wall_ms)
            }
            Effect::Close(topic) => {
                self.notices.close(subject(topic), now.wall_ms);
                0
            }
        }
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
