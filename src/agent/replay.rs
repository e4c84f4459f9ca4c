//! A window of time fetched again: a thread of its own beside the pollers, on the same spool, under the same throttle.
//!
//! The pollers' cursors stay as they are. What was sent before is left out, by the ids that are remembered ([`SentIds`]);
//! and what a poller may still read by itself is left to it, because it would send it once more.

mod page;
mod start;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::line::LineWriter;
use super::shutdown::Shutdown;
use crate::backoff::Backoff;
use crate::clock;
use crate::ledger::Ledger;
use crate::random;
use crate::replay::{ReplayProgress, ReplayReport, ReplayRequest, Running};
use crate::sent::{SentIds, SentRecorder};
use crate::source::cloud_apps::CloudApps;
use crate::source::{
    Change, Cursor, Failure, ProbeAnswer, Query, RequestLimit, Source, SourceError,
    SourceErrorKind, Step, TimeReader, Verdict,
};
use crate::spool::Spool;
use crate::status::{InternalEvent, Reporter};
use crate::stream::StreamSpec;
use page::DistinctRecords;
pub(super) use start::RunningReplay;

/// Whether somebody still listens is looked at this often.
const LOOK: Duration = Duration::from_millis(200);
/// An answer that contradicts itself is asked for again after this.
const DOUBT: Duration = Duration::from_secs(2);

/// The number under which the spool keeps the pages of this stream's replays.
pub(super) fn number(stream: StreamSpec) -> u8 {
    stream.id.of_replay().number()
}

/// Everything one replay works with.
pub(super) struct Replay<S: Spool> {
    /// What was asked for.
    pub(super) request: ReplayRequest,
    /// Their names, for whoever watches.
    pub(super) streams: Vec<String>,
    /// The streams, one after the other.
    pub(super) legs: Vec<Leg>,
    /// The tenant's request limit, shared with the pollers.
    pub(super) throttle: Arc<Mutex<RequestLimit>>,
    /// Event → line.
    pub(super) writer: LineWriter,
    /// Where lines go.
    pub(super) spool: Arc<S>,
    /// What became of the records.
    pub(super) ledger: Arc<Ledger>,
    /// What was sent before.
    pub(super) sent: Arc<SentIds>,
    /// Wakes the forwarder.
    pub(super) wake: Arc<Notify>,
    /// Tells what happens.
    pub(super) reporter: Reporter,
    /// Ends it with its agent.
    pub(super) halt: Arc<Shutdown>,
    /// Whoever asked; closed where nobody listens any more.
    pub(super) words: watch::Sender<ReplayReport>,
    /// How far it has come.
    pub(super) progress: ReplayProgress,
}

/// The window of one stream.
pub(super) struct Leg {
    /// Which stream.
    pub(super) stream: StreamSpec,
    /// What to ask next.
    pub(super) reader: TimeReader,
    /// Whom to ask.
    pub(super) source: CloudApps,
    /// Are the activities behind an alert asked for where it names none?
    pub(super) fetch_related: bool,
    /// What the poller may still read by itself.
    pub(super) pollers: Pollers,
    /// Writes down what is sent.
    pub(super) scribe: SentRecorder,
}

/// What the running stream may still read by itself, so that a replay leaves it to it.
#[derive(Debug, Clone)]
pub(super) struct Pollers {
    /// Everything from here on.
    from_ms: i64,
    /// And what the cloud did not give out: the stream asks for it again.
    cursor: Cursor,
}

impl Pollers {
    /// As the stream's cursor stands; `back_ms` is the farthest that a walk looks back.
    pub(super) fn of(cursor: Cursor, back_ms: i64) -> Self {
        Self {
            from_ms: cursor.may_read_from_ms(back_ms),
            cursor,
        }
    }

    /// May it still read what is of this time?
    pub(super) fn may_read(&self, at_ms: i64) -> bool {
        at_ms >= self.from_ms || self.cursor.is_unserved(at_ms)
    }
}

/// Why it ends before its end.
enum End {
    /// The agent stops.
    Halted,
    /// Nobody listens any more.
    Left,
    /// It can't go on.
    Failed(String),
}

// === impl Replay ===

impl<S: Spool> Replay<S> {
    /// Reads the window and says the last word.
    pub(super) fn run(mut self) {
        self.tell(&InternalEvent::ReplayBegun(self.running()));
        let mut legs = std::mem::take(&mut self.legs);
        let walked = (0..legs.len()).try_for_each(|place| {
            let share = (place, legs.len());
            self.walk(&mut legs[place], share)
        });
        let counts = self.progress.counts.clone();
        let word = match walked {
            Ok(()) => ReplayReport::Done(counts),
            Err(End::Halted) => ReplayReport::Failed {
                what: "the agent stops, or takes other settings: ask again, what was sent is remembered".to_owned(),
                counts,
            },
            Err(End::Left) => ReplayReport::Failed {
                what: "whoever asked for it has hung up".to_owned(),
                counts,
            },
            Err(End::Failed(what)) => ReplayReport::Failed { what, counts },
        };
        self.tell(&InternalEvent::ReplayEnded {
            dry_run: self.request.dry_run,
            word: word.clone(),
        });
        self.words.send_replace(word);
    }

    fn walk(&mut self, leg: &mut Leg, share: (usize, usize)) -> Result<(), End> {
        let mut passing = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        let mut slow = false;
        self.progress.stream = Some(leg.stream.name.to_owned());
        leg.reader.begin(self.request.to_ms, i64::MIN, false);
        while let Some(query) = leg.reader.query() {
            let end_ms = self.request.to_ms;
            let query = Query {
                to_ms: Some(query.to_ms.map_or(end_ms, |to_ms| to_ms.min(end_ms))),
                ..query
            };
            self.wait_for_turn()?;
            let mut taken = DistinctRecords::default();
            let answer = match self.fetch(leg, &query, &mut taken) {
                Ok(answer) => answer,
                Err(error) => {
                    self.after(leg, error, &mut passing, &mut slow)?;
                    continue;
                }
            };
            passing.reset();
            slow = false;
            let verdict = self.take_in(leg, taken, &answer)?;
            self.say(&*leg, share, verdict == Verdict::CaughtUp);
            match verdict {
                Verdict::More => {}
                Verdict::CaughtUp => break,
                Verdict::Doubtful(reason) => self.pause(DOUBT, reason)?,
                Verdict::Unanswered(reason) => {
                    self.after_contradiction(leg, reason, &mut passing)?;
                }
            }
        }
        Ok(())
    }

    /// What to do after trouble: what passes by itself is waited for, what fails alone is narrowed down, the rest is for whoever
    /// asked.
    fn after(
        &mut self,
        leg: &mut Leg,
        error: SourceError,
        passing: &mut Backoff,
        slow: &mut bool,
    ) -> Result<(), End> {
        if let SourceErrorKind::Throttled(silence) = error.trouble {
            self.keep_silent(silence);
            self.pause(silence, &error.what)?;
        }
        let less = match error.trouble {
            SourceErrorKind::Stopped => return Err(End::Halted),
            SourceErrorKind::TooLarge => leg.reader.ask_for_less(),
            SourceErrorKind::BadQuestion => leg.reader.leave_place(),
            SourceErrorKind::TooSlow if std::mem::replace(slow, true) => leg.reader.ask_for_less(),
            _ => None,
        };
        let step = match less {
            Some(change) => Step::Changed(change),
            None => self.step_after(leg, error.trouble)?,
        };
        match (step, error.trouble) {
            (Step::Changed(Change::Passed(passed)), _) => self.pass_over(leg, passed, &error.what),
            // the silence that the cloud asked for has passed
            (Step::Changed(_), _) | (Step::Wait, SourceErrorKind::Throttled(_)) => Ok(()),
            (
                Step::Outage,
                SourceErrorKind::Refused
                | SourceErrorKind::InvalidToken
                | SourceErrorKind::InvalidProxy
                | SourceErrorKind::InTheWay
                | SourceErrorKind::TooLarge
                | SourceErrorKind::BadQuestion,
            ) => {
                if self.halt.thrown() {
                    return Err(End::Halted);
                }
                Err(End::Failed(format!("{}: {}", leg.stream, error.what)))
            }
            (Step::Held | Step::TooMany, _) => Err(self.left(leg, &error.what)),
            _ => self.pause(passing.failed(random::any()), &error.what),
        }
    }

    /// What to do after answers that contradict themselves for good: as after none.
    fn after_contradiction(
        &mut self,
        leg: &mut Leg,
        reason: &'static str,
        passing: &mut Backoff,
    ) -> Result<(), End> {
        let step = leg.reader.doubted(self.failure());
        match self.follow(leg, step)? {
            Step::Changed(Change::Passed(passed)) => self.pass_over(leg, passed, reason),
            Step::Changed(_) => Ok(()),
            Step::Wait => self.pause(passing.failed(random::any()), reason),
            Step::Held | Step::TooMany => Err(self.left(leg, reason)),
            _ => Err(End::Failed(format!(
                "{}: {reason}: ask again later",
                leg.stream
            ))),
        }
    }

    /// What fails can't be gone around: what of the window is left.
    fn left(&self, leg: &Leg, why: &str) -> End {
        let from_ms = (leg.reader.query()).map_or(self.request.from_ms, |query| query.from_ms);
        let from = clock::in_words(from_ms);
        End::Failed(format!(
            "{}: what is from {from} on is not answered, again and again ({why}), nor can it be \
             gone around; \
             what of the window lies before it is done. For the rest, once the API answers: \
             siembox replay --since {from}",
            leg.stream,
        ))
    }

    fn step_after(&self, leg: &mut Leg, trouble: SourceErrorKind) -> Result<Step, End> {
        let failure = self.failure();
        let step = match trouble {
            SourceErrorKind::Throttled(_) => leg.reader.throttled(failure),
            _ => leg.reader.failed(failure),
        };
        self.follow(leg, step)
    }

    fn failure(&self) -> Failure {
        let since_start = clock::now().steady.as_millis();
        Failure {
            at_ms: i64::try_from(since_start).unwrap_or(i64::MAX),
            end_ms: self.request.to_ms,
        }
    }

    /// Asks what there is to ask until it is known what follows from a failure.
    fn follow(&self, leg: &mut Leg, mut step: Step) -> Result<Step, End> {
        while let Step::Ask(question) = step {
            self.wait_for_turn()?;
            let answer = match leg.source.page(&question, &mut ()) {
                Ok(answer) => answer.told(&question.place),
                Err(error) => match error.trouble {
                    SourceErrorKind::Throttled(silence) => {
                        self.keep_silent(silence);
                        ProbeAnswer::Throttled
                    }
                    _ => ProbeAnswer::Failed,
                },
            };
            step = leg.reader.told(answer);
        }
        Ok(step)
    }

    fn wait_for_turn(&self) -> Result<(), End> {
        loop {
            self.pause(Duration::ZERO, "")?;
            let turn = self
                .throttle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .admit(clock::now().steady);
            let Err(wait) = turn else { return Ok(()) };
            self.pause(wait, "waits for its turn in the tenant's limit of requests")?;
        }
    }

    fn keep_silent(&self, silence: Duration) {
        self.throttle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .hold(clock::now().steady, silence);
    }

    /// Waits, for this reason, unless it is at an end.
    fn pause(&self, time: Duration, why: &str) -> Result<(), End> {
        if time > LOOK {
            self.words
                .send_replace(ReplayReport::Progress(ReplayProgress {
                    waits: Some(why.to_owned()),
                    ..self.progress.clone()
                }));
        }
        let end = clock::now().steady + time;
        loop {
            if self.words.is_closed() {
                return Err(End::Left);
            }
            let left = end.saturating_sub(clock::now().steady);
            if self.halt.sleep(left.min(LOOK)) {
                return Err(End::Halted);
            }
            if left.is_zero() {
                return Ok(());
            }
        }
    }

    fn say(&mut self, leg: &Leg, (place, legs): (usize, usize), done: bool) {
        let ReplayRequest { from_ms, to_ms, .. } = self.request;
        let reached = leg.reader.high_ms().unwrap_or(from_ms);
        let of_leg = if done {
            1000
        } else {
            (reached - from_ms) * 1000 / (to_ms - from_ms).max(1)
        };
        let (place, legs) = (place as i64, legs as i64);
        let all = (place * 1000 + of_leg.clamp(0, 1000)) / legs.max(1);
        self.progress.per_mille = u16::try_from(all).unwrap_or(1000);
        self.tell(&InternalEvent::ReplayGoesOn(self.running()));
        self.words
            .send_replace(ReplayReport::Progress(self.progress.clone()));
    }

    fn running(&self) -> Box<Running> {
        Box::new(Running {
            request: self.request.clone(),
            streams: self.streams.clone(),
            progress: self.progress.clone(),
        })
    }

    fn tell(&self, what: &InternalEvent) {
        self.reporter.tell(clock::now(), what);
    }
}
