//! One stream of one agent that several boxes share by partitions, from the service to flash: a
//! thread of its own, because its client blocks.
//!
//! Each fetch becomes a page. Its lines go to flash with the offsets after it, in one transaction;
//! then the offsets are committed; only then are its partitions fetched further. So a restart
//! repeats nothing, and a box that takes a partition over repeats one page at most. While the spool
//! is full, the page waits in memory, and another thread sends heartbeats. If the group rebalances
//! meanwhile, the page is dropped, and the new owner of each partition fetches it again.

mod assignment;
mod member_name;
mod on_error;
mod page_builder;
mod partition_errors;
mod report;
mod start_offsets;
mod state;
mod take_in;
mod troubles;
mod write;

use std::sync::Arc;
use std::time::Duration;

use super::clock_wait::ClockWait;
use super::page_writer::PageWriter;
use super::shutdown::Shutdown;
use super::worker::Worker;
use crate::clock::Time;
use crate::format::LineWriter;
use crate::source::{HubPartition, HubSource, MembershipState, SourceError};
use crate::spool::Spool;
use crate::status::InternalEvent;
use crate::stream::StreamSpec;
pub use member_name::member_name;
pub use state::ConsumerState;

/// Everything one consumer works with.
pub struct Consumer<S: Spool, T: Time = Arc<Shutdown>> {
    /// Which stream.
    pub stream: StreamSpec,
    /// The member of the group, and how it is let in.
    pub hub: HubSource,
    /// Event → line.
    pub writer: LineWriter,
    /// Where lines and offsets go.
    pub pages: PageWriter<S>,
    /// Its time, its sign of life, and how it tells what happens.
    pub worker: Worker<T>,
    /// Waits until the clock is set; TLS needs it.
    pub clock: ClockWait,
    /// How far back reading starts in a partition that nobody of the group has read.
    pub first_look_back: Duration,
    /// A record that comes again within this time is recognised.
    pub look_back: Duration,
    /// What varies while it runs.
    pub state: ConsumerState,
}

/// How often a member that has nothing to read looks for a change.
const LOOK: Duration = Duration::from_secs(1);
/// The longest that a join or a fetch may take, so that liveness waits for it: a join waits for the
/// other members, up to 300 s, and for the timeout of the request.
const LONGEST_REQUEST: Duration = Duration::from_secs(400);

// === impl Consumer ===

impl<S: Spool, T: Time> Consumer<S, T> {
    /// Reads until it is told to stop.
    pub fn run(mut self) {
        while !self.worker.time.over() {
            let wait = self.step();
            // where the end has come, it is seen right away
            let _ = self.worker.wait(wait, "");
        }
    }

    /// One page, or what follows from not getting it. Returns the time until the next.
    fn step(&mut self) -> Duration {
        self.worker.promise(Duration::ZERO);
        if let Some(wait) = self.clock.wait(&self.worker, self.stream.name) {
            return wait;
        }
        self.read_once().unwrap_or_else(|error| self.after(error))
    }

    fn read_once(&mut self) -> Result<Duration, SourceError> {
        match self.hub.source.membership() {
            MembershipState::Member => {}
            MembershipState::Rebalancing => {
                // a failed commit is no error here: the next owner repeats one page
                let _ = self.commit(self.state.schedule.all());
                self.join()?;
            }
            MembershipState::Lost => self.join()?,
        }
        self.find_start_offsets()?;
        self.commit(self.state.due(self.now()))?;
        let partitions = self.state.fetchable(self.now());
        if partitions.is_empty() {
            self.answered();
            return Ok(self.state.wait(self.now()).min(LOOK));
        }
        self.fetch(&partitions)
    }

    fn fetch(&mut self, partitions: &[(HubPartition, i64)]) -> Result<Duration, SourceError> {
        let begin = self.now();
        self.worker.promise(LONGEST_REQUEST);
        let fetched = self.hub.source.fetch(partitions);
        self.worker.promise(Duration::ZERO);
        self.worker.tell(&InternalEvent::Requested {
            stream: self.stream.name,
            throttled: false,
        });
        self.take_in(fetched?)?;
        self.answered();
        // a service that answers an empty fetch at once is asked once a second, not in a busy loop
        let since = self.now().saturating_sub(begin);
        Ok(match self.state.has_caught_up(self.now()) {
            true => LOOK.saturating_sub(since),
            false => Duration::ZERO,
        })
    }

    fn now(&self) -> Duration {
        self.worker.now().steady
    }
}

#[cfg(test)]
mod tests;
