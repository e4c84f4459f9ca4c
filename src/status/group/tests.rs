#![allow(clippy::unwrap_used)]

use super::*;

fn partition(hub: &str, number: i32) -> PartitionReport {
    PartitionReport {
        hub: hub.to_owned(),
        number,
        ..PartitionReport::default()
    }
}

fn report(partitions: Vec<PartitionReport>) -> GroupReport {
    GroupReport {
        total_partitions: 32,
        partitions,
        ..GroupReport::default()
    }
}

/// Next, committed and latest offset; lag; behind?
#[test]
fn lag_is_the_high_watermark_less_the_committed_offset() {
    for (next, committed, latest, lag, is_behind) in [
        (70, Some(50), Some(100), Some(50), true),
        // all is on flash, and the group is not told yet
        (100, Some(50), Some(100), Some(50), false),
        (100, Some(100), Some(100), Some(0), false),
        // nothing was committed: what is on flash counts as read
        (70, None, Some(100), Some(30), true),
        // another member committed more than this box was told of
        (70, Some(120), Some(100), Some(0), true),
        (70, Some(50), None, None, false),
        (0, None, Some(i64::MAX), Some(i64::MAX as u64), true),
        (
            0,
            Some(i64::MIN),
            Some(i64::MAX),
            Some(i64::MAX as u64),
            true,
        ),
    ] {
        let partition = PartitionReport {
            next,
            committed,
            latest,
            ..partition("defender", 0)
        };
        let found = (partition.lag(), partition.is_behind());
        assert_eq!(found, (lag, is_behind), "{partition:?}");
    }
}

#[test]
fn a_group_is_as_far_as_its_slowest_partition() {
    let at = |number, next, latest, newest_ms| PartitionReport {
        next,
        latest,
        newest_ms,
        ..partition("defender", number)
    };
    let group = report(vec![
        // long without a message, and all of it read
        at(0, 10, Some(10), Some(1_000)),
        at(1, 10, Some(40), Some(7_000)),
        at(2, 10, Some(15), Some(9_000)),
        at(3, 10, None, None),
    ]);
    assert_eq!((group.lag(), group.is_behind()), (Some(35), true));
    assert_eq!(group.reads_at_ms(), Some(7_000));
    assert_eq!(group.newest_ms(), Some(9_000));
    let empty = report(vec![]);
    assert_eq!((empty.lag(), empty.is_behind()), (None, false));
    assert_eq!((empty.reads_at_ms(), empty.newest_ms()), (None, None));
}

#[test]
fn the_share_is_said_as_it_is() {
    let mut group = GroupAssignment {
        report: report(vec![partition("defender", 0), partition("defender", 1)]),
        held: true,
    };
    assert_eq!(group.in_words(), "2 of 32 partitions");
    group.held = false;
    assert_eq!(group.in_words(), "2 of 32 partitions at the last answer");
    group.report.partitions.clear();
    assert_eq!(group.in_words(), "no partition at present");
    group.held = true;
    assert_eq!(
        group.in_words(),
        "none of 32 partitions: other members read them all"
    );
}

/// In the order of all; of those with the same lag, the first ones.
#[test]
fn those_with_the_greatest_lag_are_found() {
    let lags = [Some(2), None, Some(9), Some(0), Some(2)];
    let partitions = (0..).zip(lags).map(|(number, lag)| PartitionReport {
        committed: Some(0),
        latest: lag,
        ..partition("defender", number)
    });
    let group = report(partitions.collect());
    let found = |limit| {
        let (shown, left_out) = group.with_greatest_lag(limit);
        (
            Vec::from_iter(shown.iter().map(ToString::to_string)),
            left_out,
        )
    };
    let named = |numbers: &[i32]| Vec::from_iter(numbers.iter().map(|it| format!("defender/{it}")));
    assert_eq!(found(0), (vec![], 5));
    assert_eq!(found(1), (named(&[2]), 4));
    assert_eq!(found(2), (named(&[0, 2]), 3));
    assert_eq!(found(4), (named(&[0, 2, 3, 4]), 1));
    assert_eq!(found(5), (named(&[0, 1, 2, 3, 4]), 0));
    assert_eq!(found(9), (named(&[0, 1, 2, 3, 4]), 0));
}

#[test]
fn partitions_are_named_in_runs() {
    let named = |places: &[(&str, i32)]| {
        let partitions = places.iter().map(|(hub, number)| partition(hub, *number));
        report(partitions.collect()).partitions_in_words()
    };
    assert_eq!(named(&[]), "");
    assert_eq!(named(&[("a", 3)]), "a/3");
    assert_eq!(
        named(&[("a", 0), ("a", 1), ("a", 2), ("a", 5), ("b", 6), ("b", 7)]),
        "a/0-2, a/5, b/6-7"
    );
    // a service may number as it likes
    assert_eq!(
        named(&[("a", i32::MAX), ("a", i32::MIN)]),
        "a/2147483647, a/-2147483648"
    );
    let odd: Vec<(&str, i32)> = (0..160).map(|number| ("a", 2 * number)).collect();
    let words = named(&odd);
    assert!(words.ends_with("a/14, and more"), "{words}");
}
