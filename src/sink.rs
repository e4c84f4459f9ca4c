//! The sink sends batches of lines to the SIEM and proves that they arrived.
//!
//! What "arrived" can mean is the whole difficulty here. `write` returning proves nothing: the
//! bytes are in our own kernel. [`Sink::prove`] waits for the word of the peer's kernel (TCP and
//! TLS), which proves that the wire and the machine are there, but what the receiver's process has
//! not read dies with it. Only [`Sink::close`] has the word of the process itself: our FIN, then
//! the peer's FIN, which a receiver sends when it has read everything. UDP can say no more than
//! "nobody objected". With RELP the process answers each line, so there [`Sink::prove`] has that
//! word already, and [`Sink::answers`] even after an error.
//!
//! ```text
//! Target ──connect──▶ Wire ──send, send, …──▶ prove ──▶ … ──▶ close
//! ```
//!
//! A wire is used once: after any error, and after a `send` that was abandoned midway (half a line
//! may be out), it refuses to go on with [`SinkError::Spent`], and a new one is connected after a
//! [`Backoff`](crate::backoff::Backoff).

mod answers;
mod connect;
mod connection;
mod duplex;
mod error;
mod peer;
mod rate_limit;
mod receiver;
pub mod relp;
pub mod relp_protocol;
mod span;
mod stream;
mod target;
mod tcp;
mod tcp_info;
mod tls;
mod transport;
mod trust;
mod udp;
mod unasked;
pub mod wire;

pub use answers::{Answers, ReceiverRefusal};
pub use error::SinkError;
pub use peer::Peer;
#[cfg(test)]
pub use peer::Spoken;
pub use receiver::{Connect, ConnectError, ReceiverWord};
pub use relp_protocol::RelpFault;
pub use target::{Protocol, StepTimes, Target};
pub use trust::{Trust, TrustError, TrustFiles};

pub use crate::trust::TlsFault;

use crate::lines::Lines;
use crate::syslog::frame::FramingRepairs;

/// One connection to the SIEM.
pub trait Sink: Send {
    /// Hands all lines to the system, framed, in order, no faster than the cap allows; says what
    /// had to be mended to do so. `first` is the first line's number in the spool, and the others
    /// follow it; `None` for lines that are not from there.
    ///
    /// # Errors
    /// None of what is not yet proved counts as arrived then.
    fn send(
        &mut self,
        lines: &Lines,
        first: Option<u64>,
    ) -> impl Future<Output = Result<FramingRepairs, SinkError>> + Send;

    /// Returns when everything sent so far has arrived, as far as this kind of wire can know. Costs
    /// up to 40 ms where the peer delays its acknowledgements, and 50 ms more the first time on a
    /// connection ([`StepTimes::first_proof`]), so prove after many batches rather than after each.
    /// May be abandoned and called again.
    ///
    /// # Errors
    /// None of what was sent since the last proof counts as arrived then.
    fn prove(&mut self) -> impl Future<Output = Result<(), SinkError>> + Send;

    /// Returns, with the reason, when the peer has gone away: for the time when nothing is to be
    /// sent. May be abandoned.
    fn gone(&mut self) -> impl Future<Output = SinkError> + Send;

    /// Ends the connection and waits for the receiver's own word that it has read everything.
    ///
    /// # Errors
    /// What was sent on this connection and not yet proved by a close may be lost: send it again.
    fn close(self) -> impl Future<Output = Result<Farewell, SinkError>> + Send
    where
        Self: Sized;

    /// How many of the bytes that [`prove`](Self::prove) has proved may be lost with the peer's
    /// process, because they may still wait unread in its kernel: about the largest window that it
    /// has offered so far. 0 where a proof is the last word that this kind of wire can have.
    fn unread_at_most(&self) -> u64;

    /// Who is at the other end.
    fn peer(&self) -> &Peer;

    /// Framed bytes handed to the system on this connection, encryption not counted.
    fn sent(&self) -> u64;

    /// What the receiver's process itself has said about lines since this was last asked, by their
    /// numbers. Holds after an error too: a line without an answer may have arrived or not. Always
    /// empty where the protocol has no answers (all but RELP).
    fn answers(&mut self) -> Answers {
        Answers::default()
    }
}

/// How a connection ended that ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Farewell {
    /// The peer answered our FIN with its own, and with no reset: its process has read every byte
    /// of this connection. With RELP: it has answered every line.
    ///
    /// Read, not stored: rsyslog killed (SIGKILL) right after such an answer was seen to lose 744
    /// of 1000 lines out of its queue in memory. No syslog sender can know of that; who wants to
    /// outlive it keeps the lines for a while longer.
    Confirmed,
    /// This wire knows no such answer (UDP).
    Unknowable,
}
