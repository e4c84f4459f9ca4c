//! SIGKILL at random moments while a backlog is read: each row is in the spool once, because the
//! offsets go to flash with the rows, and no message is read again that was there already.

use std::time::Duration;

use siembox_support::dice::Dice;
use siembox_support::hub::{Export, Make};
use siembox_support::receiver::rsyslog;
use siembox_support::{records, records::xdr, soak};

use super::tenant::{Tenant, group, has_read_all, lines};
use crate::expected::assert_exactly;
use crate::siembox::Siembox;

const PARTITIONS: i32 = 8;

fn story(make: Make, kills: u64, rows: u64) {
    let mut dice = Dice::new(soak::seed());
    let rows = usize::try_from(rows).unwrap();
    let messages = Export::new(dice.throw(), PARTITIONS)
        .rows(xdr::twins(records::activities(51, rows)))
        .others(rows / 100)
        .poison(7)
        .messages();
    let want = lines(&messages);
    let tenant = Tenant::start(make);
    let story = soak::story(&format!("Event Hubs ({make:?}), siembox killed"));
    let mut receiver = rsyslog::tcp();
    receiver.stop();
    let mut siembox = tenant.siembox(receiver.port());
    let each = messages.all.len().div_ceil(usize::try_from(kills).unwrap());
    for portion in messages.all.chunks(each) {
        tenant.namespace.fill(PARTITIONS, portion);
        siembox.start();
        if dice.percent(70) {
            siembox.wait("it has a share", |status| group(status).is_some());
        }
        std::thread::sleep(Duration::from_millis(dice.below(700)));
        assert_nothing_again(&siembox);
        siembox.kill();
    }
    siembox.start();
    siembox.wait("all is read, and the group knows", |status| {
        has_read_all(status, 8)
    });
    assert_nothing_again(&siembox);
    siembox.kill();
    // what waits for the SIEM is each row once
    receiver.start();
    siembox.start();
    siembox.wait("all is proved", |status| {
        status.agents[0].spool.waiting == 0
    });
    siembox.stop();
    let got = receiver.wait_for(want.len());
    soak::Row {
        rounds: kills,
        records: want.len() as u64,
        lost: want.len().saturating_sub(got.len()) as u64,
        duplicated: got.len().saturating_sub(want.len()) as u64,
        ..story.done()
    }
    .told();
    assert_exactly(&want, &got);
    tenant.assert_all_committed();
}

/// No row of a message that is on flash was read again. There are none that come twice.
fn assert_nothing_again(siembox: &Siembox) {
    let Some(status) = siembox.status() else {
        return;
    };
    let repeats = status.agents[0].streams.iter().map(|it| it.counts.repeats);
    assert_eq!(repeats.sum::<u64>(), 0, "{}", siembox.log());
}

#[test]
fn kills_put_no_row_into_the_spool_twice_with_tansu() {
    // it lets a member in after some seconds only
    story(Make::Tansu, soak::size(3, 50), soak::size(3_000, 50_000));
}

#[test]
fn kills_put_no_row_into_the_spool_twice_with_noida() {
    story(Make::Noida, soak::size(15, 50), soak::size(9_000, 50_000));
}
