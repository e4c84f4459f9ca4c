//! Builds the source from the settings: the cloud's API over HTTP.

use std::sync::Arc;

use super::limits::{AgentLimits, SharedLimit};
use super::{WiringError, names};
use crate::clock;
use crate::settings::{
    AgentSettings, ApiSettings, CloudAppsSettings, Credentials, DefenderXdrSettings, ProxySettings,
    SecretSource, SourceSettings,
};
use crate::source::cloud_apps::{self, CloudApps, CloudAuth};
use crate::source::graph::{self, Graph};
use crate::source::http::{Http, Route};
use crate::source::hunting::{Hunting, HuntingSettings};
use crate::source::{
    Credential, Entra, EntraApp, OpenSource, Permission, ReadSecret, StreamSource,
};
use crate::stream::{StreamKind, StreamSpec};
use crate::{text_file, trust};

/// How a proxy is asked for a way through, for whoever looks at it step by step.
pub(crate) use crate::source::http::tunnel;

/// The longest query of the settings, bytes.
const MOST_QUERY: u64 = 64 << 10;

/// Opens the sources of an agent's streams.
pub struct Sources {
    agent: AgentSettings,
    limits: AgentLimits,
    /// The log-on that all streams share, where they do.
    log_on: Option<Entra>,
}

// === impl Sources ===

impl Sources {
    /// As these settings have it, asked within these limits.
    #[must_use]
    pub fn new(agent: &AgentSettings, limits: AgentLimits) -> Self {
        Self {
            agent: agent.clone(),
            limits,
            log_on: log_on(&agent.source).or_else(|| log_on(&agent.other.as_ref()?.source)),
        }
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
        Ok(open_with(&self.agent, stream, self.log_on.clone())?)
    }
}

/// What reads `stream` of this agent.
///
/// # Errors
/// When a file or the proxy of the settings can't be used.
pub fn open_source(agent: &AgentSettings, stream: StreamSpec) -> Result<StreamSource, WiringError> {
    open_with(agent, stream, log_on(agent.source_of(stream)))
}

fn open_with(
    agent: &AgentSettings,
    stream: StreamSpec,
    log_on: Option<Entra>,
) -> Result<StreamSource, WiringError> {
    let source = agent.source_of(stream);
    let http = Http::new(&route(source)?);
    match (&source.api, log_on) {
        (ApiSettings::CloudApps(settings), _) => Ok(cloud_apps(agent, settings, http, stream)),
        (ApiSettings::DefenderXdr(settings), Some(log_on)) => match stream.kind {
            StreamKind::GraphAlerts | StreamKind::Incidents => {
                Ok(graph(agent, settings, log_on, http, stream))
            }
            StreamKind::Behaviors | StreamKind::Table => {
                hunting(agent, settings, log_on, http, stream)
            }
            StreamKind::Activities | StreamKind::Alerts => Err(WiringError::NoSource(stream)),
        },
        (ApiSettings::DefenderXdr(_), None) => Err(WiringError::NoSource(stream)),
    }
}

/// The log-on at Microsoft Graph, with no token yet.
fn log_on(source: &SourceSettings) -> Option<Entra> {
    let ApiSettings::DefenderXdr(settings) = &source.api else {
        return None;
    };
    let app = EntraApp::new(
        &settings.login_url,
        &settings.tenant_id,
        &settings.client_id,
        Credential::ClientSecret(secret_of_app(settings)),
        Box::new(clock::now),
    );
    Some(Entra::new(
        Arc::new(app),
        Permission::of_scope(&settings.scope),
    ))
}

/// Reads the secret of the Entra app.
fn secret_of_app(settings: &DefenderXdrSettings) -> ReadSecret {
    let secret = settings.client_secret.clone();
    Box::new(move || {
        let read = secret.read_client_secret();
        read.map(|secret| secret.reveal().to_owned())
            .map_err(|error| error.to_string())
    })
}

/// Alerts or incidents of Microsoft Graph.
fn graph(
    agent: &AgentSettings,
    settings: &DefenderXdrSettings,
    log_on: Entra,
    http: Http,
    stream: StreamSpec,
) -> StreamSource {
    let list = match stream.kind {
        StreamKind::Incidents => &graph::INCIDENTS,
        _ if agent.alerts_of(stream).updates => &graph::ALERT_UPDATES,
        _ => &graph::ALERTS,
    };
    let of_stream = agent.stream(stream);
    let filters = of_stream.map(|of_stream| of_stream.filters.clone());
    let source = Graph::new(
        http.clone(),
        log_on,
        list,
        &settings.graph_url,
        filters.unwrap_or_default(),
        names(agent),
    );
    StreamSource {
        source: Box::new(source),
        cancel: Box::new(move || http.shut_down()),
        read_secret: secret_of_app(settings),
    }
}

/// A table of advanced hunting.
fn hunting(
    agent: &AgentSettings,
    settings: &DefenderXdrSettings,
    log_on: Entra,
    http: Http,
    stream: StreamSpec,
) -> Result<StreamSource, WiringError> {
    let of_stream = agent.stream(stream);
    let file = of_stream.and_then(|of_stream| of_stream.query_file.as_ref());
    let query = file.map(|file| text_file::read(file, MOST_QUERY));
    let filters = of_stream.map(|of_stream| of_stream.filters.clone());
    let hunted = HuntingSettings {
        filters: filters.unwrap_or_default(),
        query: query.transpose()?,
        names: names(agent),
    };
    let source = Hunting::new(http.clone(), log_on, stream, &settings.graph_url, hunted);
    let section = of_stream.map_or("activities", |of_stream| of_stream.section);
    let source = source.map_err(|what| WiringError::Filter { section, what })?;
    Ok(StreamSource {
        source: Box::new(source),
        cancel: Box::new(move || http.shut_down()),
        read_secret: secret_of_app(settings),
    })
}

/// A stream of Defender for Cloud Apps.
fn cloud_apps(
    agent: &AgentSettings,
    settings: &CloudAppsSettings,
    http: Http,
    stream: StreamSpec,
) -> StreamSource {
    let (auth, read_secret) = way_in(&settings.credentials);
    let of_stream = agent.stream(stream);
    let filters = of_stream.map(|of_stream| of_stream.filters.clone());
    let source = CloudApps::new(
        http.clone(),
        auth,
        stream,
        &settings.api_url,
        filters.unwrap_or_default(),
    )
    .fetch_related(agent.alerts_of(stream).fetch_related);
    StreamSource {
        source: Box::new(source),
        cancel: Box::new(move || http.shut_down()),
        read_secret,
    }
}

/// How the cloud is reached.
///
/// # Errors
/// When the CA file or the proxy can't be used.
pub fn route(source: &SourceSettings) -> Result<Route, WiringError> {
    let extra_roots = match &source.ca_file {
        Some(path) => trust::authorities(path)?,
        None => Vec::new(),
    };
    let proxy = source.proxy.as_ref().map(proxy).transpose()?;
    Ok(Route {
        proxy,
        extra_roots,
        timeout: source.timeout,
    })
}

fn proxy(settings: &ProxySettings) -> Result<ureq::Proxy, WiringError> {
    let refused = |what: String| WiringError::Proxy(what);
    let (protocol, host) = match settings.host.strip_prefix("https://") {
        Some(host) => (ureq::ProxyProtocol::Https, host),
        None => (
            ureq::ProxyProtocol::Http,
            settings.host.trim_start_matches("http://"),
        ),
    };
    // ureq joins host and port as they are
    let bracketed = format!("[{host}]");
    let host = if host.contains(':') {
        bracketed.as_str()
    } else {
        host
    };
    // the proxy finds the name: behind one, this machine often can't
    let mut builder = ureq::Proxy::builder(protocol)
        .host(host)
        .port(settings.port)
        .resolve_target(false);
    if let Some(user) = &settings.user {
        builder = builder.username(user);
    }
    if let Some(password) = &settings.password {
        let password = password
            .read()
            .map_err(|error| refused(error.to_string()))?;
        builder = builder.password(password.reveal());
    }
    builder
        .build()
        .map_err(|error| refused(format!("{}:{}: {error}", settings.host, settings.port)))
}

/// The way in, and the secret's reader beside it.
fn way_in(credentials: &Credentials) -> (CloudAuth, ReadSecret) {
    let (secret, is_token) = match credentials {
        Credentials::Token(secret) => (Arc::new(secret.clone()), true),
        Credentials::Entra { client_secret, .. } => (Arc::new(client_secret.clone()), false),
    };
    let reader = || -> ReadSecret {
        let secret: Arc<SecretSource> = Arc::clone(&secret);
        Box::new(move || {
            let read = if is_token {
                secret.read_token()
            } else {
                secret.read_client_secret()
            };
            read.map(|secret| secret.reveal().to_owned())
                .map_err(|error| error.to_string())
        })
    };
    let auth = match credentials {
        Credentials::Token(_) => CloudAuth::Token(reader()),
        Credentials::Entra {
            tenant_id,
            client_id,
            login_url,
            ..
        } => {
            let credential = Credential::ClientSecret(reader());
            let now = Box::new(clock::now);
            let app = EntraApp::new(login_url, tenant_id, client_id, credential, now);
            CloudAuth::Entra(Entra::new(Arc::new(app), cloud_apps::PERMISSION))
        }
    };
    (auth, reader())
}
