//! The request limits of the tenants, each shared by all agents that ask the same tenant.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::settings::{AgentSettings, ApiSettings};
use crate::source::RequestLimit;
use crate::stream::{StreamKind, StreamSpec};

/// The limits of all tenants, by tenant and service.
#[derive(Debug, Default)]
pub struct RequestLimits(HashMap<(String, Service), SharedLimit>);

/// What is limited on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Service {
    /// The API itself.
    Api,
    /// Advanced hunting, whose quota the tenant's analysts share.
    Hunting,
}

/// A limit that several ask within.
pub type SharedLimit = Arc<Mutex<RequestLimit>>;

/// The limits that an agent asks within.
#[derive(Debug, Clone)]
pub struct AgentLimits {
    api: SharedLimit,
    hunting: SharedLimit,
}

// === impl RequestLimits ===

impl RequestLimits {
    /// Those of this agent. Of `all` agents of one tenant the lowest setting holds.
    pub fn of(&mut self, agent: &AgentSettings, all: &[AgentSettings]) -> AgentLimits {
        AgentLimits {
            api: self.shared(Service::Api, agent, all),
            hunting: self.shared(Service::Hunting, agent, all),
        }
    }

    fn shared(
        &mut self,
        service: Service,
        agent: &AgentSettings,
        all: &[AgentSettings],
    ) -> SharedLimit {
        let tenant = agent.source.tenant();
        let same = all.iter().filter(|other| other.source.tenant() == tenant);
        let own = per_minute(service, agent);
        let limit = same.map(|other| per_minute(service, other)).min();
        let limit = limit.unwrap_or(own);
        let shared = self.0.entry((tenant, service));
        let shared = shared.or_insert_with(|| Arc::new(Mutex::new(RequestLimit::new(limit))));
        let mut held = shared.lock().unwrap_or_else(PoisonError::into_inner);
        held.set_limit(limit);
        drop(held);
        Arc::clone(shared)
    }
}

/// What the settings allow of a service.
fn per_minute(service: Service, agent: &AgentSettings) -> u32 {
    match (service, &agent.source.api) {
        (Service::Hunting, ApiSettings::DefenderXdr(api)) => api.hunting_calls_per_minute,
        (Service::Hunting | Service::Api, _) => agent.source.requests_per_minute,
    }
}

// === impl AgentLimits ===

impl AgentLimits {
    /// The limit that a stream is read within.
    #[must_use]
    pub fn of_stream(&self, stream: StreamSpec) -> SharedLimit {
        Arc::clone(match stream.kind {
            StreamKind::Activities
            | StreamKind::Alerts
            | StreamKind::GraphAlerts
            | StreamKind::Incidents => &self.api,
            StreamKind::Behaviors | StreamKind::Table => &self.hunting,
        })
    }
}
