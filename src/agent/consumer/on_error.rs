//! What a consumer does when the service can't be asked.

use std::time::Duration;

use super::Consumer;
use crate::clock::Time;
use crate::source::{SourceError, SourceErrorKind};
use crate::spool::Spool;
use crate::status::InternalEvent;

impl<S: Spool, T: Time> Consumer<S, T> {
    /// Tells the trouble, and says how long to wait.
    pub(super) fn after(&mut self, error: SourceError) -> Duration {
        let SourceError { trouble, what } = error;
        if trouble == SourceErrorKind::Stopped || self.worker.time.over() {
            return Duration::ZERO;
        }
        let chance = self.worker.time.chance();
        let is_refused = matches!(
            trouble,
            SourceErrorKind::Refused | SourceErrorKind::InvalidToken
        );
        let wait = match is_refused {
            true => self.state.refused.failed(chance),
            false => self.state.passing.failed(chance),
        };
        self.worker.tell(&InternalEvent::CloudTrouble {
            stream: self.stream.name,
            trouble,
            what,
            asked: None,
            wait,
        });
        if is_refused {
            let read = &self.hub.read_secret;
            self.worker.wait_for_another_secret(read, wait);
            return Duration::ZERO;
        }
        wait
    }
}
