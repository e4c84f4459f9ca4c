//! From settings to parts: the one place where an agent's settings become clients, targets and writers. `check` and
//! `preview` build theirs here too, so that they test what will run.

use std::sync::Arc;

use crate::agent::LineWriter;
use crate::cef::Style;
use crate::settings::{AgentSettings, Credentials, ProxySettings, SecretSource, SiemSettings, SourceSettings, StreamSettings};
use crate::sink::{SinkError, Target};
use crate::source::Stream;
use crate::source::cloud_apps::{Auth, CloudApps, Entra, ReadSecret};
use crate::source::http::{Http, Route};
use crate::spool::SpoolError;
use crate::syslog::Header;
use crate::trust::{self, TrustError};

/// An agent can't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// A certificate file can't be used.
    #[error("source.ca_file: {0}")]
    CaFile(#[from] TrustError),
    /// The proxy's address or password can't be used.
    #[error("Invalid proxy address: {0}")]
    Proxy(String),
    /// What leads to the SIEM can't be used.
    #[error("siem: {0}")]
    Siem(#[from] SinkError),
    /// The spool can't be read.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The cursor is not one of ours.
    #[error("the cursor of {stream} on flash is of another version: {cause}")]
    Cursor {
        /// Which stream.
        stream: Stream,
        /// What does not fit.
        cause: serde_json::Error,
    },
    /// No thread to be had.
    #[error("the system gives no thread: {cause}")]
    Thread {
        /// What it said.
        cause: std::io::Error,
    },
}

/// What reads one stream.
pub struct StreamParts<'a> {
    /// Its client, to wake it when it hangs.
    pub http: Http,
    /// Asks the API.
    pub source: CloudApps,
    /// The stream's settings.
    pub settings: &'a StreamSettings,
    /// Reads the secret, to see whether it was replaced.
    pub read_secret: ReadSecret,
}

/// The parts that read `stream` of this agent.
///
/// # Errors
/// When a file or the proxy of the settings can't be used.
pub fn cloud_parts(agent: &AgentSettings, stream: Stream) -> Result<StreamParts<'_>, AgentError> {
    let settings = match stream {
        Stream::Activities => &agent.activities,
        Stream::Alerts => &agent.alerts.stream,
    };
    let http = Http::new(&route(&agent.source)?);
    let (auth, read_secret) = way_in(&agent.source.credentials);
    let source = CloudApps::new(http.clone(), auth, stream, &agent.source.api_url, settings.filters.clone());
    Ok(StreamParts { http, source, settings, read_secret })
}

/// How the cloud is reached.
///
/// # Errors
/// When the CA file or the proxy can't be used.
pub fn route(source: &SourceSettings) -> Result<Route, AgentError> {
    let extra_roots = match &source.ca_file {
        Some(path) => trust::certificates(path)?,
        None => Vec::new(),
    };
    let proxy = source.proxy.as_ref().map(proxy).transpose()?;
    Ok(Route { proxy, extra_roots, timeout: source.timeout })
}

fn proxy(settings: &ProxySettings) -> Result<ureq::Proxy, AgentError> {
    let refused = |what: String| AgentError::Proxy(what);
    let (protocol, host) = match settings.host.strip_prefix("https://") {
        Some(host) => (ureq::ProxyProtocol::Https, host),
        None => (ureq::ProxyProtocol::Http, settings.host.trim_start_matches("http://")),
    };
    // the proxy finds the name: behind one, this machine often can't
    let mut builder = ureq::Proxy::builder(protocol).host(host).port(settings.port).resolve_target(false);
    if let Some(user) = &settings.user {
        builder = builder.username(user);
    }
    if let Some(password) = &settings.password {
        let password = password.read().map_err(|error| refused(error.to_string()))?;
        builder = builder.password(password.reveal());
    }
    builder.build().map_err(|error| refused(format!("{}:{}: {error}", settings.host, settings.port)))
}

/// The way in, and the secret's reader beside it.
fn way_in(credentials: &Credentials) -> (Auth, ReadSecret) {
    let (secret, is_token) = match credentials {
        Credentials::Token(secret) => (Arc::new(secret.clone()), true),
        Credentials::Entra { client_secret, .. } => (Arc::new(client_secret.clone()), false),
    };
    let reader = || -> ReadSecret {
        let secret: Arc<SecretSource> = Arc::clone(&secret);
        Box::new(move || {
            let read = if is_token { secret.read_token() } else { secret.read() };
            read.map(|secret| secret.reveal().to_owned()).map_err(|error| error.to_string())
        })
    };
    let auth = match credentials {
        Credentials::Token(_) => Auth::Token(reader()),
        Credentials::Entra { tenant_id, client_id, login_url, .. } => {
            Auth::Entra(Entra::new(login_url, tenant_id, client_id, reader()))
        }
    };
    (auth, reader())
}
