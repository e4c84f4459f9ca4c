//! The reporter: how an agent reports its internal events to the status.

use std::sync::Arc;

use super::{AskLedger, AskSpool, InternalEvent, Level, Link, LinkState, Liveness, Status};
use crate::clock::Moment;

/// How one agent tells what happens to it.
#[derive(Clone)]
pub struct Reporter {
    pub(super) agent: Arc<str>,
    pub(super) status: Status,
}

/// What is known of an agent when it begins.
pub struct Introduction {
    /// Its name.
    pub name: String,
    /// Address of the cloud's API.
    pub cloud: String,
    /// Address of the SIEM.
    pub siem: String,
    /// The streams of its source, in their order.
    pub streams: Vec<StreamIntroduction>,
    /// Is it paused: is nothing read from the cloud, on purpose?
    pub paused: bool,
    /// Has it ever read anything?
    pub known: bool,
    /// Its spool's figures.
    pub ask_spool: AskSpool,
    /// Its ledger.
    pub ask_ledger: AskLedger,
}

/// What is known of a stream when its agent begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamIntroduction {
    /// As operators know it.
    pub name: &'static str,
    /// Is it read at all?
    pub enabled: bool,
}

// === impl Introduction ===

impl Introduction {
    /// A side of the agent that begins now.
    pub(super) fn link(&self, now: Moment) -> Link {
        Link {
            since: now.steady,
            known: self.known,
            last_contact: None,
        }
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
    pub fn part(&self, part: &str) -> Liveness {
        self.status.part(&format!("{}: {part}", self.agent))
    }

    /// How its two sides are now: the cloud, the SIEM.
    #[must_use]
    pub fn sides(&self, now: Moment) -> [LinkState; 2] {
        let kept = self.status.lock();
        let mut agents = kept.agents.iter();
        let agent = agents.find(|agent| *agent.report.name == *self.agent);
        agent.map_or([LinkState::Created; 2], |agent| {
            let links = agent.links_at(now, kept.thresholds);
            links.map(|link| link.state)
        })
    }

    /// Something happened: counts it, notices it, logs it.
    pub fn tell(&self, now: Moment, what: &InternalEvent) {
        let words = what.in_words();
        let times = self.status.lock().take_in(&self.agent, now, what, &words);
        let agent = &*self.agent;
        // a trouble that goes on is logged at its 1st, 2nd, 4th, 8th … time
        match what.level() {
            Level::Debug => tracing::debug!(agent, "{words}"),
            _ if times > 0 && !times.is_power_of_two() => tracing::debug!(agent, "{words}"),
            Level::Info => tracing::info!(agent, "{words}"),
            Level::Warn => tracing::warn!(agent, "{words}"),
            Level::Error => tracing::error!(agent, "{words}"),
        }
    }
}
