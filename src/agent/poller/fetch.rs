//! Fetches a page, and what its events lack.

use std::time::Duration;

use super::Poller;
use super::page_builder::PageBuilder;
use crate::agent::worker::Stopped;
use crate::clock::Time;
use crate::event::Event;
use crate::foreign::ForeignText;
use crate::source::{Answer, Query, SourceError, SourceErrorKind};
use crate::spool::Spool;
use crate::status::InternalEvent;

/// How often the activities behind an alert are asked for before it goes without them.
const RELATED_TRIES: u32 = 3;
/// After so many alerts in a row that went without, the next ones do without a question for
/// [`RELATED_PAUSE`], so that a question that always fails does not hold back alerts.
const RELATED_ALERTS: u32 = 3;
/// See [`RELATED_ALERTS`].
const RELATED_PAUSE: Duration = Duration::from_secs(300);

/// What is told where the cloud asked an earlier process for silence.
const SILENCE_OF_BEFORE: &str = "the cloud asked siembox for silence before the restart";

impl<S: Spool, T: Time> Poller<S, T> {
    /// Asks one question whose records do not matter, in turn.
    pub(super) fn ask(&mut self, query: &Query) -> Result<Answer, SourceError> {
        self.tell_silence_of_before();
        let answer = self.client.ask(&self.worker, query)?;
        self.compare_clocks();
        Ok(answer)
    }

    /// One page, in turn; its records are taken in as they come.
    pub(super) fn fetch(&mut self, query: &Query) -> Result<Answer, SourceError> {
        self.tell_silence_of_before();
        self.client.wait_for_turn(&self.worker)?;
        let mut builder = PageBuilder {
            stream: self.stream,
            reader: &mut self.reader,
            writer: &mut self.writer,
            sent: &mut self.pages.sent,
            page: &mut self.state.page,
            clock: self.client.clock,
            time: &self.worker.time,
            asked: self.worker.now().steady,
            holds: self.client.source.completes(),
            now_ms: 0,
        };
        let answer = self.client.page(&self.worker, query, &mut builder);
        self.client.clock = builder.clock;
        answer
    }

    /// Tells, once, that nothing is asked because an earlier process was asked for silence.
    fn tell_silence_of_before(&mut self) {
        if std::mem::replace(&mut self.state.is_begun, true) {
            return;
        }
        if let Some(wait) = self.client.silence_of_before(&self.worker) {
            self.worker.tell(&InternalEvent::CloudTrouble {
                stream: self.stream.name,
                trouble: SourceErrorKind::Throttled(wait),
                what: SILENCE_OF_BEFORE.to_owned(),
                asked: None,
                wait,
            });
        }
    }

    /// Records that were held become lines, once what is missing in them was asked for.
    ///
    /// # Errors
    /// Only when we are told to stop: the page is then read again by the next life.
    pub(super) fn add_held(&mut self) -> Result<(), Stopped> {
        for mut held in std::mem::take(&mut self.state.page.held) {
            self.complete(&mut held.event, held.cursor_ms)?;
            let record = (held.key, held.cursor_ms, &held.event);
            let (buffer, at_ms) = (&mut self.state.page.buffer, || self.worker.now().wall_ms);
            if buffer.add(record, "", at_ms, &mut self.writer) {
                self.pages.sent.note(held.cursor_ms, held.event.identity());
            }
        }
        Ok(())
    }

    /// Asks for what an event lacks, where the source says that it lacks something. When that can't
    /// be had the event goes without it, and that is told.
    fn complete(&mut self, event: &mut Event<'_>, at_ms: i64) -> Result<(), Stopped> {
        if !self.client.source.lacks(event) {
            return Ok(());
        }
        // once it fails of one alert, one try each is enough of those behind it
        let tries = match self.state.without_related {
            0 => RELATED_TRIES,
            1..RELATED_ALERTS => 1,
            _ if self.worker.now().steady < self.state.related_after => 0,
            _ => 1,
        };
        let completed = self.client.complete(&self.worker, event, tries)?;
        let Err(why) = completed else {
            self.state.without_related = 0;
            return Ok(());
        };
        if tries > 0 {
            self.state.without_related = self.state.without_related.saturating_add(1);
            self.state.related_after = self.worker.now().steady + RELATED_PAUSE;
        }
        self.worker.tell(&InternalEvent::WithoutRelated {
            stream: self.stream.name,
            id: ForeignText::new(&*event.id),
            at_ms,
            agent: self.worker.reporter.agent().to_owned(),
            why,
        });
        Ok(())
    }
}
