//! Asking the cloud: only in turn, and never on while it wants silence.

use std::borrow::Cow;
use std::sync::PoisonError;
use std::time::Duration;

use super::Poller;
use crate::clock::Time;
use crate::event::{Event, Kind};
use crate::source::{Answer, Query, Source, SourceError, Trouble};
use crate::spool::Spool;

/// How often the activities behind an alert are asked for before it goes without them.
const RELATED_TRIES: usize = 3;

impl<S: Spool, C: Source, T: Time> Poller<S, C, T> {
    /// One request, when the tenant's limit lets it through.
    pub(super) fn ask(&mut self, query: &Query) -> Result<Answer, SourceError> {
        self.wait_for_turn()?;
        self.state.asked = self.time.now().steady;
        let answer = self.source.page(query)?;
        if let Some(server_ms) = answer.server_ms {
            self.state.cloud_clock = Some((server_ms, self.time.now().steady));
        }
        Ok(answer)
    }

    fn wait_for_turn(&self) -> Result<(), SourceError> {
        loop {
            let turn = self
                .throttle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .admit(self.time.now().steady);
            let Err(wait) = turn else { return Ok(()) };
            if self.time.sleep(wait) {
                return Err(SourceError::new(Trouble::Stopped, "stopped"));
            }
        }
    }

    pub(super) fn keep_silent(&self, silence: Duration) {
        self.throttle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .hold(self.time.now().steady, silence);
    }

    /// Asks for the activities behind an alert that names none, where the settings say so. When they can't be had the
    /// alert goes without them.
    ///
    /// # Errors
    /// Only when we are told to stop: the page is then read again by the next life.
    pub(super) fn add_related(&mut self, event: &mut Event<'_>) -> Result<(), SourceError> {
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
                Err(_) if self.time.sleep(Duration::from_secs(1)) => {
                    return Err(SourceError::new(Trouble::Stopped, "stopped"));
                }
                Err(_) => {}
            }
        }
        Ok(())
    }
}
