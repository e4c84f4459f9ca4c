//! From flash to the SIEM: peek, send, prove, let go. A line leaves the spool only when the receiver has it.
//!
//! What that takes is in `window`, `half_close` and `course`; here is who asks the spool and the wire. A connection that breaks takes
//! everything with it that is not let go: the next one begins at the spool's first line. A connection that was ended by us,
//! and by the receiver after us, loses nothing: the next one goes on behind it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::spawn_blocking;

use super::course::{Course, SinceProof};
use super::half_close::QUIET;
use super::halt::{Halt, chance};
use super::heartbeat::Heartbeat;
use super::parts::{AgentError, siem_target};
use super::window::LetGo;
use crate::backoff::Backoff;
use crate::clock;
use crate::ledger::Ledger;
use crate::settings::{Protocol, SiemSettings};
use crate::sink::{Sink, SinkError, Wire};
use crate::spool::{Batch, Spool, SpoolError};
use crate::status::{Happening, Reporter};

/// This much is sent before the word of the receiver's kernel is waited for, bytes.
const PROVE_EVERY: u64 = 1 << 20;
/// A quiet connection is looked at this often.
const QUIET_LOOK: Duration = Duration::from_secs(10);
/// The longest that it waits for anybody in one go, by the time limits of the sink ([`Bounds`](crate::sink::Bounds): 60 s for the
/// receiver's FIN) and its own (30 s of back-off). What takes longer in all, a slow receiver that takes a batch byte by byte or a
/// cap of one line a second, wakes it on the way.
pub const WAIT: Duration = Duration::from_secs(60);
/// A stop waits no longer than this for the last proof.
const LAST_PROOF: Duration = Duration::from_secs(5);

/// Everything the forwarder of an agent works with.
pub struct Forwarder<S: Spool> {
    /// Where lines wait.
    pub spool: Arc<S>,
    /// What became of them.
    pub ledger: Arc<Ledger>,
    /// What is sent beside them.
    pub heartbeat: Heartbeat,
    /// Where they go.
    pub siem: SiemSettings,
    /// Woken when there is something new.
    pub wake: Arc<Notify>,
    /// Tells what happens.
    pub reporter: Reporter,
    /// Ends it.
    pub halt: Arc<Halt>,
}

/// Why a connection's life ended.
enum End {
    Halted,
    /// To hear the receiver's word.
    HalfClose,
    /// The receiver has given its word.
    Confirmed,
    Unfit(AgentError),
    Siem {
        broke: bool,
        error: SinkError,
    },
    Spool(SpoolError),
}

// === impl Forwarder ===

impl<S: Spool + 'static> Forwarder<S> {
    /// Forwards until it is told to stop.
    pub async fn run(mut self) {
        let (mut siem, mut disk) = (Backoff::for_siem(), Backoff::for_siem());
        let mut course = Course::new(self.spool.first(), &self.siem.replay);
        while !self.halt.thrown() {
            let begin = clock::now().steady;
            let end = self.connection(siem.failures(), &mut course).await;
            siem.lasted(clock::now().steady - begin);
            course.renewed = matches!(end, End::Confirmed);
            let (what, broke, wait) = match end {
                End::Halted => return,
                End::Confirmed | End::HalfClose => {
                    siem.reset();
                    continue;
                }
                End::Siem { broke, error } => (error.to_string(), broke, siem.failed(chance())),
                End::Unfit(error) => (error.to_string(), false, siem.failed(chance())),
                End::Spool(error) => {
                    let (what, wait) = (error.to_string(), disk.failed(chance()));
                    self.tell(&Happening::SpoolTrouble { what, wait });
                    self.begin_again(&mut course);
                    self.pause(wait).await;
                    continue;
                }
            };
            self.tell(&Happening::SiemTrouble { broke, what, wait });
            self.begin_again(&mut course);
            self.pause(wait).await;
        }
    }

    fn begin_again(&self, course: &mut Course) {
        course.begin_again(self.spool.first());
        self.ledger.begin_again();
    }

    async fn pause(&self, wait: Duration) {
        tokio::select! {
            () = self.halt.wait() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }

    /// One connection's life.
    async fn connection(&mut self, attempt: u32, course: &mut Course) -> End {
        // made anew for each connection, so that a renewed certificate counts from the next one on
        let target = match siem_target(&self.siem) {
            Ok(target) => target,
            Err(error) => return End::Unfit(error),
        };
        let connected = tokio::select! {
            () = self.halt.wait() => return End::Halted,
            connected = Wire::connect(&target, attempt) => connected,
        };
        let mut wire = match connected {
            Ok(wire) => wire,
            Err(error) => {
                return End::Siem {
                    broke: false,
                    error,
                };
            }
        };
        self.tell(&Happening::SiemConnected {
            peer: wire.peer().to_string(),
            renewed: course.renewed,
        });
        course.since_proof = SinceProof::new(course.next, 0);
        let halt = Arc::clone(&self.halt);
        let end = tokio::select! {
            end = self.forward(&mut wire, course) => end,
            // a batch is sent to its end, so that no line is cut; but not for ever
            () = halted_for(&halt, LAST_PROOF) => End::Halted,
        };
        match end {
            End::Halted => self.farewell(wire, course).await,
            End::HalfClose => self.confirm(wire, course).await,
            end => {
                // the connection's end is told in any case; what the disk says comes with the next lines
                let _ = self
                    .let_go(course.since_proof.accepted(wire.accepted()))
                    .await;
                end
            }
        }
    }

    /// Sends what waits, until there is a reason to end the connection.
    async fn forward(&mut self, wire: &mut Wire, course: &mut Course) -> End {
        while !self.halt.thrown() {
            for repair in self.spool.repairs() {
                self.tell(&Happening::SpoolRepaired {
                    what: repair.to_string(),
                });
            }
            if let Err(end) = self.beat(wire, course).await {
                return end;
            }
            let done = match self.peek(course.next).await {
                Err(error) => Err(End::Spool(error)),
                Ok(Some(batch)) => self.send(wire, &batch, course).await,
                Ok(None) if course.unproved > 0 => self.prove(wire, course).await,
                Ok(None) => self.rest(wire, course).await,
            };
            if let Err(end) = done {
                return end;
            }
        }
        End::Halted
    }

    async fn send(
        &mut self,
        wire: &mut Wire,
        batch: &Batch,
        course: &mut Course,
    ) -> Result<(), End> {
        let (lines, before) = (batch.lines.len() as u64, wire.sent());
        // counted before it is sent: a send that is cut off by a stop may have sent some
        course.unproved += 1;
        self.ledger.sent(batch.first, batch.lines.tags());
        let mended = wire.send(&batch.lines).await.map_err(broke)?;
        let bytes = wire.sent() - before;
        course.took(batch.next(), lines, bytes, clock::now().steady);
        self.tell(&Happening::Sent { lines });
        if let (lines @ 1.., Protocol::Udp { max_datagram }) = (mended.cut, &self.siem.protocol) {
            self.tell(&Happening::Cut {
                lines,
                bound: *max_datagram,
            });
        }
        if course.unproved >= PROVE_EVERY {
            self.prove(wire, course).await?;
        }
        Ok(())
    }

    /// Sends a heartbeat where one is due. It is in no window: a lost one is missed by the SIEM, which is what it is for.
    async fn beat(&mut self, wire: &mut Wire, course: &mut Course) -> Result<(), End> {
        let beat = self
            .heartbeat
            .beat(clock::now(), &self.ledger, &*self.spool, &self.reporter);
        let Some(line) = beat else { return Ok(()) };
        let before = wire.sent();
        course.since_proof.beat(course.next);
        wire.send(&line).await.map_err(broke)?;
        // the proof that follows also makes TLS write it
        course.unproved += wire.sent() - before;
        Ok(())
    }

    /// Waits for the word of the receiver's kernel, or where it can have that, of the receiver itself.
    async fn prove(&mut self, wire: &mut Wire, course: &mut Course) -> Result<(), End> {
        wire.prove().await.map_err(broke)?;
        course.unproved = 0;
        course.since_proof = SinceProof::new(course.next, wire.accepted());
        self.tell(&Happening::SiemThere);
        match course.window.acknowledged(wire.unread_at_most()) {
            None => self.note().await?,
            gone => self.let_go(gone).await?,
        }
        if course.window.doubtful() && course.half_close.due(clock::now().steady) {
            return Err(End::HalfClose);
        }
        Ok(())
    }

    /// Nothing to send: waits for something, and looks after the connection meanwhile.
    async fn rest(&mut self, wire: &mut Wire, course: &mut Course) -> Result<(), End> {
        let now = clock::now().steady;
        self.let_go(course.window.settled(now)).await?;
        let asks = course.window.doubtful() && course.half_close.allowed(now);
        let quiet_at = asks.then_some(course.sent_at + QUIET);
        if quiet_at.is_some_and(|at| now >= at) {
            return Err(End::HalfClose);
        }
        let settles_at = course.window.settles_at();
        let next = [quiet_at, settles_at, self.heartbeat.due_at()];
        let wait = next
            .into_iter()
            .flatten()
            .map(|at| at.saturating_sub(now))
            .min()
            .unwrap_or(QUIET_LOOK);
        tokio::select! {
            () = self.wake.notified() => {}
            () = self.halt.wait() => {}
            error = wire.gone() => return Err(broke(error)),
            () = tokio::time::sleep(wait.min(QUIET_LOOK)) => self.tell(&Happening::SiemThere),
        }
        Ok(())
    }

    /// Our FIN, then the receiver's: it has read everything.
    async fn confirm(&mut self, wire: Wire, course: &mut Course) -> End {
        let closed = tokio::select! {
            () = halted_for(&self.halt, LAST_PROOF) => return End::Halted,
            closed = wire.close() => closed,
        };
        let now = clock::now().steady;
        match closed {
            Ok(_) => {
                course.window.confirmed(now);
                course.half_close.answered();
                End::Confirmed
            }
            Err(error) => {
                let network = matches!(error, SinkError::Unproved { .. });
                if !network && course.half_close.refused(now) {
                    self.tell(&Happening::HalfCloseRefused {
                        what: error.to_string(),
                    });
                }
                End::Siem { broke: true, error }
            }
        }
    }

    /// The end of all: what was sent is proved, so that the next start repeats nothing; but a stop must come to its end.
    async fn farewell(&mut self, wire: Wire, course: &mut Course) -> End {
        let mut wire = wire;
        if course.unproved > 0 {
            let _ = tokio::time::timeout(LAST_PROOF, self.prove(&mut wire, course)).await;
        }
        let closed = tokio::time::timeout(LAST_PROOF, wire.close()).await;
        if matches!(closed, Ok(Ok(_))) {
            let _ = self.let_go(course.window.finished()).await;
        }
        End::Halted
    }

    /// Lines that need not be kept any longer leave the spool.
    async fn let_go(&self, lines: Option<LetGo>) -> Result<(), End> {
        let Some(LetGo { before, lines }) = lines else {
            return Ok(());
        };
        let (spool, ledger) = (Arc::clone(&self.spool), Arc::clone(&self.ledger));
        let kept = on_disk(move || {
            ledger.acknowledge(before, |before, note| spool.acknowledge(before, note))?;
            Ok(ledger.tidy())
        });
        let kept = kept.await.map_err(End::Spool)?;
        self.tell(&Happening::Proved { lines });
        if let Err(error) = kept {
            let what = error.to_string();
            self.tell(&Happening::LedgerTrouble { what });
        }
        Ok(())
    }

    /// Has the spool remember what was sent, though nothing can go yet. It is written with the next page, for nothing, so that
    /// what goes out again after a kill is known for that.
    async fn note(&self) -> Result<(), End> {
        let (spool, ledger) = (Arc::clone(&self.spool), Arc::clone(&self.ledger));
        let noted = on_disk(move || {
            let first = spool.first();
            ledger.acknowledge(first, |before, note| spool.acknowledge(before, note))
        });
        noted.await.map_err(End::Spool)
    }

    async fn peek(&self, from: u64) -> Result<Option<Batch>, SpoolError> {
        let spool = Arc::clone(&self.spool);
        on_disk(move || spool.peek(from)).await
    }

    fn tell(&self, what: &Happening) {
        self.reporter.tell(clock::now(), what);
    }
}

fn broke(error: SinkError) -> End {
    End::Siem { broke: true, error }
}

/// Resolves so long after the switch was thrown.
async fn halted_for(halt: &Halt, time: Duration) {
    halt.wait().await;
    tokio::time::sleep(time).await;
}

/// Runs what may wait for the disk where it holds up nobody.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SpoolError> + Send + 'static,
) -> Result<T, SpoolError> {
    spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(SpoolError::Store {
            path: std::path::PathBuf::new(),
            reason: format!("Internal error: {error}"),
        })
    })
}
