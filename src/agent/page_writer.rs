//! A page goes to flash: its lines, counts, dead letters and ids with the cursor behind it, in one
//! transaction. Only then the next page is asked for.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::page_buffer::PageBuffer;
use super::worker::{Stopped, Worker};
use crate::backoff::Backoff;
use crate::clock::Time;
use crate::foreign::ForeignText;
use crate::ledger::Ledger;
use crate::sent::{SentChange, SentRecorder};
use crate::spool::{DeadLetter, Spool, SpoolError, SpoolPage};
use crate::status::InternalEvent;

/// How often a full spool is asked again.
const FULL_LOOK: Duration = Duration::from_millis(500);
/// Why a thread waits whose spool is full.
const FULL: &str = "the spool is full: it waits for the SIEM";

/// Where one writer's pages go.
pub struct PageWriter<S> {
    /// The number under which the spool keeps its pages.
    pub number: u8,
    /// Lines and cursor.
    pub spool: Arc<S>,
    /// What became of the records.
    pub ledger: Arc<Ledger>,
    /// Writes down what is sent, for a replay.
    pub sent: SentRecorder,
    /// Wakes the forwarder.
    pub wake: Arc<Notify>,
}

/// What goes to flash beside the page's yield.
#[derive(Debug, Clone, Copy)]
pub struct BehindPage<'a> {
    /// The cursor behind it.
    pub cursor: &'a [u8],
    /// The ids that it brought.
    pub seen: &'a [u8],
    /// Chunks of ids below this number are forgotten.
    pub forget_seen: u64,
}

// === impl PageWriter ===

impl<S: Spool> PageWriter<S> {
    /// Makes the page durable, however long that takes. `now_ms` is the time by which ids grow
    /// too old; `hindered` is told each time that the spool does not take it, and the wait until
    /// the next try.
    ///
    /// # Errors
    /// When the end of the work comes first: nothing was written then.
    pub fn write<T: Time>(
        &mut self,
        worker: &Worker<T>,
        page: &PageBuffer,
        behind: BehindPage<'_>,
        now_ms: impl FnOnce() -> i64,
        mut hindered: impl FnMut(&SpoolError, Duration),
    ) -> Result<(), Stopped> {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        self.sent.intend();
        while let Err(error) = self.try_write(worker, page, behind) {
            let (wait, why) = match &error {
                SpoolError::Full { .. } => (FULL_LOOK, FULL.to_owned()),
                error => (backoff.failed(worker.time.chance()), error.to_string()),
            };
            hindered(&error, wait);
            worker.wait(wait, &why)?;
        }
        match self.sent.landed(now_ms()) {
            Some(SentChange::Trouble(error)) => worker.tell(&InternalEvent::SentIdsTrouble {
                what: error.to_string(),
            }),
            Some(SentChange::Well) => worker.tell(&InternalEvent::SentIdsWell),
            None => {}
        }
        self.wake.notify_one();
        Ok(())
    }

    fn try_write<T: Time>(
        &self,
        worker: &Worker<T>,
        page: &PageBuffer,
        behind: BehindPage<'_>,
    ) -> Result<(), SpoolError> {
        let append = |cursor: &[u8]| {
            let page = SpoolPage {
                stream: self.number,
                packed: &page.packed,
                lines: &page.lines,
                cursor,
                seen: behind.seen,
                forget_seen: behind.forget_seen,
                aside: &page.aside,
            };
            self.spool.append(&page, worker.now().wall_ms)
        };
        self.ledger
            .append(self.number, &page.counts, behind.cursor, append)
    }
}

/// Tells which records stand aside, and why.
pub fn tell_aside<T: Time>(worker: &Worker<T>, stream: &'static str, aside: &[DeadLetter]) {
    for record in aside {
        worker.tell(&InternalEvent::SetAside {
            stream,
            id: ForeignText::new(&record.id),
            reason: ForeignText::new(&record.reason),
        });
    }
}
