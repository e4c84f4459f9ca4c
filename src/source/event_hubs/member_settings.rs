//! What a member of a consumer group is built from.

use std::sync::Arc;
use std::time::Duration;

use super::kafka::{HubError, Login};
use crate::event::Names;
use crate::source::http::Http;
use crate::source::{Entra, ReadSecret, SourceError, SourceErrorKind};
use crate::stream::StreamSpec;

/// How a member logs on.
pub enum HubLogin {
    /// Not at all.
    None,
    /// With a connection string of the namespace.
    ConnectionString(ReadSecret),
    /// As an Entra app, asked for a token over this HTTP.
    Entra(Entra, Box<Http>),
}

/// How the brokers are reached.
pub struct HubRoute {
    /// The namespace's host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// TLS with these authorities; `None` for none.
    pub tls: Option<Arc<rustls::ClientConfig>>,
    /// How this member logs on.
    pub login: HubLogin,
    /// How long a connection, and an answer beyond its own waiting time, may take.
    pub timeout: Duration,
}

/// Who takes part, and in what.
#[derive(Debug, Clone)]
pub struct HubMember {
    /// The group: its members share the partitions.
    pub group: String,
    /// The name by which the service shows this box.
    pub client_id: String,
    /// The name by which the group knows this box across restarts (the begin of its
    /// `group.instance.id`); `None` for one that stays for a moment.
    pub instance: Option<String>,
    /// The hubs that are read.
    pub hubs: Vec<String>,
    /// The tables of which rows are read.
    pub tables: Vec<StreamSpec>,
    /// Names that the settings add to the tables.
    pub names: Names,
}

// === impl HubLogin ===

impl HubLogin {
    /// In the client's form; `None` for no log-on.
    pub(super) fn into_login(self) -> Option<Login> {
        match self {
            Self::None => None,
            Self::ConnectionString(read) => Some(Login::ConnectionString(Arc::new(move || {
                let refused = |what| SourceError::new(SourceErrorKind::Refused, what);
                read().map_err(|what| HubError::Secret(refused(what)))
            }))),
            Self::Entra(entra, http) => {
                let of_refused = entra.clone();
                let give = move || {
                    let token = entra.bearer(&*http).map_err(HubError::Secret)?;
                    Ok(token.to_string())
                };
                let forget = move |token: &str| of_refused.forget(token);
                Some(Login::Token(Arc::new(give), Arc::new(forget)))
            }
        }
    }
}
