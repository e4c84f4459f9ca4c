//! A RELP session on a byte stream, plain or encrypted: lines become transactions, answers are
//! taken in while lines go out.

use std::time::Duration;

use tokio::time::timeout;

use super::window::Window;
use crate::lines::Lines;
use crate::sink::duplex::StreamTurn;
use crate::sink::error::SinkError;
use crate::sink::peer::Peer;
use crate::sink::rate_limit::{self, LineRate};
use crate::sink::relp_protocol::{RelpFault, frame};
use crate::sink::stream::SyslogStream;
use crate::sink::transport::Transport;
use crate::sink::{Answers, Farewell, Sink};
use crate::syslog::frame::FramingRepairs;

/// What `open` offers. Version 0 is the only one that librelp speaks.
const OFFERS: &str = concat!(
    "relp_version=0\nrelp_software=siembox,",
    env!("CARGO_PKG_VERSION"),
    "\ncommands=syslog"
);
/// Transaction of `open`; the first line has the next.
pub(super) const OPEN: u32 = 1;
/// Bytes gathered before one write; a longer line goes out in one write all the same.
const CHUNK: usize = 256 * 1024;
/// A buffer that one huge line has blown up beyond this is given back.
const KEEP: usize = 1024 * 1024;

/// Lines over RELP.
#[derive(Debug)]
pub(in crate::sink) struct Session<C> {
    pub(super) stream: SyslogStream<C>,
    pace: Option<LineRate>,
    pub(super) window: Window,
    /// Frames on their way; the memory is used again.
    wire: Vec<u8>,
    /// So much of `wire` is written.
    written: usize,
    /// The beginning of something that the peer is saying; less than a frame after each look.
    pub(super) heard: Vec<u8>,
    /// `open` or `close`, while one of them is unanswered.
    pub(super) asked: Option<u32>,
    /// Framed bytes handed to the system.
    sent: u64,
    /// An error occurred, or a `send` has begun that did not end: half a line may be out.
    spent: bool,
}

impl<C: Transport> Session<C> {
    /// Opens the session and returns when the receiver has agreed.
    pub(in crate::sink) async fn open(
        stream: SyslogStream<C>,
        pace: Option<LineRate>,
    ) -> Result<Self, SinkError> {
        let bound = stream.bounds.handshake;
        let mut session = Self {
            stream,
            pace,
            window: Window::new(OPEN + 1),
            wire: Vec::new(),
            written: 0,
            heard: Vec::new(),
            asked: None,
            sent: 0,
            spent: false,
        };
        match timeout(bound, session.ask(OPEN, "open", OFFERS)).await {
            Ok(Ok(())) => {}
            Ok(Err(SinkError::Closed { said: None, .. } | SinkError::Broken { .. })) => {
                return Err(session.fault(RelpFault::OpenRefused));
            }
            Ok(Err(fault)) => return Err(fault),
            Err(_) => return Err(session.fault(RelpFault::OpenSilent { after: bound })),
        }
        session.stream.proved = true;
        Ok(session)
    }

    /// Sends `open` or `close` and waits for the answer, without a bound.
    async fn ask(&mut self, txnr: u32, command: &str, data: &str) -> Result<(), SinkError> {
        frame::write(txnr, command, data.as_bytes(), &mut self.wire);
        self.asked = Some(txnr);
        while self.asked.is_some() {
            self.step().await?;
        }
        Ok(())
    }

    async fn send_lines(&mut self, lines: &Lines, first: Option<u64>) -> Result<(), SinkError> {
        self.look().await?;
        let mut rest = lines.iter();
        let mut number = first;
        while rest.len() > 0 {
            let now = rate_limit::wait(&mut self.pace, rest.len()).await;
            for line in rest.by_ref().take(now) {
                let txnr = loop {
                    match self.window.begin(number) {
                        Some(txnr) => break txnr,
                        None => self.make_room().await?,
                    }
                };
                number = number.map(|number| number + 1);
                frame::write(txnr, "syslog", line.as_bytes(), &mut self.wire);
                if self.wire.len() >= CHUNK {
                    self.write_out().await?;
                }
            }
            self.write_out().await?;
        }
        Ok(())
    }

    async fn make_room(&mut self) -> Result<(), SinkError> {
        self.write_out().await?;
        while self.window.room() == 0 {
            self.answered().await?;
        }
        Ok(())
    }

    /// Returns when the system has all frames, as far as TLS and everything.
    async fn write_out(&mut self) -> Result<(), SinkError> {
        let bound = self.stream.bounds.stall;
        while !self.wire.is_empty() || self.stream.unflushed {
            let Ok(step) = timeout(bound, self.step()).await else {
                return Err(self.stream.stalled());
            };
            step?;
        }
        Ok(())
    }

    /// Waits for more answers; gives up when none comes for too long.
    async fn answered(&mut self) -> Result<(), SinkError> {
        let after = self.stream.bounds.prove;
        match timeout(after, self.step()).await {
            Ok(step) => step,
            Err(_) => Err(self.unanswered(after)),
        }
    }

    fn unanswered(&self, after: Duration) -> SinkError {
        let left = self.window.unanswered();
        self.fault(RelpFault::Unanswered { after, left })
    }

    pub(super) fn fault(&self, fault: RelpFault) -> SinkError {
        SinkError::Relp {
            peer: self.peer().clone(),
            fault,
        }
    }

    async fn all_answered(&mut self) -> Result<(), SinkError> {
        self.write_out().await?;
        while self.window.unanswered() > 0 {
            self.answered().await?;
        }
        Ok(())
    }

    /// Whatever happens next on the stream. May be abandoned.
    async fn step(&mut self) -> Result<(), SinkError> {
        let mut scratch = [0; 4096];
        let out = &self.wire[self.written..];
        match self.stream.exchange(out, &mut scratch).await {
            Ok(StreamTurn::Heard(0)) => Err(self.stream.closed()),
            Ok(StreamTurn::Heard(bytes)) => self.hear(&scratch[..bytes]),
            Ok(StreamTurn::Wrote(bytes)) => {
                self.wrote(bytes);
                Ok(())
            }
            Ok(StreamTurn::Flushed) => Ok(()),
            Err(cause) => {
                let fault = self.stream.fault(cause);
                // What it said before it broke counts: answers, and perhaps the reason.
                match self.look().await {
                    Err(told) if !matches!(told, SinkError::Closed { said: None, .. }) => Err(told),
                    _ => Err(fault),
                }
            }
        }
    }

    fn wrote(&mut self, bytes: usize) {
        self.sent += bytes as u64;
        self.written += bytes;
        if self.written < self.wire.len() {
            return;
        }
        self.wire.clear();
        self.written = 0;
        if self.wire.capacity() > KEEP {
            self.wire.shrink_to(CHUNK);
        }
    }

    fn usable(&self) -> Result<(), SinkError> {
        if self.spent {
            let peer = self.peer().clone();
            return Err(SinkError::Spent { peer });
        }
        Ok(())
    }
}

impl<C: Transport> Sink for Session<C> {
    async fn send(
        &mut self,
        lines: &Lines,
        first: Option<u64>,
    ) -> Result<FramingRepairs, SinkError> {
        self.usable()?;
        // Until it ends well: who abandons this call, or gets an error, must not go on with half a
        // line out.
        self.spent = true;
        self.send_lines(lines, first).await?;
        self.spent = false;
        Ok(FramingRepairs::default())
    }

    async fn prove(&mut self) -> Result<(), SinkError> {
        self.usable()?;
        let result = self.all_answered().await;
        self.spent = result.is_err();
        result
    }

    async fn gone(&mut self) -> SinkError {
        if let Err(spent) = self.usable() {
            return spent;
        }
        loop {
            if let Err(fault) = self.step().await {
                self.spent = true;
                return fault;
            }
        }
    }

    async fn close(mut self) -> Result<Farewell, SinkError> {
        self.usable()?;
        let bound = self.stream.bounds.close;
        match timeout(bound, self.all_answered()).await {
            Ok(result) => result?,
            Err(_) => return Err(self.unanswered(bound)),
        }
        // All is answered. What goes wrong from here on costs nothing, and a goodbye is as good as
        // an answer.
        let farewell = async {
            let _ = self.ask(self.window.next(), "close", "").await;
            self.stream.leave().await;
        };
        let _ = timeout(bound, farewell).await;
        Ok(Farewell::Confirmed)
    }

    fn peer(&self) -> &Peer {
        self.stream.peer()
    }

    fn sent(&self) -> u64 {
        self.sent
    }

    fn answers(&mut self) -> Answers {
        self.window.take_answers()
    }

    fn unread_at_most(&self) -> u64 {
        0
    }
}
