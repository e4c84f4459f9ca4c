//! Passes a replay to its agent.

use crate::appliance::Appliance;
use crate::replay::{ReplayCall, ReplayReport};
use crate::settings::{AgentSettings, NO_AGENT};

impl Appliance {
    /// Hands a request to the agent that it is for, or says why that can't be.
    pub(in crate::appliance) fn replay(&mut self, call: ReplayCall) {
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
}
