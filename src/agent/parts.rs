//! From settings to parts: the one place where an agent's settings become clients, targets and writers. `check` and
//! `preview` build theirs here too, so that they test what will run.

use std::sync::Arc;

use std::num::NonZeroU32;

use super::line::LineWriter;
use crate::cef::{self, Looks, Style, Version, VersionError};
use crate::clock;
use crate::settings::{
    AgentSettings, AlertNaming, CloudAppsSettings, Credentials, FieldProfile, FramingSetting,
    HeaderTime, ProxySettings, SecretSource, SiemSettings, SourceSettings, SyslogProtocol,
    TlsSettings,
};
use crate::sink::{self, StepTimes, Target, TrustFiles};
use crate::source::cloud_apps::{self, CloudApps, CloudAuth};
use crate::source::http::{Http, Route};
use crate::source::{Entra, ReadSecret};
use crate::spool::SpoolError;
use crate::stream::StreamSpec;
use crate::syslog::frame;
use crate::syslog::{self, Header, Priority};
use crate::trust::{self, PemError};

/// The records that a file may hold.
pub use crate::source::cloud_apps::RECORDS as KNOWN_RECORDS;

/// An agent can't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// A certificate file can't be used.
    #[error("source.ca_file: {0}")]
    CaFile(#[from] PemError),
    /// The proxy's address or password can't be used.
    #[error("Invalid proxy address: {0}")]
    Proxy(String),
    /// What leads to the SIEM can't be used.
    #[error("siem: {0}")]
    Siem(#[from] sink::TrustError),
    /// No such version of the old agent is known.
    #[error("siem.agent_version: {0}")]
    Version(#[from] VersionError),
    /// The spool can't be read.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The cursor is not one of ours.
    #[error(
        "the cursor of {stream} on disk has another version and is left unchanged ({cause}): run \
            the siembox that wrote it; or, to start over (first_look_back), move the agent's \
            folder out of the state folder"
    )]
    Cursor {
        /// Which stream.
        stream: StreamSpec,
        /// What does not fit.
        cause: serde_json::Error,
    },
    /// No thread to be had.
    #[error("cannot start a thread: {cause}")]
    Thread {
        /// What it said.
        cause: std::io::Error,
    },
}

/// What reads one stream.
pub struct StreamParts {
    /// Its client, to wake it when it hangs.
    pub http: Http,
    /// Asks the API.
    pub source: CloudApps,
    /// Reads the secret, to see whether it was replaced.
    pub read_secret: ReadSecret,
}

/// The parts that read `stream` of this agent.
///
/// # Errors
/// When a file or the proxy of the settings can't be used.
pub fn cloud_parts(agent: &AgentSettings, stream: StreamSpec) -> Result<StreamParts, AgentError> {
    let SourceSettings::CloudApps(settings) = &agent.source;
    let http = Http::new(&route(settings)?);
    let (auth, read_secret) = way_in(&settings.credentials);
    let of_stream = agent.stream(stream);
    let source = CloudApps::new(
        http.clone(),
        auth,
        stream,
        &settings.api_url,
        of_stream
            .map(|of_stream| of_stream.filters.clone())
            .unwrap_or_default(),
    );
    Ok(StreamParts {
        http,
        source,
        read_secret,
    })
}

/// How the cloud is reached.
///
/// # Errors
/// When the CA file or the proxy can't be used.
pub fn route(source: &CloudAppsSettings) -> Result<Route, AgentError> {
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

fn proxy(settings: &ProxySettings) -> Result<ureq::Proxy, AgentError> {
    let refused = |what: String| AgentError::Proxy(what);
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
            let steady = Box::new(|| clock::now().steady);
            CloudAuth::Entra(Entra::new(
                &cloud_apps::PERMISSION,
                login_url,
                tenant_id,
                client_id,
                reader(),
                steady,
            ))
        }
    };
    (auth, reader())
}

/// Where the lines go, as an operator writes it: `tcp://siem.example:514`.
#[must_use]
pub fn siem_address(siem: &SiemSettings) -> String {
    let protocol = match &siem.protocol {
        SyslogProtocol::Udp { .. } => "udp",
        SyslogProtocol::Tcp => "tcp",
        SyslogProtocol::Tls(_) => "tls",
        SyslogProtocol::Relp(None) => "relp",
        SyslogProtocol::Relp(Some(_)) => "relp+tls",
    };
    format!("{protocol}://{}:{}", siem.host, siem.port)
}

/// Where the lines go, with certificates read.
///
/// # Errors
/// When a certificate or key can't be used.
pub fn siem_target(siem: &SiemSettings) -> Result<Target, AgentError> {
    let framing = match siem.framing {
        FramingSetting::Lf => frame::Framing::Lf,
        FramingSetting::OctetCounting => frame::Framing::OctetCounting,
    };
    let protocol = match &siem.protocol {
        SyslogProtocol::Udp { max_datagram } => sink::Protocol::Udp {
            max_datagram: *max_datagram,
        },
        SyslogProtocol::Tcp => sink::Protocol::Tcp { framing },
        SyslogProtocol::Tls(tls) => sink::Protocol::Tls {
            framing,
            trust: trust_of(tls, siem)?,
        },
        SyslogProtocol::Relp(tls) => sink::Protocol::Relp {
            trust: tls.as_ref().map(|tls| trust_of(tls, siem)).transpose()?,
        },
    };
    Ok(Target {
        host: siem.host.clone(),
        port: siem.port,
        protocol,
        max_lines_per_second: siem.max_lines_per_second.and_then(NonZeroU32::new),
        bounds: StepTimes::default(),
    })
}

fn trust_of(tls: &TlsSettings, siem: &SiemSettings) -> Result<sink::Trust, sink::TrustError> {
    TrustFiles {
        ca_file: tls.ca_file.clone(),
        client: tls.client.clone(),
        server_name: tls.server_name.clone(),
        pin_sha256: tls.pin_sha256,
    }
    .load(&siem.host)
}

/// What turns this agent's records into lines.
///
/// # Errors
/// When the version to take after is not known.
pub fn line_writer(agent: &AgentSettings) -> Result<LineWriter, AgentError> {
    Ok(LineWriter {
        header: header(&agent.siem),
        style: style(agent)?,
        defender_for_identity: agent.alerts.defender_for_identity,
    })
}

fn header(siem: &SiemSettings) -> Header {
    let settings = &siem.header;
    let time = match settings.time_format {
        HeaderTime::Rfc5424 => syslog::TimeFormat::Rfc5424,
        HeaderTime::Rfc3164 => syslog::TimeFormat::Rfc3164,
        HeaderTime::Rfc3164WithYear => syslog::TimeFormat::Rfc3164WithYear,
        HeaderTime::FullRfc5424 => syslog::TimeFormat::FullRfc5424,
    };
    let priority = Priority {
        facility: settings.facility,
        severity: settings.severity,
    };
    let name = system_name(siem);
    Header::new(time, priority, settings.include_pri, name.as_deref())
}

/// The system name in the header, where it has one.
#[must_use]
pub fn system_name(siem: &SiemSettings) -> Option<String> {
    let settings = &siem.header;
    settings
        .system_name
        .clone()
        .or_else(machine_name)
        .filter(|_| settings.include_system_name)
}

/// The machine's name; what is no name for a syslog header is none.
pub fn machine_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()?
        .trim()
        .to_owned();
    (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic())).then_some(name)
}

fn style(agent: &AgentSettings) -> Result<Style, AgentError> {
    let settings = &agent.siem.cef;
    let SourceSettings::CloudApps(source) = &agent.source;
    let version = Version::parse(&settings.agent_version)?;
    Ok(Style::new(&Looks {
        profile: match settings.profile {
            FieldProfile::Original => cef::Profile::Original,
            FieldProfile::Portable => cef::Profile::Portable,
        },
        agent_version: &version,
        severity: agent.alerts.severity_map,
        alert_name: match agent.alerts.name {
            AlertNaming::Title => cef::AlertName::Title,
            AlertNaming::Policy => cef::AlertName::Policy,
        },
        api_url: &source.api_url,
        portal: settings.portal_url.as_deref(),
    }))
}
