//! An established byte stream to a peer that never answers: all that it can send is the end.
//!
//! A peer that answers is in [`duplex`](super::duplex). Framing and lines are above this
//! ([`Connection`](super::connection::Connection)), TCP and TLS below ([`Transport`]). Each error
//! leaves here in words that know who the peer is, what it said before, and whether it ever let us
//! in.

use std::io::{self, ErrorKind};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};

use super::error::SinkError;
use super::peer::Peer;
use super::target::StepTimes;
use super::transport::{self, Transport, Waiting};
use super::unasked::Unasked;
use crate::clock::Stopwatch;
use crate::foreign::ForeignText;

/// Reads of unasked-for bytes at one look: who says more must wait, so that a babbler can't hold up
/// the stream.
const READS: usize = 16;
/// Of what the peer says, so many bytes are kept: far more than is shown, so that no secret is cut
/// off where it is looked for.
const SAID: usize = 1024;
/// Sleeps between two looks at the acknowledgement, growing from the first to the last.
const NAPS: (Duration, Duration) = (Duration::from_micros(200), Duration::from_millis(20));

/// An established stream.
#[derive(Debug)]
pub(super) struct SyslogStream<C> {
    pub(super) transport: C,
    peer: Peer,
    pub(super) bounds: StepTimes,
    /// The first bytes that the peer said, although it has nothing to say.
    said: Vec<u8>,
    /// A proof succeeded: the peer has let us in.
    pub(super) proved: bool,
    /// The largest window that the peer has offered: about what its kernel can hold before its
    /// process reads it.
    widest: u32,
    /// Bytes were written by [`exchange`](Self::exchange) that TLS may still hold.
    pub(super) unflushed: bool,
}

impl<C: Transport> SyslogStream<C> {
    pub(super) fn new(transport: C, peer: Peer, bounds: StepTimes) -> Self {
        Self {
            transport,
            peer,
            bounds,
            said: Vec::new(),
            proved: false,
            widest: 0,
            unflushed: false,
        }
    }

    pub(super) fn peer(&self) -> &Peer {
        &self.peer
    }

    /// About what the peer's kernel can hold unread, bytes, as far as its offers have shown.
    pub(super) fn unread_at_most(&self) -> u64 {
        u64::from(self.widest)
    }

    /// Has the peer said or ended anything? Costs one system call where it has not.
    pub(super) async fn look(&mut self) -> Result<(), SinkError> {
        for _ in 0..READS {
            match transport::waiting(self.transport.socket()) {
                Ok(Waiting::Nothing) => return Ok(()),
                Ok(Waiting::Fin) => return Err(self.closed()),
                Ok(Waiting::Bytes) => {}
                Err(cause) => return Err(self.fault(cause)),
            }
            let mut scratch = [0; 4096];
            match transport::read_now(&mut self.transport, &mut scratch).await {
                Ok(None) => {}
                Ok(Some(0)) => return Err(self.closed()),
                Ok(Some(bytes)) => self.note(&scratch[..bytes]),
                Err(cause) => return Err(self.fault(cause)),
            }
        }
        Ok(())
    }

    /// Hands all bytes to the system, or to TLS, which keeps up to 64 kB until
    /// [`flush`](Self::flush).
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        let mut done = 0;
        while done < bytes.len() {
            match timeout(self.bounds.stall, self.transport.write(&bytes[done..])).await {
                Err(_) => return Err(self.stalled()),
                Ok(Ok(0)) => return Err(self.closed()),
                Ok(Ok(written)) => done += written,
                Ok(Err(cause)) => return Err(self.broke(cause).await),
            }
        }
        Ok(())
    }

    /// What TLS has encrypted and not yet written goes out.
    pub(super) async fn flush(&mut self) -> Result<(), SinkError> {
        match timeout(self.bounds.stall, self.transport.flush()).await {
            Err(_) => Err(self.stalled()),
            Ok(Err(cause)) => Err(self.broke(cause).await),
            Ok(Ok(())) => Ok(()),
        }
    }

    /// Returns when the peer's kernel has acknowledged every byte; gives up when it acknowledges
    /// nothing for too long.
    pub(super) async fn prove(&mut self) -> Result<(), SinkError> {
        self.flush().await?;
        self.acknowledged().await?;
        if !self.proved {
            // Being acknowledged is not yet being let in.
            sleep(self.bounds.first_proof).await;
            self.look().await?;
            self.proved = true;
        }
        Ok(())
    }

    async fn acknowledged(&mut self) -> Result<(), SinkError> {
        let (mut nap, mut before, mut since) = (NAPS.0, u64::MAX, Stopwatch::start());
        loop {
            let left = transport::unacknowledged(self.transport.socket())
                .map_err(|cause| self.fault(cause))?;
            let offered = transport::offered_window(self.transport.socket())
                .map_err(|cause| self.fault(cause))?;
            self.widest = self.widest.max(offered);
            // A connection that died is no proof, whatever its counters say.
            self.look().await?;
            if left == 0 {
                return Ok(());
            }
            if left < before {
                (before, since) = (left, Stopwatch::start());
            } else if since.elapsed() >= self.bounds.prove {
                return Err(SinkError::Unproved {
                    peer: self.peer.clone(),
                    after: self.bounds.prove,
                    left,
                });
            }
            sleep(nap).await;
            nap = (nap * 2).min(NAPS.1);
        }
    }

    /// Returns, with the reason, when the peer is gone.
    pub(super) async fn gone(&mut self) -> SinkError {
        match self.read_to_end().await {
            Ok(()) => self.closed(),
            Err(cause) => self.fault(cause),
        }
    }

    /// Our FIN, then the peer's, and no reset: its process has read everything.
    pub(super) async fn finish(&mut self) -> Result<(), SinkError> {
        // A FIN that came before ours says nothing about what we sent.
        self.look().await?;
        let bound = self.bounds.close;
        let farewell = async {
            self.half_close().await.map_err(|cause| self.fault(cause))?;
            self.no_reset().await
        };
        match timeout(bound, farewell).await {
            Ok(result) => result,
            Err(_) => Err(self.unconfirmed(bound)),
        }
    }

    /// No FIN came. Where the peer's kernel has not even acknowledged ours, it is the network that
    /// is silent.
    fn unconfirmed(&self, after: Duration) -> SinkError {
        let peer = self.peer.clone();
        match transport::unacknowledged(self.transport.socket()) {
            Ok(0) => SinkError::Unconfirmed { peer, after },
            Ok(left) => SinkError::Unproved { peer, after, left },
            Err(cause) => self.fault(cause),
        }
    }

    async fn half_close(&mut self) -> io::Result<()> {
        self.transport.shutdown().await?;
        match self.read_to_end().await {
            // TLS without close_notify: the FIN below is what counts.
            Err(cause) if cause.kind() == ErrorKind::UnexpectedEof => {}
            result => result?,
        }
        transport::read_to_fin(self.transport.socket()).await
    }

    /// When the FINs crossed, bytes that reach a closed socket are answered with a reset after its
    /// FIN: that takes the proof back, so all must be acknowledged first.
    async fn no_reset(&mut self) -> Result<(), SinkError> {
        let mut nap = NAPS.0;
        loop {
            let left = transport::unacknowledged(self.transport.socket())
                .map_err(|cause| self.fault(cause))?;
            match self.transport.socket().take_error() {
                Ok(None) if left == 0 => return Ok(()),
                Ok(None) => sleep(nap).await,
                Ok(Some(cause)) | Err(cause) => return Err(self.fault(cause)),
            }
            nap = (nap * 2).min(NAPS.1);
        }
    }

    /// Reads until the peer ends the stream; what it says is noted.
    async fn read_to_end(&mut self) -> io::Result<()> {
        let mut scratch = [0; 4096];
        loop {
            match self.transport.read(&mut scratch).await? {
                0 => return Ok(()),
                bytes => self.note(&scratch[..bytes]),
            }
        }
    }

    /// Keeps the beginning of what the peer says, for the words of an error.
    fn note(&mut self, bytes: &[u8]) {
        let room = SAID.saturating_sub(self.said.len());
        self.said.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// An error of a write: the peer may have said why before it broke, in an alert or in words.
    async fn broke(&mut self, cause: io::Error) -> SinkError {
        match self.look().await {
            Err(told @ (SinkError::Tls { .. } | SinkError::Closed { said: Some(_), .. })) => told,
            _ => self.fault(cause),
        }
    }

    /// What an error of the stream means on this connection.
    pub(super) fn fault(&self, cause: io::Error) -> SinkError {
        match SinkError::talking(&self.peer, cause) {
            SinkError::Tls { peer, fault } => SinkError::Tls {
                peer,
                fault: Box::new(self.transport.translate(*fault)),
            },
            SinkError::Closed { .. } => self.closed(),
            fault => self.suspected().unwrap_or(fault),
        }
    }

    pub(super) fn closed(&self) -> SinkError {
        self.suspected().unwrap_or_else(|| SinkError::Closed {
            peer: self.peer.clone(),
            said: said(&self.said),
        })
    }

    /// Before the first proof, leaving may mean that we were not let in.
    fn suspected(&self) -> Option<SinkError> {
        let fault = self.transport.suspicion().filter(|_| !self.proved)?;
        Some(SinkError::Tls {
            peer: self.peer.clone(),
            fault: Box::new(fault),
        })
    }

    pub(super) fn stalled(&self) -> SinkError {
        SinkError::Stalled {
            peer: self.peer.clone(),
            after: self.bounds.stall,
        }
    }
}

/// What the peer said, where it said anything.
pub(super) fn said(bytes: &[u8]) -> Option<Unasked> {
    match bytes {
        [] => None,
        // a record of TLS: alert, version 3.x
        [0x15, 0x03, ..] => Some(Unasked::TlsAlert),
        bytes => Some(Unasked::Words(ForeignText::bounded(bytes, 64))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_fit_for_a_log() {
        let words = |text: &str| Some(Unasked::Words(ForeignText::new(text)));
        assert_eq!(said(b""), None);
        assert_eq!(said(b"\x15\x03\x01\0\x02"), Some(Unasked::TlsAlert));
        assert_eq!(said(b"HTTP/1.1 400\r\n"), words("HTTP/1.1 400"));
        // who only speaks of one is no TLS
        assert_eq!(said(b"a TLS alert"), words("a TLS alert"));
    }
}
