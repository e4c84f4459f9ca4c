//! One stream of one agent, from the cloud to flash: a thread of its own, because its HTTP client
//! blocks.
//!
//! A page is asked for, turned into lines while it comes, and written with its cursor; only then
//! the next one is asked for. When the spool is full the thread waits and keeps the page in memory:
//! the cloud keeps the rest.

mod audit;
mod fetch;
mod on_error;
mod page_builder;
mod wait_for_clock;

use std::sync::Arc;
use std::time::Duration;

use super::on_error::ErrorPolicy;
use super::page_writer::{BehindPage, PageWriter, tell_aside};
use super::rate_limited_client::RateLimitedClient;
use super::shutdown::Shutdown;
use super::worker::{Stopped, Worker};
use crate::backoff::Backoff;
use crate::clock::Time;
use crate::format::LineWriter;
use crate::ledger::Audit;
use crate::source::ReadSecret;
use crate::source::{
    Answer, Clocks, PageResult, PollInterval, SourceError, SourceErrorKind, Start, TimeReader,
    Verdict,
};
use crate::spool::{Spool, SpoolError};
use crate::status::{InternalEvent, PageRead};
use crate::stream::StreamSpec;
use crate::timekeeping::{Gate, Look};
use page_builder::ReadPage;

/// What is told of an answer that was cut.
const MORE_THAN_FITS: &str = "the API sends more records than requested and than fit into memory: siembox reads those that \
        fit";
/// What was passed over is asked for again after one to two times as long, then after up to twice
/// that, until [`DEEP_EVERY`].
const AGAIN_AFTER: Duration = Duration::from_secs(30);
/// The look-back is read again at least this often.
const DEEP_EVERY: Duration = Duration::from_secs(3600);

/// Everything one poller works with.
pub struct Poller<S: Spool, T: Time = Arc<Shutdown>> {
    /// Which stream.
    pub stream: StreamSpec,
    /// What to ask next.
    pub reader: TimeReader,
    /// Whom to ask, within the limit that it shares with the tenant's other pollers.
    pub client: RateLimitedClient,
    /// Event → line.
    pub writer: LineWriter,
    /// Where lines and cursor go.
    pub pages: PageWriter<S>,
    /// Its time, its sign of life, and how it tells what happens.
    pub worker: Worker<T>,
    /// Is the API asked for its own count?
    pub audits: bool,
    /// When to ask next.
    pub pace: PollInterval,
    /// How far back a deep walk reads.
    pub look_back: Duration,
    /// Reads the secret, to see whether a refused one was replaced.
    pub read_secret: ReadSecret,
    /// Opens when the clock is set; TLS needs it.
    pub gate: Gate,
    /// What varies while it runs.
    pub state: PollerState,
}

/// What varies while a poller runs.
pub struct PollerState {
    page: ReadPage,
    audit: Audit,
    /// The API is not asked for its count before this moment.
    audit_after: Duration,
    /// The ledger is not looked at for faults before this moment.
    check_after: Duration,
    errors: ErrorPolicy,
    refused: Backoff,
    /// Questions for the time that failed in a row.
    clock_failures: u32,
    /// Is it told that the two clocks differ?
    clocks_differ: bool,
    last_deep: Option<Duration>,
    /// When what was passed over is asked for again, at the latest with the next deep walk.
    again_at: Option<Duration>,
    /// How soon: often at first, for most of it is given out again soon.
    again: Backoff,
    /// When the first start was tried first, until it is made: from there the stream looks back,
    /// however long nothing is answered.
    first_tried: Option<Duration>,
    /// Alerts in a row that went without the activities behind them, as the question for those
    /// failed.
    without_related: u32,
    /// After some of them it is not asked before this moment.
    related_after: Duration,
    /// Records that became lines on this walk.
    news: u64,
    /// What was last said about a clock that is not set; `None` where it is.
    unset: Option<Look>,
    /// Was it set when it was last looked at?
    clock_is_set: bool,
}

// === impl PollerState ===

impl PollerState {
    /// With hours that did not add up in an earlier life.
    #[must_use]
    pub fn new(short: Vec<(u32, u64)>) -> Self {
        Self {
            audit: Audit::of(short),
            ..Self::default()
        }
    }
}

impl Default for PollerState {
    fn default() -> Self {
        Self {
            page: ReadPage::default(),
            audit: Audit::default(),
            audit_after: Duration::ZERO,
            check_after: Duration::ZERO,
            errors: ErrorPolicy::default(),
            refused: Backoff::new(Duration::from_secs(5), Duration::from_secs(600)),
            clock_failures: 0,
            clocks_differ: false,
            last_deep: None,
            again_at: None,
            again: Backoff::new(AGAIN_AFTER, DEEP_EVERY),
            first_tried: None,
            without_related: 0,
            related_after: Duration::ZERO,
            news: 0,
            unset: None,
            clock_is_set: false,
        }
    }
}

// === impl Poller ===

impl<S: Spool, T: Time> Poller<S, T> {
    /// Reads until it is told to stop.
    pub fn run(mut self) {
        while !self.worker.time.over() {
            let wait = self.step();
            // where the end has come, it is seen right away
            let _ = self.worker.wait(wait, "");
        }
    }

    /// One page, or what follows from not getting it. Returns the time until the next.
    pub fn step(&mut self) -> Duration {
        self.worker.promise(Duration::ZERO);
        if let Some(wait) = self.wait_for_clock() {
            return wait;
        }
        self.page().unwrap_or_else(|error| self.after(error))
    }

    fn page(&mut self) -> Result<Duration, SourceError> {
        self.begin()?;
        let Some(query) = self.reader.query() else {
            return Ok(Duration::from_secs(1));
        };
        let answer = self.fetch(&query)?;
        self.compare_clocks();
        self.state.errors.answered();
        self.state.refused.reset();
        self.take_in(&answer)
    }

    fn begin(&mut self) -> Result<(), SourceError> {
        if self.reader.query().is_some() {
            return Ok(());
        }
        let tried = self.worker.now().steady;
        let first_tried = *self.state.first_tried.get_or_insert(tried);
        self.learn_the_time()?;
        let now = self.worker.now();
        let every = DEEP_EVERY.min(self.look_back / 2);
        let deep = self
            .state
            .last_deep
            .is_none_or(|last| now.steady >= last + every);
        if deep {
            self.state.last_deep = Some(now.steady);
        }
        self.ask_again(now.steady);
        self.state.news = 0;
        let stream = self.stream.name;
        let clocks = self.clocks();
        if let Some(latest_ms) = clocks.latest_ms() {
            self.reader.begin_anew(latest_ms);
        }
        let now_ms = clocks.earlier_ms();
        let least_ms = now_ms.min(now.wall_ms);
        // a first start counts from when it was tried first
        let waited = now.steady.saturating_sub(first_tried).as_millis();
        let first_ms = now_ms.saturating_sub(i64::try_from(waited).unwrap_or(0));
        match self.reader.begin(first_ms, least_ms, deep) {
            Start::Goes => {}
            Start::First { from_ms } => {
                self.worker
                    .tell(&InternalEvent::FirstStart { stream, from_ms });
                return self.keep_first_start();
            }
            Start::Skipped { from_ms, to_ms } => self.worker.tell(&InternalEvent::Skipped {
                stream,
                from_ms,
                to_ms,
            }),
        }
        Ok(())
    }

    /// Where the stream begins goes to flash before anything is asked for: it is the same in the
    /// next life, also where this one never gets an answer.
    fn keep_first_start(&mut self) -> Result<(), SourceError> {
        let turn = self.reader.pass();
        self.pages.sent.open();
        self.state.page.clear();
        Ok(self.write(&turn)?)
    }

    /// What was passed over is asked for again with the walk that begins, where it is time.
    fn ask_again(&mut self, now: Duration) {
        if self.reader.unserved() == 0 {
            self.state.again.reset();
            self.state.again_at = None;
        } else if self.state.again_at.is_none_or(|at| now >= at) {
            self.reader.ask_again();
            self.state.again_at = Some(now + self.state.again.failed(self.worker.time.chance()));
        }
    }

    /// The page has come to its end: what it brought is written.
    fn take_in(&mut self, answer: &Answer) -> Result<Duration, SourceError> {
        self.add_held()?;
        let stream = self.stream;
        tell_aside(&self.worker, stream.name, &self.state.page.buffer.aside);
        if answer.cut {
            let (stream, reason) = (stream.name, MORE_THAN_FITS);
            self.worker
                .tell(&InternalEvent::Doubtful { stream, reason });
        }
        let turn = self.reader.close(answer);
        if turn.write {
            self.write(&turn)?;
        } else {
            let counts = &self.state.page.buffer.counts;
            self.pages.ledger.count(stream.number(), counts);
        }
        for served in &turn.served {
            self.worker.tell(&InternalEvent::ServedAgain {
                stream: stream.name,
                served: *served,
                left: self.reader.unserved(),
            });
        }
        let page = &self.state.page;
        let lines = page.buffer.lines.len() as u64;
        self.state.news += lines;
        self.worker.tell(&InternalEvent::PageRead(PageRead {
            stream: stream.name,
            records: answer.records,
            repeats: turn.repeats,
            left_out: page.left_out,
            set_aside: page.buffer.aside.len() as u64,
            lines,
            read_up_to_ms: self.reader.high_ms(),
            more: turn.verdict == Verdict::More,
        }));
        if turn.verdict == Verdict::CaughtUp {
            self.audit();
        }
        if answer.cut && matches!(turn.verdict, Verdict::Doubtful(_)) {
            // what fits brought nothing further: perhaps a smaller page does
            return Err(SourceError::new(SourceErrorKind::TooLarge, MORE_THAN_FITS));
        }
        Ok(self.wait_after(turn.verdict))
    }

    /// Makes the page durable, however long that takes.
    ///
    /// # Errors
    /// When we are told to stop first.
    fn write(&mut self, turn: &PageResult) -> Result<(), Stopped> {
        let (worker, clock) = (&self.worker, self.client.clock);
        let behind = BehindPage {
            cursor: &turn.cursor,
            seen: &turn.seen,
            forget_seen: turn.forget_seen,
        };
        let mut hindered = false;
        self.pages.write(
            worker,
            &self.state.page.buffer,
            behind,
            || clock.beside(worker.now()).earlier_ms(),
            |error, wait| {
                match error {
                    SpoolError::Full { .. } if hindered => {}
                    SpoolError::Full { limit } => {
                        worker.tell(&InternalEvent::SpoolFull { limit: *limit });
                    }
                    error => worker.tell(&InternalEvent::SpoolTrouble {
                        what: error.to_string(),
                        wait,
                    }),
                }
                hindered = true;
            },
        )?;
        if hindered {
            worker.tell(&InternalEvent::SpoolWell);
        }
        let ledger = &self.pages.ledger;
        ledger.reached(self.reader.high_ms().unwrap_or(0));
        if let Err(error) = ledger.tidy() {
            let what = error.to_string();
            worker.tell(&InternalEvent::LedgerTrouble { what });
        }
        for repair in self.pages.spool.repairs() {
            worker.tell(&InternalEvent::SpoolRepaired {
                what: repair.to_string(),
            });
        }
        Ok(())
    }

    fn wait_after(&mut self, verdict: Verdict) -> Duration {
        match verdict {
            Verdict::More => Duration::ZERO,
            Verdict::CaughtUp => self.pace.caught_up(self.state.news),
            Verdict::Doubtful(_) => Duration::from_secs(2),
            Verdict::Unanswered(reason) => self.after_contradiction(reason),
        }
    }

    fn clocks(&self) -> Clocks {
        self.client.clock.beside(self.worker.now())
    }

    fn cloud_now_ms(&self) -> i64 {
        let clocks = self.clocks();
        clocks.cloud_ms.unwrap_or(clocks.own_ms)
    }
}
