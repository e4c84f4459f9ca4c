//! The consumer group of a shared stream as text: a line for the group, one for each partition.

use std::fmt::Write;

use super::span;
use crate::status::{GroupAssignment, counted};

/// How many partitions are shown; of more, those with the greatest lag.
const SHOWN: usize = 32;
/// The least that the column of the partitions takes, characters.
const NARROWEST: usize = 20;

pub(super) fn group_text(out: &mut String, share: &GroupAssignment, at_ms: i64) {
    let group = &share.report;
    let age = |newest_ms: i64| span(at_ms - newest_ms);
    // writing to a String never fails
    let _ = write!(
        out,
        "    group {}, generation {}, {}: {}",
        group.group,
        group.generation,
        counted(group.rebalances, "rebalance"),
        share.in_words()
    );
    if let Some(lag) = group.lag() {
        let _ = write!(out, ", lag {}", counted(lag, "message"));
    }
    if let Some(newest) = group.newest_ms() {
        let _ = write!(out, ", the newest record is {} old", age(newest));
    }
    if group.other_records > 0 {
        let other = counted(group.other_records, "record");
        let _ = write!(out, ", {other} of other tables");
    }
    out.push('\n');
    let (shown, more) = group.with_greatest_lag(SHOWN);
    let names: Vec<String> = shown.iter().map(ToString::to_string).collect();
    let width = names.iter().map(String::len).fold(NARROWEST, usize::max);
    if !shown.is_empty() {
        let _ = write!(out, "    {:<width$}", "partition");
        for column in ["next", "committed", "latest", "lag"] {
            let _ = write!(out, " {column:>12}");
        }
        out.push_str("  newest record\n");
    }
    for (partition, name) in shown.iter().zip(&names) {
        let lag = partition.lag().map(|lag| lag.to_string());
        let newest = partition.newest_ms.map(|newest| age(newest) + " old");
        let or_none = |value: Option<String>| value.unwrap_or("-".to_owned());
        let _ = write!(out, "    {name:<width$}");
        for value in [
            partition.next.to_string(),
            or_none(partition.committed.map(|offset| offset.to_string())),
            or_none(partition.latest.map(|offset| offset.to_string())),
            or_none(lag),
        ] {
            let _ = write!(out, " {value:>12}");
        }
        let _ = writeln!(out, "  {}", or_none(newest));
    }
    if more > 0 {
        let _ = writeln!(
            out,
            "    and {} with no greater lag: siembox status --json",
            counted(more as u64, "partition")
        );
    }
}

#[cfg(test)]
mod tests;
