//! One configured SIEM agent: its source, spool and sink as one supervised set of streams.
//!
//! A poller thread for each stream writes its pages to the spool; one forwarder task takes lines
//! from it. They know each other only through the spool. New settings end them all and begin them
//! again on the same spool, in the middle of a walk and without losing or repeating a record,
//! because everything that matters is in the spool.
//!
//! A paused agent is one without pollers: the cloud is not asked, and the forwarder brings what
//! waits to the SIEM and proves it, as it is evidence on its way. Pausing and resuming are changes
//! of settings like others, so the cursors in the spool say where to go on: what the cloud recorded
//! meanwhile is read then, as far back as `max_catch_up`.

mod chunk;
mod clock_wait;
mod cloud_clock;
mod consumer;
mod delivery_state;
mod error;
mod forwarder;
mod half_close;
mod heartbeat;
mod introduction;
mod on_error;
mod page_buffer;
mod page_writer;
mod poller;
mod proof_interval;
mod rate_limited_client;
mod replay;
mod replay_window;
mod restore;
mod shutdown;
mod start;
mod suspects;
mod worker;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::Notify;

pub use clock_wait::ClockWait;
pub use error::AgentError;
pub use introduction::introduction;
pub use page_writer::PageWriter;
pub use poller::{Poller, PollerState};
pub use rate_limited_client::RateLimitedClient;
pub use restore::restore;
pub use start::AgentParts;
pub use worker::Worker;

use crate::clock;
use crate::format::LineWriter;
use crate::ledger::Ledger;
use crate::sent::SentIds;
use crate::source::{Cancel, OpenSource};
use crate::spool::{Packer, Spool};
use crate::status::{InternalEvent, Reporter};
use replay::RunningReplay;
use shutdown::Shutdown;

/// A stop of the forwarder waits no longer than this; it bounds its own steps to less.
const STOP: Duration = Duration::from_secs(15);

/// A running agent.
pub struct Agent<S: Spool + 'static> {
    shared: Shared<S>,
    /// Ends the pollers' questions that hang.
    cancels: Vec<Cancel>,
    pollers: Vec<JoinHandle<()>>,
    forwarder: tokio::task::JoinHandle<()>,
    replay: Option<RunningReplay>,
}

/// What pollers, replays and the forwarder of an agent share.
struct Shared<S> {
    /// Where lines wait.
    spool: Arc<S>,
    /// What became of the records.
    ledger: Arc<Ledger>,
    /// What was sent before, for a replay.
    sent: Arc<SentIds>,
    /// Opens the source of a stream.
    sources: Arc<dyn OpenSource>,
    /// Event → line.
    writer: LineWriter,
    /// Compresses the lines of their pages.
    packer: Packer,
    /// Wakes the forwarder.
    wake: Arc<Notify>,
    /// Ends them all.
    shutdown: Arc<Shutdown>,
    /// Tells what happens.
    reporter: Reporter,
}

// === impl Agent ===

impl<S: Spool + 'static> Agent<S> {
    /// Stops reading and forwarding, in order: what is read is on flash, what was sent is proved.
    /// Gives the spool back.
    pub async fn stop(self) -> Arc<S> {
        self.shared.shutdown.throw();
        let (replaying, replay) = self
            .replay
            .map(|replay| (replay.cancels, replay.thread))
            .unzip();
        for cancel in self.cancels.iter().chain(replaying.iter().flatten()) {
            cancel();
        }
        let abort = self.forwarder.abort_handle();
        if tokio::time::timeout(STOP, self.forwarder).await.is_err() {
            abort.abort();
        }
        let pollers = self.pollers;
        let joined = tokio::task::spawn_blocking(move || {
            for poller in pollers.into_iter().chain(replay) {
                // one that panicked is at its end as well; the panic's message stands in the log
                drop(poller.join());
            }
        });
        let _ = joined.await;
        let shared = self.shared;
        let spool = Arc::clone(&shared.spool);
        let _ = tokio::task::spawn_blocking(move || shared.settle_ledger()).await;
        spool
    }

    /// Has one of its parts ended by itself? It never should.
    #[must_use]
    pub fn fell(&self) -> bool {
        self.forwarder.is_finished() || self.pollers.iter().any(JoinHandle::is_finished)
    }

    /// Has its spool to be opened anew?
    #[must_use]
    pub fn lost_spool(&self) -> bool {
        self.shared.spool.is_lost()
    }

    /// How this agent tells what happens to it.
    #[must_use]
    pub fn reporter(&self) -> &Reporter {
        &self.shared.reporter
    }
}

// === impl Shared ===

impl<S> Shared<S> {
    /// Brings to flash what the ledger holds in memory.
    fn settle_ledger(&self) {
        if let Err(error) = self.ledger.settle() {
            self.tell_ledger_trouble(error.to_string());
        }
    }

    fn tell_ledger_trouble(&self, what: String) {
        let trouble = InternalEvent::LedgerTrouble { what };
        self.reporter.tell(clock::now(), &trouble);
    }
}

#[cfg(test)]
mod tests;
