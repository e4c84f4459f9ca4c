//! The forwarder's calls to the spool, on a thread of their own so that a slow disk blocks nothing
//! else.

use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::{End, Forwarder};
use crate::agent::delivery_state::DeliveryState;
use crate::ledger::Release;
use crate::sink::Connect;
use crate::spool::{Batch, Spool, SpoolError};
use crate::status::InternalEvent;

impl<S: Spool + 'static, C: Connect> Forwarder<S, C> {
    /// Lines that the receiver has, or that were set aside, leave the spool. True where any did.
    pub(super) async fn release(&self, state: &mut DeliveryState) -> Result<bool, End> {
        let mut any = false;
        while let Some(release) = state.release(self.spool.first()) {
            let (spool, ledger) = (Arc::clone(&self.spool), Arc::clone(&self.ledger));
            let before = release.before;
            let lines = release.arrived.count_in(state.first()..before);
            let kept = on_disk(move || {
                ledger.acknowledge(&release, |before, note| spool.acknowledge(before, note))?;
                Ok(ledger.tidy())
            });
            let kept = kept.await.map_err(End::Spool)?;
            state.released(before);
            any = true;
            self.tell(&InternalEvent::Proved { lines });
            if state.takes_again() {
                self.tell(&InternalEvent::ProvesAgain);
            }
            if let Err(error) = kept {
                let what = error.to_string();
                self.tell(&InternalEvent::LedgerTrouble { what });
            }
        }
        Ok(any)
    }

    /// Has the spool remember what was sent, though nothing can go yet. It is written with the next
    /// page, for nothing, so that what goes out again after a kill is known for that.
    pub(super) async fn note(&self) -> Result<(), End> {
        let (spool, ledger) = (Arc::clone(&self.spool), Arc::clone(&self.ledger));
        let noted = on_disk(move || {
            let nothing = Release {
                before: spool.first(),
                ..Release::default()
            };
            ledger.acknowledge(&nothing, |before, note| spool.acknowledge(before, note))
        });
        noted.await.map_err(End::Spool)
    }

    pub(super) async fn peek(&self, from: u64) -> Result<Option<Batch>, End> {
        let spool = Arc::clone(&self.spool);
        let batch = on_disk(move || spool.peek(from)).await;
        batch.map_err(End::Spool)
    }
}

/// Runs what may wait for the disk where it holds up nobody.
pub(super) async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SpoolError> + Send + 'static,
) -> Result<T, SpoolError> {
    spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(SpoolError::Store {
            path: std::path::PathBuf::new(),
            reason: format!("Internal error: {error}"),
        })
    })
}
