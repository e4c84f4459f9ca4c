//! What differs between two settings, so that a running process touches only the agents concerned.

use super::Settings;

/// The way from old settings to new ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Names of agents that are new, in the order of the new settings.
    pub added: Vec<String>,
    /// Names of agents that are no longer there, in the order of the old settings.
    pub removed: Vec<String>,
    /// Names of agents that are in both and differ, in the order of the new settings.
    pub changed: Vec<String>,
    /// `[log]` or `logs_dir`.
    pub log: bool,
    /// `[health]`
    pub health: bool,
    /// `state_dir`: takes a restart, the running stores stay where they are.
    pub state_dir: bool,
}

impl Changes {
    /// Compares. Agents are the same when their names are, case included (the name is the folder's).
    #[must_use]
    pub fn between(old: &Settings, new: &Settings) -> Self {
        let missing_in = |from: &Settings, other: &Settings| {
            let names = from.agents.iter().map(|agent| agent.name.clone());
            names
                .filter(|name| other.agent(name).is_none())
                .collect::<Vec<_>>()
        };
        let changed = new.agents.iter().filter(|agent| {
            old.agent(&agent.name)
                .is_some_and(|before| before != *agent)
        });
        Self {
            added: missing_in(new, old),
            removed: missing_in(old, new),
            changed: changed.map(|agent| agent.name.clone()).collect(),
            log: old.log != new.log || old.logs_dir != new.logs_dir,
            health: old.health != new.health,
            state_dir: old.state_dir != new.state_dir,
        }
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Settings {
    /// The agent of this name.
    #[must_use]
    pub fn agent(&self, name: &str) -> Option<&super::AgentSettings> {
        self.agents.iter().find(|agent| agent.name == name)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::settings::{Needs, Overrides};
    use std::time::Duration;

    fn with_agents(names: &[&str]) -> Settings {
        let one = Settings::from_flags(&Overrides {
            needs: Needs::Lines,
            ..Overrides::default()
        })
        .unwrap()
        .settings;
        let agent = one.agents[0].clone();
        let named = |name: &&str| super::super::AgentSettings {
            name: (*name).to_owned(),
            ..agent.clone()
        };
        Settings {
            agents: names.iter().map(named).collect(),
            ..one
        }
    }

    #[test]
    fn equal_settings_differ_in_nothing() {
        assert!(Changes::between(&with_agents(&["a", "b"]), &with_agents(&["b", "a"])).is_empty());
    }

    #[test]
    fn each_agent_is_in_one_list() {
        let old = with_agents(&["stays", "goes", "differs"]);
        let mut new = with_agents(&["comes", "differs", "stays"]);
        new.agents[1].siem.port = 5514;
        new.health.disconnected_after = Duration::from_secs(86_400);
        let expected = Changes {
            added: vec!["comes".to_owned()],
            removed: vec!["goes".to_owned()],
            changed: vec!["differs".to_owned()],
            health: true,
            ..Changes::default()
        };
        assert_eq!(Changes::between(&old, &new), expected);
    }
}
