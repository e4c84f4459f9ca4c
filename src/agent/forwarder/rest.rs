//! The wait while there is nothing to send; the connection is watched meanwhile.

use std::time::Duration;

use super::{End, Forwarder, broke};
use crate::agent::delivery_state::DeliveryState;
use crate::agent::half_close::QUIET;
use crate::sink::{Connect, Sink};
use crate::spool::Spool;
use crate::status::InternalEvent;

/// A quiet connection is looked at this often.
const QUIET_LOOK: Duration = Duration::from_secs(10);

impl<S: Spool + 'static, C: Connect> Forwarder<S, C> {
    /// Waits for something to send, or to do.
    pub(super) async fn rest(
        &mut self,
        wire: &mut C::Wire,
        state: &mut DeliveryState,
    ) -> Result<(), End> {
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
            () = self.shutdown.wait() => {}
            error = wire.gone() => return Err(broke(error)),
            () = tokio::time::sleep(wait.min(QUIET_LOOK)) => self.tell(&InternalEvent::SiemThere),
        }
        Ok(())
    }
}
