//! Ends a connection, either to prove what was sent on it or because the agent stops.

use super::{End, Forwarder, LAST_PROOF, halted_for};
use crate::agent::delivery_state::DeliveryState;
use crate::sink::Connect;
use crate::sink::{Sink, SinkError};
use crate::spool::Spool;
use crate::status::InternalEvent;

impl<S: Spool + 'static, C: Connect> Forwarder<S, C> {
    /// Our FIN, then the receiver's: it has read everything.
    pub(super) async fn confirm(&mut self, wire: C::Wire, state: &mut DeliveryState) -> End {
        let closed = tokio::select! {
            () = halted_for(&self.shutdown, LAST_PROOF) => return End::Halted,
            closed = wire.close() => closed,
        };
        let now = self.now().steady;
        match closed {
            Ok(_) => {
                state.confirmed(now);
                End::Confirmed
            }
            Err(error) => {
                let network = matches!(error, SinkError::Unproved { .. });
                if !network && state.half_close.refused(now) {
                    self.tell(&InternalEvent::HalfCloseRefused {
                        what: error.to_string(),
                    });
                }
                End::Siem { broke: true, error }
            }
        }
    }

    /// The end of all: what was sent is proved, so that the next start repeats nothing; but a stop
    /// must come to its end.
    pub(super) async fn farewell(&mut self, wire: C::Wire, state: &mut DeliveryState) -> End {
        let mut wire = wire;
        if state.unproved > 0 {
            let _ = tokio::time::timeout(LAST_PROOF, self.prove(&mut wire, state)).await;
        }
        state.answered(wire.answers());
        let closed = tokio::time::timeout(LAST_PROOF, wire.close()).await;
        if matches!(closed, Ok(Ok(_))) {
            state.finished();
        }
        let _ = self.release(state).await;
        End::Halted
    }
}
