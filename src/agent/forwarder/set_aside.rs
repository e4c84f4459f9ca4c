//! Setting aside a line that the receiver does not take: on flash with the records set aside, in
//! the ledger as refused, in a notice by name.

use std::sync::Arc;

use super::disk::on_disk;
use super::{End, Forwarder};
use crate::agent::delivery_state::DeliveryState;
use crate::agent::suspects::{Named, Offence};
use crate::cef;
use crate::sink::Connect;
use crate::spool::{DeadLetter, Spool};
use crate::status::{InternalEvent, LineTrouble};

impl<S: Spool + 'static, C: Connect> Forwarder<S, C> {
    /// Names the lines that are held back because of what the receiver makes of them, each once.
    pub(super) async fn tell_suspects(&self, state: &mut DeliveryState) -> Result<(), End> {
        for named in state.suspects.take_untold() {
            let line = self.line(named.line).await?.unwrap_or_default();
            self.tell(&InternalEvent::LineHeldBack {
                line: trouble(&named, &line),
                set_aside: self.siem.set_aside_refused,
            });
        }
        Ok(())
    }

    /// Sets aside the lines that are beyond doubt, unless the settings want them tried for ever.
    pub(super) async fn set_aside_convicted(&self, state: &mut DeliveryState) -> Result<(), End> {
        while self.siem.set_aside_refused
            && let Some(named) = state.suspects.convicted()
        {
            // damage took it meanwhile: there is nothing to set aside
            let Some(line) = self.line(named.line).await? else {
                state.suspects.forget(named.line);
                continue;
            };
            let trouble = trouble(&named, &line);
            let id = trouble.id.clone();
            let happening = InternalEvent::LineSetAside { line: trouble };
            let now = self.now();
            let aside = DeadLetter {
                id,
                reason: happening.in_words(),
                at_ms: now.wall_ms,
                bytes: line.into_bytes(),
            };
            let spool = Arc::clone(&self.spool);
            let kept = on_disk(move || spool.set_aside(&aside, now.wall_ms));
            kept.await.map_err(End::Spool)?;
            state.set_aside(&named);
            self.tell(&happening);
            self.release(state).await?;
        }
        Ok(())
    }

    /// The text of this line, where it still waits.
    async fn line(&self, number: u64) -> Result<Option<String>, End> {
        let batch = self.peek(number).await?;
        Ok(batch.and_then(|batch| {
            let place = usize::try_from(number.checked_sub(batch.first)?).ok()?;
            batch.lines.iter().nth(place).map(str::to_owned)
        }))
    }
}

fn trouble(named: &Named, line: &str) -> LineTrouble {
    LineTrouble {
        number: named.line,
        id: cef::external_id(line).unwrap_or_default().to_owned(),
        refused: named.offence == Offence::Refused,
        words: named.words.clone(),
        tries: named.tries,
    }
}
