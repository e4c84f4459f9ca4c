//! How the forwarder comes to a connection: a port, so that a simulated receiver can stand in the place of the wire.

use super::parts::{AgentError, siem_target};
use crate::settings::{SiemSettings, SyslogProtocol};
use crate::sink::{Sink, SinkError, Wire};

/// Makes connections to the SIEM.
pub trait Connect: Send {
    /// What a connection is.
    type Wire: Sink;

    /// Connects; `attempt` is the number of failures before this one.
    ///
    /// # Errors
    /// When the settings name a file that can't be used, or the receiver can't be reached.
    fn connect(
        &mut self,
        attempt: u32,
    ) -> impl Future<Output = Result<Self::Wire, ConnectError>> + Send;

    /// What the receiver's word can be.
    fn word(&self) -> ReceiverWord;
}

/// What a receiver can say about what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiverWord {
    /// Nothing (UDP).
    None,
    /// That it has read everything, by the end of the connection (TCP, TLS).
    End,
    /// That it has this line, or does not take it (RELP).
    Answers,
}

/// Why there is no connection.
#[derive(Debug)]
pub enum ConnectError {
    /// A file of the settings can't be used.
    Unfit(AgentError),
    /// The receiver can't be reached.
    Siem(SinkError),
}

/// The receiver that the settings name.
pub struct SiemConnect {
    /// `[agent.siem]`
    pub siem: SiemSettings,
}

// === impl SiemConnect ===

impl Connect for SiemConnect {
    type Wire = Wire;

    async fn connect(&mut self, attempt: u32) -> Result<Wire, ConnectError> {
        // made anew for each connection, so that a renewed certificate counts from the next one on
        let target = siem_target(&self.siem).map_err(ConnectError::Unfit)?;
        Wire::connect(&target, attempt)
            .await
            .map_err(ConnectError::Siem)
    }

    fn word(&self) -> ReceiverWord {
        match self.siem.protocol {
            SyslogProtocol::Udp { .. } => ReceiverWord::None,
            SyslogProtocol::Tcp | SyslogProtocol::Tls(_) => ReceiverWord::End,
            SyslogProtocol::Relp(_) => ReceiverWord::Answers,
        }
    }
}
