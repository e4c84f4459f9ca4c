//! Orphaned spools, which belong to no agent in the settings: finds, counts and reports them, and
//! sends or deletes one on request.
//!
//! What waits in one is sent by an agent that reads nothing: the orphan's spool under the orphan's
//! name, with the SIEM settings of an agent of the settings. With whom is written down beside the
//! spool, so that it goes on after a restart.

mod find;
mod requests;
mod send;

use std::path::PathBuf;
use std::time::Duration;

use super::{Appliance, RETRY};
use crate::agent::Agent;
use crate::clock;
use crate::orphan::Orphan;
use crate::settings::AgentSettings;
use crate::wiring::AgentSpool;
use find::counted;

/// What is known of them.
#[derive(Default)]
pub(super) struct Orphans {
    found: Vec<Found>,
    /// When the folder is looked at next, steady time.
    due: Duration,
}

/// One of them.
struct Found {
    orphan: Orphan,
    /// How its lines are being sent.
    sending: Option<Sending>,
    /// When that is tried again, steady time.
    due: Duration,
}

struct Sending {
    agent: Agent<AgentSpool>,
    /// As the agent was started; other ones are taken up.
    settings: AgentSettings,
}

// === impl Orphans ===

impl Orphans {
    /// Looks anew as soon as it is asked to.
    pub(super) fn look_at_once(&mut self) {
        self.due = Duration::ZERO;
    }

    /// The names under which agents run that send what is left.
    pub(super) fn sending(&self) -> impl Iterator<Item = &str> {
        let sending = self.found.iter().filter(|found| found.sending.is_some());
        sending.map(|found| found.orphan.name.as_str())
    }

    fn named(&mut self, name: &str) -> Option<&mut Found> {
        self.found
            .iter_mut()
            .find(|found| found.orphan.name == name)
    }
}

impl Appliance {
    /// Looks for orphaned spools where it is time for that, goes on with what was asked for, and
    /// tells.
    pub(super) async fn tend_orphans(&mut self, now: Duration) {
        if now >= self.orphans.due {
            self.orphans.due = now + RETRY;
            self.find_orphans();
        }
        let names: Vec<String> = (self.orphans.found.iter())
            .map(|found| found.orphan.name.clone())
            .collect();
        for name in names {
            self.tend_orphan(&name, now).await;
        }
        let orphans = self.orphans.found.iter().map(|found| found.orphan.clone());
        for (name, words) in self.status.orphans(orphans.collect(), clock::now()) {
            tracing::warn!(spool = name, "{words}");
        }
    }

    /// Agents of the settings have their spools back, and what is sent with settings that changed
    /// begins anew. To be called before the agents of other settings start.
    pub(super) async fn release_orphans(&mut self) {
        self.orphans.look_at_once();
        let names: Vec<String> = self.orphans.sending().map(str::to_owned).collect();
        for name in names {
            let is_back = self.settings.agents.iter().any(|agent| agent.name == name);
            let now_so = (self.orphans.named(&name))
                .and_then(|found| found.orphan.sends_to.clone())
                .and_then(|agent| self.sender_of(&name, &agent));
            let so = (self.orphans.named(&name))
                .and_then(|found| found.sending.as_ref())
                .map(|sending| &sending.settings);
            if is_back || so != now_so.as_ref() {
                self.stop_sending(&name).await;
            }
        }
        let agents = &self.settings.agents;
        (self.orphans.found)
            .retain(|found| !agents.iter().any(|agent| agent.name == found.orphan.name));
    }

    fn orphans_folder(&self, name: &str) -> PathBuf {
        self.settings.state_dir.join("agents").join(name)
    }

    /// Begins to send, looks how far it is, or ends it.
    async fn tend_orphan(&mut self, name: &str, now: Duration) {
        let Some(found) = self.orphans.named(name) else {
            return;
        };
        let Some(sending) = &found.sending else {
            if found.orphan.sends_to.is_some() && now >= found.due {
                found.due = now + RETRY;
                self.begin_sending(name);
            }
            return;
        };
        let has_to_begin_again = sending.agent.fell() || sending.agent.lost_spool();
        let spool = self.spools.get(name).cloned();
        if let (Some(spool), Some(found)) = (&spool, self.orphans.named(name)) {
            found.orphan = counted(std::mem::take(&mut found.orphan), &**spool);
        }
        if has_to_begin_again {
            self.stop_sending(name).await;
            if spool.is_some_and(|spool| spool.is_gone()) {
                let held = (self.orphans.named(name)).map(|found| found.orphan.contents());
                tracing::error!(
                    spool = name,
                    "its folder was removed while it was being sent: {}",
                    held.unwrap_or_default()
                );
                (self.orphans.found).retain(|found| found.orphan.name != name);
            }
            return;
        }
        drop(spool);
        let waits = self
            .orphans
            .named(name)
            .map_or(0, |found| found.orphan.waiting);
        if waits == 0 {
            self.end_sending(name).await;
        }
    }
}
