//! A replay fetches a window of time again: a thread beside the pollers, on the same spool, under
//! the same request limit, with a liveness of its own.
//!
//! The pollers' cursors stay as they are. What was sent before is left out, by the ids that are
//! remembered ([`SentIds`]); and what a poller may still read by itself is left to it, because it
//! would send it once more.

mod fate;
mod on_error;
mod page;
mod page_builder;
mod progress;
mod start;
mod time;

use std::sync::Arc;
use std::time::Duration;

use super::on_error::ErrorPolicy;
use super::page_writer::PageWriter;
use super::rate_limited_client::RateLimitedClient;
use super::shutdown::Shutdown;
use super::worker::{Stopped, Worker};
use crate::clock::Time;
use crate::format::LineWriter;
use crate::replay::{ReplayProgress, ReplayReport, ReplayRequest};
use crate::sent::SentIds;
use crate::source::{Cursor, Query, TimeReader, Verdict};
use crate::spool::Spool;
use crate::status::InternalEvent;
use crate::stream::StreamSpec;
use page_builder::DistinctRecords;
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
                Verdict::Doubtful(reason) => self.worker.wait(DOUBT, &answer.doubted(reason))?,
                Verdict::Unanswered(reason) => {
                    self.after_contradiction(leg, &answer.doubted(reason))?
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
