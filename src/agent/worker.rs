//! The waits and the liveness of an agent's threads. Pollers and replays wait through it, so that
//! either is seen when it hangs.

use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::Duration;

use crate::clock::{Moment, Time};
use crate::source::{ReadSecret, SourceError, SourceErrorKind};
use crate::status::{InternalEvent, Liveness, Reporter, WORK};

/// What a thread works with, whatever it does.
pub struct Worker<T> {
    /// Its time, and the end of it.
    pub time: T,
    /// Its sign of life.
    pub liveness: Liveness,
    /// Tells what happens.
    pub reporter: Reporter,
}

/// How often it is looked whether another thread is done.
const LOOK: Duration = Duration::from_millis(100);
/// How often a refused secret is looked at again: a replaced token takes effect this soon.
const SECRET_LOOK: Duration = Duration::from_secs(2);
/// Why a thread waits for another one.
const TURN: &str = "waits for a stream of the other source that may hold the same records";

/// The end of the work has come, in the middle of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

// === impl Worker ===

impl<T: Time> Worker<T> {
    /// Waits, with a sign of life before and after. `why` is for whoever watches.
    ///
    /// # Errors
    /// When the end of the work came first.
    pub fn wait(&self, time: Duration, why: &str) -> Result<(), Stopped> {
        self.promise(time);
        let over = self.time.sleep_because(time, why);
        self.promise(Duration::ZERO);
        if over { Err(Stopped) } else { Ok(()) }
    }

    /// Waits, but not longer than until the secret is another one.
    pub fn wait_for_another_secret(&self, read: &ReadSecret, wait: Duration) {
        let refused = read().ok();
        let until = self.now().steady + wait;
        while self.now().steady < until && self.wait(SECRET_LOOK.min(wait), "").is_ok() {
            if read().ok() != refused {
                break;
            }
        }
    }

    /// A sign of life before a wait, or with none before what keeps only processor and disk busy:
    /// a page that is written.
    pub fn promise(&self, wait: Duration) {
        let within = wait.saturating_add(WORK);
        self.liveness.promise(self.now().steady, within);
    }

    /// Locks what another thread may hold for as long as a request takes.
    ///
    /// # Errors
    /// When the end of the work came first.
    pub fn take<'m>(&self, turn: &'m Mutex<()>) -> Result<MutexGuard<'m, ()>, Stopped> {
        loop {
            match turn.try_lock() {
                Ok(taken) => return Ok(taken),
                Err(TryLockError::Poisoned(taken)) => return Ok(taken.into_inner()),
                Err(TryLockError::WouldBlock) => self.wait(LOOK, TURN)?,
            }
        }
    }

    /// This moment.
    pub fn now(&self) -> Moment {
        self.time.now()
    }

    /// Tells what happened.
    pub fn tell(&self, what: &InternalEvent) {
        self.reporter.tell(self.now(), what);
    }
}

// === impl Stopped ===

impl From<Stopped> for SourceError {
    fn from(_: Stopped) -> Self {
        Self::new(SourceErrorKind::Stopped, "stopped")
    }
}
