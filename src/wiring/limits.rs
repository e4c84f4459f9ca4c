//! The request limits of the tenants, each shared by all agents that ask the same tenant.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::request_file::{self, RequestFile};
use crate::clock;
use crate::settings::{AgentSettings, ApiSettings, SourceSettings};
use crate::source::RequestLimit;
use crate::stream::{StreamKind, StreamSpec};

/// The limits of all tenants, by tenant and service.
#[derive(Debug, Default)]
pub struct RequestLimits {
    shared: HashMap<(String, Service), SharedLimit>,
    /// Where what was asked is written for the next process; `None` for a process that asks a few
    /// questions and ends.
    state_dir: Option<PathBuf>,
}

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
    /// Limits that count also what the last process asked, which is written in the state folder.
    #[must_use]
    pub fn kept_in(state_dir: &Path) -> Self {
        request_file::forget_old(state_dir, clock::now_ms());
        Self {
            shared: HashMap::new(),
            state_dir: Some(state_dir.to_owned()),
        }
    }

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
        let file = self.state_dir.as_ref();
        let file = file.map(|folder| RequestFile::new(folder, service.word(), &tenant));
        let shared = self.shared.entry((tenant, service));
        let shared = shared.or_insert_with(|| {
            let limit = RequestLimit::new(limit);
            Arc::new(Mutex::new(match file {
                Some(file) => limit.with_memory(Box::new(file)),
                None => limit,
            }))
        });
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
            // no limit holds for it but its own throttle
            StreamKind::EventHubs => Self::Api,
        }
    }

    /// What it is called in the state folder.
    fn word(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Hunting => "hunting",
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
