//! The numbers alone, without a disk.
#![allow(clippy::unwrap_used)]

use super::*;

fn tally(firsts: &[u64], next: u64) -> Index {
    let mut tally = Index {
        next,
        ..Index::default()
    };
    for (number, &first) in firsts.iter().enumerate() {
        let id = SegmentId {
            number: number as u64,
            first,
        };
        tally.chain.push_back(SegmentLink { id, bytes: 10 });
    }
    tally
}

fn hole(first: u64, next: u64) -> Hole {
    Hole {
        first,
        next,
        lines: next - first,
        pieces: 1,
    }
}

#[test]
fn a_store_goes_when_its_last_line_has_arrived_and_the_newest_stays() {
    let mut tally = tally(&[0, 10, 20], 20);
    tally.acknowledge(9, b"");
    assert_eq!(tally.take_drained(), []);
    tally.acknowledge(10, b"");
    assert_eq!(tally.take_drained().len(), 1);
    tally.acknowledge(1000, b"");
    assert_eq!(tally.progress.first, 20, "no further than there are lines");
    assert_eq!(tally.take_drained().len(), 1);
    assert_eq!(tally.chain.len(), 1);
    tally.acknowledge(3, b"");
    assert_eq!(tally.progress.first, 20, "never back");
}

#[test]
fn a_line_is_found_by_the_names_of_the_stores() {
    let tally = tally(&[5, 10], 30);
    let at = |line| tally.find(line).map(|w| (w.id.first, w.end, w.newest));
    assert_eq!(at(0), Some((5, 10, false)));
    assert_eq!(at(9), Some((5, 10, false)));
    assert_eq!(at(10), Some((10, 30, true)));
    assert_eq!(at(99), Some((10, 30, true)));
}

#[test]
fn holes_are_counted_once_and_passed_over() {
    let mut tally = tally(&[0], 100);
    assert!(tally.lose(hole(10, 20)));
    assert!(!tally.lose(hole(10, 20)));
    assert_eq!((tally.waiting(), tally.stats().damaged_lines), (90, 10));
    tally.acknowledge(10, b"");
    assert_eq!(tally.progress.first, 20);
    assert_eq!((tally.waiting(), tally.stats().damaged_lines), (80, 10));
    assert!(!tally.lose(hole(10, 20)), "it lies behind");
    assert!(tally.lose(hole(90, 100)));
    tally.acknowledge(90, b"");
    assert_eq!(tally.waiting(), 0);
    assert_eq!(tally.stats().damaged_pieces, 2);
}

#[test]
fn age_and_size_of_what_waits_follow_the_batches() {
    let mut tally = tally(&[0], 30);
    tally.text = 300;
    for number in 0..3 {
        tally.mark(HandedOut {
            first: number * 10,
            next: number * 10 + 10,
            at_ms: 1000 + i64::try_from(number).unwrap(),
            before: number * 100,
            text: 100,
        });
    }
    let at = |tally: &Index| (tally.stats().oldest_ms, tally.stats().waiting_bytes);
    assert_eq!(at(&tally), (Some(1000), 300));
    tally.acknowledge(5, b"");
    assert_eq!(at(&tally), (Some(1000), 300));
    tally.acknowledge(20, b"");
    assert_eq!(at(&tally), (Some(1002), 100));
    tally.acknowledge(30, b"");
    assert_eq!(at(&tally), (None, 0));
}
