//! The box's agents: started from the settings, watched, started again, stopped; each with its spool and its tenant's throttle.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Appliance, OPEN, RETRY};
use crate::agent::{Agent, AgentError, AgentParts, introduction};
use crate::clock;
use crate::replay::{ReplayCall, ReplayReport};
use crate::sent::{self, SentIds};
use crate::settings::{AgentSettings, NO_AGENT, SourceSettings};
use crate::source::RequestLimit;
use crate::spool::{Spool, SpoolError};
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
            sources: Arc::new(Sources::new(settings)),
            limit: self.throttle(settings),
            writer: line_writer(settings).map_err(unfit)?,
            host: system_name(&settings.siem),
            // a certificate that can't be read stops the start, with its cure
            connect: Receiver::new(&settings.siem).map_err(unfit)?,
            gate: &self.gate,
            status: &self.status,
        };
        Agent::start(settings, parts)
    }

    /// Hands a request to the agent that it is for, or says why that can't be.
    pub(super) fn replay(&mut self, call: ReplayCall) {
        let agents = self.settings.agents.iter();
        let meant: Vec<&AgentSettings> = match &call.request.agent {
            Some(name) => agents
                .filter(|agent| agent.name.eq_ignore_ascii_case(name))
                .collect(),
            None => agents.collect(),
        };
        let [settings] = meant[..] else {
            let names: Vec<&str> = self
                .settings
                .agents
                .iter()
                .map(|agent| agent.name.as_str())
                .collect();
            let names = names.join(", ");
            let what = match &call.request.agent {
                _ if names.is_empty() => NO_AGENT.to_owned(),
                Some(name) => format!("--agent: there is no agent {name}; running agents: {names}"),
                None => format!("--agent: missing, because there are several agents: {names}"),
            };
            call.words.send_replace(ReplayReport::Refused(what));
            return;
        };
        match self.agents.get_mut(&settings.name) {
            Some(agent) => agent.replay(settings, call),
            None => {
                let what = "the agent cannot start: siembox status shows the reason".to_owned();
                let counts = crate::replay::ReplayCounts::default();
                call.words
                    .send_replace(ReplayReport::Failed { what, counts });
            }
        }
    }

    /// A sign of life before what may take long and can't be interrupted. The next one comes when the main loop goes on.
    pub(super) fn busy(&self) {
        self.liveness.promise(clock::now().steady, OPEN);
    }

    /// The agent's state folder.
    fn folder(&self, settings: &AgentSettings) -> PathBuf {
        self.settings.state_dir.join("agents").join(&settings.name)
    }

    /// Erases what an agent kept that the settings no longer name.
    pub(super) async fn erase(&mut self, name: &str) -> Result<(), String> {
        if self.settings.agents.iter().any(|agent| agent.name == name) {
            return Err(format!("{name} runs: nothing is erased"));
        }
        if !AgentSettings::can_be_called(name) {
            return Err(format!(
                "{name:?} is not an agent's folder: nothing is erased"
            ));
        }
        self.stop_sending(name).await;
        self.orphans.look_at_once();
        self.busy();
        self.spools.remove(name);
        let folder = self.settings.state_dir.join("agents").join(name);
        match std::fs::remove_dir_all(&folder) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => Err(format!(
                "{}: cannot be erased completely: {cause}: remove the folder manually",
                folder.display()
            )),
            _ => {
                tracing::warn!(agent = name, "its data is erased, as requested");
                Ok(())
            }
        }
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

    /// The limit belongs to the tenant: agents of one API host share it. The lowest setting holds.
    fn throttle(&mut self, settings: &AgentSettings) -> Arc<Mutex<RequestLimit>> {
        let of_source = |agent: &AgentSettings| {
            let SourceSettings::CloudApps(source) = &agent.source;
            (source.api_url.clone(), source.requests_per_minute)
        };
        let (host, own_limit) = of_source(settings);
        let all = self.settings.agents.iter().map(of_source);
        let same = all.filter(|(other, _)| *other == host);
        let limit = same.map(|(_, limit)| limit).min().unwrap_or(own_limit);
        let throttle = self
            .throttles
            .entry(host)
            .or_insert_with(|| Arc::new(Mutex::new(RequestLimit::new(limit))));
        throttle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .set_limit(limit);
        Arc::clone(throttle)
    }

    /// Starts again what could not start, or fell.
    pub(super) async fn tend(&mut self) {
        let now = clock::now().steady;
        self.tend_home();
        self.tend_page(now);
        let fallen: Vec<String> = self
            .agents
            .iter()
            .filter(|(_, agent)| agent.fell())
            .map(|(name, _)| name.clone())
            .collect();
        for name in fallen {
            tracing::error!(
                agent = name,
                "Internal error: a part of the agent ended unexpectedly; it restarts"
            );
            self.stop(name, now).await;
        }
        self.close_lost_spools(now).await;
        self.tend_orphans(now).await;
        let due: Vec<String> = self
            .waiting
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(name, _)| name.clone())
            .collect();
        for name in due {
            if let Some(settings) = self
                .settings
                .agents
                .iter()
                .find(|agent| agent.name == name)
                .cloned()
            {
                self.start(&settings);
            }
        }
    }

    /// A spool whose newest part is lost is opened anew with its agent, as after a stop: that sets the cursors back.
    async fn close_lost_spools(&mut self, now: Duration) {
        let lost: Vec<String> = self
            .agents
            .iter()
            .filter(|(_, agent)| agent.lost_spool())
            .map(|(name, _)| name.clone())
            .collect();
        for name in lost {
            tracing::warn!(agent = name, "the spool is opened again");
            let gone = self.spools.get(&name).is_some_and(|spool| spool.is_gone());
            let reporter = (self.agents.get(&name)).map(|agent| agent.reporter().clone());
            let spool = self.stop(name.clone(), now).await;
            self.spools.remove(&name);
            let Some((reporter, spool)) = reporter.zip(spool).filter(|_| gone) else {
                continue;
            };
            // what the SIEM had until the agent stood still is not gone; a look at the oldest line tells its time
            let _ = spool.peek(spool.first());
            let stats = spool.stats();
            self.failed.insert(name.clone());
            reporter.tell(
                clock::now(),
                &InternalEvent::SpoolGone {
                    folder: self.settings.state_dir.join("agents").join(&name),
                },
            );
            if stats.waiting > 0 {
                let look_back = (self.settings.agents.iter())
                    .find(|agent| agent.name == name)
                    .map_or(Duration::ZERO, |agent| {
                        let SourceSettings::CloudApps(source) = &agent.source;
                        source.first_look_back
                    });
                reporter.tell(
                    clock::now(),
                    &InternalEvent::LinesGone {
                        agent: name,
                        lines: stats.waiting,
                        oldest_ms: stats.oldest_ms,
                        look_back,
                    },
                );
            }
        }
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
