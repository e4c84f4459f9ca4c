//! How brokers are reached.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use super::login::Login;
use super::sockets::Sockets;

/// How brokers are reached.
#[derive(Debug, Clone)]
pub(in crate::source::event_hubs) struct BrokerRoute {
    /// A broker that names the others.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// TLS with these roots; `None` for none, which is for tests alone.
    pub tls: Option<Arc<ClientConfig>>,
    /// How it logs on; `None` for not at all.
    pub login: Option<Login>,
    /// The name of this box, which the service shows to its owner.
    pub client_id: String,
    /// How long a connection, and an answer beyond its own waiting time, may take.
    pub timeout: Duration,
    /// Ends the connections.
    pub sockets: Arc<Sockets>,
}
