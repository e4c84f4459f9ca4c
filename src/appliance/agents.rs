//! The box's agents: started from the settings, watched, started again, stopped; each with its
//! spool and its tenant's request limit.

mod credentials;
mod erase;
mod replay;
mod tend;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Appliance, OPEN, RETRY};
use crate::agent::{Agent, AgentError, AgentParts, introduction};
use crate::clock;
use crate::sent::{self, SentIds};
use crate::settings::AgentSettings;
use crate::spool::SpoolError;
use crate::status::InternalEvent;
use crate::wiring::{
    AgentSpool, Receiver, Sources, WiringError, line_writer, open_spool, system_name,
};

impl Appliance {
    /// Starts what the settings name and does not run yet.
    pub(super) fn start_all(&mut self) {
        let agents = self.settings.agents.clone();
        for agent in &agents {
            if !self.agents.contains_key(&agent.name) {
                self.start(agent);
            }
        }
        self.keep_agents();
    }

    /// The status forgets what runs no more.
    pub(super) fn keep_agents(&self) {
        let agents = self.settings.agents.iter();
        let names = agents.map(|agent| agent.name.as_str());
        let names: Vec<&str> = names.chain(self.orphans.sending()).collect();
        self.status.keep(&names, clock::now());
    }

    fn start(&mut self, settings: &AgentSettings) {
        self.busy();
        match self.try_start(settings) {
            Ok(agent) => {
                self.waiting.remove(&settings.name);
                if self.failed.remove(&settings.name) {
                    let reporter = agent.reporter();
                    reporter.tell(clock::now(), &InternalEvent::SpoolWell);
                }
                self.agents.insert(settings.name.clone(), agent);
                self.credentials.remove(&settings.name);
            }
            Err(error) => {
                let reporter = self.status.introduce(introduction(settings), clock::now());
                reporter.tell(
                    clock::now(),
                    &InternalEvent::SpoolTrouble {
                        what: format!("the agent cannot start: {error}"),
                        wait: RETRY,
                    },
                );
                self.failed.insert(settings.name.clone());
                self.waiting
                    .insert(settings.name.clone(), clock::now().steady + RETRY);
            }
        }
    }

    pub(super) fn try_start(
        &mut self,
        settings: &AgentSettings,
    ) -> Result<Agent<AgentSpool>, AgentError> {
        let bounds = sent::SentBounds {
            remember: settings.memory.remember,
            most_bytes: settings.memory.max_size_mb * 1_000_000,
        };
        let folder = self.folder(settings);
        let spool = self.spool(settings)?;
        let parts = AgentParts {
            folder: &folder,
            spool,
            sent: SentIds::new(folder.join("ids"), bounds),
            sources: Arc::new(self.sources(settings)),
            writer: line_writer(settings).map_err(unfit)?,
            host: system_name(&settings.siem),
            // a certificate that can't be read stops the start, with its cure
            connect: Receiver::new(&settings.siem).map_err(unfit)?,
            gate: &self.gate,
            status: &self.status,
        };
        Agent::start(settings, parts)
    }

    /// A sign of life before what may take long and can't be interrupted. The next one comes when
    /// the main loop goes on.
    pub(super) fn busy(&self) {
        self.liveness.promise(clock::now().steady, OPEN);
    }

    /// The agent's state folder.
    fn folder(&self, settings: &AgentSettings) -> PathBuf {
        self.settings.state_dir.join("agents").join(&settings.name)
    }

    fn spool(&mut self, settings: &AgentSettings) -> Result<Arc<AgentSpool>, SpoolError> {
        if let Some(spool) = self.spools.get(&settings.name) {
            return Ok(Arc::clone(spool));
        }
        let folder = self.folder(settings);
        let spool = Arc::new(open_spool(&folder, settings.spool.max_size_mb)?);
        self.spools
            .insert(settings.name.clone(), Arc::clone(&spool));
        Ok(spool)
    }

    /// What opens this agent's sources, within the limits of its tenant.
    pub(super) fn sources(&mut self, settings: &AgentSettings) -> Sources {
        let limits = self.limits.of(settings, &self.settings.agents);
        Sources::new(settings, limits)
    }

    /// Stops one that is to be started again at once, and returns its spool.
    async fn stop(&mut self, name: String, now: Duration) -> Option<Arc<AgentSpool>> {
        let spool = match self.agents.remove(&name) {
            Some(agent) => Some(agent.stop().await),
            None => None,
        };
        self.waiting.insert(name, now);
        spool
    }

    pub(super) async fn stop_all(&mut self) {
        let mut stops = tokio::task::JoinSet::new();
        for (_, agent) in self.agents.drain() {
            stops.spawn(agent.stop());
        }
        while stops.join_next().await.is_some() {}
        self.stop_all_sending().await;
    }
}

fn unfit(error: WiringError) -> AgentError {
    AgentError::Unfit(Box::new(error))
}
