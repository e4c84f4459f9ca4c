//! A page of a replay while it comes: its different records, as far as they lie in the window.

use std::ops::ControlFlow;

use super::Pollers;
use crate::agent::chunk;
use crate::agent::cloud_clock::CloudClock;
use crate::agent::page_buffer::PageBuffer;
use crate::clock::Time;
use crate::source::{Recipient, Record, TimeReader, Unreadable};

/// The different records of a page.
#[derive(Default)]
pub(super) struct DistinctRecords {
    pub(super) records: Vec<Record<'static>>,
    /// Those that can't be read.
    pub(super) page: PageBuffer,
    /// Those among them that the poller will set aside by itself.
    pub(super) to_come: u64,
    /// Records from behind the window.
    pub(super) beyond: u64,
    /// What the records take, bytes.
    weight: usize,
}

/// Takes a page's records as they come.
pub(super) struct ReplayPageBuilder<'a, T> {
    pub(super) reader: &'a mut TimeReader,
    /// The cloud's time, which the answer tells anew.
    pub(super) clock: CloudClock,
    pub(super) time: &'a T,
    /// Where the window ends.
    pub(super) to_ms: i64,
    /// What the poller may still read by itself.
    pub(super) pollers: &'a Pollers,
    pub(super) taken: &'a mut DistinctRecords,
}

// === impl ReplayPageBuilder ===

impl<T: Time> Recipient for ReplayPageBuilder<'_, T> {
    fn open(&mut self, server_ms: Option<i64>) {
        self.clock.tell(server_ms, self.time.now().steady);
        *self.taken = DistinctRecords::default();
        self.reader.open(self.to_ms, None);
    }

    fn record(&mut self, raw: &str, record: Result<Record<'_>, Unreadable>) -> ControlFlow<()> {
        match record {
            // from a cloud that takes no heed of the end
            Ok(record) if record.cursor_ms > self.to_ms => self.taken.beyond += 1,
            Ok(record) => {
                if self
                    .reader
                    .admit(record.event.identity(), Some(record.cursor_ms))
                {
                    self.taken.weight += record.event.weight();
                    self.taken.records.push(record.into_owned());
                }
            }
            Err(unreadable) => self.set_aside(unreadable, raw),
        }
        chunk::room_beside(0, self.taken.weight + self.taken.page.beside_lines)
    }
}

impl<T: Time> ReplayPageBuilder<'_, T> {
    fn set_aside(&mut self, unreadable: Unreadable, text: &str) {
        let id = unreadable.id.as_deref().unwrap_or(text);
        if !self.reader.admit(id, unreadable.cursor_ms) {
        } else if unreadable
            .cursor_ms
            .is_some_and(|at_ms| self.pollers.may_read(at_ms))
        {
            self.taken.to_come += 1;
        } else {
            let at_ms = self.time.now().wall_ms;
            self.taken.page.keep(unreadable, text.as_bytes(), at_ms);
        }
    }
}
