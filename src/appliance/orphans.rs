//! Spools that belong to no agent of the settings: found, counted once, told of, and where somebody asks for it sent or deleted.
//!
//! What waits in one is sent by an agent that reads nothing: the orphan's spool under the orphan's name, with the SIEM settings of
//! an agent of the settings. With whom is written down beside the spool, so that it goes on after a restart.

use std::collections::HashSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Appliance, RETRY};
use crate::agent::Agent;
use crate::clock;
use crate::durable;
use crate::orphan::{Orphan, OrphanCall, OrphanOutcome, OrphanRequest};
use crate::own_file;
use crate::settings::AgentSettings;
use crate::spool::Spool;
use crate::wiring::{AgentSpool, is_spool, open_orphan};

/// In the orphan's folder: the agent with whose SIEM settings it is sent.
const SENDS_TO: &str = "sends-to";
/// No name of an agent is longer, with its line feed, bytes.
const LONGEST_NAME: u64 = 64;

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
    /// Looks for orphaned spools where it is time for that, goes on with what was asked for, and tells.
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

    /// Agents of the settings have their spools back, and what is sent with settings that changed begins anew. To be called before
    /// the agents of other settings start.
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

    /// Does what somebody asks for.
    pub(super) async fn call_orphan(&mut self, call: OrphanCall) {
        self.orphans.look_at_once();
        self.tend_orphans(clock::now().steady).await;
        let outcome = self.do_with_orphan(&call.request).await;
        self.orphans.look_at_once();
        self.tend_orphans(clock::now().steady).await;
        if let Ok(done) = &outcome {
            tracing::info!(spool = call.request.name(), "{done}");
        }
        // nobody waits for it where the asking side has gone
        let _ = call.done.send(outcome);
    }

    async fn do_with_orphan(&mut self, request: &OrphanRequest) -> OrphanOutcome {
        let name = request.name().to_owned();
        let Some(found) = self.orphans.named(&name) else {
            let names: Vec<&str> = (self.orphans.found.iter())
                .map(|found| found.orphan.name.as_str())
                .collect();
            return Err(match names[..] {
                [] => "there is no orphaned spool".to_owned(),
                _ => format!(
                    "there is no orphaned spool {name}; there are: {}",
                    names.join(", ")
                ),
            });
        };
        let orphan = found.orphan.clone();
        match request {
            OrphanRequest::Delete { .. } => {
                self.erase(&name).await?;
                Ok(format!(
                    "the spool {name} is deleted, with {} lines that waited and {} records set \
                        aside",
                    orphan.waiting, orphan.aside
                ))
            }
            OrphanRequest::Send { .. } if orphan.waiting == 0 => Err(format!(
                "no line waits in the spool {name}: there is nothing to send"
            )),
            OrphanRequest::Send { agent, .. } => {
                let agent = self.agent_meant(agent.as_deref())?;
                self.stop_sending(&name).await;
                let file = self.orphans_folder(&name).join(SENDS_TO);
                durable::replace(&file, format!("{agent}\n").as_bytes())
                    .map_err(|cause| format!("{}: cannot be written: {cause}", file.display()))?;
                if let Some(found) = self.orphans.named(&name) {
                    found.orphan.sends_to = Some(agent.clone());
                    found.due = Duration::ZERO;
                }
                Ok(format!(
                    "the spool {name} is being sent with the SIEM settings of agent {agent} ({} \
                        lines); siembox status shows how many are left",
                    orphan.waiting
                ))
            }
        }
    }

    /// The agent of the settings that is meant.
    fn agent_meant(&self, name: Option<&str>) -> Result<String, String> {
        let agents = &self.settings.agents;
        let names: Vec<&str> = agents.iter().map(|agent| agent.name.as_str()).collect();
        match (name, &names[..]) {
            (_, []) => Err(
                "the settings have no agent whose SIEM settings could be used: add one \
                first"
                    .to_owned(),
            ),
            (None, [only]) => Ok((*only).to_owned()),
            (None, _) => Err(format!(
                "--agent: missing; name the agent whose SIEM settings are used: {}",
                names.join(", ")
            )),
            (Some(name), _) => (names.iter())
                .find(|known| known.eq_ignore_ascii_case(name))
                .map(|known| (*known).to_owned())
                .ok_or_else(|| {
                    format!(
                        "--agent: there is no agent {name}; the settings have: {}",
                        names.join(", ")
                    )
                }),
        }
    }

    fn orphans_folder(&self, name: &str) -> PathBuf {
        self.settings.state_dir.join("agents").join(name)
    }

    /// Goes through the folders of agents. A spool is opened once, to be counted; what waits in it changes only where it is sent.
    fn find_orphans(&mut self) {
        let names = match self.strange_folders() {
            Ok(names) => names,
            Err(cause) => {
                let folder = self.settings.state_dir.join("agents");
                tracing::debug!("{}: cannot be listed: {cause}", folder.display());
                return;
            }
        };
        (self.orphans.found)
            .retain(|found| found.sending.is_some() || names.contains(&found.orphan.name));
        for name in names {
            let known = self.orphans.named(&name);
            if known.is_some_and(|found| found.sending.is_some() || found.orphan.trouble.is_none())
            {
                continue;
            }
            let orphan = self.count_orphan(&name);
            (self.orphans.found).retain(|found| found.orphan.name != name);
            if orphan.holds_something() {
                self.orphans.found.push(Found {
                    orphan,
                    sending: None,
                    due: Duration::ZERO,
                });
            }
        }
        (self.orphans.found).sort_by(|one, other| one.orphan.name.cmp(&other.orphan.name));
    }

    /// Folders beside those of the agents that hold a spool.
    fn strange_folders(&self) -> io::Result<Vec<String>> {
        let folder = self.settings.state_dir.join("agents");
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let ours: HashSet<&str> = (self.settings.agents.iter())
            .map(|agent| agent.name.as_str())
            .collect();
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let is_strange = !ours.contains(&*name) && AgentSettings::can_be_called(&name);
            if is_strange && is_spool(&entry.path()) {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// Opens it to see what it holds.
    fn count_orphan(&mut self, name: &str) -> Orphan {
        self.busy();
        let folder = self.orphans_folder(name);
        let named = Orphan {
            name: name.to_owned(),
            sends_to: sends_to(&folder),
            ..Orphan::default()
        };
        // whatever the bound was: nothing is added to it
        match open_orphan(&folder) {
            Ok(spool) => counted(named, &spool),
            Err(error) => Orphan {
                trouble: Some(error.to_string()),
                ..named
            },
        }
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

    fn begin_sending(&mut self, name: &str) {
        let to = (self.orphans.named(name)).and_then(|found| found.orphan.sends_to.clone());
        let begun = match to.as_ref().and_then(|to| self.sender_of(name, to)) {
            None => Err(format!(
                "the settings have no agent named {}",
                to.unwrap_or_default()
            )),
            Some(settings) => match self.try_start(&settings) {
                Ok(agent) => Ok(Sending { agent, settings }),
                Err(error) => Err(error.to_string()),
            },
        };
        if begun.is_err() {
            self.spools.remove(name);
        }
        if let Some(found) = self.orphans.named(name) {
            found.orphan.trouble = begun.as_ref().err().cloned();
            found.sending = begun.ok();
        }
        self.keep_agents();
    }

    /// All that waited has arrived.
    async fn end_sending(&mut self, name: &str) {
        self.stop_sending(name).await;
        // where it stays, the next start finds nothing to send, and removes it
        let _ = std::fs::remove_file(self.orphans_folder(name).join(SENDS_TO));
        if let Some(found) = self.orphans.named(name) {
            found.orphan.sends_to = None;
        }
        (self.orphans.found).retain(|found| found.orphan.holds_something());
        tracing::info!(spool = name, "all lines of the orphaned spool are proved");
    }

    /// Stops what sends, and closes the spool.
    pub(super) async fn stop_sending(&mut self, name: &str) {
        let sending = self
            .orphans
            .named(name)
            .and_then(|found| found.sending.take());
        if let Some(sending) = sending {
            sending.agent.stop().await;
            self.spools.remove(name);
            self.keep_agents();
        }
    }

    pub(super) async fn stop_all_sending(&mut self) {
        let names: Vec<String> = self.orphans.sending().map(str::to_owned).collect();
        for name in names {
            self.stop_sending(&name).await;
        }
    }

    /// Settings of an agent that sends what this spool holds as that agent sends, and reads nothing.
    fn sender_of(&self, name: &str, agent: &str) -> Option<AgentSettings> {
        let mut settings = (self.settings.agents.iter())
            .find(|known| known.name == agent)?
            .clone();
        settings.name = name.to_owned();
        settings.paused = true;
        // the agent's own line says that it lives
        settings.siem.heartbeat = None;
        Some(settings)
    }
}

/// What it holds now.
fn counted(orphan: Orphan, spool: &impl Spool) -> Orphan {
    let stats = spool.stats();
    Orphan {
        waiting: stats.waiting,
        waiting_bytes: stats.waiting_bytes,
        oldest_ms: stats.oldest_ms,
        disk_bytes: stats.disk_bytes,
        aside: stats.aside,
        ..orphan
    }
}

/// With whose SIEM settings it is sent, where somebody asked for that.
fn sends_to(folder: &Path) -> Option<String> {
    let mut agent = String::new();
    let file = own_file::read(&folder.join(SENDS_TO)).ok()?;
    file.take(LONGEST_NAME).read_to_string(&mut agent).ok()?;
    let agent = agent.trim();
    AgentSettings::can_be_called(agent).then(|| agent.to_owned())
}
