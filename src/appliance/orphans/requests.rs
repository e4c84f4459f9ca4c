//! Requests to send or to delete an orphaned spool.

use std::time::Duration;

use super::Appliance;
use super::send::SENDS_TO;
use crate::clock;
use crate::durable;
use crate::orphan::{OrphanCall, OrphanOutcome, OrphanRequest};

impl Appliance {
    /// Does what somebody asks for.
    pub(in crate::appliance) async fn call_orphan(&mut self, call: OrphanCall) {
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
}
