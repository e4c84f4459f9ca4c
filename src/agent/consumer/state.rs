//! What varies while a consumer runs.

use std::collections::BTreeMap;
use std::time::Duration;

use super::troubles::PartitionTroubles;
use crate::agent::page_buffer::PageBuffer;
use crate::agent::page_writer::Hindrance;
use crate::backoff::Backoff;
use crate::source::{CommitSchedule, HubPartition, Offsets, Seen};
use crate::spool::{Memory, Packer};
use crate::status::PageRead;

/// What varies while a consumer runs.
pub struct ConsumerState {
    /// The offsets in the spool, of all partitions that this box has read.
    pub(super) offsets: Offsets,
    /// The ids of the records that were read lately.
    pub(super) seen: Seen,
    /// The partitions that this box reads.
    pub(super) assigned: BTreeMap<HubPartition, Position>,
    /// Assigned partitions without a start offset yet; with the offset that the service refused as
    /// out of range, if that is why.
    pub(super) without_offset: BTreeMap<HubPartition, Option<i64>>,
    /// The offsets that are in the spool and not committed yet.
    pub(super) schedule: CommitSchedule,
    /// Partitions and hubs that can't be read for now.
    pub(super) troubles: PartitionTroubles,
    pub(super) page: PageBuffer,
    pub(super) group: GroupFacts,
    /// Counts fetches, for [`Position::last_fetch`].
    pub(super) fetches: u64,
    /// When offsets came to flash last, on the steady clock.
    pub(super) spooled_at: Option<Duration>,
    /// Whether offsets have moved since, by pages that brought no line.
    pub(super) is_ahead_of_spool: bool,
    /// Whether the spool does not take the page.
    pub(super) hindrance: Hindrance,
    /// How long to wait for what passes by itself.
    pub(super) passing: Backoff,
    /// The same where somebody has to do something.
    pub(super) refused: Backoff,
    /// What was read and not reported yet.
    pub(super) unreported: PageRead,
    /// When it was reported last, on the steady clock.
    pub(super) reported_at: Option<Duration>,
}

/// What the group last said.
#[derive(Debug, Default)]
pub(super) struct GroupFacts {
    pub(super) generation: i32,
    pub(super) total_partitions: u64,
    /// How often this box got an assignment.
    pub(super) rebalances: u64,
    /// Records of tables that are not forwarded.
    pub(super) other_records: u64,
}

/// How far a partition is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// The offset of the next message.
    pub(super) next: i64,
    /// The group's offset; `None` before the first commit.
    pub(super) committed: Option<i64>,
    /// The offset after the newest message; `None` before the service has said it.
    pub(super) latest: Option<i64>,
    /// The time of the newest record that was read, milliseconds since 1970.
    pub(super) newest_ms: Option<i64>,
    /// The fetch that last brought messages of it, or found it without: the least recently fetched
    /// partition comes first.
    pub(super) last_fetch: u64,
}

// === impl ConsumerState ===

impl ConsumerState {
    /// As the spool remembers it, for hubs in this namespace; `packer` compresses the lines.
    /// `of_tables` is what the spool remembers of the streams that read the same tables by time:
    /// the records that they have read are known, so that none is sent twice after the change.
    ///
    /// # Errors
    /// When the cursor in it is not one of ours.
    pub fn restore(
        memory: &Memory,
        of_tables: &[Memory],
        namespace: &str,
        packer: &Packer,
    ) -> Result<Self, serde_json::Error> {
        let cursor = memory.cursor.as_deref();
        let offsets = cursor.map_or(Ok(Offsets::default()), Offsets::from_bytes)?;
        let mut seen = Seen::restore(&memory.seen, memory.seen_next, None);
        let of_tables = of_tables.iter().flat_map(|table| &table.seen);
        of_tables.for_each(|(_, chunk)| seen.know_too(chunk));
        Ok(Self {
            offsets: offsets.in_namespace(namespace),
            seen,
            assigned: BTreeMap::new(),
            without_offset: BTreeMap::new(),
            schedule: CommitSchedule::default(),
            troubles: PartitionTroubles::default(),
            page: PageBuffer::new(packer),
            group: GroupFacts::default(),
            fetches: 0,
            spooled_at: None,
            is_ahead_of_spool: false,
            hindrance: Hindrance::default(),
            passing: Backoff::new(Duration::from_secs(1), Duration::from_secs(60)),
            refused: Backoff::new(Duration::from_secs(5), Duration::from_secs(600)),
            unreported: PageRead::default(),
            reported_at: None,
        })
    }

    /// Others may read the partitions by now.
    pub(super) fn release(&mut self) {
        self.assigned.clear();
        self.without_offset.clear();
        self.schedule = CommitSchedule::default();
    }

    /// The partitions to fetch now, the least recently fetched first. Empty if only partitions that
    /// wait for a commit have messages: that commit is due within 334 ms, while a fetch of the
    /// others would wait for a second.
    pub(super) fn fetchable(&self, now: Duration) -> Vec<(HubPartition, i64)> {
        let tried = (self.assigned.iter())
            .filter(|(partition, _)| !self.troubles.holds_back(&partition.to_string(), now));
        let (mut free, waiting): (Vec<_>, Vec<_>) =
            tried.partition(|(partition, _)| self.schedule.is_committed(partition));
        let is_behind = |(_, position): &(&HubPartition, &Position)| position.is_behind();
        if waiting.iter().any(is_behind) && !free.iter().any(is_behind) {
            return Vec::new();
        }
        free.sort_by_key(|(_, position)| position.last_fetch);
        let free = free.into_iter();
        free.map(|(partition, position)| (partition.clone(), position.next))
            .collect()
    }

    /// The offsets to commit now.
    pub(super) fn due(&self, now: Duration) -> BTreeMap<HubPartition, i64> {
        let mut due = self.schedule.due(now);
        due.retain(|partition, _| !self.troubles.holds_back(&partition.to_string(), now));
        due
    }

    /// How long until offsets are to be committed; a long time where none are.
    pub(super) fn wait(&self, now: Duration) -> Duration {
        let of = |it: &HubPartition| !self.troubles.holds_back(&it.to_string(), now);
        self.schedule.wait(now, of).unwrap_or(Duration::MAX)
    }

    /// Is everything read that can be, as far as the service has said?
    pub(super) fn has_caught_up(&self, now: Duration) -> bool {
        let mut behind = self.assigned.iter().filter(|(_, it)| it.is_behind());
        behind.all(|(partition, _)| self.troubles.holds_back(&partition.to_string(), now))
    }
}

// === impl Position ===

impl Position {
    /// Does the service hold messages that were not read?
    pub(super) fn is_behind(&self) -> bool {
        self.latest.is_some_and(|latest| self.next < latest)
    }
}
