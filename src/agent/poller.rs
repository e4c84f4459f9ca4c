//! One stream of one agent, from the cloud to flash: a thread of its own, because its HTTP client blocks.
//!
//! A page is asked for, turned into lines while it comes, and written with its cursor; only then the next one is asked for.
//! When the spool is full the thread waits with the page in its hands: the cloud keeps the rest.

mod audit;
mod on_error;
mod page_builder;
mod rate_limited_client;
mod wait_for_clock;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;

use super::line::LineWriter;
use super::shutdown::Shutdown;
use crate::backoff::Backoff;
use crate::clock::Time;
use crate::foreign::ForeignText;
use crate::ledger::{Audit, Ledger};
use crate::sent::{SentChange, SentRecorder};
use crate::source::cloud_apps::CloudApps;
use crate::source::{
    Answer, Clocks, PageResult, PollInterval, ReadSecret, RequestLimit, Source, SourceError,
    SourceErrorKind, Start, TimeReader, Verdict,
};
use crate::spool::{Spool, SpoolError, SpoolPage};
use crate::status::{InternalEvent, Liveness, PageRead, Reporter, WORK};
use crate::stream::StreamSpec;
use crate::timekeeping::{Gate, Look};
use page_builder::{CloudClock, PageBuffer};

/// How often a full spool is asked again.
const FULL_LOOK: Duration = Duration::from_millis(500);
/// Requests of one question: it, and before it a new access token. One more, for a margin.
const REQUESTS: u32 = 3;
/// What is told of an answer that was cut.
const MORE_THAN_FITS: &str =
    "the API sends more at once than was asked for and than fits into memory: what fits is read";
/// What was passed over is asked for again after one to two times as long, then after up to twice that, until [`DEEP_EVERY`].
const AGAIN_AFTER: Duration = Duration::from_secs(30);
/// The look-back is read again at least this often.
const DEEP_EVERY: Duration = Duration::from_secs(3600);

/// Everything one poller works with.
pub struct Poller<S: Spool, C: Source = CloudApps, T: Time = Arc<Shutdown>> {
    /// Which stream.
    pub stream: StreamSpec,
    /// What to ask next.
    pub reader: TimeReader,
    /// Whom to ask.
    pub source: C,
    /// The tenant's request limit, shared with its other pollers.
    pub throttle: Arc<Mutex<RequestLimit>>,
    /// Event → line.
    pub writer: LineWriter,
    /// Where lines and cursor go.
    pub spool: Arc<S>,
    /// What became of the records.
    pub ledger: Arc<Ledger>,
    /// Is the API asked for its own count?
    pub audits: bool,
    /// Wakes the forwarder.
    pub wake: Arc<Notify>,
    /// Writes down what is sent, for a replay.
    pub sent: SentRecorder,
    /// Tells what happens.
    pub reporter: Reporter,
    /// Its time, and the end of it.
    pub time: T,
    /// When to ask next.
    pub pace: PollInterval,
    /// Bound of one request to the cloud, answer included.
    pub timeout: Duration,
    /// Its sign of life.
    pub pulse: Liveness,
    /// How far back a deep walk reads.
    pub look_back: Duration,
    /// Are the activities behind an alert asked for where it names none?
    pub fetch_related: bool,
    /// Reads the secret, to see whether a refused one was replaced.
    pub read_secret: ReadSecret,
    /// Opens when the clock is set; TLS needs it.
    pub gate: Gate,
    /// What varies while it runs.
    pub state: PollerState,
}

/// What varies while a poller runs.
pub struct PollerState {
    haul: PageBuffer,
    audit: Audit,
    /// The API is not asked for its count before this moment.
    audit_after: Duration,
    /// The ledger is not looked at for faults before this moment.
    check_after: Duration,
    passing: Backoff,
    refused: Backoff,
    spool: Backoff,
    cloud_clock: CloudClock,
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
    /// Answers in a row that did not come to their end in time.
    slow: u32,
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
            haul: PageBuffer::default(),
            audit: Audit::default(),
            audit_after: Duration::ZERO,
            check_after: Duration::ZERO,
            passing: Backoff::new(Duration::from_secs(1), Duration::from_secs(60)),
            refused: Backoff::new(Duration::from_secs(5), Duration::from_secs(600)),
            spool: Backoff::new(Duration::from_secs(1), Duration::from_secs(60)),
            cloud_clock: CloudClock::default(),
            clock_failures: 0,
            clocks_differ: false,
            last_deep: None,
            again_at: None,
            again: Backoff::new(AGAIN_AFTER, DEEP_EVERY),
            first_tried: None,
            without_related: 0,
            related_after: Duration::ZERO,
            news: 0,
            slow: 0,
            unset: None,
            clock_is_set: false,
        }
    }
}

// === impl Poller ===

impl<S: Spool, C: Source, T: Time> Poller<S, C, T> {
    /// Reads until it is told to stop.
    pub fn run(mut self) {
        while !self.time.over() {
            let wait = self.step();
            self.sleep(wait);
        }
    }

    /// One page, or what follows from not getting it. Returns the time until the next.
    pub fn step(&mut self) -> Duration {
        self.promise(Duration::ZERO);
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
        self.state.passing.reset();
        self.state.refused.reset();
        self.state.slow = 0;
        self.take_in(&answer)
    }

    fn begin(&mut self) -> Result<(), SourceError> {
        if self.reader.query().is_some() {
            return Ok(());
        }
        let tried = self.time.now().steady;
        let first_tried = *self.state.first_tried.get_or_insert(tried);
        self.learn_the_time()?;
        let now = self.time.now();
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
                self.tell(&InternalEvent::FirstStart { stream, from_ms });
                return self.keep_first_start();
            }
            Start::Skipped { from_ms, to_ms } => self.tell(&InternalEvent::Skipped {
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
        self.sent.open();
        self.state.haul.clear();
        if self.write(&turn) {
            return Ok(());
        }
        Err(SourceError::new(SourceErrorKind::Stopped, "stopped"))
    }

    /// What was passed over is asked for again with the walk that begins, where it is time.
    fn ask_again(&mut self, now: Duration) {
        if self.reader.unserved() == 0 {
            self.state.again.reset();
            self.state.again_at = None;
        } else if self.state.again_at.is_none_or(|at| now >= at) {
            self.reader.ask_again();
            self.state.again_at = Some(now + self.state.again.failed(self.time.chance()));
        }
    }

    /// The page has come to its end: what it brought is written.
    fn take_in(&mut self, answer: &Answer) -> Result<Duration, SourceError> {
        self.add_held()?;
        let stream = self.stream;
        for record in &self.state.haul.aside {
            self.tell(&InternalEvent::SetAside {
                stream: stream.name,
                id: ForeignText::new(&record.id),
                reason: ForeignText::new(&record.reason),
            });
        }
        if answer.cut {
            let (stream, reason) = (stream.name, MORE_THAN_FITS);
            self.tell(&InternalEvent::Doubtful { stream, reason });
        }
        let turn = self.reader.close(answer);
        if !turn.write {
            self.ledger.count(stream.number(), &self.state.haul.counts);
        } else if !self.write(&turn) {
            return Err(SourceError::new(SourceErrorKind::Stopped, "stopped"));
        }
        for served in &turn.served {
            self.tell(&InternalEvent::ServedAgain {
                stream: stream.name,
                served: *served,
                left: self.reader.unserved(),
            });
        }
        let lines = self.state.haul.lines.len() as u64;
        self.state.news += lines;
        self.tell(&InternalEvent::PageRead(PageRead {
            stream: stream.name,
            records: answer.records,
            repeats: turn.repeats,
            left_out: self.state.haul.left_out,
            set_aside: self.state.haul.aside.len() as u64,
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

    /// Makes the page durable, however long that takes. False where we were told to stop first.
    fn write(&mut self, turn: &PageResult) -> bool {
        let stream = self.stream.number();
        let append = |cursor: &[u8]| {
            let page = SpoolPage {
                stream,
                lines: &self.state.haul.lines,
                cursor,
                seen: &turn.seen,
                forget_seen: turn.forget_seen,
                aside: &self.state.haul.aside,
            };
            self.spool.append(&page, self.time.now().wall_ms)
        };
        let (ledger, counts) = (&self.ledger, &self.state.haul.counts);
        let mut troubled = false;
        self.sent.intend();
        loop {
            let wait = match ledger.append(stream, counts, &turn.cursor, append) {
                Ok(()) => break,
                Err(SpoolError::Full { limit }) => {
                    if !troubled {
                        self.tell(&InternalEvent::SpoolFull { limit });
                    }
                    FULL_LOOK
                }
                Err(error) => {
                    let wait = self.state.spool.failed(self.time.chance());
                    self.tell(&InternalEvent::SpoolTrouble {
                        what: error.to_string(),
                        wait,
                    });
                    wait
                }
            };
            troubled = true;
            if self.sleep(wait) {
                return false;
            }
        }
        self.state.spool.reset();
        match self.sent.landed(self.clocks().earlier_ms()) {
            Some(SentChange::Trouble(error)) => self.tell(&InternalEvent::SentIdsTrouble {
                what: error.to_string(),
            }),
            Some(SentChange::Well) => self.tell(&InternalEvent::SentIdsWell),
            None => {}
        }
        if troubled {
            self.tell(&InternalEvent::SpoolWell);
        }
        ledger.reached(self.reader.high_ms().unwrap_or(0));
        if let Err(error) = ledger.tidy() {
            let what = error.to_string();
            self.tell(&InternalEvent::LedgerTrouble { what });
        }
        for repair in self.spool.repairs() {
            self.tell(&InternalEvent::SpoolRepaired {
                what: repair.to_string(),
            });
        }
        self.wake.notify_one();
        true
    }

    fn wait_after(&mut self, verdict: Verdict) -> Duration {
        match verdict {
            Verdict::More => Duration::ZERO,
            Verdict::CaughtUp => self.pace.caught_up(self.state.news),
            Verdict::Doubtful(_) => Duration::from_secs(2),
            Verdict::Unanswered(reason) => self.after_contradiction(reason),
        }
    }

    /// Sleeps as [`Time::sleep`], with a sign of life before and after.
    fn sleep(&self, time: Duration) -> bool {
        self.promise(time);
        let over = self.time.sleep(time);
        self.promise(Duration::ZERO);
        over
    }

    /// A sign of life before a question to the cloud. The longest silence there is: with the longest `timeout` that can be set
    /// (10 minutes) 30 minutes, and 5 for what is done with the answer while it comes. With the usual one (60 s) 8 minutes.
    fn asks(&self) {
        self.promise(self.timeout.saturating_mul(REQUESTS));
    }

    /// A sign of life before a wait, or with none before what keeps only processor and disk busy: a page that is written.
    fn promise(&self, wait: Duration) {
        let now = self.time.now().steady;
        self.pulse.promise(now, wait.saturating_add(WORK));
    }

    fn clocks(&self) -> Clocks {
        self.state.cloud_clock.beside(self.time.now())
    }

    fn cloud_now_ms(&self) -> i64 {
        let clocks = self.clocks();
        clocks.cloud_ms.unwrap_or(clocks.own_ms)
    }

    fn tell(&self, what: &InternalEvent) {
        self.reporter.tell(self.time.now(), what);
    }
}
