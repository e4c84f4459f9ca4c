//! A walk begins: from where the stream is read, and what is asked for once more.

use std::time::Duration;

use super::Poller;
use crate::clock::Time;
use crate::source::{SourceError, Start};
use crate::spool::Spool;
use crate::status::InternalEvent;

impl<S: Spool, T: Time> Poller<S, T> {
    /// Begins a walk where none is under way.
    pub(super) fn begin(&mut self) -> Result<(), SourceError> {
        if self.reader.query().is_some() {
            return Ok(());
        }
        let tried = self.worker.now().steady;
        let first_tried = *self.state.first_tried.get_or_insert(tried);
        self.learn_the_time()?;
        let now = self.worker.now();
        let every = self.deep_every();
        let deep = self
            .state
            .last_deep
            .is_none_or(|last| now.steady >= last + every);
        if deep {
            self.learn_late()?;
            self.state.last_deep = Some(now.steady);
        }
        self.ask_again(now.steady);
        self.state.news = 0;
        let stream = self.stream.name;
        let clocks = self.clocks();
        if let Some(latest_ms) = clocks.latest_ms() {
            self.reader.begin_anew(latest_ms);
        }
        let now_ms = clocks.earlier_ms();
        let least_ms = now_ms.min(now.wall_ms);
        // a first start counts from when it was tried first
        let waited = now.steady.saturating_sub(first_tried).as_millis();
        let first_ms = now_ms.saturating_sub(i64::try_from(waited).unwrap_or(0));
        match self.reader.begin(first_ms, least_ms, deep) {
            Start::Goes => {}
            Start::First { from_ms } => {
                self.worker
                    .tell(&InternalEvent::FirstStart { stream, from_ms });
                return self.keep_first_start();
            }
            Start::Skipped { from_ms, to_ms } => self.worker.tell(&InternalEvent::Skipped {
                stream,
                from_ms,
                to_ms,
            }),
        }
        Ok(())
    }

    /// Where the stream begins goes to flash before anything is asked for: it is the same in the
    /// next life, also where this one never gets an answer.
    fn keep_first_start(&mut self) -> Result<(), SourceError> {
        let turn = self.reader.pass();
        self.pages.sent.open();
        self.state.page.clear();
        Ok(self.write(&turn)?)
    }

    /// What was passed over is asked for again with the walk that begins, where it is time.
    fn ask_again(&mut self, now: Duration) {
        if self.reader.unserved() == 0 {
            self.state.again.reset();
            self.state.again_at = None;
        } else if self.state.again_at.is_none_or(|at| now >= at) {
            self.reader.ask_again();
            self.state.again_at = Some(now + self.state.again.failed(self.worker.time.chance()));
        }
    }
}
