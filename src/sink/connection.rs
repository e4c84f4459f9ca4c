//! A byte stream to the receiver, plain or encrypted: frames go in, and nothing is expected back but the end.

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::fault::{SAID_TLS, SinkError};
use super::outq;
use super::pace::{self, Pace};
use super::peer::Peer;
use super::target::Bounds;
use super::tls_fault::TlsFault;
use super::{Farewell, Sink};
use crate::spool::Lines;
use crate::syslog::frame::{Framing, Mended};

/// Bytes gathered before one write; a longer line goes out in one write all the same.
const CHUNK: usize = 256 * 1024;
/// A buffer that one huge line has blown up beyond this is given back.
const KEEP: usize = 1024 * 1024;
/// Reads of unasked-for bytes at one look: who says more must wait, so that a babbler can't hold up the stream.
const READS: usize = 16;
/// Sleeps between two looks at the acknowledgement, growing from the first to the last.
const NAPS: (Duration, Duration) = (Duration::from_micros(200), Duration::from_millis(20));

/// What carries the bytes: a TCP socket, or TLS on one.
pub(super) trait Carrier: AsyncRead + AsyncWrite + Unpin + Send {
    /// The TCP socket at the bottom.
    fn socket(&self) -> &TcpStream;

    /// A TLS fault, with what this connection knows about it.
    fn translate(&self, fault: TlsFault) -> TlsFault;

    /// What a peer that leaves right after the handshake may have meant by it.
    fn suspicion(&self) -> Option<TlsFault>;
}

/// An established stream.
#[derive(Debug)]
pub(super) struct Connection<C> {
    carrier: C,
    peer: Peer,
    framing: Framing,
    pace: Option<Pace>,
    bounds: Bounds,
    /// Framed bytes on their way; the memory is used again.
    wire: Vec<u8>,
    /// Framed bytes handed to the system.
    sent: u64,
    /// The first bytes that the peer said, although it has nothing to say.
    said: Vec<u8>,
    /// A proof succeeded on this connection: the peer has let us in.
    proved: bool,
    /// An error occurred, or a write has begun that did not end: half a line may be out.
    spent: bool,
}

impl<C: Carrier> Connection<C> {
    pub(super) fn new(
        carrier: C,
        peer: Peer,
        framing: Framing,
        pace: Option<Pace>,
        bounds: Bounds,
    ) -> Self {
        Self {
            carrier,
            peer,
            framing,
            pace,
            bounds,
            wire: Vec::new(),
            sent: 0,
            said: Vec::new(),
            proved: false,
            spent: false,
        }
    }

    /// Has the peer said or ended anything? Costs one system call where it has not.
    async fn look(&mut self) -> Result<(), SinkError> {
        for _ in 0..READS {
            // Asked of the kernel, not of tokio, which learns of a FIN only when its reactor next runs.
            let mut byte = [MaybeUninit::uninit()];
            match SockRef::from(self.carrier.socket()).peek(&mut byte) {
                Ok(0) => return Err(self.closed()),
                Ok(_) => {}
                Err(cause) if cause.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(cause) if cause.kind() == ErrorKind::Interrupted => continue,
                Err(cause) => return Err(self.fault(cause)),
            }
            // There is something, so this returns as soon as the reactor has run.
            if let Err(cause) = self.carrier.socket().readable().await {
                return Err(self.fault(cause));
            }
            let mut scratch = [0; 4096];
            match self.read_now(&mut scratch).await {
                // Part of a TLS record, or one that was not meant for us (a session ticket).
                None => {}
                Some(Ok(0)) => return Err(self.closed()),
                Some(Ok(bytes)) => self.note(&scratch[..bytes]),
                Some(Err(cause)) => return Err(self.fault(cause)),
            }
        }
        Ok(())
    }

    /// Reads what is there, without waiting for more.
    async fn read_now(&mut self, scratch: &mut [u8]) -> Option<io::Result<usize>> {
        poll_fn(|context| {
            let mut buffer = ReadBuf::new(scratch);
            Poll::Ready(
                match Pin::new(&mut self.carrier).poll_read(context, &mut buffer) {
                    Poll::Pending => None,
                    Poll::Ready(Ok(())) => Some(Ok(buffer.filled().len())),
                    Poll::Ready(Err(cause)) => Some(Err(cause)),
                },
            )
        })
        .await
    }

    /// Reads until the peer ends the stream; what it says is noted.
    async fn read_to_end(&mut self) -> io::Result<()> {
        let mut scratch = [0; 4096];
        loop {
            match self.carrier.read(&mut scratch).await? {
                0 => return Ok(()),
                bytes => self.note(&scratch[..bytes]),
            }
        }
    }

    /// Keeps the beginning of what the peer says, for the words of an error.
    fn note(&mut self, bytes: &[u8]) {
        let room = 64_usize.saturating_sub(self.said.len());
        self.said.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Writes the gathered bytes and gives the buffer back when it has grown out of proportion.
    async fn write(&mut self) -> Result<(), SinkError> {
        let mut done = 0;
        while done < self.wire.len() {
            match timeout(self.bounds.stall, self.carrier.write(&self.wire[done..])).await {
                Err(_) => return Err(self.stalled()),
                Ok(Ok(0)) => return Err(self.closed()),
                Ok(Ok(bytes)) => done += bytes,
                Ok(Err(cause)) => return Err(self.broke(cause).await),
            }
        }
        self.sent += done as u64;
        self.wire.clear();
        if self.wire.capacity() > KEEP {
            self.wire.shrink_to(CHUNK);
        }
        Ok(())
    }

    /// What TLS has encrypted and not yet written goes out.
    async fn flush(&mut self) -> Result<(), SinkError> {
        match timeout(self.bounds.stall, self.carrier.flush()).await {
            Err(_) => Err(self.stalled()),
            Ok(Err(cause)) => Err(self.broke(cause).await),
            Ok(Ok(())) => Ok(()),
        }
    }

    /// Waits until the peer's kernel has acknowledged every byte; gives up when it acknowledges nothing for too long.
    async fn acknowledged(&mut self) -> Result<(), SinkError> {
        let (mut nap, mut before, mut since) = (NAPS.0, u64::MAX, Instant::now());
        loop {
            let left = outq::unacknowledged(self.carrier.socket().as_fd())
                .map_err(|cause| self.fault(cause))?;
            if left == 0 {
                return Ok(());
            }
            if left < before {
                (before, since) = (left, Instant::now());
            } else if since.elapsed() >= self.bounds.prove {
                return Err(SinkError::Unproved {
                    peer: self.peer.clone(),
                    after: self.bounds.prove,
                    left,
                });
            }
            sleep(nap).await;
            nap = (nap * 2).min(NAPS.1);
            self.look().await?;
        }
    }

    /// Our FIN, then the peer's.
    async fn half_close(&mut self) -> io::Result<()> {
        self.carrier.shutdown().await?;
        match self.read_to_end().await {
            // TLS without close_notify: the FIN below is what counts.
            Err(cause) if cause.kind() == ErrorKind::UnexpectedEof => {}
            result => result?,
        }
        // A close_notify is not yet a FIN: bytes that the peer's process never read would still turn it into a reset.
        let mut scratch = [0; 4096];
        loop {
            let socket = self.carrier.socket();
            socket.readable().await?;
            match socket.try_read(&mut scratch) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(cause) if cause.kind() == ErrorKind::WouldBlock => {}
                Err(cause) => return Err(cause),
            }
        }
    }

    /// A reset that came after the FIN takes the proof back.
    async fn no_reset(&mut self) -> Result<(), SinkError> {
        let mut nap = NAPS.0;
        loop {
            match self.carrier.socket().take_error() {
                Ok(None) => {}
                Ok(Some(cause)) | Err(cause) => return Err(self.fault(cause)),
            }
            match outq::unacknowledged(self.carrier.socket().as_fd()) {
                Ok(0) => return Ok(()),
                Ok(_) => sleep(nap).await,
                Err(cause) => return Err(self.fault(cause)),
            }
            nap = (nap * 2).min(NAPS.1);
        }
    }

    /// An error of a write: the peer may have said why before it broke, in an alert or in words.
    async fn broke(&mut self, cause: io::Error) -> SinkError {
        match self.look().await {
            Err(told @ SinkError::Tls { .. }) => told,
            Err(told @ SinkError::Closed { said: Some(_), .. }) => told,
            _ => self.fault(cause),
        }
    }

    /// What an error of the stream means on this connection.
    fn fault(&self, cause: io::Error) -> SinkError {
        match SinkError::talking(&self.peer, cause) {
            SinkError::Tls { peer, fault } => SinkError::Tls {
                peer,
                fault: self.carrier.translate(fault),
            },
            SinkError::Closed { .. } => self.closed(),
            fault @ SinkError::Broken { .. } => self.suspected().unwrap_or(fault),
            fault => fault,
        }
    }

    fn closed(&self) -> SinkError {
        self.suspected().unwrap_or_else(|| SinkError::Closed {
            peer: self.peer.clone(),
            said: said(&self.said),
        })
    }

    /// Before the first proof, leaving may mean that we were not let in.
    fn suspected(&self) -> Option<SinkError> {
        let fault = self.carrier.suspicion().filter(|_| !self.proved)?;
        Some(SinkError::Tls {
            peer: self.peer.clone(),
            fault,
        })
    }

    fn stalled(&self) -> SinkError {
        SinkError::Stalled {
            peer: self.peer.clone(),
            after: self.bounds.stall,
        }
    }

    fn usable(&self) -> Result<(), SinkError> {
        if self.spent {
            return Err(SinkError::Spent {
                peer: self.peer.clone(),
            });
        }
        Ok(())
    }

    async fn send_lines(&mut self, lines: &Lines) -> Result<Mended, SinkError> {
        self.look().await?;
        let (mut mended, mut rest) = (Mended::default(), lines.iter());
        while rest.len() > 0 {
            let now = pace::wait(&mut self.pace, rest.len()).await;
            for line in rest.by_ref().take(now) {
                mended += self.framing.write(line, &mut self.wire);
                if self.wire.len() >= CHUNK {
                    self.write().await?;
                }
            }
            self.write().await?;
        }
        self.flush().await?;
        Ok(mended)
    }

    async fn prove_all(&mut self) -> Result<(), SinkError> {
        self.flush().await?;
        self.acknowledged().await?;
        // A connection that died is no proof, whatever its counters say.
        self.look().await?;
        self.proved = true;
        Ok(())
    }
}

impl<C: Carrier> Sink for Connection<C> {
    async fn send(&mut self, lines: &Lines) -> Result<Mended, SinkError> {
        self.usable()?;
        // Until it ends well: who abandons this call, or gets an error, must not go on with half a line out.
        self.spent = true;
        let mended = self.send_lines(lines).await?;
        self.spent = false;
        Ok(mended)
    }

    async fn prove(&mut self) -> Result<(), SinkError> {
        self.usable()?;
        let result = self.prove_all().await;
        self.spent = result.is_err();
        result
    }

    async fn gone(&mut self) -> SinkError {
        if let Err(spent) = self.usable() {
            return spent;
        }
        let fault = match self.read_to_end().await {
            Ok(()) => self.closed(),
            Err(cause) => self.fault(cause),
        };
        self.spent = true;
        fault
    }

    async fn close(mut self) -> Result<Farewell, SinkError> {
        self.usable()?;
        // A FIN that came before ours says nothing about what we sent.
        self.look().await?;
        let bound = self.bounds.close;
        let confirmed = timeout(bound, async {
            self.half_close().await.map_err(|cause| self.fault(cause))?;
            self.no_reset().await
        })
        .await;
        match confirmed {
            Ok(Ok(())) => Ok(Farewell::Confirmed),
            Ok(Err(fault)) => Err(fault),
            Err(_) => Err(SinkError::Unconfirmed {
                peer: self.peer.clone(),
                after: bound,
            }),
        }
    }

    fn peer(&self) -> &Peer {
        &self.peer
    }

    fn sent(&self) -> u64 {
        self.sent
    }
}

/// What the peer said, fit for a log line.
fn said(bytes: &[u8]) -> Option<String> {
    match bytes {
        [] => None,
        [0x15, 0x03, ..] => Some(SAID_TLS.to_owned()),
        bytes => Some(bytes.escape_ascii().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_fit_for_a_log() {
        assert_eq!(said(b""), None);
        assert_eq!(said(b"\x15\x03\x01\0\x02"), Some(SAID_TLS.to_owned()));
        assert_eq!(
            said(b"HTTP/1.1 400\r\n"),
            Some("HTTP/1.1 400\\r\\n".to_owned())
        );
    }
}
