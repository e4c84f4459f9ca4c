//! One stream of one agent, from the cloud to flash: a thread of its own, because its HTTP client
//! blocks.
//!
//! A page is asked for, turned into lines while it comes, and written with its cursor; only then
//! the next one is asked for. When the spool is full the thread waits and keeps the page in memory:
//! the cloud keeps the rest.

mod audit;
mod begin;
mod cloud_time;
mod fetch;
mod late;
mod on_error;
mod page_builder;
mod state;
mod take_in;

use std::sync::Arc;
use std::time::Duration;

use super::clock_wait::ClockWait;
use super::page_writer::PageWriter;
use super::rate_limited_client::RateLimitedClient;
use super::shutdown::Shutdown;
use super::worker::Worker;
use crate::clock::Time;
use crate::format::LineWriter;
use crate::source::ReadSecret;
use crate::source::{Clocks, PollInterval, SourceError, TimeReader};
use crate::spool::Spool;
use crate::status::InternalEvent;
use crate::stream::StreamSpec;
pub use state::PollerState;

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
    /// Waits until the clock is set; TLS needs it.
    pub clock: ClockWait,
    /// What varies while it runs.
    pub state: PollerState,
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
        if let Some(wait) = self.clock.wait(&self.worker, self.stream.name) {
            return wait;
        }
        self.page().unwrap_or_else(|error| self.after(error))
    }

    fn page(&mut self) -> Result<Duration, SourceError> {
        self.begin()?;
        let Some(query) = self.reader.query() else {
            return Ok(Duration::from_secs(1));
        };
        let turn = self.pages.sent.turn();
        let _turn = turn
            .as_ref()
            .map(|turn| self.worker.take(turn))
            .transpose()?;
        let answer = self.fetch(&query)?;
        self.compare_clocks();
        self.state.errors.answered();
        self.state.refused.reset();
        if std::mem::take(&mut self.state.absent) {
            let stream = self.stream.name;
            self.worker.tell(&InternalEvent::Present { stream });
        }
        self.take_in(&answer)
    }

    fn clocks(&self) -> Clocks {
        self.client.clock.beside(self.worker.now())
    }

    fn cloud_now_ms(&self) -> i64 {
        let clocks = self.clocks();
        clocks.cloud_ms.unwrap_or(clocks.own_ms)
    }
}

#[cfg(test)]
mod tests;
