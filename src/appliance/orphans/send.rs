//! Sends an orphaned spool with an agent that has no source.

use std::io::Read;
use std::path::Path;

use super::{Appliance, Sending};
use crate::own_file;
use crate::settings::AgentSettings;

/// In the orphan's folder: the agent with whose SIEM settings it is sent.
pub(super) const SENDS_TO: &str = "sends-to";
/// No name of an agent is longer, with its line feed, bytes.
const LONGEST_NAME: u64 = 64;

impl Appliance {
    pub(super) fn begin_sending(&mut self, name: &str) {
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
    pub(super) async fn end_sending(&mut self, name: &str) {
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
    pub(in crate::appliance) async fn stop_sending(&mut self, name: &str) {
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

    /// Stops all that send, as the box stops.
    pub(in crate::appliance) async fn stop_all_sending(&mut self) {
        let names: Vec<String> = self.orphans.sending().map(str::to_owned).collect();
        for name in names {
            self.stop_sending(&name).await;
        }
    }

    /// Settings of an agent that sends what this spool holds as that agent sends, and reads
    /// nothing.
    pub(super) fn sender_of(&self, name: &str, agent: &str) -> Option<AgentSettings> {
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

/// With whose SIEM settings it is sent, where somebody asked for that.
pub(super) fn sends_to(folder: &Path) -> Option<String> {
    let mut agent = String::new();
    let file = own_file::read(&folder.join(SENDS_TO)).ok()?;
    file.take(LONGEST_NAME).read_to_string(&mut agent).ok()?;
    let agent = agent.trim();
    AgentSettings::can_be_called(agent).then(|| agent.to_owned())
}
