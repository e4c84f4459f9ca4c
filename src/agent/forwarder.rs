//! The forwarder brings lines from flash to the SIEM: peek, send, prove, release. A line leaves the
//! spool only when the receiver has it.
//!
//! What that takes is pure: `delivery_state` notes what became of each line by its number,
//! `replay_window` what may still die with the receiver, `proof_interval` how much goes out before
//! the receiver's word, `suspects` which lines it does not take. Here is who asks the spool and the
//! wire. A connection that breaks takes with it what has not arrived: the next one begins at the
//! spool's first line that the receiver does not have. A connection that was ended by us, and by
//! the receiver after us, loses nothing.

mod close;
mod connection;
mod disk;
mod prove;
mod rest;
mod set_aside;
#[cfg(test)]
mod simulation;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::delivery_state::DeliveryState;
use super::heartbeat::HeartbeatSchedule;
use super::shutdown::Shutdown;
use crate::backoff::Backoff;
use crate::clock::Moment;
use crate::ledger::Ledger;
use crate::random;
use crate::settings::SiemSettings;
use crate::sink::{Connect, SinkError, TrustError};
use crate::spool::{Spool, SpoolError};
use crate::status::{InternalEvent, Reporter};

/// The longest that it waits for anybody in one go, by the time limits of the sink
/// ([`StepTimes`](crate::sink::StepTimes): 60 s for the receiver's FIN) and its own (30 s of
/// back-off). What takes longer in all, a slow receiver that takes a batch byte by byte or a cap of
/// one line a second, wakes it on the way.
pub const WAIT: Duration = Duration::from_secs(60);
/// A stop waits no longer than this for the last proof.
const LAST_PROOF: Duration = Duration::from_secs(5);

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
    pub shutdown: Arc<Shutdown>,
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

/// How long to wait after failures in a row.
struct Waits {
    siem: Backoff,
    disk: Backoff,
}

// === impl Forwarder ===

impl<S: Spool + 'static, C: Connect> Forwarder<S, C> {
    /// Forwards until it is told to stop.
    pub async fn run(mut self) {
        let mut waits = Waits {
            siem: Backoff::for_siem(),
            disk: Backoff::for_siem(),
        };
        let mut state = DeliveryState::new(self.spool.first(), &self.siem.replay);
        while !self.shutdown.thrown() {
            let begin = self.now().steady;
            let end = self.connection(waits.siem.failures(), &mut state).await;
            waits.siem.lasted(self.now().steady - begin);
            state.renewed = matches!(end, End::Confirmed);
            if state.has_progress() {
                waits.siem.reset();
            }
            let wait = self.after(end, &mut waits, &mut state).await;
            self.pause(wait).await;
        }
    }

    /// What follows from the end of a connection: tells it, and says how long to wait.
    async fn after(&mut self, end: End, waits: &mut Waits, state: &mut DeliveryState) -> Duration {
        match end {
            End::Halted => Duration::ZERO,
            End::Confirmed | End::HalfClose => {
                waits.siem.reset();
                Duration::ZERO
            }
            End::Siem { broke, error } => self.after_error(broke, error, waits, state).await,
            End::Unfit(error) => {
                let (what, wait) = (format!("siem: {error}"), waits.siem.failed(random::any()));
                let broke = false;
                self.tell(&InternalEvent::SiemTrouble { broke, what, wait });
                wait
            }
            End::Spool(error) => {
                let (what, wait) = (error.to_string(), waits.disk.failed(random::any()));
                self.tell(&InternalEvent::SpoolTrouble { what, wait });
                wait
            }
        }
    }

    /// A connection broke, or none could be made.
    async fn after_error(
        &mut self,
        broke: bool,
        error: SinkError,
        waits: &mut Waits,
        state: &mut DeliveryState,
    ) -> Duration {
        let what = error.to_string();
        let at_once = broke && state.broke(&what, self.connect.word(), self.now().steady);
        if broke {
            // what the disk says comes with the next lines
            let _ = self.tell_suspects(state).await;
        } else {
            state.unreachable();
        }
        if !self.may_half_close(state)
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
            return wait;
        }
        // whether the receiver lives may show only at once, not after a wait
        let wait = match at_once {
            true => Duration::ZERO,
            false => waits.siem.failed(random::any()),
        };
        self.tell(&InternalEvent::SiemTrouble { broke, what, wait });
        wait
    }

    /// Waits, unless it is told to stop; no longer than [`WAIT`] in one go.
    async fn pause(&self, mut wait: Duration) {
        while !wait.is_zero() && !self.shutdown.thrown() {
            let part = wait.min(WAIT / 2);
            wait -= part;
            tokio::select! {
                () = self.shutdown.wait() => {}
                () = tokio::time::sleep(part) => {}
            }
        }
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
async fn halted_for(shutdown: &Shutdown, time: Duration) {
    shutdown.wait().await;
    tokio::time::sleep(time).await;
}
