//! Assesses an agent and its two connections from what was reported.

use super::condition::{Condition, PathCondition};
use super::health::LinkState;
use super::notice::{Notice, Topic};
use super::snapshot::{AgentReport, LinkReport};

// === impl Condition ===

impl Condition {
    /// The condition of an agent beside the notices of the box. Of a paused one, what is wrong with
    /// its SIEM's side comes first: what it read before is on its way there.
    #[must_use]
    pub fn of<'a>(agent: &AgentReport, notices: impl IntoIterator<Item = &'a Notice>) -> Self {
        match agent.state {
            LinkState::Disconnected => Self::Disconnected,
            LinkState::ConnectionError => Self::ConnectionError,
            _ if is_failing(agent, notices) => Self::Interrupted,
            _ if agent.paused => Self::Paused,
            LinkState::Created => Self::Created,
            LinkState::Connected => Self::Connected,
        }
    }
}

fn is_failing<'a>(agent: &AgentReport, notices: impl IntoIterator<Item = &'a Notice>) -> bool {
    let stops = |topic| match topic {
        Topic::Cloud | Topic::Partition | Topic::Siem | Topic::Spool => true,
        // a paused one reads again once it goes on
        Topic::StateFolder => !agent.paused,
        _ => false,
    };
    agent.spool.full
        || [&agent.cloud, &agent.siem]
            .iter()
            .any(|link| link.trouble.is_some())
        || notices.into_iter().any(|notice| {
            let is_ours = notice.agent == agent.name && stops(notice.topic);
            let is_everybodys = notice.agent.is_empty() && notice.topic == Topic::StateFolder;
            notice.over_ms.is_none() && (is_ours || is_everybodys)
        })
}

// === impl AgentReport ===

impl AgentReport {
    /// How the way from the cloud is now.
    #[must_use]
    pub fn cloud_way(&self) -> PathCondition {
        if self.paused {
            PathCondition::Paused
        } else {
            self.cloud.way()
        }
    }
}

// === impl LinkReport ===

impl LinkReport {
    /// How the way to it is now.
    #[must_use]
    pub fn way(&self) -> PathCondition {
        match self.state {
            LinkState::ConnectionError | LinkState::Disconnected => PathCondition::Broken,
            _ if self.trouble.is_some() => PathCondition::Broken,
            LinkState::Created => PathCondition::Untried,
            LinkState::Connected => PathCondition::Open,
        }
    }
}
