//! One stream of one agent, from the cloud to flash: a thread of its own, because its HTTP client blocks.
//!
//! A page is asked for, taken apart, turned into lines and written with its cursor; only then the next one is asked for.
//! When the spool is full the thread waits with the page in its hands: the cloud keeps the rest.

mod audit;

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::halt::Halt;
use super::line::LineWriter;
use crate::backoff::Backoff;
use crate::clock;
use crate::event::{Event, Kind};
use crate::ledger::{Audit, Counts, Key, Ledger};
use crate::source::cloud_apps::record::Unreadable;
use crate::source::cloud_apps::{CloudApps, ReadSecret};
use crate::source::{
    Answer, Pace, Place, Query, Reader, Source, SourceError, Start, Stream, Throttle, Trouble,
    Turn, Verdict,
};
use crate::spool::{Aside, Lines, Page, Spool, SpoolError};
use crate::status::{Happening, PageRead, Reporter};

/// How often a refused secret is looked at again: a replaced token takes effect this soon.
const SECRET_LOOK: Duration = Duration::from_secs(2);
/// How often a full spool is asked again.
const FULL_LOOK: Duration = Duration::from_millis(500);
/// How often the activities behind an alert are asked for before it goes without them.
const RELATED_TRIES: usize = 3;
/// The look-back is read again at least this often.
const DEEP_EVERY: Duration = Duration::from_secs(3600);

/// Everything one poller works with.
pub struct Poller<S: Spool> {
    /// Which stream.
    pub stream: Stream,
    /// What to ask next.
    pub reader: Reader,
    /// Whom to ask.
    pub source: CloudApps,
    /// The tenant's request limit, shared with its other pollers.
    pub throttle: Arc<Mutex<Throttle>>,
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
    /// Tells what happens.
    pub reporter: Reporter,
    /// Ends the thread.
    pub halt: Arc<Halt>,
    /// When to ask next.
    pub pace: Pace,
    /// How far back a deep walk reads.
    pub look_back: Duration,
    /// Are the activities behind an alert asked for where it names none?
    pub fetch_related: bool,
    /// Reads the secret, to see whether a refused one was replaced.
    pub read_secret: ReadSecret,
    /// What varies while it runs.
    pub state: PollerState,
}

/// What varies while a poller runs.
pub struct PollerState {
    lines: Lines,
    /// What the page counts for.
    counts: Counts,
    audit: Audit,
    /// The API is not asked for its count before this moment.
    audit_after: Duration,
    /// The ledger is not looked at for faults before this moment.
    check_after: Duration,
    passing: Backoff,
    refused: Backoff,
    /// The cloud's clock minus ours, milliseconds.
    clock_ahead_ms: Option<i64>,
    last_deep: Option<Duration>,
    /// Records that became lines on this walk.
    news: u64,
    /// Answers in a row that did not come to their end in time.
    slow: u32,
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
            lines: Lines::default(),
            counts: Counts::default(),
            audit: Audit::default(),
            audit_after: Duration::ZERO,
            check_after: Duration::ZERO,
            passing: Backoff::new(Duration::from_secs(1), Duration::from_secs(60)),
            refused: Backoff::new(Duration::from_secs(5), Duration::from_secs(600)),
            clock_ahead_ms: None,
            last_deep: None,
            news: 0,
            slow: 0,
        }
    }
}

// === impl Poller ===

impl<S: Spool> Poller<S> {
    /// Reads until it is told to stop.
    pub fn run(mut self) {
        while !self.halt.thrown() {
            let wait = self.step().unwrap_or_else(|error| self.after(error));
            self.halt.sleep(wait);
        }
    }

    /// One page. Returns the time until the next.
    fn step(&mut self) -> Result<Duration, SourceError> {
        self.begin()?;
        let Some(query) = self.reader.query() else {
            return Ok(Duration::from_secs(1));
        };
        let answer = self.ask(&query)?;
        self.state.passing.reset();
        self.state.refused.reset();
        self.state.slow = 0;
        self.reader.ask_for_more();
        self.take_in(&answer)
    }

    fn begin(&mut self) -> Result<(), SourceError> {
        if self.reader.query().is_some() {
            return Ok(());
        }
        if self.state.clock_ahead_ms.is_none() && self.reader.needs_cloud_clock(clock::now_ms()) {
            // what is never read must not depend on a clock that nobody set: ask the cloud for the time first
            let question = Query {
                from_ms: clock::now_ms(),
                to_ms: None,
                place: Place::Skip(0),
                limit: 1,
            };
            self.ask(&question)?;
        }
        let now = clock::now();
        let every = DEEP_EVERY.min(self.look_back / 2);
        let deep = self
            .state
            .last_deep
            .is_none_or(|last| now.steady >= last + every);
        if deep {
            self.state.last_deep = Some(now.steady);
        }
        self.state.news = 0;
        let stream = self.stream.name();
        match self.reader.begin(self.cloud_now_ms(), deep) {
            Start::Goes => {}
            Start::First { from_ms } => self.tell(&Happening::FirstStart { stream, from_ms }),
            Start::Skipped { from_ms, to_ms } => self.tell(&Happening::Skipped {
                stream,
                from_ms,
                to_ms,
            }),
        }
        Ok(())
    }

    /// One request, when the tenant's limit lets it through.
    fn ask(&mut self, query: &Query) -> Result<Answer, SourceError> {
        self.wait_for_turn()?;
        let answer = self.source.page(query)?;
        if let Some(server_ms) = answer.server_ms {
            self.state.clock_ahead_ms = Some(server_ms - clock::now_ms());
        }
        Ok(answer)
    }

    fn wait_for_turn(&self) -> Result<(), SourceError> {
        loop {
            let turn = self
                .throttle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .admit(clock::now().steady);
            let Err(wait) = turn else { return Ok(()) };
            if self.halt.sleep(wait) {
                return Err(SourceError::new(Trouble::Stopped, "stopped"));
            }
        }
    }

    fn keep_silent(&self, silence: Duration) {
        self.throttle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .hold(clock::now().steady, silence);
    }

    fn take_in(&mut self, answer: &Answer) -> Result<Duration, SourceError> {
        let (stream, now_ms) = (self.stream.number(), self.cloud_now_ms());
        self.state.lines.clear();
        self.state.counts.clear();
        self.reader.open(now_ms);
        let (mut aside, mut left_out) = (Vec::new(), 0);
        for text in answer.texts() {
            match self.writer.read(self.stream, text) {
                Ok(mut record) => {
                    let key = Key::of(stream, Some(record.cursor_ms), now_ms);
                    if !self.reader.admit(&record.event.id, Some(record.cursor_ms)) {
                        self.state.counts.seen(key);
                    } else if self.writer.leaves_out(&record.event) {
                        self.state.counts.left_out(key);
                        left_out += 1;
                    } else {
                        self.add_related(&mut record.event)?;
                        self.state.counts.spooled(key);
                        let writer = &mut self.writer;
                        self.state
                            .lines
                            .push_with(key.tag(), |line| writer.write(&record.event, line));
                    }
                }
                Err(unreadable) => {
                    let id = unreadable.id.as_deref().unwrap_or(text);
                    let key = Key::of(stream, unreadable.cursor_ms, now_ms);
                    if self.reader.admit(id, unreadable.cursor_ms) {
                        self.state.counts.aside(key);
                        aside.push(self.set_aside(unreadable, text));
                    } else {
                        self.state.counts.seen(key);
                    }
                }
            }
        }
        let turn = self.reader.close(answer);
        if !turn.write {
            self.ledger.count(stream, &self.state.counts);
        } else if !self.write(&turn, &aside) {
            return Err(SourceError::new(Trouble::Stopped, "stopped"));
        }
        let lines = self.state.lines.len() as u64;
        self.state.news += lines;
        self.tell(&Happening::PageRead(PageRead {
            stream: self.stream.name(),
            records: answer.records.len() as u64,
            repeats: turn.repeats,
            left_out,
            set_aside: aside.len() as u64,
            lines,
            read_up_to_ms: self.reader.high_ms(),
            more: turn.verdict == Verdict::More,
        }));
        if turn.verdict == Verdict::CaughtUp {
            self.audit();
        }
        Ok(self.wait_after(turn.verdict))
    }

    /// Asks for the activities behind an alert that names none, where the settings say so. When they can't be had the
    /// alert goes without them.
    ///
    /// # Errors
    /// Only when we are told to stop: the page is then read again by the next life.
    fn add_related(&mut self, event: &mut Event<'_>) -> Result<(), SourceError> {
        let Kind::Alert { related, .. } = &mut event.kind else {
            return Ok(());
        };
        if !self.fetch_related || !related.is_empty() {
            return Ok(());
        }
        for _ in 0..RELATED_TRIES {
            self.wait_for_turn()?;
            match self.source.activities_behind(&event.id) {
                Ok(ids) => {
                    related.extend(ids.into_iter().map(Cow::Owned));
                    return Ok(());
                }
                // the throttle holds the next try back; other trouble gets a moment to pass
                Err(SourceError {
                    trouble: Trouble::Throttled(silence),
                    ..
                }) => self.keep_silent(silence),
                Err(_) if self.halt.sleep(Duration::from_secs(1)) => {
                    return Err(SourceError::new(Trouble::Stopped, "stopped"));
                }
                Err(_) => {}
            }
        }
        Ok(())
    }

    fn set_aside(&self, unreadable: Unreadable, text: &str) -> Aside {
        let id = unreadable.id.unwrap_or_default();
        let (stream, reason) = (self.stream.name(), unreadable.reason);
        self.tell(&Happening::SetAside {
            stream,
            id: id.clone(),
            reason: reason.clone(),
        });
        Aside {
            id,
            reason,
            at_ms: clock::now_ms(),
            bytes: text.as_bytes().to_vec(),
        }
    }

    /// Makes the page durable, however long that takes. False where we were told to stop first.
    fn write(&mut self, turn: &Turn, aside: &[Aside]) -> bool {
        let stream = self.stream.number();
        let append = |cursor: &[u8]| {
            let page = Page {
                stream,
                lines: &self.state.lines,
                cursor,
                seen: &turn.seen,
                forget_seen: turn.forget_seen,
                aside,
            };
            self.spool.append(&page, clock::now_ms())
        };
        // not `self.state`'s: that is lent to the page
        let mut disk = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        let (ledger, counts) = (&self.ledger, &self.state.counts);
        let mut troubled = false;
        loop {
            let wait = match ledger.append(stream, counts, &turn.cursor, append) {
                Ok(()) => break,
                Err(SpoolError::Full { limit }) => {
                    if !troubled {
                        self.tell(&Happening::SpoolFull { limit });
                    }
                    FULL_LOOK
                }
                Err(error) => {
                    let wait = disk.failed(chance());
                    self.tell(&Happening::SpoolTrouble {
                        what: error.to_string(),
                        wait,
                    });
                    wait
                }
            };
            troubled = true;
            if self.halt.sleep(wait) {
                return false;
            }
        }
        if troubled {
            self.tell(&Happening::SpoolWell);
        }
        ledger.reached(self.reader.high_ms().unwrap_or(0));
        if let Err(error) = ledger.tidy() {
            let what = error.to_string();
            self.tell(&Happening::LedgerTrouble { what });
        }
        for repair in self.spool.repairs() {
            self.tell(&Happening::SpoolRepaired {
                what: repair.to_string(),
            });
        }
        self.wake.notify_one();
        true
    }

    fn wait_after(&mut self, verdict: Verdict) -> Duration {
        let stream = self.stream.name();
        match verdict {
            Verdict::More => Duration::ZERO,
            Verdict::CaughtUp => self.pace.caught_up(self.state.news),
            Verdict::Doubtful(_) => Duration::from_secs(2),
            Verdict::GivenUp(reason) => {
                self.tell(&Happening::Doubtful { stream, reason });
                self.pace.caught_up(self.state.news)
            }
        }
    }

    /// What to do after trouble: tells it, and says how long to wait.
    fn after(&mut self, error: SourceError) -> Duration {
        let wait = match error.trouble {
            Trouble::Stopped => return Duration::ZERO,
            Trouble::Throttled(silence) => {
                self.keep_silent(silence);
                silence
            }
            Trouble::Refused => self.state.refused.failed(chance()),
            Trouble::TooLarge if self.reader.ask_for_less() => Duration::ZERO,
            Trouble::BadQuestion if self.reader.forget_place() => Duration::ZERO,
            Trouble::TooSlow => {
                self.state.slow += 1;
                if self.state.slow > 1 {
                    self.reader.ask_for_less();
                }
                self.state.passing.failed(chance())
            }
            Trouble::Passing | Trouble::InTheWay | Trouble::TooLarge | Trouble::BadQuestion => {
                self.state.passing.failed(chance())
            }
        };
        if self.halt.thrown() {
            return Duration::ZERO;
        }
        self.tell(&Happening::CloudTrouble {
            stream: self.stream.name(),
            what: error.what,
            wait,
        });
        match error.trouble {
            Trouble::Refused => self.wait_for_another_secret(wait),
            // the throttle holds everybody back
            Trouble::Throttled(_) => Duration::ZERO,
            _ => wait,
        }
    }

    /// Waits, but not longer than until the secret is another one.
    fn wait_for_another_secret(&self, wait: Duration) -> Duration {
        let refused = (self.read_secret)().ok();
        let until = clock::now().steady + wait;
        while clock::now().steady < until && !self.halt.sleep(SECRET_LOOK.min(wait)) {
            if (self.read_secret)().ok() != refused {
                break;
            }
        }
        Duration::ZERO
    }

    fn cloud_now_ms(&self) -> i64 {
        clock::now_ms() + self.state.clock_ahead_ms.unwrap_or(0)
    }

    fn tell(&self, what: &Happening) {
        self.reporter.tell(clock::now(), what);
    }
}

/// Any number, all equally likely: for waits that should not be in step with others'.
pub fn chance() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}
