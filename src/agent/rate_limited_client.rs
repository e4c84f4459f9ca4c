//! A client of the cloud that keeps the rate limit and reports liveness before each request.
//!
//! Pollers, their audit and replays ask through it. All of a tenant share one limit.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::cloud_clock::CloudClock;
use super::worker::{Stopped, Worker};
use crate::clock::Time;
use crate::event::Event;
use crate::source::{
    Answer, Newest, Query, Recipient, RequestLimit, Source, SourceError, SourceErrorKind,
};
use crate::status::InternalEvent;

/// Requests of one question: it, and before it a new access token. One more, for a margin.
const REQUESTS: u32 = 3;
/// A question that failed for another reason than the limit is asked again after this.
const RETRY: Duration = Duration::from_secs(1);
/// Why a thread waits that is not in turn.
const TURN: &str = "waits for the tenant's rate limit";

/// A source that is asked within the tenant's limit.
pub struct RateLimitedClient {
    /// The stream that it is asked for.
    stream: &'static str,
    /// Whom to ask.
    pub source: Box<dyn Source + Send>,
    /// The tenant's limit, shared with all that ask it.
    pub limit: Arc<Mutex<RequestLimit>>,
    /// Bound of one request, answer included.
    pub timeout: Duration,
    /// The cloud's time, as answers tell it.
    pub clock: CloudClock,
}

// === impl RateLimitedClient ===

impl RateLimitedClient {
    /// Asks this source for a stream, within this limit.
    pub fn new(
        stream: &'static str,
        source: Box<dyn Source + Send>,
        limit: &Arc<Mutex<RequestLimit>>,
        timeout: Duration,
    ) -> Self {
        Self {
            stream,
            source,
            limit: Arc::clone(limit),
            timeout,
            clock: CloudClock::default(),
        }
    }

    /// Logs on where that is to be done, and waits until the limit lets a question through. A
    /// question that took its turn before a log-on would go out later than it counts, together with
    /// others.
    ///
    /// # Errors
    /// Those of [`Source::log_on`]; [`SourceErrorKind::Stopped`] when the end of the work comes
    /// first.
    pub fn wait_for_turn<T: Time>(&mut self, worker: &Worker<T>) -> Result<(), SourceError> {
        while !worker.time.over() {
            self.log_on(worker)?;
            let turn = self.with_limit(|limit| limit.admit(worker.now()));
            let Err(wait) = turn else { return Ok(()) };
            worker.wait(wait, TURN)?;
        }
        Err(Stopped.into())
    }

    /// Does the limit let a question through at once? For what may be asked later just as well.
    ///
    /// # Errors
    /// Those of [`Source::log_on`].
    pub fn has_turn<T: Time>(&mut self, worker: &Worker<T>) -> Result<bool, SourceError> {
        self.log_on(worker)?;
        Ok(self.with_limit(|limit| limit.admit(worker.now()).is_ok()))
    }

    fn log_on<T: Time>(&mut self, worker: &Worker<T>) -> Result<(), SourceError> {
        worker.promise(self.timeout.saturating_mul(REQUESTS));
        let outcome = self.source.log_on();
        worker.promise(Duration::ZERO);
        outcome
    }

    /// The cloud asked for silence: nobody asks for this long.
    pub fn keep_silent<T: Time>(&self, worker: &Worker<T>, silence: Duration) {
        self.with_limit(|limit| limit.hold(worker.now(), silence));
    }

    /// How long the silence still lasts that the cloud asked an earlier process for.
    pub fn silence_of_before<T: Time>(&self, worker: &Worker<T>) -> Option<Duration> {
        self.with_limit(|limit| limit.silence_of_before(worker.now()))
    }

    /// Asks for one page, whose turn has come. Where the API refuses the token it asks once more
    /// with a new one, in turn: a token may end before its time.
    ///
    /// The longest silence there is lies before its end: with the longest `timeout` that can be
    /// set (10 minutes) 30 minutes, and 5 for what is done with the answer while it comes. With
    /// the usual one (60 s) 8 minutes.
    ///
    /// # Errors
    /// Those of [`Source::page`].
    pub fn page<T: Time>(
        &mut self,
        worker: &Worker<T>,
        query: &Query,
        to: &mut dyn Recipient,
    ) -> Result<Answer, SourceError> {
        let answer = self.page_once(worker, query, to);
        let is_refused =
            matches!(&answer, Err(error) if error.trouble == SourceErrorKind::InvalidToken);
        if is_refused && self.source.renews_token() {
            self.wait_for_turn(worker)?;
            return self.page_once(worker, query, to);
        }
        answer
    }

    fn page_once<T: Time>(
        &mut self,
        worker: &Worker<T>,
        query: &Query,
        to: &mut dyn Recipient,
    ) -> Result<Answer, SourceError> {
        worker.promise(self.timeout.saturating_mul(REQUESTS));
        let answer = self.source.page(query, to);
        worker.promise(Duration::ZERO);
        self.tell(worker, answer.as_ref().err());
        answer
    }

    /// Asks when the API got the newest record, in turn.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub fn newest<T: Time>(&mut self, worker: &Worker<T>) -> Result<Option<Newest>, SourceError> {
        self.wait_for_turn(worker)?;
        worker.promise(self.timeout.saturating_mul(REQUESTS));
        let newest = self.source.newest(true);
        worker.promise(Duration::ZERO);
        self.tell(worker, newest.as_ref().err());
        newest
    }

    /// Asks one question whose records do not matter, in turn.
    ///
    /// # Errors
    /// Those of [`Source::page`]; [`SourceErrorKind::Stopped`] when the end of the work comes
    /// first.
    pub fn ask<T: Time>(
        &mut self,
        worker: &Worker<T>,
        query: &Query,
    ) -> Result<Answer, SourceError> {
        self.wait_for_turn(worker)?;
        let answer = self.page(worker, query, &mut ())?;
        self.clock.tell(answer.server_ms, worker.now().steady);
        Ok(answer)
    }

    /// Asks for what an event lacks, in turn and so many times. Where it can't be had: why, where
    /// it was asked for at all.
    ///
    /// # Errors
    /// Only when the end of the work comes first.
    pub fn complete<T: Time>(
        &mut self,
        worker: &Worker<T>,
        event: &mut Event<'_>,
        tries: u32,
    ) -> Result<Result<(), Option<String>>, Stopped> {
        let mut why = None;
        for _ in 0..tries {
            let completed = match self.wait_for_turn(worker) {
                Ok(()) => {
                    worker.promise(self.timeout.saturating_mul(REQUESTS));
                    let completed = self.source.complete(event);
                    worker.promise(Duration::ZERO);
                    self.tell(worker, completed.as_ref().err());
                    completed
                }
                Err(error) => Err(error),
            };
            let SourceError { trouble, what } = match completed {
                Ok(()) => return Ok(Ok(())),
                Err(error) => error,
            };
            match trouble {
                SourceErrorKind::Stopped => return Err(Stopped),
                // the limit holds the next try back
                SourceErrorKind::Throttled(silence) => self.keep_silent(worker, silence),
                _ => worker.wait(RETRY, &what)?,
            }
            why = Some(what);
        }
        Ok(Err(why))
    }

    /// A request has come to its end.
    fn tell<T: Time>(&self, worker: &Worker<T>, error: Option<&SourceError>) {
        let trouble = error.map(|error| error.trouble);
        worker.tell(&InternalEvent::Requested {
            stream: self.stream,
            throttled: matches!(trouble, Some(SourceErrorKind::Throttled(_))),
        });
    }

    fn with_limit<R>(&self, act: impl FnOnce(&mut RequestLimit) -> R) -> R {
        act(&mut self.limit.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
