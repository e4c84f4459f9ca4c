//! Metrics of consumer groups: the share of this box, and how far each of its partitions is.

use std::fmt;

use super::{COUNTER, GAUGE, Labels, Out, number, seconds, truth};
use crate::status::{AgentReport, GroupAssignment, PartitionReport};

/// The most partitions of a group that are named: ten hubs of 32.
const PARTITIONS: usize = 320;

// === impl Out ===

impl Out<'_> {
    /// Nothing where no stream is shared.
    pub(super) fn groups(&mut self, agents: &[AgentReport]) -> fmt::Result {
        let groups: Vec<(&str, &GroupAssignment)> = groups(agents).collect();
        if groups.is_empty() {
            return Ok(());
        }
        type Of = fn(&GroupAssignment) -> f64;
        let metrics: [(_, &str, &str, Of); 6] = [
            (
                GAUGE,
                "siembox_group_member",
                "1 while this box holds its share of the consumer group's partitions",
                |group| truth(group.held),
            ),
            (
                GAUGE,
                "siembox_group_generation",
                "Generation of the consumer group in which this box last got a share",
                |group| f64::from(group.report.generation),
            ),
            (
                GAUGE,
                "siembox_group_partitions",
                "Partitions that this box reads",
                |group| number(held(group).count() as u64),
            ),
            (
                GAUGE,
                "siembox_group_total_partitions",
                "Partitions that all boxes of the consumer group read together",
                |group| number(group.report.total_partitions),
            ),
            (
                COUNTER,
                "siembox_group_rebalances_total",
                "Rebalances of the consumer group in which this box got an assignment",
                |group| number(group.report.rebalances),
            ),
            (
                COUNTER,
                "siembox_group_other_records_total",
                "Records of tables that are not forwarded",
                |group| number(group.report.other_records),
            ),
        ];
        for (kind, name, help, of) in metrics {
            let values = groups.iter().map(|(agent, group)| {
                let labels = vec![("agent", *agent), ("group", &*group.report.group)];
                (labels, of(group))
            });
            self.metric(kind, name, help, values)?;
        }
        self.partitions(&groups)
    }

    fn partitions(&mut self, groups: &[(&str, &GroupAssignment)]) -> fmt::Result {
        type Of = fn(&PartitionReport) -> Option<f64>;
        let metrics: [(&str, &str, Of); 5] = [
            (
                "siembox_partition_lag",
                "Messages that the consumer group has not committed: latest less committed offset",
                |partition| partition.lag().map(number),
            ),
            (
                "siembox_partition_next_offset",
                "Offset of the next message to read; those before it are in the spool",
                |partition| Some(offset(partition.next)),
            ),
            (
                "siembox_partition_committed_offset",
                "Offset that the consumer group knows as the next one; absent before the first commit",
                |partition| partition.committed.map(offset),
            ),
            (
                "siembox_partition_latest_offset",
                "Offset after the newest message that the service holds",
                |partition| partition.latest.map(offset),
            ),
            (
                "siembox_partition_newest_record_timestamp_seconds",
                "Time of the newest record read, in seconds since 1970; absent before the first record",
                |partition| partition.newest_ms.map(seconds),
            ),
        ];
        let numbered: Vec<(&str, &PartitionReport, String)> = groups
            .iter()
            .flat_map(|(agent, group)| held(group).map(|of| (*agent, of, of.number.to_string())))
            .collect();
        for (name, help, of) in metrics {
            let values = numbered.iter().filter_map(|(agent, partition, number)| {
                let labels: Labels<'_> = vec![
                    ("agent", agent),
                    ("hub", &partition.hub),
                    ("partition", number),
                ];
                Some((labels, of(partition)?))
            });
            let values: Vec<_> = values.collect();
            if !values.is_empty() {
                self.metric(GAUGE, name, help, values)?;
            }
        }
        Ok(())
    }
}

/// What another box may read by now is told by that one.
fn held(group: &GroupAssignment) -> impl Iterator<Item = &PartitionReport> {
    let held = group.report.partitions.iter().take(PARTITIONS);
    held.filter(|_| group.held)
}

fn groups(agents: &[AgentReport]) -> impl Iterator<Item = (&str, &GroupAssignment)> {
    agents.iter().flat_map(|agent| {
        let groups = agent.streams.iter().filter_map(|it| it.group.as_deref());
        groups.map(|group| (&*agent.name, group))
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "Prometheus has no other numbers"
)]
fn offset(offset: i64) -> f64 {
    offset as f64
}
