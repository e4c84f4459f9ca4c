//! A [`SyslogStream`] to a peer that answers. Who only writes while the peer only answers ends with
//! both kernels full and nobody reading, so here whatever is said is taken in before anything more
//! is written.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Poll, ready};

use socket2::SockRef;
use tokio::io::{AsyncWriteExt, ReadBuf};

use super::stream::SyslogStream;
use super::transport::{self, Transport, Waiting};

/// What happened next on the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StreamTurn {
    /// The peer said so many bytes; 0 is its end.
    Heard(usize),
    /// So many bytes were taken by the system, or by TLS.
    Wrote(usize),
    /// And what TLS had kept of them has gone out.
    Flushed,
}

impl<C: Transport> SyslogStream<C> {
    /// Waits for what happens next: the peer says something, or takes something of `out`, or all of
    /// it has gone out. Without `out`, and with nothing to go out, only the peer can end this. May
    /// be abandoned.
    pub(super) async fn exchange(
        &mut self,
        out: &[u8],
        scratch: &mut [u8],
    ) -> io::Result<StreamTurn> {
        poll_fn(|context| {
            let mut buffer = ReadBuf::new(scratch);
            let heard = Pin::new(&mut self.transport).poll_read(context, &mut buffer);
            if let Poll::Ready(result) = heard {
                result?;
                self.acknowledge();
                return Poll::Ready(Ok(StreamTurn::Heard(buffer.filled().len())));
            }
            if !out.is_empty() {
                let written = ready!(Pin::new(&mut self.transport).poll_write(context, out))?;
                self.unflushed = true;
                return Poll::Ready(Ok(StreamTurn::Wrote(written)));
            }
            if self.unflushed {
                ready!(Pin::new(&mut self.transport).poll_flush(context))?;
                self.unflushed = false;
                return Poll::Ready(Ok(StreamTurn::Flushed));
            }
            Poll::Pending
        })
        .await
    }

    /// Has our kernel acknowledge what it read, now. It would wait up to 40 ms for something to
    /// send along, and meanwhile the peer's holds back the next small answers (Nagle): 2,700 lines
    /// per second into an imrelp instead of some 40,000.
    fn acknowledge(&self) {
        // Where it can't be had, it is merely slow.
        let _ = SockRef::from(self.transport.socket()).set_tcp_quickack(true);
    }

    /// What the peer has said already, 0 for its end; `None` where it has said nothing more. Waits
    /// for nothing that our kernel does not have.
    pub(super) async fn heard(&mut self, scratch: &mut [u8]) -> io::Result<Option<usize>> {
        loop {
            // TLS may hold more than what waits in the kernel.
            let heard = poll_fn(|context| {
                let mut buffer = ReadBuf::new(scratch);
                let polled = Pin::new(&mut self.transport).poll_read(context, &mut buffer);
                Poll::Ready(match polled {
                    Poll::Ready(result) => Some(result.map(|()| buffer.filled().len())),
                    Poll::Pending => None,
                })
            });
            if let Some(result) = heard.await {
                return result.map(Some);
            }
            match transport::waiting(self.transport.socket())? {
                Waiting::Nothing => return Ok(None),
                // tokio learns of it when its reactor next runs.
                Waiting::Bytes | Waiting::Fin => self.transport.socket().readable().await?,
            }
        }
    }

    /// Our FIN, for a peer whose answer to it tells nothing more.
    pub(super) async fn leave(&mut self) {
        let _ = self.transport.shutdown().await;
    }
}
