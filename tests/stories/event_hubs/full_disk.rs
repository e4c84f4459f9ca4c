//! The SIEM is away until the disk is full: the box stays a member for longer than a session, and
//! goes on when the SIEM takes lines.

use std::time::{Duration, Instant};

use siembox_support::dice::Dice;
use siembox_support::hub::{Export, Make};
use siembox_support::receiver::rsyslog;
use siembox_support::records::xdr::{List, Record};
use siembox_support::records::{self, xdr};

use super::tenant::{SESSION, Tenant, group, has_read_all, lines};
use crate::disk::SmallDisk;
use crate::expected::assert_exactly;

const PARTITIONS: i32 = 4;
/// Megabytes of the disk.
const DISK: u32 = 14;

/// Rows whose lines no compression makes small.
fn rows() -> impl Iterator<Item = Record> {
    let mut dice = Dice::new(81);
    let rows = xdr::twins(records::activities(82, 6_000));
    let rows = rows.filter(|row| row.list == List::CloudAppEvents);
    rows.map(move |row| {
        let mut value = row.value();
        value["UserAgent"] = dice.hex(6_000).into();
        Record::from_json(row.list, &value.to_string())
    })
}

fn story(make: Make) {
    let messages = Export::new(83, PARTITIONS).rows(rows()).messages();
    let tenant = Tenant::start(make);
    tenant.namespace.fill(PARTITIONS, &messages.all);
    let mut receiver = rsyslog::tcp();
    receiver.stop();
    let mut siembox = tenant.siembox(receiver.port());
    let Some(_small) = SmallDisk::mount(&siembox.state(), DISK) else {
        println!("passed over: a small disk can be mounted by root only");
        return;
    };
    siembox.start();
    let is_full = |status: &siembox::for_tests::status::Snapshot| {
        let mut notices = status.notices.iter();
        status.agents[0].spool.full || notices.any(|it| it.text.contains("No space left"))
    };
    let status = siembox.wait("the disk is full", is_full);
    let before = group(&status).unwrap().clone();
    let begin = Instant::now();
    while begin.elapsed() < SESSION + Duration::from_secs(4) {
        std::thread::sleep(Duration::from_millis(100));
        assert!(siembox.status().is_some(), "{}", siembox.log());
    }
    receiver.start();
    let status = siembox.wait("all is read and proved", |status| {
        has_read_all(status, 4) && status.agents[0].spool.waiting == 0
    });
    let after = group(&status).unwrap();
    assert_eq!(
        (after.generation, after.rebalances),
        (before.generation, before.rebalances),
        "the membership stays"
    );
    siembox.stop();
    let want = lines(&messages);
    assert_exactly(&want, &receiver.wait_for(want.len()));
    tenant.assert_all_committed();
}

#[test]
fn a_full_disk_costs_no_membership_with_tansu() {
    story(Make::Tansu);
}

#[test]
fn a_full_disk_costs_no_membership_with_noida() {
    story(Make::Noida);
}
