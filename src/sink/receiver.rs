//! The port to a receiver, so that a simulated one can replace the wire.

use super::{Sink, SinkError, TrustError};

/// Makes connections to the SIEM.
pub trait Connect: Send + Sync {
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
    Unfit(TrustError),
    /// The receiver can't be reached.
    Siem(SinkError),
}
