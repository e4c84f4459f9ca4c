//! The wire to the SIEM: send a batch, prove that it arrived.

use crate::spool::Lines;

/// Placeholder of the port until the room is furnished.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SinkError(pub String);

/// One connection to the SIEM.
pub trait Sink: Send {
    /// Hands all lines to the system, framed. An error means that none of what is not yet proved counts as arrived.
    fn send(&mut self, lines: &Lines) -> impl Future<Output = Result<(), SinkError>> + Send;
    /// Returns when the receiver has everything that was sent on this connection.
    fn prove(&mut self) -> impl Future<Output = Result<(), SinkError>> + Send;
}
