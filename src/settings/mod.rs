//! Typed settings in which a wrong state can't be built. Read from one TOML file.

mod secret;

pub use secret::Secret;

use std::path::PathBuf;
use std::time::Duration;

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Spools, cursors and the status socket live here. `/var/lib/siembox`
    pub state_dir: PathBuf,
    /// Folder of the operator log; `None` writes to standard error.
    pub logs_dir: Option<PathBuf>,
    /// `[log]`
    pub log: LogSettings,
    /// `[health]`
    pub health: HealthSettings,
    /// `[[agent]]`, at least one, names unique.
    pub agents: Vec<AgentSettings>,
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// `level`: error, warn, info (default), debug, trace
    pub level: LogLevel,
    /// `max_size_mb` of one file, MB (10^6 bytes). 10
    pub max_size_mb: u32,
    /// `files` kept, the one being written included. 5
    pub files: u32,
}

/// `log.level`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum LogLevel {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

/// `[health]`: when a silent link changes its name (old portal: 2 h and 12 h).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthSettings {
    /// `connection_error_after`. "2h"
    pub connection_error_after: Duration,
    /// `disconnected_after`; longer than the other. "12h"
    pub disconnected_after: Duration,
}

/// `[[agent]]`: one stream from one tenant to one SIEM.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentSettings {
    /// `name`: 1 to 63 of `a-z A-Z 0-9 . _ -`, not starting with `.`: it names a folder. Unique without regard to case.
    pub name: String,
    /// `[agent.source]`
    pub source: SourceSettings,
    /// `[agent.siem]`
    pub siem: SiemSettings,
    /// `[agent.alerts]`
    pub alerts: AlertSettings,
    /// `[agent.activities]`
    pub activities: StreamSettings,
    /// `[agent.spool]`
    pub spool: SpoolSettings,
}

/// `[agent.source]`: the cloud side.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceSettings {
    /// `api_url`: https only, no path but `/` or `/cas`; trailing slash taken off. Shown in the portal under About > API URL.
    /// Plain http is refused except to a loopback address.
    pub api_url: String,
    /// token_file, tenant_id + client_id + client_secret_file, or neither (SIEMBOX_TOKEN, --token).
    pub credentials: Credentials,
    /// `proxy` = "http://user@proxy:8080" or "proxy:8080" (old agent's form; port 8080 where none is given, as its installer did)
    pub proxy: Option<ProxySettings>,
    /// `ca_file`: PEM, added to the public roots.
    pub ca_file: Option<PathBuf>,
    /// `requests_per_minute`, shared by all agents of the same api_url host. 30 (the tenant's limit); 1 to 6000
    pub requests_per_minute: u32,
    /// `poll_interval` when nothing is new. "30s"; 1s to 1h
    pub poll_interval: Duration,
    /// `first_look_back`: what the first start fetches. "2d" as the old agent; up to 180d
    pub first_look_back: Duration,
    /// `max_catch_up` after a stop. "30d"; up to 180d
    pub max_catch_up: Duration,
    /// `timeout` of one request. "60s"; 1s to 10m
    pub timeout: Duration,
}

/// How the API lets us in.
#[derive(Debug, Clone, PartialEq)]
pub enum Credentials {
    /// A SIEM or API token, read from its file (again when it was refused: it may have been replaced), or given.
    Token(SecretSource),
    /// An Entra app with client credentials.
    Entra {
        /// `tenant_id`: GUID or domain.
        tenant_id: String,
        /// `client_id`
        client_id: String,
        /// `client_secret_file`
        client_secret: SecretSource,
        /// `login_url`: by default from the api_url's cloud (`.us` → login.microsoftonline.us, else login.microsoftonline.com).
        login_url: String,
    },
}

/// Where a secret comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum SecretSource {
    /// A file, read when needed; white space around it is taken off.
    File(PathBuf),
    /// Given on the command line or in the environment.
    Given(Secret),
}

/// `proxy`, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct ProxySettings {
    /// `http://` or `https://` host and port, without user.
    pub host: String,
    /// 1 to 65535
    pub port: u16,
    /// Name before the `@`.
    pub user: Option<String>,
    /// `proxy_password_file`; a password inside the URL is refused with the cure.
    pub password: Option<SecretSource>,
}

/// `[agent.siem]`: the receiving side.
#[derive(Debug, Clone, PartialEq)]
pub struct SiemSettings {
    /// `host`: name or address.
    pub host: String,
    /// `port`: default 514, with TLS 6514.
    pub port: u16,
    /// `protocol`: udp, tcp (default), tls; with what only it needs.
    pub protocol: Protocol,
    /// `framing`: lf (default; tls: octet-counting, RFC 5425) or octet-counting. Not for udp.
    pub framing: Framing,
    /// Header of each line.
    pub header: HeaderSettings,
    /// Looks of each line.
    pub cef: CefSettings,
    /// `max_lines_per_second`: no limit where absent.
    pub max_lines_per_second: Option<u32>,
}

/// `protocol`
#[derive(Debug, Clone, PartialEq)]
pub enum Protocol {
    /// RFC 5426.
    Udp {
        /// `max_datagram` bytes: 480 to 65507, default 8192. Longer lines are cut and counted.
        max_datagram: usize,
    },
    /// RFC 6587.
    Tcp,
    /// RFC 5425.
    Tls(TlsSettings),
}

/// What only `protocol = "tls"` needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsSettings {
    /// `ca_file`: PEM; instead of the public roots.
    pub ca_file: Option<PathBuf>,
    /// `client_cert_file` and `client_key_file`, both or none: PEM.
    pub client: Option<(PathBuf, PathBuf)>,
    /// `server_name` to ask for and to check, where it is not `host`.
    pub server_name: Option<String>,
    /// `pin_sha256` of the receiver's certificate (hex, colons allowed): checked in addition.
    pub pin_sha256: Option<[u8; 32]>,
}

/// `framing`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// One line feed after each message (RFC 6587, 3.4.2).
    Lf,
    /// Length and a blank before each message (RFC 6587, 3.4.1).
    OctetCounting,
}

/// Header of each line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderSettings {
    /// `time_format`
    pub time_format: TimeFormat,
    /// `include_pri`: default true
    pub include_pri: bool,
    /// `facility`: 0 to 23, default 13 (log audit)
    pub facility: u8,
    /// `severity`: 0 to 7, default 5 (notice)
    pub severity: u8,
    /// `include_system_name`: default true; always with full-rfc5424
    pub include_system_name: bool,
    /// `system_name`: default the machine's host name. Printable ASCII without blanks, up to 255.
    pub system_name: Option<String>,
}

/// `time_format`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFormat {
    /// `2023-03-02T21:10:02.022Z` (default of generic-cef)
    Rfc5424,
    /// `Mar 02 21:10:02` (default of arcsight)
    Rfc3164,
    /// `Mar 02 2023 21:10:02`
    Rfc3164WithYear,
    /// A complete RFC 5424 header.
    FullRfc5424,
}

/// Looks of each line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CefSettings {
    /// `format`: generic-cef (default) or arcsight; sets the defaults of the header.
    pub format: Format,
    /// `profile`: original (default) or portable.
    pub profile: Profile,
    /// `agent_version` whose style and version text the lines carry, as "0.207.251"; the cef room knows which there are.
    pub agent_version: String,
}

/// `format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum Format {
    #[default]
    GenericCef,
    ArcSight,
}

/// `profile`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// Byte for byte the old agent.
    #[default]
    Original,
    /// Empty pairs and their labels left out, unquoted label, `%3D` in URLs.
    Portable,
}

/// `[agent.activities]`, and the part of `[agent.alerts]` that is alike.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamSettings {
    /// `enabled`: default true; both streams off is an error.
    pub enabled: bool,
    /// `filters`: the API's own vocabulary, checked on load; the cursor's own field (`created`, `date`) is refused here.
    pub filters: serde_json::Map<String, serde_json::Value>,
    /// `overlap` that each poll reads again, for records that became visible late. Activities "2m", alerts "1h".
    pub overlap: Duration,
    /// `look_back` that is read again once an hour and at start. Activities "15m", alerts "24h"; at least `overlap`.
    pub look_back: Duration,
    /// `page_size` asked for. Activities 5000 (500 to 5000), alerts 100 (1 to 100)
    pub page_size: u32,
}

/// `[agent.alerts]`
#[derive(Debug, Clone, PartialEq)]
pub struct AlertSettings {
    /// What alerts share with activities.
    pub stream: StreamSettings,
    /// `defender_for_identity`: default true; false leaves out the alerts that Defender for Identity raised.
    pub defender_for_identity: bool,
    /// `severity_map`: CEF severity (0 to 10) of low, medium, high, informational. 3, 6, 9, 0
    pub severity_map: [u8; 4],
    /// `name` of the line: title (default) or policy.
    pub name: AlertName,
}

/// `[agent.alerts] name`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum AlertName {
    #[default]
    Title,
    Policy,
}

/// `[agent.spool]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpoolSettings {
    /// `max_size_mb` on disk (10^6 bytes): 64 to 1,000,000, default 4096.
    pub max_size_mb: u64,
}
