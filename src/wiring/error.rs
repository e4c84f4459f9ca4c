//! Errors of the wiring: which setting cannot be used, and why.

use crate::cef::VersionError;
use crate::sink::TrustError;
use crate::stream::StreamSpec;
use crate::text_file::FileError;
use crate::trust::PemError;

/// A file or a value of the settings can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WiringError {
    /// A certificate file can't be used.
    #[error("source.ca_file: {0}")]
    CaFile(#[from] PemError),
    /// The proxy's address or password can't be used.
    #[error("Invalid proxy address: {0}")]
    Proxy(String),
    /// What leads to the SIEM can't be used.
    #[error("siem: {0}")]
    Siem(#[from] TrustError),
    /// Nothing reads this stream.
    #[error("source.kind: this build has no source for {0}")]
    NoSource(StreamSpec),
    /// Nothing lets siembox into the event hubs.
    #[error(
        "source.event_hubs: neither connection_string_file nor an Entra app logs on; set \
            connection_string_file"
    )]
    NoHubLogin,
    /// TLS can't be had.
    #[error("source.ca_file: {0}")]
    Tls(#[from] rustls::Error),
    /// The system gives no thread.
    #[error("the system gives no thread: {0}")]
    Thread(#[from] std::io::Error),
    /// A query of the settings can't be used.
    #[error("activities.queries: {0}")]
    Query(#[from] FileError),
    /// A filter of the settings can't be asked.
    #[error("{section}.filters: {what}")]
    Filter {
        /// The section that it stands in.
        section: &'static str,
        /// Which, and why.
        what: String,
    },
    /// No such version of the old agent is known.
    #[error("siem.agent_version: {0}")]
    Version(#[from] VersionError),
}
