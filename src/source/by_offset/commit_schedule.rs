//! Decides when offsets are committed: at once, but at most three times a second per partition.

use std::collections::BTreeMap;
use std::time::Duration;

use super::offsets::HubPartition;

/// Event Hubs accepts four commits a second per partition (reference: successors.md §5). Three leave
/// room for commits that were under way when a box restarted.
const INTERVAL: Duration = Duration::from_millis(334);

/// Offsets that are in the spool and not committed yet. Times are monotonic, from any fixed moment.
#[derive(Debug, Default)]
pub struct CommitSchedule {
    /// The next offset to commit, by partition.
    waiting: BTreeMap<HubPartition, i64>,
    /// When each partition was last committed; bounds the rate.
    last: BTreeMap<HubPartition, Duration>,
}

// === impl CommitSchedule ===

impl CommitSchedule {
    /// The records of this partition are in the spool up to `next`.
    pub fn add(&mut self, partition: &HubPartition, next: i64) {
        self.waiting.insert(partition.clone(), next);
    }

    /// What is to be committed now.
    #[must_use]
    pub fn due(&self, now: Duration) -> BTreeMap<HubPartition, i64> {
        let waiting = self.waiting.iter();
        let due = waiting.filter(|(partition, _)| {
            let last = self.last.get(partition);
            last.is_none_or(|last| now.saturating_sub(*last) >= INTERVAL)
        });
        due.map(|(partition, next)| (partition.clone(), *next))
            .collect()
    }

    /// This was committed. What came to the spool meanwhile waits further.
    pub fn committed(&mut self, offsets: &BTreeMap<HubPartition, i64>, now: Duration) {
        for (partition, next) in offsets {
            self.last.insert(partition.clone(), now);
            if self.waiting.get(partition) == Some(next) {
                self.waiting.remove(partition);
            }
        }
    }

    /// Whether all spooled offsets of this partition are committed. Only then is it fetched further,
    /// so that a box that takes it over repeats one page at most.
    #[must_use]
    pub fn is_committed(&self, partition: &HubPartition) -> bool {
        !self.waiting.contains_key(partition)
    }

    /// How long until something of these partitions is due; `None` where nothing waits.
    #[must_use]
    pub fn wait(
        &self,
        now: Duration,
        mut of: impl FnMut(&HubPartition) -> bool,
    ) -> Option<Duration> {
        let due = |partition| {
            let last = self.last.get(partition);
            last.map_or(Duration::ZERO, |last| {
                (*last + INTERVAL).saturating_sub(now)
            })
        };
        self.waiting.keys().filter(|it| of(it)).map(due).min()
    }

    /// All that waits, before the partitions go to others.
    #[must_use]
    pub fn all(&self) -> BTreeMap<HubPartition, i64> {
        self.waiting.clone()
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

    #[test]
    fn a_partition_is_committed_three_times_a_second_at_most() {
        let mut schedule = CommitSchedule::default();
        let mut commits = 0;
        for ms in (0..10_000).step_by(10) {
            let now = Duration::from_millis(ms);
            schedule.add(&partition(0), i64::try_from(ms).unwrap());
            let due = schedule.due(now);
            commits += due.len();
            schedule.committed(&due, now);
        }
        assert!((29..=30).contains(&commits), "{commits}");
        assert_eq!(schedule.all(), BTreeMap::from([(partition(0), 9_990)]));
        assert!(!schedule.is_committed(&partition(0)) && schedule.is_committed(&partition(1)));
        let late = Duration::from_secs(10);
        assert_eq!(
            schedule.wait(late, |_| true),
            Some(Duration::from_millis(194))
        );
    }

    #[test]
    fn what_comes_while_a_commit_is_under_way_waits_further() {
        let mut schedule = CommitSchedule::default();
        schedule.add(&partition(0), 5);
        let due = schedule.due(Duration::ZERO);
        schedule.add(&partition(0), 7);
        schedule.committed(&due, Duration::ZERO);
        assert_eq!(schedule.all(), BTreeMap::from([(partition(0), 7)]));
    }
}
