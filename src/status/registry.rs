//! The registry: the status between two snapshots, and how internal events change it.

use std::time::Duration;

use super::agent::{AgentState, Since};
use super::{
    Condition, Effect, InternalEvent, Introduction, Notices, PageReport, Subject, Thresholds, Topic,
};
use crate::clock::Moment;
use crate::orphan::Orphan;

/// Behind the lock of [`super::Status`].
pub(super) struct Registry {
    pub thresholds: Thresholds,
    pub started: Moment,
    pub agents: Vec<AgentState>,
    /// Spools that belong to none of them.
    pub orphans: Vec<Orphan>,
    pub notices: Notices,
    pub since: Since,
    /// Where the page is.
    pub page: PageReport,
    /// Is the box nobody's yet?
    pub unclaimed: bool,
    /// Somebody looks for the box until then, steady time.
    pub identify_until: Option<Duration>,
}

// === impl Registry ===

impl Registry {
    /// The agent of this name, if one has introduced itself.
    pub fn agent(&mut self, name: &str) -> Option<&mut AgentState> {
        let mut agents = self.agents.iter_mut();
        agents.find(|agent| agent.report.name == name)
    }

    /// An agent begins, or begins again with other settings.
    pub fn introduce(&mut self, new: Introduction, now: Moment) {
        let Some(agent) = self.agent(&new.name) else {
            return self.agents.push(AgentState::new(new, now));
        };
        let name = new.name.clone();
        if agent.begin_again(new, now) {
            self.forget_reading(&name, now);
        }
    }

    /// Forgets the agents that are not named. What was wrong with them is over: nobody would take
    /// it back.
    pub fn forget_all_but(&mut self, names: &[&str], now: Moment) {
        let is_named = |name: &str| names.contains(&name);
        self.agents.retain(|agent| is_named(&agent.report.name));
        self.notices.close_all(now.wall_ms, |notice| {
            !notice.agent.is_empty() && !is_named(&notice.agent) && notice.topic != Topic::Orphan
        });
    }

    /// Takes these orphaned spools in the place of those before. Returns what is said of one for
    /// the first time.
    pub fn adopt(&mut self, orphans: Vec<Orphan>, now: Moment) -> Vec<(String, String)> {
        self.notices.close_all(now.wall_ms, |notice| {
            let is_there = orphans.iter().any(|orphan| orphan.name == notice.agent);
            notice.topic == Topic::Orphan && !is_there
        });
        let mut news = Vec::new();
        for orphan in &orphans {
            let (subject, words) = (
                Subject {
                    agent: &orphan.name,
                    stream: "",
                    topic: Topic::Orphan,
                },
                orphan.in_words(),
            );
            if self.notices.text_of(subject) != Some(&words) {
                let title = "A spool is orphaned";
                self.notices.raise(subject, title, &words, now.wall_ms);
                news.push((orphan.name.clone(), words));
            }
        }
        self.orphans = orphans;
        news
    }

    /// Raises the notice of something that is siembox's own and no agent's, or closes it where
    /// nothing is wrong.
    pub fn notice(&mut self, topic: Topic, title: &'static str, wrong: Option<&str>, now: Moment) {
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
    pub fn identified_at(&self, now: Moment) -> Option<i64> {
        let left = self.identify_until?.checked_sub(now.steady)?;
        let left = i64::try_from(left.as_millis()).ok()?;
        (left > 0).then(|| now.wall_ms.saturating_add(left))
    }

    /// Notes since when each agent, and the box as its worst, is as it is.
    pub fn observe(&mut self, now: Moment) {
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
        let of_reading = [Topic::Cloud, Topic::Absent, Topic::Doubt, Topic::Spool];
        self.notices.close_all(now.wall_ms, |notice| {
            notice.agent == name && of_reading.contains(&notice.topic)
        });
    }

    /// Returns how often a notice was raised in a row; 0 where none was.
    pub fn take_in(&mut self, name: &str, now: Moment, what: &InternalEvent, words: &str) -> u64 {
        let mut has_read_again = false;
        if let Some(agent) = self.agent(name) {
            let before = agent.reads_again();
            agent.count(now, what);
            has_read_again = before && !agent.reads_again();
        }
        if has_read_again {
            let subject = Subject {
                agent: name,
                stream: "",
                topic: Topic::StateFolder,
            };
            self.notices.close(subject, now.wall_ms);
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
