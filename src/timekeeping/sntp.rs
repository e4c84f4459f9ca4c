//! One SNTP request to one time server, by rsntp.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use jiff::SignedDuration;
use rsntp::{Config, SntpClient, SynchronizationError};

use super::select::TimeAnswer;
use crate::foreign::ForeignText;
use crate::settings::TimeServer;

/// Why a server has no answer.
#[derive(Debug, thiserror::Error)]
pub enum SntpError {
    /// Its name leads nowhere.
    #[error("{server}: the name cannot be resolved: {source}")]
    Name {
        /// As the settings have it.
        server: String,
        /// The system's reason.
        source: io::Error,
    },
    /// It does not answer, or what it answers is none.
    #[error("{server}: {reason}")]
    Answer {
        /// As the settings have it.
        server: String,
        /// In words.
        reason: String,
    },
}

/// An answer that takes longer is worth nothing.
const PATIENCE: Duration = Duration::from_secs(3);
/// A name may have addresses that lead nowhere (IPv6 without a route).
const ADDRESSES: usize = 3;

/// Asks, at most three of its addresses one after the other. The answer's form is checked (it is
/// one to our question, from a server that says it knows the time), its date is not.
///
/// # Errors
/// [`SntpError`]
pub fn ask(server: &TimeServer) -> Result<TimeAnswer, SntpError> {
    let name = server.to_string();
    let addresses = (server.host.as_str(), server.port)
        .to_socket_addrs()
        .map_err(|source| SntpError::Name {
            server: name.clone(),
            source,
        })?;
    let mut reason = "the name has no address".to_owned();
    for address in addresses.take(ADDRESSES) {
        match ask_at(address, &name) {
            Ok(answer) => return Ok(answer),
            Err(error) => reason = in_words(&error),
        }
    }
    Err(SntpError::Answer {
        server: name,
        reason,
    })
}

fn ask_at(address: SocketAddr, name: &str) -> Result<TimeAnswer, SynchronizationError> {
    let any: IpAddr = match address {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let config = Config::default()
        .bind_address((any, 0).into())
        .timeout(PATIENCE);
    let said = SntpClient::with_config(config).synchronize(address)?;
    let delay = said.round_trip_delay().as_secs_f64().max(0.0);
    Ok(TimeAnswer {
        server: name.to_owned(),
        offset: SignedDuration::try_from_secs_f64(said.clock_offset().as_secs_f64())
            .unwrap_or(SignedDuration::MAX),
        delay: Duration::try_from_secs_f64(delay).unwrap_or(Duration::MAX),
        stratum: said.stratum(),
    })
}

fn in_words(error: &SynchronizationError) -> String {
    match error {
        SynchronizationError::IOError(error)
            if matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
            ) =>
        {
            format!("no answer within {} s", PATIENCE.as_secs())
        }
        SynchronizationError::IOError(error) => error.to_string(),
        SynchronizationError::ProtocolError(error) => {
            ForeignText::new(error.to_string()).to_string()
        }
    }
}
