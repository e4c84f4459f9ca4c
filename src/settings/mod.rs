//! Typed settings in which a wrong state can't be built. Read from one TOML file, or from flags alone.
//!
//! Text becomes [`Settings`] in one pass (`parse`, pure); whoever holds one need not check anything again.
//! All that is wrong in a file is told at once, each with line, column, key, what was found and what is allowed
//! ([`Finding`]). What is only doubtful comes beside the settings as warnings ([`Loaded`]).
//!
//! Each section has a file with its types and how they are read; `section` is the reader they share, also with the board profiles.

mod address;
mod agent;
mod cef;
mod clock;
mod credentials;
mod destination;
mod duration;
pub mod edit;
mod example;
mod file;
mod filter;
mod finding;
mod header;
mod health;
mod host;
mod known;
mod ledger;
mod log;
mod memory;
mod nearest;
mod network;
mod overrides;
mod page;
mod parse;
mod proxy;
mod replay;
mod report;
mod secret;
mod secret_source;
mod section;
mod siem;
mod source;
mod spool;
mod stream;
mod tls;
mod value;
mod words;

pub use address::ApiUrl;
pub use agent::{AgentSettings, NO_AGENT};
pub use cef::{CefSettings, Format, Profile};
pub use clock::{ClockSettings, TimeServer};
pub use credentials::Credentials;
pub use destination::{Destination, Moved, SECRET_KEYS, takes_the_given_token};
pub use duration::{parse as parse_duration, text as duration_text};
pub use example::EXAMPLE;
pub use file::{DEFAULT_FILE, Loaded, NamedFile, SettingsError};
pub use finding::{Finding, Place, Refusal};
pub use header::{HeaderSettings, TimeFormat};
pub use health::HealthSettings;
pub use ledger::LedgerSettings;
pub use log::{LogLevel, LogSettings};
pub use memory::MemorySettings;
pub(crate) use nearest::nearest;
pub use network::{Addressing, Cidr, Interface, NetworkSettings};
pub use overrides::{Needs, Overrides, SyslogTarget, Transport};
pub use page::PageSettings;
pub use proxy::ProxySettings;
pub use replay::ReplaySettings;
pub(crate) use report::Report;
pub use secret::{InvalidToken, ODD_TOKEN, Secret};
pub use secret_source::{SecretError, SecretSource};
pub(crate) use section::Section;
pub use siem::{Framing, Protocol, SiemSettings};
pub use source::{CloudAppsSettings, SourceSettings};
pub use spool::SpoolSettings;
pub use stream::{AlertName, AlertSettings, StreamSettings};
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
