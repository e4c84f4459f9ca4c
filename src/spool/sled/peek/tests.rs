//! Damage as whoever peeks sees it.
#![allow(clippy::unwrap_used)]

use super::super::SpoolBounds;
use super::*;
use crate::lines::Lines;
use crate::spool::{Spool, SpoolPage};

/// A spool of three batches of 128 lines, and a page behind them (the newest page is taken back
/// where it is damaged).
fn spool(folder: &std::path::Path) -> SledSpool {
    let spool = SledSpool::open(folder, SpoolBounds::new(1 << 26), 77).unwrap();
    let mut lines = Lines::default();
    for _ in 0..3 * 128 {
        lines.push("a line");
    }
    for lines in [&lines, &Lines::default()] {
        spool.append(&SpoolPage::of_lines(lines), 77).unwrap();
    }
    spool
}

fn damage(spool: &SledSpool, index: u32) {
    let head = spool.head.read().unwrap();
    let store = &head.as_ref().unwrap().store;
    let mut bytes = store.piece(index).unwrap().unwrap().to_vec();
    bytes[50] ^= 4;
    store.put(index, &bytes).unwrap();
}

#[test]
fn a_damaged_batch_is_kept_counted_once_and_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let spool = spool(folder.path());
    damage(&spool, 1);
    for _ in 0..2 {
        assert_eq!(spool.peek(0).unwrap().unwrap().next(), 128);
        assert_eq!(spool.peek(128).unwrap().unwrap().first, 256);
        assert_eq!(spool.peek(200).unwrap().unwrap().first, 256);
        let stats = spool.stats();
        assert_eq!((stats.damaged_lines, stats.damaged_pieces), (128, 1));
        assert_eq!(stats.waiting, 256);
    }
    let lost = Repair::LinesLost {
        first: 128,
        lines: 128,
    };
    assert_eq!(spool.repairs(), [lost]);
    let kept = folder
        .path()
        .join("damaged/lines-00000000000000000128.damaged-77");
    assert!(kept.exists());
    spool.acknowledge(128, b"").unwrap();
    assert_eq!(spool.first(), 256);
    drop(spool);
    let spool = SledSpool::open(folder.path(), SpoolBounds::new(1 << 26), 78).unwrap();
    assert_eq!((spool.first(), spool.stats().damaged_lines), (256, 128));
    assert_eq!(spool.stats().waiting, 128);
}

#[test]
fn damage_at_the_end_leaves_nothing_to_wait_for() {
    let folder = tempfile::tempdir().unwrap();
    let spool = spool(folder.path());
    damage(&spool, 1);
    damage(&spool, 2);
    assert_eq!(spool.peek(128).unwrap(), None);
    assert_eq!(spool.stats().waiting, 128);
    spool.acknowledge(128, b"").unwrap();
    let stats = spool.stats();
    assert_eq!((spool.first(), stats.waiting), (384, 0));
    assert_eq!((stats.damaged_lines, stats.damaged_pieces), (256, 2));
}

#[test]
fn a_place_where_the_disk_fails_is_lost_at_the_third_time_in_a_row() {
    let folder = tempfile::tempdir().unwrap();
    let spool = SledSpool::open(folder.path(), SpoolBounds::new(1 << 26), 0).unwrap();
    let mut reader = held(&spool.reader);
    let id = SegmentId {
        number: 0,
        first: 0,
    };
    let mut strikes = |index| spool.is_lost(&mut reader, id, index);
    assert_eq!(
        [4, 4, 5, 4, 4, 4].map(&mut strikes),
        [false, false, false, false, false, true]
    );
}
