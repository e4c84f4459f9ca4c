//! The next offset of each partition, as it lies on flash: the cursor of such a stream.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most partitions that are remembered: ten hubs of 32 (reference: successors.md §4-5). Beyond
/// that, the least recently updated one is dropped.
const MOST: usize = 320;

/// A partition of a hub.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HubPartition {
    /// The event hub; Kafka calls it a topic.
    pub hub: String,
    /// Its number, from 0.
    pub number: i32,
}

/// The offsets in the spool, of the partitions that this box has read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offsets {
    /// The namespace of the hubs: offsets of another one say nothing about this one.
    #[serde(default)]
    namespace: String,
    /// Counts updates, so that the least recently updated partition is known.
    updates: u64,
    known: Vec<Known>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    #[serde(flatten)]
    partition: HubPartition,
    /// The offset of the next record.
    next: i64,
    /// The update that set it.
    update: u64,
}

/// Who committed the offset of a group, by the metadata of the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committer {
    /// This box: its spool had the records before the offset, unless the disk has lost them.
    ThisBox,
    /// Another box.
    AnotherBox,
    /// A client that gives no name, or a broker that does not keep it.
    Unknown,
}

/// The offset that a group keeps of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The offset to read next.
    pub offset: i64,
    /// Who committed it.
    pub by: Committer,
}

/// What the service tells of a partition when this box begins to read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundOffsets {
    /// The offset of the group; `None` if nobody has committed one.
    pub committed: Option<CommittedOffset>,
    /// Where reading starts if neither group nor spool has an offset: the first record that came
    /// within `first_look_back`.
    pub first: i64,
    /// The offset of the oldest record that the service keeps.
    pub earliest: i64,
    /// The offset after the newest record (Kafka: high watermark).
    pub latest: i64,
}

/// Where reading of a partition starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartOffset {
    /// The offset of the first record.
    pub next: i64,
    /// So many records before it are not kept any more, and nobody of the group has read them.
    pub lost: u64,
    /// The partition holds fewer records than were read of it: its event hub was deleted and
    /// created again, and is read from its beginning.
    pub is_recreated: bool,
}

// === impl HubPartition ===

impl fmt::Display for HubPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.hub, self.number)
    }
}

// === impl Offsets ===

impl Offsets {
    /// Those of the hubs in this namespace, where they are: else none.
    #[must_use]
    pub fn in_namespace(self, namespace: &str) -> Self {
        match self.namespace == namespace {
            true => self,
            false => Self {
                namespace: namespace.to_owned(),
                ..Self::default()
            },
        }
    }

    /// The records of this partition are in the spool up to `next`.
    pub fn set(&mut self, partition: &HubPartition, next: i64) {
        self.updates += 1;
        let update = self.updates;
        let mut known = self.known.iter_mut();
        if let Some(known) = known.find(|known| known.partition == *partition) {
            (known.next, known.update) = (next, update);
            return;
        }
        if self.known.len() >= MOST {
            let oldest = self
                .known
                .iter()
                .enumerate()
                .min_by_key(|(_, it)| it.update);
            if let Some((place, _)) = oldest {
                self.known.swap_remove(place);
            }
        }
        self.known.push(Known {
            partition: partition.clone(),
            next,
            update,
        });
    }

    /// The offset after what the spool has of this partition.
    #[must_use]
    pub fn of(&self, partition: &HubPartition) -> Option<i64> {
        let mut known = self.known.iter();
        let known = known.find(|known| known.partition == *partition);
        known.map(|known| known.next)
    }

    /// As it lies on flash.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // maps of texts and numbers always become JSON
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// From flash.
    ///
    /// # Errors
    /// Where it is no cursor of ours.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The offset at which this box continues to read an assigned partition. If this box made the
    /// group's last commit, that is the spool's offset: a greater one was not committed yet, a
    /// smaller one means that the disk has lost records, which are read again. If another box made
    /// it, that is the group's: whoever begins to read a partition commits its start offset first.
    /// If nobody knows who made it, that is the greater one.
    #[must_use]
    pub fn start(&self, partition: &HubPartition, found: FoundOffsets) -> StartOffset {
        let spooled = self.of(partition);
        let read = match (found.committed, spooled) {
            (Some(committed), Some(spooled)) => Some(match committed.by {
                Committer::ThisBox => spooled,
                Committer::AnotherBox => committed.offset,
                Committer::Unknown => committed.offset.max(spooled),
            }),
            (committed, spooled) => committed.map(|it| it.offset).or(spooled),
        };
        let Some(read) = read else {
            return StartOffset {
                next: found.first.max(found.earliest),
                lost: 0,
                is_recreated: false,
            };
        };
        let is_recreated = read > found.latest;
        StartOffset {
            next: match is_recreated {
                true => found.earliest,
                false => read.max(found.earliest),
            },
            lost: match is_recreated {
                true => 0,
                false => u64::try_from(found.earliest.saturating_sub(read)).unwrap_or(0),
            },
            is_recreated,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(number: i32) -> HubPartition {
        HubPartition {
            hub: "defender".into(),
            number,
        }
    }

    use Committer::{AnotherBox, ThisBox, Unknown};

    fn found(committed: Option<(i64, Committer)>, earliest: i64, latest: i64) -> FoundOffsets {
        FoundOffsets {
            committed: committed.map(|(offset, by)| CommittedOffset { offset, by }),
            first: earliest,
            earliest,
            latest,
        }
    }

    #[test]
    fn a_partition_continues_where_whoever_read_it_last_has_stopped() {
        let mut offsets = Offsets::default();
        offsets.set(&partition(1), 70);
        let start = |number, found| offsets.start(&partition(number), found).next;
        for (offset, by, next) in [
            (50, ThisBox, 70),
            (90, AnotherBox, 90),
            // another box has begun to read it after this one
            (40, AnotherBox, 40),
            (50, Unknown, 70),
            (90, Unknown, 90),
        ] {
            assert_eq!(start(1, found(Some((offset, by)), 0, 100)), next, "{by:?}");
        }
        assert_eq!(start(1, found(None, 0, 100)), 70);
        assert_eq!(start(2, found(Some((50, ThisBox)), 0, 100)), 50);
        assert_eq!(start(2, found(None, 5, 100)), 5);
    }

    #[test]
    fn what_is_kept_no_more_is_counted() {
        let mut offsets = Offsets::default();
        offsets.set(&partition(0), 70);
        let start = offsets.start(&partition(0), found(Some((60, AnotherBox)), 100, 200));
        assert_eq!(
            (start.next, start.lost, start.is_recreated),
            (100, 40, false)
        );
    }

    #[test]
    fn records_that_the_disk_has_lost_are_read_again() {
        let mut offsets = Offsets::default();
        offsets.set(&partition(0), 70);
        let of = |number, by| offsets.start(&partition(number), found(Some((90, by)), 0, 100));
        assert_eq!(of(0, AnotherBox).next, 90);
        assert_eq!(of(0, ThisBox).next, 70);
        assert_eq!(of(1, ThisBox).next, 90);
    }

    #[test]
    fn what_nobody_has_read_begins_where_it_is_asked_for() {
        let offsets = Offsets::default();
        let mut found = found(None, 5, 100);
        found.first = 60;
        assert_eq!(offsets.start(&partition(0), found).next, 60);
    }

    #[test]
    fn offsets_of_another_namespace_say_nothing() {
        let mut offsets = Offsets::default().in_namespace("one");
        offsets.set(&partition(0), 70);
        let same = offsets.clone().in_namespace("one");
        assert_eq!(same.of(&partition(0)), Some(70));
        assert_eq!(offsets.in_namespace("two").of(&partition(0)), None);
    }

    #[test]
    fn what_is_written_is_read() {
        let mut offsets = Offsets::default();
        offsets.set(&partition(1), 70);
        let read = Offsets::from_bytes(&offsets.to_bytes()).unwrap();
        assert_eq!(read, offsets);
        assert!(Offsets::from_bytes(b"{}").is_err());
    }

    /// An offset behind the newest record belongs to a hub that is there no more.
    #[test]
    fn a_hub_that_was_made_anew_is_read_from_its_beginning() {
        let mut offsets = Offsets::default();
        offsets.set(&partition(0), 70);
        let start = offsets.start(&partition(0), found(None, 0, 10));
        assert_eq!((start.next, start.lost, start.is_recreated), (0, 0, true));
    }

    #[test]
    fn as_many_partitions_are_remembered_as_there_can_be() {
        let mut offsets = Offsets::default();
        for number in 0..400 {
            offsets.set(&partition(number), 1);
            offsets.set(&partition(0), i64::from(number));
        }
        assert_eq!(offsets.known.len(), MOST);
        assert_eq!(offsets.of(&partition(0)), Some(399));
        assert_eq!(offsets.of(&partition(1)), None);
    }
}
