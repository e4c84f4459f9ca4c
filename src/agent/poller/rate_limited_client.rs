//! Asking the cloud: only in turn, and never on while it wants silence.

use std::borrow::Cow;
use std::sync::PoisonError;
use std::time::Duration;

use super::Poller;
use super::page_builder::PageBuilder;
use crate::clock::Time;
use crate::event::{Event, EventKind};
use crate::foreign::ForeignText;
use crate::source::{Answer, Query, Source, SourceError, SourceErrorKind};
use crate::spool::Spool;
use crate::status::InternalEvent;
use crate::stream::StreamKind;

/// How often the activities behind an alert are asked for before it goes without them.
const RELATED_TRIES: u32 = 3;
/// After so many alerts in a row that went without, the next ones do without a question for
/// [`RELATED_PAUSE`], so that a question that always fails does not hold back alerts.
const RELATED_ALERTS: u32 = 3;
/// See [`RELATED_ALERTS`].
const RELATED_PAUSE: Duration = Duration::from_secs(300);

impl<S: Spool, C: Source, T: Time> Poller<S, C, T> {
    /// One question whose records do not matter, when the tenant's limit lets it through.
    pub(super) fn ask(&mut self, query: &Query) -> Result<Answer, SourceError> {
        self.wait_for_turn()?;
        self.asks();
        let answer = self.source.page(query, &mut ());
        self.promise(Duration::ZERO);
        let answer = answer?;
        let now = self.time.now().steady;
        self.state.cloud_clock.tell(answer.server_ms, now);
        self.compare_clocks();
        Ok(answer)
    }

    /// One page, when the tenant's limit lets it through; its records are taken in as they come.
    pub(super) fn fetch(&mut self, query: &Query) -> Result<Answer, SourceError> {
        self.wait_for_turn()?;
        self.asks();
        let mut intake = PageBuilder {
            stream: self.stream,
            reader: &mut self.reader,
            writer: &mut self.writer,
            sent: &mut self.sent,
            haul: &mut self.state.haul,
            clock: &mut self.state.cloud_clock,
            time: &self.time,
            asked: self.time.now().steady,
            holds: self.fetch_related && self.stream.kind == StreamKind::Alerts,
            now_ms: 0,
        };
        let answer = self.source.page(query, &mut intake);
        self.promise(Duration::ZERO);
        answer
    }

    /// Records that were held become lines, once what is missing in them was asked for.
    ///
    /// # Errors
    /// Only when we are told to stop: the page is then read again by the next life.
    pub(super) fn add_held(&mut self) -> Result<(), SourceError> {
        for mut held in std::mem::take(&mut self.state.haul.held) {
            self.add_related(&mut held.event, held.cursor_ms)?;
            let record = (held.key, held.cursor_ms, &held.event);
            let (haul, at_ms) = (&mut self.state.haul, || self.time.now().wall_ms);
            haul.add(record, "", at_ms, &mut self.writer, &mut self.sent);
        }
        Ok(())
    }

    fn wait_for_turn(&self) -> Result<(), SourceError> {
        loop {
            let turn = self
                .throttle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .admit(self.time.now().steady);
            let Err(wait) = turn else { return Ok(()) };
            if self.sleep(wait) {
                return Err(SourceError::new(SourceErrorKind::Stopped, "stopped"));
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
    /// alert goes without them, and that is told.
    fn add_related(&mut self, event: &mut Event<'_>, at_ms: i64) -> Result<(), SourceError> {
        let EventKind::Alert { related, .. } = &mut event.kind else {
            return Ok(());
        };
        if !related.is_empty() {
            return Ok(());
        }
        let mut why = None;
        // once it fails of one alert, one try each is enough of those behind it
        let tries = match self.state.without_related {
            0 => RELATED_TRIES,
            1..RELATED_ALERTS => 1,
            _ if self.time.now().steady < self.state.related_after => 0,
            _ => 1,
        };
        for _ in 0..tries {
            self.wait_for_turn()?;
            self.asks();
            let behind = self.source.activities_behind(&event.id);
            self.promise(Duration::ZERO);
            match behind {
                Ok(ids) => {
                    related.extend(ids.into_iter().map(Cow::Owned));
                    self.state.without_related = 0;
                    return Ok(());
                }
                Err(SourceError { trouble, what }) => {
                    match trouble {
                        // the throttle holds the next try back; other trouble gets a moment to pass
                        SourceErrorKind::Throttled(silence) => self.keep_silent(silence),
                        _ if self.sleep(Duration::from_secs(1)) => {
                            return Err(SourceError::new(SourceErrorKind::Stopped, "stopped"));
                        }
                        _ => {}
                    }
                    why = Some(what);
                }
            }
        }
        if tries > 0 {
            self.state.without_related = self.state.without_related.saturating_add(1);
            self.state.related_after = self.time.now().steady + RELATED_PAUSE;
        }
        self.tell(&InternalEvent::WithoutRelated {
            id: ForeignText::new(&*event.id),
            at_ms,
            agent: self.reporter.agent().to_owned(),
            why,
        });
        Ok(())
    }
}
