//! A replay fetches a window of time again: a thread beside the pollers, on the same spool, under
//! the same request limit, with a liveness of its own.
//!
//! The pollers' cursors stay as they are. What was sent before is left out, by the ids that are
//! remembered ([`SentIds`]); and what a poller may still read by itself is left to it, because it
//! would send it once more.

mod page;
mod start;
mod time;

use std::sync::Arc;
use std::time::Duration;

use super::on_error::{ErrorPolicy, follow};
use super::page_writer::PageWriter;
use super::rate_limited_client::RateLimitedClient;
use super::shutdown::Shutdown;
use super::worker::{Stopped, Worker};
use crate::clock::{self, Time};
use crate::format::LineWriter;
use crate::replay::{ReplayProgress, ReplayReport, ReplayRequest, Running};
use crate::sent::SentIds;
use crate::source::{
    Change, Cursor, Failure, Query, SourceError, SourceErrorKind, Step, TimeReader, Verdict,
};
use crate::spool::Spool;
use crate::status::InternalEvent;
use crate::stream::StreamSpec;
use page::DistinctRecords;
pub(super) use start::RunningReplay;
use time::ReplayTime;

/// An answer that contradicts itself is asked for again after this.
const DOUBT: Duration = Duration::from_secs(2);

/// The number under which the spool keeps the pages of this stream's replays.
pub(super) fn number(stream: StreamSpec) -> u8 {
    stream.id.of_replay().number()
}

/// Everything one replay works with.
struct Replay<S: Spool, T: Time = Arc<Shutdown>> {
    /// What was asked for.
    request: ReplayRequest,
    /// Their names, for whoever watches.
    streams: Vec<String>,
    /// The streams, one after the other.
    legs: Vec<Leg<S>>,
    /// Event → line.
    writer: LineWriter,
    /// What was sent before.
    sent: Arc<SentIds>,
    /// Its time, its sign of life, and how it tells what happens.
    worker: Worker<ReplayTime<T>>,
    /// How far it has come.
    progress: ReplayProgress,
}

/// The window of one stream.
struct Leg<S> {
    /// Which stream.
    stream: StreamSpec,
    /// What to ask next.
    reader: TimeReader,
    /// Whom to ask, within the limit that it shares with the pollers.
    client: RateLimitedClient,
    /// What follows from errors.
    errors: ErrorPolicy,
    /// What the poller may still read by itself.
    pollers: Pollers,
    /// Where lines go.
    pages: PageWriter<S>,
}

/// What the running stream may still read by itself, so that a replay leaves it to it.
#[derive(Debug, Clone)]
struct Pollers {
    /// Everything from here on.
    from_ms: i64,
    /// And what the cloud did not give out: the stream asks for it again.
    cursor: Cursor,
}

impl Pollers {
    /// As the stream's cursor stands; `back_ms` is the farthest that a walk looks back.
    fn of(cursor: Cursor, back_ms: i64) -> Self {
        Self {
            from_ms: cursor.may_read_from_ms(back_ms),
            cursor,
        }
    }

    /// May it still read what is of this time?
    fn may_read(&self, at_ms: i64) -> bool {
        at_ms >= self.from_ms || self.cursor.is_unserved(at_ms)
    }
}

/// Why it ends before its end.
enum End {
    /// The agent stops, or nobody listens any more.
    Stopped,
    /// It can't go on.
    Failed(String),
}

// === impl End ===

impl From<Stopped> for End {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

// === impl Replay ===

impl<S: Spool, T: Time> Replay<S, T> {
    /// Reads the window and says the last word.
    fn run(mut self) {
        self.worker.promise(Duration::ZERO);
        self.worker
            .tell(&InternalEvent::ReplayBegun(self.running()));
        let mut legs = std::mem::take(&mut self.legs);
        let walked = (0..legs.len()).try_for_each(|place| {
            let share = (place, legs.len());
            self.walk(&mut legs[place], share)
        });
        let counts = self.progress.counts.clone();
        let report = match walked {
            Ok(()) => ReplayReport::Done(counts),
            Err(End::Stopped) => ReplayReport::Failed {
                what: self.why_stopped().to_owned(),
                counts,
            },
            Err(End::Failed(what)) => ReplayReport::Failed { what, counts },
        };
        self.worker.tell(&InternalEvent::ReplayEnded {
            dry_run: self.request.dry_run,
            word: report.clone(),
        });
        self.worker.time.report.send_replace(report);
    }

    fn why_stopped(&self) -> &'static str {
        match self.worker.time.agent.over() {
            true => {
                "the agent stops or takes new settings: repeat the replay; siembox remembers which \
                    records were sent"
            }
            false => "the client that requested it has disconnected",
        }
    }

    fn walk(&mut self, leg: &mut Leg<S>, share: (usize, usize)) -> Result<(), End> {
        self.progress.stream = Some(leg.stream.name.to_owned());
        self.publish();
        leg.reader.begin(self.request.to_ms, i64::MIN, false);
        while let Some(query) = leg.reader.query() {
            let end_ms = self.request.to_ms;
            let query = Query {
                to_ms: Some(query.to_ms.map_or(end_ms, |to_ms| to_ms.min(end_ms))),
                ..query
            };
            let mut taken = DistinctRecords::default();
            let answer = match self.fetch(leg, &query, &mut taken) {
                Ok(answer) => answer,
                Err(error) => {
                    self.after(leg, error)?;
                    continue;
                }
            };
            leg.errors.answered();
            let verdict = self.take_in(leg, taken, &answer)?;
            self.say(leg, share, verdict == Verdict::CaughtUp);
            match verdict {
                Verdict::More => {}
                Verdict::CaughtUp => break,
                Verdict::Doubtful(reason) => self.worker.wait(DOUBT, reason)?,
                Verdict::Unanswered(reason) => self.after_contradiction(leg, reason)?,
            }
        }
        Ok(())
    }

    /// What to do after an error: what passes by itself is waited for, what fails alone is narrowed
    /// down, the rest is for whoever asked.
    fn after(&mut self, leg: &mut Leg<S>, error: SourceError) -> Result<(), End> {
        let SourceError { trouble, what } = error;
        if let SourceErrorKind::Throttled(silence) = trouble {
            leg.client.keep_silent(&self.worker, silence);
            self.worker.wait(silence, &what)?;
        }
        let (failure, client) = (self.failure(), &mut leg.client);
        let step = (leg.errors).step(&self.worker, client, &mut leg.reader, trouble, failure)?;
        match (step, trouble) {
            (Step::Changed(Change::Passed(passed)), _) => self.pass_over(leg, passed, &what),
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
                if self.worker.time.agent.over() {
                    return Err(End::Stopped);
                }
                Err(End::Failed(format!("{}: {what}", leg.stream)))
            }
            (Step::Held | Step::TooMany, _) => Err(self.left(leg, &what)),
            _ => self.back_off(leg, &what),
        }
    }

    /// What to do after answers that contradict themselves for good: as after none.
    fn after_contradiction(&mut self, leg: &mut Leg<S>, reason: &'static str) -> Result<(), End> {
        let step = leg.reader.doubted(self.failure());
        match follow(&self.worker, &mut leg.client, &mut leg.reader, step)? {
            Step::Changed(Change::Passed(passed)) => self.pass_over(leg, passed, reason),
            Step::Changed(_) => Ok(()),
            Step::Wait => self.back_off(leg, reason),
            Step::Held | Step::TooMany => Err(self.left(leg, reason)),
            _ => Err(End::Failed(format!(
                "{}: {reason}: repeat the replay later",
                leg.stream
            ))),
        }
    }

    fn back_off(&self, leg: &mut Leg<S>, why: &str) -> Result<(), End> {
        let wait = leg.errors.passing.failed(self.worker.time.chance());
        Ok(self.worker.wait(wait, why)?)
    }

    /// What fails can't be gone around: what of the window is left.
    fn left(&self, leg: &Leg<S>, why: &str) -> End {
        let from_ms = (leg.reader.query()).map_or(self.request.from_ms, |query| query.from_ms);
        let from = clock::in_words(from_ms);
        End::Failed(format!(
            "{}: requests for the time from {from} on fail repeatedly ({why}) and cannot be \
                skipped; the window before that time is done. For the rest, when the API answers \
                again: siembox replay --since {from}",
            leg.stream,
        ))
    }

    fn failure(&self) -> Failure {
        let since_start = self.worker.now().steady.as_millis();
        Failure {
            at_ms: i64::try_from(since_start).unwrap_or(i64::MAX),
            end_ms: self.request.to_ms,
        }
    }

    fn say(&mut self, leg: &Leg<S>, (place, legs): (usize, usize), done: bool) {
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
        self.worker
            .tell(&InternalEvent::ReplayGoesOn(self.running()));
        self.publish();
    }

    /// How far it has come, for whoever asked.
    fn publish(&self) {
        let progress = ReplayReport::Progress(self.progress.clone());
        self.worker.time.report.send_replace(progress);
    }

    fn running(&self) -> Box<Running> {
        Box::new(Running {
            request: self.request.clone(),
            streams: self.streams.clone(),
            progress: self.progress.clone(),
        })
    }
}

#[cfg(test)]
mod tests;
