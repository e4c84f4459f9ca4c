//! Typed settings in which a wrong state can't be built. Read from one TOML file, or from flags
//! alone.
//!
//! Text becomes [`Settings`] in one pass (`parse`, pure); whoever holds one need not check anything
//! again. All that is wrong in a file is told at once, each with line, column, key, what was found
//! and what is allowed ([`Finding`]). What is only doubtful comes beside the settings as warnings
//! ([`LoadedSettings`]).
//!
//! Each section has a file with its types and how they are read; `section` is the reader they
//! share, also with the board profiles.

mod address;
mod agent;
mod cef;
mod clock;
mod connection_string;
mod credentials;
mod defender_xdr_streams;
mod delivery;
mod destination;
mod did_you_mean;
mod duration;
pub mod edit;
mod entra_credential;
mod example;
mod file;
mod filter;
mod finding;
mod header;
mod health;
mod host;
mod hub_use;
mod known;
mod ledger;
mod log;
mod names;
mod network;
mod other_source;
mod overrides;
mod page;
mod parse;
mod proxy;
mod report;
mod secret;
mod secret_source;
mod section;
mod sent_ids;
mod siem;
mod source;
mod source_streams;
mod spool;
mod stream;
mod tls;
mod value;
mod words;

pub use address::ApiUrl;
pub use agent::{AgentSettings, NO_AGENT};
pub use cef::{CefSettings, FieldProfile, Format};
pub use clock::{ClockSettings, TimeServer};
pub use connection_string::{ConnectionString, InvalidConnectionString};
pub use credentials::Credentials;
pub use delivery::DeliverySettings;
pub use destination::{
    Destination, Moved, SECRET_KEYS, is_renewed_by_others, of_other_source, takes_the_given_token,
};
pub(crate) use did_you_mean::nearest;
pub use duration::parse as parse_duration;
pub use entra_credential::{AssertionSignature, EntraCredential};
pub use example::EXAMPLE;
pub use file::{DEFAULT_FILE, LoadedSettings, NamedFile, SettingsError};
pub use finding::{Finding, Refusal, SettingPlace};
pub use header::{HeaderSettings, HeaderTime};
pub use health::HealthSettings;
pub use ledger::LedgerSettings;
pub use log::{LogLevel, LogSettings};
pub use names::NameSettings;
pub use network::{Addressing, Cidr, Interface, NetworkSettings};
pub use other_source::{OtherSourceSettings, in_other_source, of_source};
pub use overrides::{Needs, Overrides, SyslogTarget, TransportName};
pub use page::PageSettings;
pub use proxy::ProxySettings;
pub(crate) use report::SettingsReport;
pub use secret::{InvalidToken, ODD_TOKEN, Secret};
pub use secret_source::{SecretError, SecretSource};
pub(crate) use section::Section;
pub use sent_ids::SentIdSettings;
pub use siem::{FramingSetting, SiemSettings, SyslogProtocol};
pub use source::{
    ApiSettings, CloudAppsSettings, DefenderXdrSettings, EventHubSettings, HubSecurity,
    MOST_REQUESTS_PER_MINUTE, SourceSettings, SourceWord,
};
pub use spool::SpoolSettings;
pub use stream::{AlertNaming, AlertSettings, StreamSettings};
pub use tls::TlsSettings;

use std::path::PathBuf;

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
    /// `[page]`
    pub page: PageSettings,
    /// `[network]`: only on siembox's own firmware.
    pub network: NetworkSettings,
    /// `[clock]`: only on siembox's own firmware.
    pub clock: ClockSettings,
    /// `[[agent]]`, names unique. None only where there is a page, on which they can be added.
    pub agents: Vec<AgentSettings>,
}
