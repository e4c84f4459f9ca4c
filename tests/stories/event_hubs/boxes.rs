//! Two boxes and librdkafka in one group, under load: a box is killed and comes back, librdkafka
//! joins and leaves. Each row reaches one of them, a hand-over repeats one batch at most, and each
//! partition is read by one at a time.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde_json::json;
use siembox_support::hub::{Make, Seen};
use siembox_support::receiver::rsyslog;

use super::evidence::{Came, Rows, assert_repeats_are_batches, commits};
use super::load::{Over, PARTITIONS, load};
use super::tenant::{GROUP, Tenant, group};
use crate::siembox::Siembox;

/// Longer than a session and a rebalance of tansu take.
pub const SHARED_OUT: Duration = Duration::from_secs(60);

/// The box reads so many partitions.
fn wait_for_share(siembox: &mut Siembox, of: usize) {
    siembox.wait_within(SHARED_OUT, "it has its share", |status| {
        group(status).is_some_and(|group| group.partitions.len() == of)
    });
}

fn story(make: Make) {
    let tenant = Tenant::start(make);
    let namespace = &tenant.namespace;
    namespace.fill(PARTITIONS, &[]);
    let receivers = [rsyslog::tcp(), rsyslog::tcp()];
    let [mut first, mut second] = [0, 1].map(|nth: usize| tenant.siembox(receivers[nth].port()));
    let enough = AtomicBool::new(false);
    let (by_librdkafka, filled) = std::thread::scope(|scope| {
        let filled = scope.spawn(|| load(namespace, &enough));
        let over = Over(&enough);
        first.start();
        wait_for_share(&mut first, 8);
        second.start();
        wait_for_share(&mut second, 4);
        wait_for_share(&mut first, 4);
        first.kill();
        // its session ends
        wait_for_share(&mut second, 8);
        first.start();
        wait_for_share(&mut first, 4);
        wait_for_share(&mut second, 4);
        let asked = json!({"group": GROUP, "seconds": 12});
        let (read, errors) = namespace.read(usize::MAX >> 1, &asked);
        assert_eq!(errors, [""; 0]);
        wait_for_share(&mut first, 4);
        wait_for_share(&mut second, 4);
        drop(over);
        (read, filled.join().unwrap())
    });
    for siembox in [&mut first, &mut second] {
        siembox.wait("all is read, and the group knows", |status| {
            let spool = &status.agents[0].spool;
            super::tenant::has_read_all(status, 4) && spool.waiting == 0
        });
    }
    first.stop();
    second.stop();
    tenant.assert_all_committed();
    assert!(!by_librdkafka.is_empty(), "librdkafka got no share");

    let rows = Rows::of(&filled);
    let came = Came::count(&rows, &receivers, &by_librdkafka);
    let seen = namespace.face.seen();
    let logs = || [first.log(), second.log()].join("\n");
    assert_eq!(
        came.lost(&rows),
        [&(0, 0); 0],
        "lost: {:#?}\n{}",
        commits(&seen),
        logs()
    );
    assert_handed_over_cleanly(&seen);
    assert_repeats_are_batches(&seen, &rows, &came);
    assert_eq!(seen.complaints, [""; 0]);
}

/// A partition's commits go forward, and it changes hands as often as the group rebalanced, not back
/// and forth.
fn assert_handed_over_cleanly(seen: &Seen) {
    for (partition, commits) in commits(seen) {
        let offsets: Vec<i64> = commits.iter().map(|(_, offset)| *offset).collect();
        assert!(offsets.is_sorted(), "{partition}: {commits:?}");
        // joins of the second box, the first one's end and return, librdkafka's coming and going
        assert!(changes(&commits) <= 6, "{partition}: {commits:?}");
    }
    for ((_, partition), by) in &seen.fetched {
        assert!(by.len() <= 7, "{partition} changes hands: {by:?}");
    }
}

fn changes(commits: &[(&str, i64)]) -> usize {
    commits.windows(2).filter(|of| of[0].0 != of[1].0).count()
}

#[test]
fn boxes_share_a_hub_of_tansu() {
    story(Make::Tansu);
}

#[test]
fn boxes_share_a_hub_of_noida() {
    story(Make::Noida);
}
