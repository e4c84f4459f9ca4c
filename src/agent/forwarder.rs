//! From flash to the SIEM: peek, send, prove, acknowledge. A line leaves the spool only by the sink's own word.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::spawn_blocking;

use super::halt::{Halt, chance};
use super::parts::{AgentError, siem_target};
use crate::backoff::Backoff;
use crate::clock;
use crate::settings::{Protocol, SiemSettings};
use crate::sink::{Sink, SinkError, Wire};
use crate::spool::{Batch, Spool, SpoolError};
use crate::status::{Happening, Reporter};

/// This much is sent before the receiver's word is waited for, bytes.
const PROVE_EVERY: usize = 1 << 20;
/// A quiet connection is looked at this often.
const QUIET_LOOK: Duration = Duration::from_secs(10);
/// A stop waits no longer than this for the last proof.
const LAST_PROOF: Duration = Duration::from_secs(5);

/// Everything the forwarder of an agent works with.
pub struct Forwarder<S: Spool> {
    /// Where lines wait.
    pub spool: Arc<S>,
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
    Unfit(AgentError),
    Siem { broke: bool, error: SinkError },
    Spool(SpoolError),
}

// === impl Forwarder ===

impl<S: Spool + 'static> Forwarder<S> {
    /// Forwards until it is told to stop.
    pub async fn run(mut self) {
        let (mut siem, mut disk) = (Backoff::for_siem(), Backoff::for_siem());
        while !self.halt.thrown() {
            let begin = clock::now().steady;
            let end = self.connection(siem.failures()).await;
            siem.lasted(clock::now().steady - begin);
            let wait = match end {
                End::Halted => return,
                End::Siem { broke, error } => {
                    let wait = siem.failed(chance());
                    self.tell(&Happening::SiemTrouble {
                        broke,
                        what: error.to_string(),
                        wait,
                    });
                    wait
                }
                End::Unfit(error) => {
                    let wait = siem.failed(chance());
                    let what = error.to_string();
                    self.tell(&Happening::SiemTrouble {
                        broke: false,
                        what,
                        wait,
                    });
                    wait
                }
                End::Spool(error) => {
                    let wait = disk.failed(chance());
                    self.tell(&Happening::SpoolTrouble {
                        what: error.to_string(),
                        wait,
                    });
                    wait
                }
            };
            tokio::select! {
                () = self.halt.wait() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// One connection's life.
    async fn connection(&mut self, attempt: u32) -> End {
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
        });
        let halt = Arc::clone(&self.halt);
        let mut progress = Progress {
            next: self.spool.first(),
            unproved: 0,
            bytes: 0,
        };
        let end = tokio::select! {
            end = self.forward(&mut wire, &mut progress) => end,
            // a batch is sent to its end, so that no line is cut; but not for ever
            () = async { halt.wait().await; tokio::time::sleep(LAST_PROOF).await } => End::Halted,
        };
        if matches!(end, End::Halted) {
            // what was sent is proved, so that the next start repeats nothing; but a stop must come to its end
            let _ = tokio::time::timeout(LAST_PROOF, self.prove(&mut wire, &mut progress)).await;
            let _ = tokio::time::timeout(LAST_PROOF, wire.close()).await;
        }
        end
    }

    async fn forward(&mut self, wire: &mut Wire, progress: &mut Progress) -> End {
        while !self.halt.thrown() {
            for repair in self.spool.repairs() {
                self.tell(&Happening::SpoolRepaired {
                    what: repair.to_string(),
                });
            }
            let done = match self.peek(progress.next).await {
                Err(error) => return End::Spool(error),
                Ok(Some(batch)) => self.send(wire, &batch, progress).await,
                Ok(None) if progress.unproved > 0 => self.prove(wire, progress).await,
                Ok(None) => self.rest(wire).await,
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
        progress: &mut Progress,
    ) -> Result<(), End> {
        // counted before it is sent: a send that is cut off by a stop may have sent some
        progress.unproved += batch.lines.len() as u64;
        let mended = wire.send(&batch.lines).await.map_err(broke)?;
        progress.next = batch.next();
        progress.bytes += batch.lines.bytes();
        self.tell(&Happening::Sent {
            lines: batch.lines.len() as u64,
        });
        if let (lines @ 1.., Protocol::Udp { max_datagram }) = (mended.cut, &self.siem.protocol) {
            self.tell(&Happening::Cut {
                lines,
                bound: *max_datagram,
            });
        }
        if progress.bytes >= PROVE_EVERY {
            self.prove(wire, progress).await?;
        }
        Ok(())
    }

    async fn prove(&mut self, wire: &mut Wire, progress: &mut Progress) -> Result<(), End> {
        if progress.unproved == 0 {
            return Ok(());
        }
        wire.prove().await.map_err(broke)?;
        let (spool, before) = (Arc::clone(&self.spool), progress.next);
        on_disk(move || spool.acknowledge(before))
            .await
            .map_err(End::Spool)?;
        self.tell(&Happening::Proved {
            lines: progress.unproved,
        });
        (progress.unproved, progress.bytes) = (0, 0);
        Ok(())
    }

    /// Nothing to send: waits for something, and looks after the connection meanwhile.
    async fn rest(&mut self, wire: &mut Wire) -> Result<(), End> {
        tokio::select! {
            () = self.wake.notified() => {}
            () = self.halt.wait() => {}
            error = wire.gone() => return Err(broke(error)),
            () = tokio::time::sleep(QUIET_LOOK) => self.tell(&Happening::SiemQuiet),
        }
        Ok(())
    }

    async fn peek(&self, from: u64) -> Result<Option<Batch>, SpoolError> {
        let spool = Arc::clone(&self.spool);
        on_disk(move || spool.peek(from)).await
    }

    fn tell(&self, what: &Happening) {
        self.reporter.tell(clock::now(), what);
    }
}

/// How far a connection has come.
struct Progress {
    /// The line to peek next.
    next: u64,
    /// Lines sent since the last proof.
    unproved: u64,
    /// Their bytes.
    bytes: usize,
}

fn broke(error: SinkError) -> End {
    End::Siem { broke: true, error }
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
