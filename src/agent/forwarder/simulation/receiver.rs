//! A receiver that breaks where the case wants it, and knows by number what it has.
//!
//! Over TCP its kernel takes lines and acknowledges them, its process reads them a few lines later,
//! and what was read is stored five seconds after that: a reset costs what was not read, a death
//! also what was not stored. Over RELP its process has a line when it says so, and a connection may
//! end between having a line and saying so.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::held;
use crate::agent::replay_window::SETTLE;
use crate::lines::Lines;
use crate::sink::{Answers, Farewell, Peer, ReceiverRefusal, Sink, SinkError, Spoken};
use crate::sink::{Connect, ConnectError, ReceiverWord};
use crate::syslog::frame::FramingRepairs;

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseStyle {
    /// By a reset; the receiver goes on.
    Reset,
    /// The receiver has read all that its kernel had, and ends the connection.
    Fin,
    /// The receiver dies, and is away for so many connections, at least one: one that is back
    /// before a connection that is made at once can't be told from a reset.
    Death(u32),
}

/// What becomes of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// It ends when it has been given so many lines.
    pub lines: u64,
    /// RELP: so many of them were not answered by then, though the receiver has them.
    pub unanswered: u64,
    /// How it ends.
    pub ending: CloseStyle,
}

/// A receiver and all that it does.
pub struct SimReceiver {
    /// What its word is.
    pub word: ReceiverWord,
    /// What becomes of its connections, one after the other; those behind the last live for ever.
    pub lives: VecDeque<Life>,
    /// This life is every connection's, behind those.
    pub always: Option<Life>,
    /// Lines that it never takes: over RELP it refuses them, over TCP it ends the connection at
    /// them.
    pub poison: BTreeSet<u64>,
    /// It refuses every line before this moment (RELP).
    pub down_until: Duration,
    /// What it has for good, or has read and not yet stored: since when.
    has: BTreeMap<u64, Duration>,
    /// How often each line was given to it.
    pub given: BTreeMap<u64, u32>,
    /// In the order in which they were first read.
    pub order: Vec<u64>,
    /// Connections that it refuses before the next.
    away: u32,
    /// Connections made.
    pub connections: u32,
    began: Instant,
}

// === impl Receiver ===

impl SimReceiver {
    /// One that takes everything.
    pub fn new(word: ReceiverWord) -> Self {
        Self {
            word,
            lives: VecDeque::new(),
            always: None,
            poison: BTreeSet::new(),
            down_until: Duration::ZERO,
            has: BTreeMap::new(),
            given: BTreeMap::new(),
            order: Vec::new(),
            away: 0,
            connections: 0,
            began: Instant::now(),
        }
    }

    /// The lines that it has.
    pub fn lines(&self) -> BTreeSet<u64> {
        self.has.keys().copied().collect()
    }

    fn reads(&mut self, line: u64) {
        let now = self.began.elapsed();
        if !self.has.contains_key(&line) {
            self.order.push(line);
        }
        self.has.entry(line).or_insert(now);
    }

    fn dies(&mut self, away: u32) {
        self.away = away;
        if self.word == ReceiverWord::End {
            let now = self.began.elapsed();
            self.has.retain(|_, since| now >= *since + SETTLE);
        }
    }
}

/// Makes connections to it.
pub struct SimConnect(pub Arc<Mutex<SimReceiver>>);

impl Connect for SimConnect {
    type Wire = SimWire;

    async fn connect(&mut self, _: u32) -> Result<SimWire, ConnectError> {
        let mut receiver = held(&self.0);
        if receiver.away > 0 {
            receiver.away -= 1;
            return Err(ConnectError::Siem(SinkError::Refused { peer: peer() }));
        }
        receiver.connections += 1;
        let life = receiver.lives.pop_front().or(receiver.always);
        Ok(SimWire {
            word: receiver.word,
            receiver: Arc::clone(&self.0),
            peer: peer(),
            life,
            taken: 0,
            bytes: 0,
            unread: VecDeque::new(),
            unanswered: VecDeque::new(),
            answers: Answers::default(),
            over: false,
        })
    }

    fn word(&self) -> ReceiverWord {
        held(&self.0).word
    }
}

/// A connection to it.
pub struct SimWire {
    word: ReceiverWord,
    receiver: Arc<Mutex<SimReceiver>>,
    peer: Peer,
    life: Option<Life>,
    /// Lines that it was given.
    taken: u64,
    bytes: u64,
    /// In the receiver's kernel.
    unread: VecDeque<u64>,
    /// The receiver has them and did not say so yet.
    unanswered: VecDeque<(u64, bool)>,
    answers: Answers,
    over: bool,
}

/// Lines that lie in the receiver's kernel unread.
const LAG: usize = 3;
/// A line on the wire, about.
const LINE: u64 = 500;

impl SimWire {
    fn ended(&mut self) -> SinkError {
        self.over = true;
        SinkError::Broken {
            peer: self.peer.clone(),
            cause: io::ErrorKind::ConnectionReset.into(),
        }
    }

    /// The connection's end, as its life or a line wants it.
    fn end(&mut self, ending: CloseStyle) -> SinkError {
        let unanswered = self.life.map_or(0, |life| life.unanswered);
        while self.unanswered.len() as u64 > unanswered {
            self.answer_one();
        }
        if ending == CloseStyle::Fin {
            self.read_all_but(0);
        }
        if let CloseStyle::Death(away) = ending {
            held(&self.receiver).dies(away);
        }
        self.ended()
    }

    fn take(&mut self, line: u64) -> Result<(), SinkError> {
        let (poison, down) = {
            let mut receiver = held(&self.receiver);
            *receiver.given.entry(line).or_default() += 1;
            let down = receiver.began.elapsed() < receiver.down_until;
            (receiver.poison.contains(&line), down)
        };
        self.taken += 1;
        self.bytes += LINE;
        if self.word == ReceiverWord::Answers {
            if !poison && !down {
                held(&self.receiver).reads(line);
            }
            self.unanswered.push_back((line, !poison && !down));
            while self.unanswered.len() > LAG {
                self.answer_one();
            }
        } else {
            self.unread.push_back(line);
            self.read_all_but(LAG);
            if poison {
                self.read_all_but(1);
                return Err(self.end(CloseStyle::Reset));
            }
        }
        match self.life {
            Some(life) if self.taken >= life.lines => Err(self.end(life.ending)),
            _ => Ok(()),
        }
    }

    fn read_all_but(&mut self, lag: usize) {
        while self.unread.len() > lag {
            if let Some(line) = self.unread.pop_front() {
                held(&self.receiver).reads(line);
            }
        }
    }

    fn answer_one(&mut self) {
        match self.unanswered.pop_front() {
            Some((line, true)) => self.answers.accepted.insert(line..line + 1),
            Some((line, false)) => self.answers.refused.push(ReceiverRefusal {
                line,
                words: "500 refused".to_owned(),
            }),
            None => {}
        }
    }
}

impl Sink for SimWire {
    async fn send(
        &mut self,
        lines: &Lines,
        first: Option<u64>,
    ) -> Result<FramingRepairs, SinkError> {
        if self.over {
            return Err(self.ended());
        }
        for line in (first.unwrap_or(u64::MAX / 2)..).take(lines.len()) {
            self.take(line)?;
        }
        Ok(FramingRepairs::default())
    }

    async fn prove(&mut self) -> Result<(), SinkError> {
        tokio::time::sleep(Duration::from_millis(40)).await;
        if self.over {
            return Err(self.ended());
        }
        while !self.unanswered.is_empty() {
            self.answer_one();
        }
        Ok(())
    }

    async fn gone(&mut self) -> SinkError {
        std::future::pending().await
    }

    async fn close(mut self) -> Result<Farewell, SinkError> {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if self.over {
            return Err(self.ended());
        }
        self.read_all_but(0);
        Ok(Farewell::Confirmed)
    }

    fn unread_at_most(&self) -> u64 {
        match self.word {
            ReceiverWord::End => LAG as u64 * LINE,
            ReceiverWord::Answers | ReceiverWord::None => 0,
        }
    }

    fn peer(&self) -> &Peer {
        &self.peer
    }

    fn sent(&self) -> u64 {
        self.bytes
    }

    fn answers(&mut self) -> Answers {
        std::mem::take(&mut self.answers)
    }
}

fn peer() -> Peer {
    Peer {
        host: "simulated".into(),
        address: ([127, 0, 0, 1], 514).into(),
        protocol: Spoken::Tcp,
    }
}
