//! Asks for the cloud's time before a first start, and reports when the two clocks differ.

use super::Poller;
use crate::clock::Time;
use crate::source::{Place, Query, SourceError};
use crate::spool::Spool;
use crate::status::InternalEvent;

/// How often the cloud is asked for the time before it goes by our own clock.
const CLOCK_TRIES: usize = 3;

impl<S: Spool, T: Time> Poller<S, T> {
    /// Asks the cloud for the time, where what is never read would hang on our own clock alone.
    pub(super) fn learn_the_time(&mut self) -> Result<(), SourceError> {
        let unsure = self.reader.needs_cloud_clock(self.worker.now().wall_ms);
        for _ in 0..CLOCK_TRIES {
            if !unsure || self.client.clock.is_known() {
                break;
            }
            // of one millisecond, so that the answer holds nothing: should a cache give it again to
            // the first question of a walk, the walk has then not gone past what it never saw.
            // Where that is not answered, any other will do
            let at_ms = self.worker.now().wall_ms;
            let plain_page = self.client.source.api_rules().plain_page;
            let one = self.state.clock_failures.is_multiple_of(2);
            let question = Query {
                from_ms: at_ms,
                to_ms: one.then_some(at_ms),
                place: Place::Skip(0),
                limit: if one { 1 } else { plain_page },
                late: None,
            };
            self.state.clock_failures += 1;
            self.ask(&question)?;
            self.state.clock_failures = 0;
        }
        Ok(())
    }

    /// Tells where the two clocks differ, and when they agree again.
    pub(super) fn compare_clocks(&mut self) {
        let (stream, clocks) = (self.stream.name, self.clocks());
        let differ = clocks.difference().is_some();
        match (
            differ,
            std::mem::replace(&mut self.state.clocks_differ, differ),
        ) {
            (true, false) => self
                .worker
                .tell(&InternalEvent::ClocksDiffer { stream, clocks }),
            (false, true) => self.worker.tell(&InternalEvent::ClocksAgree { stream }),
            _ => {}
        }
    }
}
