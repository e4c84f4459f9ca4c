//! One connection from its start to its end: connect, send, prove, close.

use std::sync::Arc;
use std::time::Duration;

use super::{End, Forwarder, LAST_PROOF, broke, halted_for};
use crate::agent::delivery_state::DeliveryState;
use crate::settings::SyslogProtocol;
use crate::sink::{Connect, ConnectError, Sink};
use crate::spool::{Batch, Spool};
use crate::status::InternalEvent;

/// A connection that is made at once after a break and stands for so long shows that the receiver
/// lives.
const ALIVE_LOOK: Duration = Duration::from_millis(50);

impl<S: Spool + 'static, C: Connect> Forwarder<S, C> {
    /// One connection's life.
    pub(super) async fn connection(&mut self, attempt: u32, state: &mut DeliveryState) -> End {
        state.begin_connection(self.now().steady);
        let shutdown = Arc::clone(&self.shutdown);
        let connected = tokio::select! {
            () = shutdown.wait() => return End::Halted,
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
            () = halted_for(&shutdown, LAST_PROOF) => End::Halted,
        };
        match end {
            End::Halted => self.farewell(wire, state).await,
            End::HalfClose => self.confirm(wire, state).await,
            end => {
                // what was answered before the end counts; what the disk says comes with the next
                // lines
                state.answered(wire.answers());
                let _ = state.judge_refusals(self.now().steady);
                let _ = self.release(state).await;
                end
            }
        }
    }

    /// Sends what waits, until there is a reason to end the connection.
    async fn forward(&mut self, wire: &mut C::Wire, state: &mut DeliveryState) -> End {
        while !self.shutdown.thrown() {
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

    /// What goes out next: a suspect whose time has come, alone, or the next lines that the
    /// receiver does not have.
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

    /// Sends a heartbeat where one is due. It is in no window: a lost one is missed by the SIEM,
    /// which is what it is for.
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
}
