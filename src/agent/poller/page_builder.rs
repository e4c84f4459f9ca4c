//! Builds a page while it arrives: each record becomes a line, a count, or a dead letter before the
//! next one is read. Only when the page has ended well any of it counts.

use std::ops::ControlFlow;
use std::time::Duration;

use crate::agent::cloud_clock::CloudClock;
use crate::agent::page_buffer::PageBuffer;
use crate::clock::Time;
use crate::event::Event;
use crate::format::LineWriter;
use crate::ledger::LedgerKey;
use crate::sent::SentRecorder;
use crate::source::{Recipient, Record, TimeReader, Unreadable};
use crate::spool::Packer;
use crate::stream::StreamSpec;

/// What a page has brought so far.
#[derive(Default)]
pub(super) struct ReadPage {
    pub(super) buffer: PageBuffer,
    /// Records left out by a setting.
    pub(super) left_out: u64,
    /// New records that are no lines yet: more has to be asked for them, which can't be done in the
    /// midst of an answer.
    pub(super) held: Vec<Held>,
}

/// A new record that is no line yet.
pub(super) struct Held {
    pub(super) key: LedgerKey,
    pub(super) cursor_ms: i64,
    pub(super) event: Event<'static>,
}

/// Takes a page's records.
pub(super) struct PageBuilder<'a, T> {
    pub(super) stream: StreamSpec,
    pub(super) reader: &'a mut TimeReader,
    pub(super) writer: &'a mut LineWriter,
    pub(super) sent: &'a mut SentRecorder,
    pub(super) page: &'a mut ReadPage,
    /// The cloud's time, which the answer tells anew.
    pub(super) clock: CloudClock,
    pub(super) time: &'a T,
    /// When the page was asked for.
    pub(super) asked: Duration,
    /// Are new records held?
    pub(super) holds: bool,
    /// The cloud's time, milliseconds since 1970.
    pub(super) now_ms: i64,
}

// === impl ReadPage ===

impl ReadPage {
    pub(super) fn new(packer: &Packer) -> Self {
        Self {
            buffer: PageBuffer::new(packer),
            ..Self::default()
        }
    }

    pub(super) fn clear(&mut self) {
        self.buffer.clear();
        self.held.clear();
        self.left_out = 0;
    }
}

// === impl PageBuilder ===

impl<T: Time> Recipient for PageBuilder<'_, T> {
    fn open(&mut self, server_ms: Option<i64>) {
        let now = self.time.now();
        self.clock.tell(server_ms, now.steady);
        self.now_ms = self.clock.beside(now).bound_ms();
        self.page.clear();
        self.sent.open();
        self.reader.open(self.now_ms, self.clock.ms_at(self.asked));
    }

    fn record(&mut self, raw: &str, record: Result<Record<'_>, Unreadable>) -> ControlFlow<()> {
        match record {
            Ok(record) => {
                let (event, cursor_ms) = (record.event, record.cursor_ms);
                let key = LedgerKey::of(self.stream.number(), Some(cursor_ms), self.now_ms);
                if !self.reader.admit(event.identity(), Some(cursor_ms))
                    || self.sent.is_elsewhere(event.identity())
                {
                    self.page.buffer.counts.seen(key);
                } else if self.writer.leaves_out(&event) {
                    self.page.buffer.counts.left_out(key);
                    self.page.left_out += 1;
                } else if self.holds {
                    let event = event.into_owned();
                    self.page.buffer.beside_lines += event.weight();
                    self.page.held.push(Held {
                        key,
                        cursor_ms,
                        event,
                    });
                } else {
                    let record = (key, cursor_ms, &event);
                    let at_ms = || self.time.now().wall_ms;
                    if (self.page.buffer).add(record, raw, at_ms, self.writer) {
                        self.sent.note(cursor_ms, event.identity());
                    }
                }
            }
            Err(unreadable) => self.set_aside(unreadable, raw),
        }
        self.page.buffer.room()
    }
}

impl<T: Time> PageBuilder<'_, T> {
    fn set_aside(&mut self, unreadable: Unreadable, text: &str) {
        let id = unreadable.id.as_deref().unwrap_or(text);
        let key = LedgerKey::of(self.stream.number(), unreadable.cursor_ms, self.now_ms);
        if self.reader.admit(id, unreadable.cursor_ms) {
            let at_ms = self.time.now().wall_ms;
            let text = text.as_bytes();
            self.page.buffer.set_aside(key, unreadable, text, at_ms);
        } else {
            self.page.buffer.counts.seen(key);
        }
    }
}
