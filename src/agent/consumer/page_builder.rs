//! Builds a page from messages: each record becomes a line, a count, or a dead letter.

use crate::agent::page_buffer::PageBuffer;
use crate::clock::Time;
use crate::format::LineWriter;
use crate::ledger::LedgerKey;
use crate::sent::SentRecorder;
use crate::source::{
    HubMessage, HubPartition, HubRecord, PartitionSource, Record, Seen, Unreadable,
};
use crate::status::PageRead;
use crate::stream::StreamSpec;

/// Takes the records of messages.
pub(super) struct HubPageBuilder<'a, T> {
    /// The stream that is read, under which counts what belongs to no table.
    pub(super) stream: StreamSpec,
    pub(super) writer: &'a mut LineWriter,
    pub(super) sent: &'a mut SentRecorder,
    pub(super) seen: &'a mut Seen,
    pub(super) page: &'a mut PageBuffer,
    pub(super) time: &'a T,
    /// What was read so far.
    pub(super) read: &'a mut PageRead,
    /// Records of tables that are not forwarded.
    pub(super) others: u64,
    /// The time of the newest record of the partition, milliseconds since 1970.
    pub(super) newest_ms: Option<i64>,
}

// === impl HubPageBuilder ===

impl<T: Time> HubPageBuilder<'_, T> {
    /// Takes a message of a partition.
    pub(super) fn message(
        &mut self,
        source: &dyn PartitionSource,
        partition: &HubPartition,
        message: &HubMessage,
    ) {
        let place = Place {
            partition,
            offset: message.offset,
        };
        match &message.damage {
            Some(damage) => {
                let poison = Unreadable {
                    id: None,
                    cursor_ms: None,
                    reason: format!("the batch of messages is damaged: {damage}"),
                };
                self.set_aside(self.stream, &place, poison, &message.body);
            }
            None => source.read(&message.body, &mut |record| {
                self.record(&place, record, &message.body);
            }),
        }
    }

    fn record(&mut self, place: &Place<'_>, record: HubRecord<'_>, body: &[u8]) {
        match record {
            HubRecord::Other => self.others += 1,
            HubRecord::Poison(why) => self.set_aside(self.stream, place, why, body),
            HubRecord::Row(table, text, Ok(record)) => self.row(table, text, &record),
            HubRecord::Row(table, text, Err(why)) => {
                self.set_aside(table, place, why, text.as_bytes());
            }
        }
    }

    fn row(&mut self, table: StreamSpec, text: &str, record: &Record<'_>) {
        let (event, at_ms) = (&record.event, record.cursor_ms);
        let key = LedgerKey::of(table.number(), Some(at_ms), self.time.now().wall_ms);
        self.read.records += 1;
        self.newest_ms = self.newest_ms.max(Some(at_ms));
        if !self.seen.admit(event.identity(), at_ms) || self.sent.is_elsewhere(event.identity()) {
            self.read.repeats += 1;
            self.page.counts.seen(key);
        } else if self.writer.leaves_out(event) {
            self.read.left_out += 1;
            self.page.counts.left_out(key);
        } else {
            let now_ms = || self.time.now().wall_ms;
            let is_line = (self.page).add((key, at_ms, event), text, now_ms, self.writer);
            if is_line {
                self.sent.note(at_ms, event.identity());
            } else {
                self.read.set_aside += 1;
            }
        }
    }

    /// Sets a record aside, or a message, with the place by which it can be found again.
    fn set_aside(&mut self, of: StreamSpec, place: &Place<'_>, why: Unreadable, text: &[u8]) {
        let now_ms = self.time.now().wall_ms;
        let key = LedgerKey::of(of.number(), why.cursor_ms, now_ms);
        let (partition, offset) = (place.partition, place.offset);
        let why = Unreadable {
            id: Some(why.id.unwrap_or_else(|| format!("{partition} {offset}"))),
            reason: format!("partition {partition}, offset {offset}: {}", why.reason),
            ..why
        };
        self.read.records += 1;
        self.read.set_aside += 1;
        self.page.set_aside(key, why, text, now_ms);
    }
}

/// Where a message stands.
struct Place<'p> {
    partition: &'p HubPartition,
    offset: i64,
}
