//! Takes in a page that has ended: writes what it brought to flash, and reports it.

use std::ops::ControlFlow;
use std::time::Duration;

use super::Poller;
use crate::agent::page_writer::{BehindPage, Hindrance, tell_aside};
use crate::agent::worker::Stopped;
use crate::clock::Time;
use crate::source::{Answer, PageResult, SourceError, SourceErrorKind, Verdict};
use crate::spool::Spool;
use crate::status::{InternalEvent, PageRead};

/// What is told of an answer that was cut.
const MORE_THAN_FITS: &str = "the API sends more records at once than fit into memory: siembox reads \
     those that fit and asks for the rest";

impl<S: Spool, T: Time> Poller<S, T> {
    /// The page has come to its end: what it brought is written.
    pub(super) fn take_in(&mut self, answer: &Answer) -> Result<Duration, SourceError> {
        self.add_held()?;
        let stream = self.stream;
        tell_aside(&self.worker, stream.name, &self.state.page.buffer.aside);
        let turn = self.reader.close(answer);
        if answer.cut {
            self.after_cut(answer.records);
        }
        if turn.write {
            self.write(&turn)?;
        } else {
            let counts = &self.state.page.buffer.counts;
            self.pages.ledger.count(stream.number(), counts);
        }
        for served in &turn.served {
            self.worker.tell(&InternalEvent::ServedAgain {
                stream: stream.name,
                served: *served,
                left: self.reader.unserved(),
            });
        }
        let page = &self.state.page;
        let lines = page.buffer.count();
        self.state.news += lines;
        self.worker.tell(&InternalEvent::PageRead(PageRead {
            stream: stream.name,
            records: answer.records,
            repeats: turn.repeats,
            left_out: page.left_out,
            set_aside: page.buffer.aside.len() as u64,
            lines,
            read_up_to_ms: self.reader.high_ms(),
            more: turn.verdict == Verdict::More,
        }));
        if turn.verdict == Verdict::CaughtUp {
            self.audit();
        }
        if answer.cut && matches!(turn.verdict, Verdict::Doubtful(_)) {
            // what fits brought nothing further: perhaps a smaller page does
            return Err(SourceError::new(SourceErrorKind::TooLarge, MORE_THAN_FITS));
        }
        Ok(self.wait_after(turn.verdict, answer))
    }

    /// Only so many records of the answer fitted into memory: fewer are asked for, or the cloud has
    /// sent more than it was asked for.
    fn after_cut(&mut self, records: u64) {
        match self.reader.ask_for_what_fits(records) {
            Some(change) => self.tell_narrowed(change),
            None => self.worker.tell(&InternalEvent::Doubtful {
                stream: self.stream.name,
                reason: MORE_THAN_FITS.to_owned(),
            }),
        }
    }

    /// Makes the page durable, however long that takes.
    ///
    /// # Errors
    /// When we are told to stop first.
    pub(super) fn write(&mut self, turn: &PageResult) -> Result<(), Stopped> {
        let (worker, clock) = (&self.worker, self.client.clock);
        let behind = BehindPage {
            cursor: &turn.cursor,
            seen: &turn.seen,
            forget_seen: turn.forget_seen,
        };
        let mut hindrance = Hindrance::default();
        // a poller's page waits for as long as it takes
        let _ = self.pages.write(
            worker,
            &self.state.page.buffer,
            behind,
            || clock.beside(worker.now()).earlier_ms(),
            |error, wait| {
                hindrance.tell(worker, error, wait);
                ControlFlow::Continue(())
            },
        )?;
        hindrance.over(worker);
        self.pages.settle(worker, self.reader.high_ms());
        Ok(())
    }

    fn wait_after(&mut self, verdict: Verdict, answer: &Answer) -> Duration {
        match verdict {
            Verdict::More => Duration::ZERO,
            Verdict::CaughtUp => self.pace.caught_up(self.state.news),
            Verdict::Doubtful(_) => Duration::from_secs(2),
            Verdict::Unanswered(reason) => self.after_contradiction(&answer.doubted(reason)),
        }
    }
}
