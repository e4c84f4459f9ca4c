//! A syslog connection on a byte stream, plain or encrypted: frames lines and sends them in large
//! writes.

use super::error::SinkError;
use super::peer::Peer;
use super::rate_limit::{self, LineRate};
use super::stream::SyslogStream;
use super::transport::Transport;
use super::{Farewell, Sink};
use crate::lines::Lines;
use crate::syslog::frame::{Framing, FramingRepairs};

/// Bytes gathered before one write; a longer line goes out in one write all the same.
const CHUNK: usize = 256 * 1024;
/// A buffer that one huge line has blown up beyond this is given back.
const KEEP: usize = 1024 * 1024;

/// Lines over a stream.
#[derive(Debug)]
pub(super) struct Connection<C> {
    stream: SyslogStream<C>,
    framing: Framing,
    pace: Option<LineRate>,
    /// Framed bytes on their way; the memory is used again.
    wire: Vec<u8>,
    /// Framed bytes handed to the system.
    sent: u64,
    /// An error occurred, or a write has begun that did not end: half a line may be out.
    spent: bool,
}

impl<C: Transport> Connection<C> {
    pub(super) fn new(stream: SyslogStream<C>, framing: Framing, pace: Option<LineRate>) -> Self {
        Self {
            stream,
            framing,
            pace,
            wire: Vec::new(),
            sent: 0,
            spent: false,
        }
    }

    fn usable(&self) -> Result<(), SinkError> {
        if self.spent {
            let peer = self.stream.peer().clone();
            return Err(SinkError::Spent { peer });
        }
        Ok(())
    }

    async fn send_lines(&mut self, lines: &Lines) -> Result<FramingRepairs, SinkError> {
        let (mut mended, mut rest) = (FramingRepairs::default(), lines.iter());
        while rest.len() > 0 {
            let now = rate_limit::wait(&mut self.pace, rest.len()).await;
            for line in rest.by_ref().take(now) {
                mended += self.framing.write(line, &mut self.wire);
                if self.wire.len() >= CHUNK {
                    self.write().await?;
                }
            }
            self.write().await?;
        }
        self.stream.flush().await?;
        Ok(mended)
    }

    /// Writes the gathered bytes, unless the peer has gone, and gives the buffer back when it has
    /// grown out of proportion.
    async fn write(&mut self) -> Result<(), SinkError> {
        if self.wire.is_empty() {
            return Ok(());
        }
        self.stream.look().await?;
        self.stream.write(&self.wire).await?;
        self.sent += self.wire.len() as u64;
        self.wire.clear();
        if self.wire.capacity() > KEEP {
            self.wire.shrink_to(CHUNK);
        }
        Ok(())
    }
}

impl<C: Transport> Sink for Connection<C> {
    async fn send(&mut self, lines: &Lines, _: Option<u64>) -> Result<FramingRepairs, SinkError> {
        self.usable()?;
        // Until it ends well: who abandons this call, or gets an error, must not go on with half a
        // line out.
        self.spent = true;
        let mended = self.send_lines(lines).await?;
        self.spent = false;
        Ok(mended)
    }

    async fn prove(&mut self) -> Result<(), SinkError> {
        self.usable()?;
        let result = self.stream.prove().await;
        self.spent = result.is_err();
        result
    }

    async fn gone(&mut self) -> SinkError {
        if let Err(spent) = self.usable() {
            return spent;
        }
        let fault = self.stream.gone().await;
        self.spent = true;
        fault
    }

    async fn close(mut self) -> Result<Farewell, SinkError> {
        self.usable()?;
        self.stream.finish().await?;
        Ok(Farewell::Confirmed)
    }

    fn unread_at_most(&self) -> u64 {
        self.stream.unread_at_most()
    }

    fn peer(&self) -> &Peer {
        self.stream.peer()
    }

    fn sent(&self) -> u64 {
        self.sent
    }
}
