//! A page while it comes: each record becomes a line, a count, or a record set aside, before the next one is there. Only when the
//! page has ended well any of it counts.

use std::ops::ControlFlow;
use std::time::Duration;

use crate::agent::chunk::{self, MOST_LINE, OVERHEAD};
use crate::agent::line::LineWriter;
use crate::clock::{Moment, Time};
use crate::event::Event;
use crate::ledger::{LedgerKey, PageCounts};
use crate::sent::SentRecorder;
use crate::source::cloud_apps::record::{Unreadable, too_long};
use crate::source::{Clocks, Recipient, TimeReader};
use crate::spool::{DeadLetter, Lines};
use crate::stream::StreamSpec;

/// What a page has brought so far.
#[derive(Default)]
pub(super) struct PageBuffer {
    pub(super) lines: Lines,
    /// What the page counts for.
    pub(super) counts: PageCounts,
    pub(super) aside: Vec<DeadLetter>,
    /// Records left out by a setting.
    pub(super) left_out: u64,
    /// What `aside` and `held` take, bytes.
    pub(super) beside_lines: usize,
    /// New records that are no lines yet: more has to be asked for them, which can't be done in the midst of an answer.
    pub(super) held: Vec<Held>,
}

/// A new record that is no line yet.
pub(super) struct Held {
    pub(super) key: LedgerKey,
    pub(super) cursor_ms: i64,
    pub(super) event: Event<'static>,
}

/// The cloud's clock, as it last told it, and when: ours may be set at any moment, so that it is not compared with it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CloudClock(Option<(i64, Duration)>);

/// Takes a page's records.
pub(super) struct PageBuilder<'a, T> {
    pub(super) stream: StreamSpec,
    pub(super) reader: &'a mut TimeReader,
    pub(super) writer: &'a mut LineWriter,
    pub(super) sent: &'a mut SentRecorder,
    pub(super) haul: &'a mut PageBuffer,
    pub(super) clock: &'a mut CloudClock,
    pub(super) time: &'a T,
    /// When the page was asked for.
    pub(super) asked: Duration,
    /// Are new records held?
    pub(super) holds: bool,
    /// The cloud's time, milliseconds since 1970.
    pub(super) now_ms: i64,
}

// === impl PageBuffer ===

impl PageBuffer {
    pub(super) fn clear(&mut self) {
        self.lines.clear();
        self.counts.clear();
        self.aside.clear();
        self.held.clear();
        self.left_out = 0;
        self.beside_lines = 0;
    }

    /// Nothing but this, which was passed over unseen.
    pub(super) fn pass_over(&mut self, key: LedgerKey, aside: DeadLetter) {
        self.clear();
        self.counts.aside(key);
        self.aside.push(aside);
    }

    /// A new record becomes a line. `text` is the record as it stands in the page, where that is still known.
    pub(super) fn add(
        &mut self,
        record: (LedgerKey, i64, &Event<'_>),
        text: &str,
        at_ms: impl FnOnce() -> i64,
        writer: &mut LineWriter,
        sent: &mut SentRecorder,
    ) {
        let (key, cursor_ms, event) = record;
        let write = |line: &mut String| writer.write(event, line);
        if self.lines.push_within(MOST_LINE, key.tag(), write) {
            self.counts.spooled(key);
            sent.note(cursor_ms, &event.id);
        } else {
            let reason = chunk::line_too_long(&event.id, cursor_ms);
            self.set_aside(key, reason, text, at_ms());
        }
    }

    /// A new record is set aside.
    fn set_aside(&mut self, key: LedgerKey, reason: Unreadable, text: &str, at_ms: i64) {
        self.counts.aside(key);
        let aside = chunk::aside(reason, text, at_ms);
        self.beside_lines += aside.bytes.len() + OVERHEAD;
        self.aside.push(aside);
    }

    /// Is there room for another record?
    fn room(&self) -> ControlFlow<()> {
        chunk::room_beside(self.lines.bytes() + self.beside_lines)
    }
}

// === impl CloudClock ===

impl CloudClock {
    /// Did it ever tell the time?
    pub(super) fn is_known(self) -> bool {
        self.0.is_some()
    }

    /// It tells the time.
    pub(super) fn tell(&mut self, server_ms: Option<i64>, steady: Duration) {
        if let Some(server_ms) = server_ms {
            self.0 = Some((server_ms, steady));
        }
    }

    /// Both clocks at this moment.
    pub(super) fn beside(self, now: Moment) -> Clocks {
        Clocks {
            cloud_ms: self.ms_at(now.steady),
            own_ms: now.wall_ms,
        }
    }

    /// What it said at this steady time, where it ever told it.
    pub(super) fn ms_at(self, steady: Duration) -> Option<i64> {
        let (told_ms, at) = self.0?;
        let ms = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        Some(told_ms.saturating_add(ms(steady)).saturating_sub(ms(at)))
    }
}

// === impl PageBuilder ===

impl<T: Time> Recipient for PageBuilder<'_, T> {
    fn open(&mut self, server_ms: Option<i64>) {
        let now = self.time.now();
        self.clock.tell(server_ms, now.steady);
        self.now_ms = self.clock.beside(now).bound_ms();
        self.haul.clear();
        self.sent.open();
        self.reader.open(self.now_ms, self.clock.ms_at(self.asked));
    }

    fn record(&mut self, text: &str) -> ControlFlow<()> {
        match self.writer.read(self.stream, text) {
            Ok(record) => {
                let (event, cursor_ms) = (record.event, record.cursor_ms);
                let key = LedgerKey::of(self.stream.number(), Some(cursor_ms), self.now_ms);
                if !self.reader.admit(&event.id, Some(cursor_ms)) {
                    self.haul.counts.seen(key);
                } else if self.writer.leaves_out(&event) {
                    self.haul.counts.left_out(key);
                    self.haul.left_out += 1;
                } else if self.holds {
                    let event = event.into_owned();
                    self.haul.beside_lines += event.weight();
                    self.haul.held.push(Held {
                        key,
                        cursor_ms,
                        event,
                    });
                } else {
                    let record = (key, cursor_ms, &event);
                    let at_ms = || self.time.now().wall_ms;
                    (self.haul).add(record, text, at_ms, self.writer, self.sent);
                }
            }
            Err(unreadable) => self.set_aside(unreadable, text),
        }
        self.haul.room()
    }

    fn too_long(&mut self, begin: &str, bytes: u64) -> ControlFlow<()> {
        self.set_aside(too_long(begin, bytes), begin);
        self.haul.room()
    }
}

impl<T: Time> PageBuilder<'_, T> {
    fn set_aside(&mut self, unreadable: Unreadable, text: &str) {
        let id = unreadable.id.as_deref().unwrap_or(text);
        let key = LedgerKey::of(self.stream.number(), unreadable.cursor_ms, self.now_ms);
        if self.reader.admit(id, unreadable.cursor_ms) {
            let at_ms = self.time.now().wall_ms;
            self.haul.set_aside(key, unreadable, text, at_ms);
        } else {
            self.haul.counts.seen(key);
        }
    }
}
