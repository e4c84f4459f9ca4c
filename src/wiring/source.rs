//! Builds the source from the settings: the cloud's API over HTTP.

use super::credential::WayIn;
use super::limits::{AgentLimits, SharedLimit};
use super::route::route;
use super::{WiringError, hub, names};
use crate::foreign::ForeignText;
use crate::settings::{
    AgentSettings, ApiSettings, CloudAppsSettings, DefenderXdrSettings, SourceSettings,
};
use crate::source::cloud_apps::CloudApps;
use crate::source::graph::{self, Graph};
use crate::source::http::Http;
use crate::source::hunting::{Hunting, HuntingSettings};
use crate::source::{Entra, HubSource, OpenSource, Source, StreamSource};
use crate::stream::{StreamKind, StreamSpec};
use crate::text_file;

/// The longest query of the settings, bytes.
const MOST_QUERY: u64 = 64 << 10;

/// Opens the sources of an agent's streams.
pub struct Sources {
    agent: AgentSettings,
    limits: AgentLimits,
    /// One for each source of the agent, in their order: its streams share the token.
    ways_in: Vec<WayIn>,
}

// === impl Sources ===

impl Sources {
    /// As these settings have it, asked within these limits.
    #[must_use]
    pub fn new(agent: &AgentSettings, limits: AgentLimits) -> Self {
        Self {
            agent: agent.clone(),
            limits,
            ways_in: agent.sources().map(WayIn::of).collect(),
        }
    }

    /// Does an Entra app sign in for this source of the agent?
    #[must_use]
    pub fn signs_in(&self, source: &SourceSettings) -> bool {
        self.way_in(source).tokens().is_some()
    }

    /// Gets a token of Entra for this source, and tells the roles in it; `None` where they can't be
    /// read. The streams share the token.
    ///
    /// # Errors
    /// Cause and cure.
    pub fn sign_in(&self, source: &SourceSettings) -> Result<Option<Vec<ForeignText>>, String> {
        let way_in = self.way_in(source);
        let Some(tokens) = way_in.tokens() else {
            return Ok(None);
        };
        let route = route(source).map_err(|error| error.to_string())?;
        let token = tokens.bearer(&Http::new(&route));
        token.map_err(|error| error.what).map(|_| tokens.roles())
    }

    fn way_in(&self, source: &SourceSettings) -> WayIn {
        let mut ways_in = self.agent.sources().zip(&self.ways_in);
        let way_in = ways_in.find(|(it, _)| *it == source);
        way_in.map_or_else(|| WayIn::of(source), |(_, way_in)| way_in.clone())
    }
}

impl OpenSource for Sources {
    fn limit(&self, stream: StreamSpec) -> SharedLimit {
        self.limits.of_stream(stream)
    }

    fn open(
        &self,
        stream: StreamSpec,
    ) -> Result<StreamSource, Box<dyn std::error::Error + Send + Sync>> {
        let way_in = self.way_in(self.agent.source_of(stream));
        Ok(open(&self.agent, stream, &way_in)?)
    }

    fn open_hub(
        &self,
        stream: StreamSpec,
        instance: &str,
    ) -> Result<HubSource, Box<dyn std::error::Error + Send + Sync>> {
        let way_in = self.way_in(self.agent.source_of(stream));
        Ok(hub::open(
            &self.agent,
            stream,
            &way_in,
            None,
            Some(instance),
        )?)
    }
}

/// A member of another consumer group, which stays for a moment: what `check` looks through.
///
/// # Errors
/// When a file of the settings can't be used.
pub fn open_hub_as(
    agent: &AgentSettings,
    stream: StreamSpec,
    group: &str,
) -> Result<HubSource, WiringError> {
    let way_in = WayIn::of(agent.source_of(stream));
    hub::open(agent, stream, &way_in, Some(group), None)
}

/// What reads `stream` of this agent.
///
/// # Errors
/// When a file or the proxy of the settings can't be used.
pub fn open_source(agent: &AgentSettings, stream: StreamSpec) -> Result<StreamSource, WiringError> {
    open(agent, stream, &WayIn::of(agent.source_of(stream)))
}

fn open(
    agent: &AgentSettings,
    stream: StreamSpec,
    way_in: &WayIn,
) -> Result<StreamSource, WiringError> {
    let source = agent.source_of(stream);
    let http = Http::new(&route(source)?);
    let cancel = http.clone();
    let source: Box<dyn Source + Send> = match (&source.api, way_in) {
        (ApiSettings::CloudApps(settings), _) => {
            Box::new(cloud_apps(agent, settings, http, stream, way_in))
        }
        (ApiSettings::DefenderXdr(settings), WayIn::App { tokens, .. }) => {
            let log_on = tokens.clone();
            match stream.kind {
                StreamKind::GraphAlerts | StreamKind::Incidents => {
                    Box::new(graph(agent, settings, log_on, http, stream))
                }
                StreamKind::Behaviors | StreamKind::Table => {
                    Box::new(hunting(agent, settings, log_on, http, stream)?)
                }
                StreamKind::Activities | StreamKind::Alerts | StreamKind::EventHubs => {
                    return Err(WiringError::NoSource(stream));
                }
            }
        }
        (ApiSettings::DefenderXdr(_), _) => return Err(WiringError::NoSource(stream)),
    };
    Ok(StreamSource {
        source,
        cancel: Box::new(move || cancel.shut_down()),
        read_secret: way_in.reader(),
    })
}

/// Alerts or incidents of Microsoft Graph.
fn graph(
    agent: &AgentSettings,
    settings: &DefenderXdrSettings,
    log_on: Entra,
    http: Http,
    stream: StreamSpec,
) -> Graph {
    let list = match stream.kind {
        StreamKind::Incidents => &graph::INCIDENTS,
        _ if agent.alerts_of(stream).updates => &graph::ALERT_UPDATES,
        _ => &graph::ALERTS,
    };
    let of_stream = agent.stream(stream);
    let filters = of_stream.map(|of_stream| of_stream.filters.clone());
    Graph::new(
        http,
        log_on,
        list,
        &settings.graph_url,
        filters.unwrap_or_default(),
        names(agent),
    )
}

/// A table of advanced hunting.
fn hunting(
    agent: &AgentSettings,
    settings: &DefenderXdrSettings,
    log_on: Entra,
    http: Http,
    stream: StreamSpec,
) -> Result<Hunting, WiringError> {
    let of_stream = agent.stream(stream);
    let file = of_stream.and_then(|of_stream| of_stream.query_file.as_ref());
    let query = file.map(|file| text_file::read(file, MOST_QUERY));
    let filters = of_stream.map(|of_stream| of_stream.filters.clone());
    let hunted = HuntingSettings {
        filters: filters.unwrap_or_default(),
        query: query.transpose()?,
        names: names(agent),
    };
    let source = Hunting::new(http, log_on, stream, &settings.graph_url, hunted);
    let section = of_stream.map_or("activities", |of_stream| of_stream.section);
    source.map_err(|what| WiringError::Filter { section, what })
}

/// A stream of Defender for Cloud Apps.
fn cloud_apps(
    agent: &AgentSettings,
    settings: &CloudAppsSettings,
    http: Http,
    stream: StreamSpec,
    way_in: &WayIn,
) -> CloudApps {
    let of_stream = agent.stream(stream);
    let filters = of_stream.map(|of_stream| of_stream.filters.clone());
    CloudApps::new(
        http,
        way_in.cloud_auth(),
        stream,
        &settings.api_url,
        filters.unwrap_or_default(),
    )
    .fetch_related(agent.alerts_of(stream).fetch_related)
}
