//! Proves that the receiver has what was sent: by its kernel, and over RELP by the receiver itself.

use std::time::Duration;

use super::{End, Forwarder, broke};
use crate::agent::delivery_state::DeliveryState;
use crate::sink::{Connect, ReceiverWord, RelpFault, Sink, SinkError};
use crate::spool::Spool;
use crate::status::InternalEvent;

/// A receiver that can't be asked by a half-close is given so much time to end the connection at a
/// line that it does not take.
const LINE_LOOK: Duration = Duration::from_secs(1);

impl<S: Spool + 'static, C: Connect> Forwarder<S, C> {
    /// Waits for the word of the receiver's kernel, or where it can have that, of the receiver
    /// itself.
    pub(super) async fn prove(
        &mut self,
        wire: &mut C::Wire,
        state: &mut DeliveryState,
    ) -> Result<(), End> {
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

    /// The receiver's kernel has everything that was sent. Where connections end early, that is not
    /// enough.
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
                () = self.shutdown.wait() => return Ok(()),
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

    pub(super) fn may_half_close(&self, state: &DeliveryState) -> bool {
        self.connect.word() == ReceiverWord::End && state.half_close.allowed(self.now().steady)
    }
}
