//! From flash to the SIEM: peek, send, prove, release. A line leaves the spool only when the receiver has it.
//!
//! What that takes is pure: `delivery_state` notes what became of each line by its number, `replay_window` what may still die
//! with the receiver, `proof_interval` how much goes out before the receiver's word, `suspects` which lines it does not take.
//! Here is who asks the spool and the wire. A connection that breaks takes with it what has not arrived: the next one begins at
//! the spool's first line that the receiver does not have. A connection that was ended by us, and by the receiver after us,
//! loses nothing.

mod close;
mod disk;
mod set_aside;
#[cfg(test)]
mod simulation;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::delivery_state::DeliveryState;
use super::half_close::QUIET;
use super::heartbeat::HeartbeatSchedule;
use super::shutdown::Shutdown;
use crate::backoff::Backoff;
use crate::clock::Moment;
use crate::ledger::Ledger;
use crate::random;
use crate::settings::{SiemSettings, SyslogProtocol};
use crate::sink::{Connect, ConnectError, ReceiverWord, RelpFault, Sink, SinkError, TrustError};
use crate::spool::{Batch, Spool, SpoolError};
use crate::status::{InternalEvent, Reporter};

/// A quiet connection is looked at this often.
const QUIET_LOOK: Duration = Duration::from_secs(10);
/// The longest that it waits for anybody in one go, by the time limits of the sink ([`StepTimes`](crate::sink::StepTimes): 60 s for the
/// receiver's FIN) and its own (30 s of back-off). What takes longer in all, a slow receiver that takes a batch byte by byte or a
/// cap of one line a second, wakes it on the way.
pub const WAIT: Duration = Duration::from_secs(60);
/// A stop waits no longer than this for the last proof.
const LAST_PROOF: Duration = Duration::from_secs(5);
/// A connection that is made at once after a break and stands for so long shows that the receiver lives.
const ALIVE_LOOK: Duration = Duration::from_millis(50);
/// A receiver that can't be asked by a half-close is given so much time to end the connection at a line that it does not take.
const LINE_LOOK: Duration = Duration::from_secs(1);

/// Everything the forwarder of an agent works with.
pub struct Forwarder<S: Spool, C: Connect> {
    /// Where lines wait.
    pub spool: Arc<S>,
    /// What became of them.
    pub ledger: Arc<Ledger>,
    /// What is sent beside them.
    pub heartbeat: HeartbeatSchedule,
    /// How they are sent.
    pub siem: SiemSettings,
    /// Makes the connections.
    pub connect: C,
    /// Woken when there is something new.
    pub wake: Arc<Notify>,
    /// Tells what happens.
    pub reporter: Reporter,
    /// Ends it.
    pub halt: Arc<Shutdown>,
    /// What time it is.
    pub now: fn() -> Moment,
}

/// Why a connection's life ended.
enum End {
    Halted,
    /// To hear the receiver's word.
    HalfClose,
    /// The receiver has given its word.
    Confirmed,
    Unfit(TrustError),
    Siem {
        broke: bool,
        error: SinkError,
    },
    Spool(SpoolError),
}

// === impl Forwarder ===

impl<S: Spool + 'static, C: Connect> Forwarder<S, C> {
    /// Forwards until it is told to stop.
    pub async fn run(mut self) {
        let (mut siem, mut disk) = (Backoff::for_siem(), Backoff::for_siem());
        let mut state = DeliveryState::new(self.spool.first(), &self.siem.replay);
        while !self.halt.thrown() {
            let begin = self.now().steady;
            let end = self.connection(siem.failures(), &mut state).await;
            siem.lasted(self.now().steady - begin);
            state.renewed = matches!(end, End::Confirmed);
            if state.has_progress() {
                siem.reset();
            }
            let (what, broke, wait) = match end {
                End::Halted => return,
                End::Confirmed | End::HalfClose => {
                    siem.reset();
                    continue;
                }
                End::Siem { broke, error } => {
                    let what = error.to_string();
                    let at_once = !self.ended(broke, &what, &mut state).await;
                    if !self.may_half_close(&state)
                        && let Some((ends, wait)) = state.fruitless()
                    {
                        // after so long nobody can tell whether it is the same receiver
                        state.unreachable();
                        self.tell(&InternalEvent::EndsBeforeProof {
                            ends,
                            window: self.siem.replay.window,
                            what,
                            wait,
                        });
                        self.pause(wait).await;
                        continue;
                    }
                    if at_once {
                        // whether the receiver lives shows only now, not after a wait
                        self.tell(&InternalEvent::SiemTrouble {
                            broke,
                            what,
                            wait: Duration::ZERO,
                        });
                        continue;
                    }
                    (what, broke, siem.failed(random::any()))
                }
                End::Unfit(error) => (format!("siem: {error}"), false, siem.failed(random::any())),
                End::Spool(error) => {
                    let (what, wait) = (error.to_string(), disk.failed(random::any()));
                    self.tell(&InternalEvent::SpoolTrouble { what, wait });
                    self.pause(wait).await;
                    continue;
                }
            };
            self.tell(&InternalEvent::SiemTrouble { broke, what, wait });
            self.pause(wait).await;
        }
    }

    /// A connection broke, or none could be made. True where to wait before the next.
    async fn ended(&self, broke: bool, what: &str, state: &mut DeliveryState) -> bool {
        if !broke {
            state.unreachable();
            return true;
        }
        let now = self.now().steady;
        let at_once = state.broke(what, self.connect.word(), now);
        // what the disk says comes with the next lines
        let _ = self.tell_suspects(state).await;
        !at_once
    }

    /// Waits, unless it is told to stop; no longer than [`WAIT`] in one go.
    async fn pause(&self, mut wait: Duration) {
        while !wait.is_zero() && !self.halt.thrown() {
            let part = wait.min(WAIT / 2);
            wait -= part;
            tokio::select! {
                () = self.halt.wait() => {}
                () = tokio::time::sleep(part) => {}
            }
        }
    }

    /// One connection's life.
    async fn connection(&mut self, attempt: u32, state: &mut DeliveryState) -> End {
        state.begin_connection(self.now().steady);
        let halt = Arc::clone(&self.halt);
        let connected = tokio::select! {
            () = halt.wait() => return End::Halted,
            connected = self.connect.connect(attempt) => connected,
        };
        let mut wire = match connected {
            Ok(wire) => wire,
            Err(ConnectError::Unfit(error)) => return End::Unfit(error),
            Err(ConnectError::Siem(error)) => {
                return End::Siem {
                    broke: false,
                    error,
                };
            }
        };
        self.tell(&InternalEvent::SiemConnected {
            peer: wire.peer().to_string(),
            renewed: state.renewed,
        });
        if state.window.is_doubted() {
            // a dying receiver's kernel may have accepted, and takes that back
            tokio::select! {
                error = wire.gone() => return broke(error),
                () = tokio::time::sleep(ALIVE_LOOK) => state.window.alive(),
            }
        }
        let end = tokio::select! {
            end = self.forward(&mut wire, state) => end,
            // a batch is sent to its end, so that no line is cut; but not for ever
            () = halted_for(&halt, LAST_PROOF) => End::Halted,
        };
        match end {
            End::Halted => self.farewell(wire, state).await,
            End::HalfClose => self.confirm(wire, state).await,
            end => {
                // what was answered before the end counts; what the disk says comes with the next lines
                state.answered(wire.answers());
                let _ = state.judge_refusals(self.now().steady);
                let _ = self.release(state).await;
                end
            }
        }
    }

    /// Sends what waits, until there is a reason to end the connection.
    async fn forward(&mut self, wire: &mut C::Wire, state: &mut DeliveryState) -> End {
        while !self.halt.thrown() {
            for repair in self.spool.repairs() {
                self.tell(&InternalEvent::SpoolRepaired {
                    what: repair.to_string(),
                });
            }
            let step = async {
                self.beat(wire, state).await?;
                self.set_aside_convicted(state).await?;
                if state.interval.left().lines == 0 {
                    return self.prove(wire, state).await;
                }
                match self.next_batch(state).await? {
                    Some(batch) => self.send(wire, batch, state).await,
                    None if state.unproved > 0 => self.prove(wire, state).await,
                    None => self.rest(wire, state).await,
                }
            };
            if let Err(end) = step.await {
                return end;
            }
        }
        End::Halted
    }

    /// What goes out next: a suspect whose time has come, alone, or the next lines that the receiver does not have.
    async fn next_batch(&self, state: &mut DeliveryState) -> Result<Option<Batch>, End> {
        loop {
            if state.is_alone() && state.unproved > 0 {
                return Ok(None);
            }
            let batch = self.peek(state.look_at()).await?;
            if !state.is_alone()
                && let Some(suspect) = state.suspects.due(self.now().steady, batch.is_some())
            {
                // what is out is proved first, so that what happens then is about this line
                if state.unproved > 0 || state.window.doubtful() && self.may_half_close(state) {
                    return Ok(None);
                }
                state.begin_alone(suspect);
                continue;
            }
            let places = batch.as_ref().map_or(0..0, |batch| state.portion(batch));
            match batch {
                Some(batch) if places.len() == batch.lines.len() => return Ok(Some(batch)),
                Some(batch) if !places.is_empty() => return Ok(Some(batch.part(places))),
                none if !state.pass_over(none.as_ref()) => return Ok(None),
                _ => {}
            }
        }
    }

    async fn send(
        &mut self,
        wire: &mut C::Wire,
        batch: Batch,
        state: &mut DeliveryState,
    ) -> Result<(), End> {
        let (lines, before) = (batch.first..batch.next(), wire.sent());
        let count = batch.lines.len() as u64;
        let word = self.connect.word();
        state.sending(lines.clone(), word);
        self.ledger.sent(batch.first, batch.lines.tags());
        let mended = wire
            .send(&batch.lines, Some(batch.first))
            .await
            .map_err(broke)?;
        state.sent(lines, wire.sent() - before, word, self.now().steady);
        state.answered(wire.answers());
        self.tell(&InternalEvent::Sent { lines: count });
        if let (lines @ 1.., SyslogProtocol::Udp { max_datagram }) =
            (mended.cut, &self.siem.protocol)
        {
            self.tell(&InternalEvent::Cut {
                lines,
                bound: *max_datagram,
            });
        }
        Ok(())
    }

    /// Sends a heartbeat where one is due. It is in no window: a lost one is missed by the SIEM, which is what it is for.
    async fn beat(&mut self, wire: &mut C::Wire, state: &mut DeliveryState) -> Result<(), End> {
        let now = (self.now)();
        let beat = self
            .heartbeat
            .beat(now, &self.ledger, &*self.spool, &self.reporter);
        let Some(line) = beat else { return Ok(()) };
        let before = wire.sent();
        wire.send(&line, None).await.map_err(broke)?;
        // the proof that follows also makes TLS write it
        state.unproved += wire.sent() - before;
        Ok(())
    }

    /// Waits for the word of the receiver's kernel, or where it can have that, of the receiver itself.
    async fn prove(&mut self, wire: &mut C::Wire, state: &mut DeliveryState) -> Result<(), End> {
        wire.prove().await.map_err(broke)?;
        state.unproved = 0;
        self.tell(&InternalEvent::SiemThere);
        match self.connect.word() {
            ReceiverWord::Answers => {
                state.answered(wire.answers());
                if let Some(answer) = state.judge_refusals(self.now().steady) {
                    let peer = wire.peer().clone();
                    let fault = RelpFault::TakesNoLine { answer };
                    return Err(broke(SinkError::Relp { peer, fault }));
                }
                state.held(ReceiverWord::Answers);
            }
            ReceiverWord::End | ReceiverWord::None => self.acknowledged(wire, state).await?,
        }
        self.tell_suspects(state).await?;
        if !self.release(state).await? {
            self.note().await?;
        }
        Ok(())
    }

    /// The receiver's kernel has everything that was sent. Where connections end early, that is not enough.
    async fn acknowledged(
        &mut self,
        wire: &mut C::Wire,
        state: &mut DeliveryState,
    ) -> Result<(), End> {
        state.acknowledged(wire.unread_at_most());
        let careful = state.interval.is_careful() || state.is_alone();
        let searching = state.interval.is_searching() || state.is_alone();
        let may = self.may_half_close(state) && state.window.doubtful();
        if searching && !may && self.connect.word() == ReceiverWord::End {
            tokio::select! {
                error = wire.gone() => return Err(broke(error)),
                () = self.halt.wait() => return Ok(()),
                () = tokio::time::sleep(LINE_LOOK) => {}
            }
        }
        if careful && may {
            return Err(End::HalfClose);
        }
        if careful {
            state.held(self.connect.word());
        }
        state.interval.acknowledged();
        if state.window.doubtful() && state.half_close.due(self.now().steady) {
            self.release(state).await?;
            return Err(End::HalfClose);
        }
        Ok(())
    }

    fn may_half_close(&self, state: &DeliveryState) -> bool {
        self.connect.word() == ReceiverWord::End && state.half_close.allowed(self.now().steady)
    }

    /// Nothing to send: waits for something, and looks after the connection meanwhile.
    async fn rest(&mut self, wire: &mut C::Wire, state: &mut DeliveryState) -> Result<(), End> {
        let now = self.now().steady;
        state.settle(now);
        self.release(state).await?;
        let asks = state.window.doubtful() && self.may_half_close(state);
        let quiet_at = asks.then_some(state.sent_at + QUIET);
        let suspect_due = state.suspects.due(now, false).is_some();
        if quiet_at.is_some_and(|at| now >= at || suspect_due) {
            return Err(End::HalfClose);
        }
        let next = [
            quiet_at,
            state.window.settles_at(),
            self.heartbeat.due_at(),
            state.suspects.due_at(),
        ];
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
            () = tokio::time::sleep(wait.min(QUIET_LOOK)) => self.tell(&InternalEvent::SiemThere),
        }
        Ok(())
    }

    fn now(&self) -> Moment {
        (self.now)()
    }

    fn tell(&self, what: &InternalEvent) {
        self.reporter.tell(self.now(), what);
    }
}

fn broke(error: SinkError) -> End {
    End::Siem { broke: true, error }
}

/// Resolves so long after the switch was thrown.
async fn halted_for(halt: &Shutdown, time: Duration) {
    halt.wait().await;
    tokio::time::sleep(time).await;
}
