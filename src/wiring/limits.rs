//! The request limits of the tenants, each shared by all agents that ask the same tenant.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::settings::{AgentSettings, ApiSettings, SourceSettings};
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

/// The limits that an agent's streams are asked within.
#[derive(Debug, Clone)]
pub struct AgentLimits(Vec<(StreamSpec, SharedLimit)>);

// === impl RequestLimits ===

impl RequestLimits {
    /// Those of this agent. Of `all` agents of one tenant the lowest setting holds.
    pub fn of(&mut self, agent: &AgentSettings, all: &[AgentSettings]) -> AgentLimits {
        let specs = agent.streams.iter().map(|stream| stream.spec);
        let limits = specs.map(|spec| {
            let source = agent.source_of(spec);
            (spec, self.shared(Service::of(spec), source, all))
        });
        AgentLimits(limits.collect())
    }

    fn shared(
        &mut self,
        service: Service,
        source: &SourceSettings,
        all: &[AgentSettings],
    ) -> SharedLimit {
        let tenant = source.tenant();
        let sources = all.iter().flat_map(AgentSettings::sources);
        let same = sources.filter(|other| other.tenant() == tenant);
        let limit = same.map(|other| service.per_minute(other)).min();
        let limit = limit.unwrap_or_else(|| service.per_minute(source));
        let shared = self.0.entry((tenant, service));
        let shared = shared.or_insert_with(|| Arc::new(Mutex::new(RequestLimit::new(limit))));
        let mut held = shared.lock().unwrap_or_else(PoisonError::into_inner);
        held.set_limit(limit);
        drop(held);
        Arc::clone(shared)
    }
}

// === impl Service ===

impl Service {
    /// What a stream is asked of.
    fn of(stream: StreamSpec) -> Self {
        match stream.kind {
            StreamKind::Activities
            | StreamKind::Alerts
            | StreamKind::GraphAlerts
            | StreamKind::Incidents => Self::Api,
            StreamKind::Behaviors | StreamKind::Table => Self::Hunting,
        }
    }

    /// What the settings allow of it.
    fn per_minute(self, source: &SourceSettings) -> u32 {
        match (self, &source.api) {
            (Self::Hunting, ApiSettings::DefenderXdr(api)) => api.hunting_calls_per_minute,
            (Self::Hunting | Self::Api, _) => source.requests_per_minute,
        }
    }
}

// === impl AgentLimits ===

impl AgentLimits {
    /// The limit that a stream is asked within; one of its own where the agent does not have it.
    #[must_use]
    pub fn of_stream(&self, stream: StreamSpec) -> SharedLimit {
        let mut known = self.0.iter().filter(|(spec, _)| *spec == stream);
        known.next().map_or_else(
            || Arc::new(Mutex::new(RequestLimit::new(1))),
            |(_, limit)| Arc::clone(limit),
        )
    }
}
