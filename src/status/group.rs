//! The consumer group of a stream that several boxes share: which partitions this box reads, and
//! how far each is.

use std::cmp::Reverse;
use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

use super::counted;

/// How many runs of neighbouring partitions a text names.
const RUNS: usize = 8;

/// The group of a stream, as it was told last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupAssignment {
    /// What was told.
    #[serde(flatten)]
    pub report: GroupReport,
    /// Is the share certain, so that nobody else reads it? Not while the agent is paused, and after
    /// a failed request not until the next answer.
    pub held: bool,
}

/// A member of a consumer group, and its share of the partitions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupReport {
    /// The group's name: boxes that have it in common share the partitions.
    pub group: String,
    /// The name by which the service knows this box.
    pub member: String,
    /// The group's count of its rebalances, as this box last got a share.
    pub generation: i32,
    /// Rebalances in which this box got a share, since the process started.
    pub rebalances: u64,
    /// Partitions of all hubs together, whoever reads them.
    pub total_partitions: u64,
    /// Those that this box reads, by hub and number.
    pub partitions: Vec<PartitionReport>,
    /// Records of tables that are not forwarded, since the process started.
    pub other_records: u64,
}

/// A partition that this box reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionReport {
    /// The hub.
    pub hub: String,
    /// Its number, from 0.
    pub number: i32,
    /// The offset of the next message: those before it are on flash.
    pub next: i64,
    /// The offset that the group knows as the next one; `None` before the first commit.
    pub committed: Option<i64>,
    /// The offset after the newest message that the service holds; `None` where it told none yet.
    pub latest: Option<i64>,
    /// When the newest record that was read is of, milliseconds since 1970.
    pub newest_ms: Option<i64>,
}

// === impl GroupAssignment ===

impl GroupAssignment {
    /// `4 of 32 partitions`, or why there are none.
    #[must_use]
    pub fn in_words(&self) -> String {
        let all = counted(self.report.total_partitions, "partition");
        match self.report.partitions.len() {
            0 if self.held => format!("none of {all}: other members read them all"),
            0 => "no partition at present".to_owned(),
            own if self.held => format!("{own} of {all}"),
            own => format!("{own} of {all} at the last answer"),
        }
    }
}

impl Deref for GroupAssignment {
    type Target = GroupReport;

    fn deref(&self) -> &GroupReport {
        &self.report
    }
}

// === impl GroupReport ===

impl GroupReport {
    /// Messages of its partitions that the group has not committed; `None` while it is known of
    /// none of them.
    #[must_use]
    pub fn lag(&self) -> Option<u64> {
        let known = self.partitions.iter().filter_map(PartitionReport::lag);
        known.reduce(u64::saturating_add)
    }

    /// Does any of its partitions hold messages that are not on flash yet?
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.partitions.iter().any(PartitionReport::is_behind)
    }

    /// Where reading stands in the partition that is furthest behind, by the time of its records.
    #[must_use]
    pub fn reads_at_ms(&self) -> Option<i64> {
        let behind = self.partitions.iter().filter(|it| it.is_behind());
        behind.filter_map(|it| it.newest_ms).min()
    }

    /// When the newest record of all its partitions is of.
    #[must_use]
    pub fn newest_ms(&self) -> Option<i64> {
        self.partitions.iter().filter_map(|it| it.newest_ms).max()
    }

    /// Those with the greatest lag, at most so many, in the order of all; and how many are left out.
    #[must_use]
    pub fn with_greatest_lag(&self, limit: usize) -> (Vec<&PartitionReport>, usize) {
        let mut shown: Vec<(usize, &PartitionReport)> =
            self.partitions.iter().enumerate().collect();
        shown.sort_by_key(|(_, partition)| Reverse(partition.lag()));
        shown.truncate(limit);
        shown.sort_unstable_by_key(|(place, _)| *place);
        let left_out = self.partitions.len() - shown.len();
        (
            shown.into_iter().map(|(_, partition)| partition).collect(),
            left_out,
        )
    }

    /// `defender/0-3, defender/7`: neighbours together, and a bounded number of runs.
    #[must_use]
    pub fn partitions_in_words(&self) -> String {
        let mut runs: Vec<(&str, i32, i32)> = Vec::new();
        for PartitionReport { hub, number, .. } in &self.partitions {
            match runs.last_mut() {
                Some((of, _, last)) if of == hub && last.checked_add(1) == Some(*number) => {
                    *last = *number;
                }
                _ => runs.push((hub, *number, *number)),
            }
        }
        let more = runs.len().saturating_sub(RUNS);
        let named = runs.iter().take(RUNS);
        let mut words: Vec<String> = named
            .map(|(hub, first, last)| match first == last {
                true => format!("{hub}/{first}"),
                false => format!("{hub}/{first}-{last}"),
            })
            .collect();
        if more > 0 {
            words.push("and more".to_owned());
        }
        words.join(", ")
    }
}

// === impl PartitionReport ===

impl PartitionReport {
    /// Messages of the partition that the group has not committed: high watermark less committed
    /// offset.
    #[must_use]
    pub fn lag(&self) -> Option<u64> {
        let committed = self.committed.unwrap_or(self.next);
        let lag = self.latest?.saturating_sub(committed);
        Some(u64::try_from(lag).unwrap_or(0))
    }

    /// Does it hold messages that are not on flash yet?
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.latest.is_some_and(|latest| latest > self.next)
    }
}

/// `defender/7`
impl fmt::Display for PartitionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.hub, self.number)
    }
}

#[cfg(test)]
mod tests;
