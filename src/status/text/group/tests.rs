use super::*;
use crate::status::{GroupReport, PartitionReport};

const AT: i64 = 1_800_000_000_000;

fn text(group: &GroupAssignment) -> String {
    let mut out = String::new();
    group_text(&mut out, group, AT);
    out
}

fn partition(number: i32, lag: i64) -> PartitionReport {
    PartitionReport {
        hub: "defender".to_owned(),
        number,
        next: 100,
        committed: Some(100),
        latest: Some(100 + lag),
        newest_ms: Some(AT - 20_000 - i64::from(number) * 1_000),
    }
}

fn group(partitions: Vec<PartitionReport>) -> GroupAssignment {
    let report = GroupReport {
        group: "siembox".to_owned(),
        member: "siembox-1".to_owned(),
        generation: 7,
        rebalances: 3,
        total_partitions: 8,
        partitions,
        other_records: 0,
    };
    GroupAssignment { report, held: true }
}

#[test]
fn a_line_for_the_group_and_one_a_partition() {
    let mut group = group(vec![partition(0, 12), partition(1, 0)]);
    group.report.other_records = 5;
    group.report.partitions.push(PartitionReport {
        hub: "logons".to_owned(),
        number: 31,
        next: 7,
        ..PartitionReport::default()
    });
    assert_eq!(
        text(&group),
        "    group siembox, generation 7, 3 rebalances: 3 of 8 partitions, lag 12 messages, the \
            newest record is 20 s old, 5 records of other tables\n\
         \x20   partition                    next    committed       latest          lag  newest record\n\
         \x20   defender/0                    100          100          112           12  20 s old\n\
         \x20   defender/1                    100          100          100            0  21 s old\n\
         \x20   logons/31                       7            -            -            -  -\n"
    );
}

#[test]
fn one_of_each_is_said_as_one() {
    let mut group = group(vec![partition(0, 1)]);
    (group.report.rebalances, group.report.other_records) = (1, 1);
    group.report.total_partitions = 1;
    let text = text(&group);
    let first = "    group siembox, generation 7, 1 rebalance: 1 of 1 partition, lag 1 message, the \
        newest record is 20 s old, 1 record of other tables\n";
    assert!(text.starts_with(first), "{text}");
}

#[test]
fn an_empty_share_says_why() {
    assert_eq!(
        text(&group(vec![])),
        "    group siembox, generation 7, 3 rebalances: none of 8 partitions: other members read \
            them all\n"
    );
}

#[test]
fn of_many_partitions_those_with_the_greatest_lag_are_shown() {
    let many = (0..320).map(|number| partition(number, i64::from(number % 64)));
    let text = text(&group(many.collect()));
    let numbers: Vec<i32> = (text.lines())
        .filter_map(|line| line.trim_start().strip_prefix("defender/"))
        .filter_map(|line| line.split(' ').next()?.parse().ok())
        .collect();
    assert_eq!(numbers.len(), SHOWN);
    assert!(numbers.is_sorted() && numbers.iter().all(|number| number % 64 >= 57));
    assert!(text.ends_with("    and 288 partitions with no greater lag: siembox status --json\n"));
}
