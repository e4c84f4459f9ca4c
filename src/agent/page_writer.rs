//! A page goes to flash: its lines, counts, dead letters and ids with the cursor behind it, in one
//! transaction. Only then the next page is asked for.

use std::ops::ControlFlow;
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
    /// Makes the page durable, however long that takes, unless `hindered` breaks: it is told each
    /// time that the spool does not take it, and the wait until the next try. Breaks where nothing
    /// was written. `now_ms` is the time by which ids grow too old.
    ///
    /// # Errors
    /// When the end of the work comes first: nothing was written then.
    pub fn write<T: Time>(
        &mut self,
        worker: &Worker<T>,
        page: &PageBuffer,
        behind: BehindPage<'_>,
        now_ms: impl FnOnce() -> i64,
        mut hindered: impl FnMut(&SpoolError, Duration) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Stopped> {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        self.sent.intend();
        while let Err(error) = self.try_write(worker, page, behind) {
            let (wait, why) = match &error {
                SpoolError::Full { .. } => (FULL_LOOK, FULL.to_owned()),
                error => (backoff.failed(worker.time.chance()), error.to_string()),
            };
            if hindered(&error, wait).is_break() {
                return Ok(ControlFlow::Break(()));
            }
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
        Ok(ControlFlow::Continue(()))
    }

    /// Keeps the ledger in order behind a page, and tells what the spool had to repair. Everything
    /// up to `reached_ms` was read.
    pub fn settle<T: Time>(&self, worker: &Worker<T>, reached_ms: Option<i64>) {
        self.ledger.reached(reached_ms.unwrap_or(0));
        if let Err(error) = self.ledger.tidy() {
            let what = error.to_string();
            worker.tell(&InternalEvent::LedgerTrouble { what });
        }
        for repair in self.spool.repairs() {
            worker.tell(&InternalEvent::SpoolRepaired {
                what: repair.to_string(),
            });
        }
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

/// Tells that the spool takes a page only later, and when it does.
#[derive(Default)]
pub struct Hindrance {
    /// Was it told?
    is_told: bool,
}

impl Hindrance {
    /// The spool does not take the page.
    pub fn tell<T: Time>(&mut self, worker: &Worker<T>, error: &SpoolError, wait: Duration) {
        match error {
            SpoolError::Full { .. } if self.is_told => {}
            SpoolError::Full { limit } => {
                worker.tell(&InternalEvent::SpoolFull { limit: *limit });
            }
            error => worker.tell(&InternalEvent::SpoolTrouble {
                what: error.to_string(),
                wait,
            }),
        }
        self.is_told = true;
    }

    /// It has taken it.
    pub fn over<T: Time>(self, worker: &Worker<T>) {
        if self.is_told {
            worker.tell(&InternalEvent::SpoolWell);
        }
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
