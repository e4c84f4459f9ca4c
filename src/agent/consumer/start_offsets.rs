//! Makes start offsets durable: a gap before one is recorded in the quarantine, and a hub that was
//! created again is reported.

use std::collections::BTreeMap;

use super::Consumer;
use crate::agent::page_writer::tell_aside;
use crate::clock::Time;
use crate::ledger::LedgerKey;
use crate::source::{FoundOffsets, HubPartition, SourceError, StartOffset, Unreadable};
use crate::spool::Spool;
use crate::status::InternalEvent;

/// The start offsets of some partitions, and what they were found from.
pub(super) type Starts = BTreeMap<HubPartition, (FoundOffsets, StartOffset)>;

impl<S: Spool, T: Time> Consumer<S, T> {
    /// Puts the start offsets into the spool, together with the gaps before them. Returns false
    /// where the group rebalances first: then the spool is as before.
    pub(super) fn keep_starts(&mut self, starts: &Starts) -> Result<bool, SourceError> {
        let mut offsets = self.state.offsets.clone();
        for (partition, (_, start)) in starts {
            if offsets.of(partition) != Some(start.next) {
                offsets.set(partition, start.next);
            }
        }
        if offsets == self.state.offsets {
            return Ok(true);
        }
        self.open_page();
        let key = LedgerKey::untimed(self.stream.number());
        let at_ms = self.worker.now().wall_ms;
        let gaps = starts.iter().filter(|(_, (_, start))| start.lost > 0);
        for (partition, (_, start)) in gaps.clone() {
            self.state
                .page
                .set_aside(key, gap(partition, *start), b"", at_ms);
        }
        if self.write(offsets)?.is_break() {
            return Ok(false);
        }
        tell_aside(&self.worker, self.stream.name, &self.state.page.aside);
        let stream = self.stream.name;
        for (partition, (_, start)) in gaps {
            self.state.unreported.records += 1;
            self.state.unreported.set_aside += 1;
            self.worker.tell(&InternalEvent::OffsetsGone {
                stream,
                partition: partition.to_string(),
                from: first_lost(*start),
                next: start.next,
            });
        }
        for (partition, _) in starts.iter().filter(|(_, (_, it))| it.is_recreated) {
            self.worker.tell(&InternalEvent::PartitionRecreated {
                stream,
                partition: partition.to_string(),
            });
        }
        Ok(true)
    }
}

/// The quarantine's record of messages that nobody can read any more.
fn gap(partition: &HubPartition, start: StartOffset) -> Unreadable {
    let (from, to) = (first_lost(start), start.next.saturating_sub(1));
    Unreadable {
        id: Some(format!("{partition} {from} to {to}")),
        cursor_ms: None,
        reason: format!(
            "the service no longer keeps the messages of partition {partition} with these offsets"
        ),
    }
}

fn first_lost(start: StartOffset) -> i64 {
    (start.next).saturating_sub(i64::try_from(start.lost).unwrap_or(i64::MAX))
}
