//! The broker is restarted. noida keeps all, and reading goes on; tansu loses the group and the hub,
//! which is made anew and read from its beginning.

use siembox_support::hub::{Export, Make, Messages};
use siembox_support::receiver::rsyslog;
use siembox_support::records::{self, xdr};

use super::tenant::{Tenant, has_read_all, lines};
use crate::expected::assert_exactly;

const PARTITIONS: i32 = 4;

fn messages(seed: u64, rows: usize) -> Messages {
    let rows = xdr::twins(records::activities(seed, rows));
    Export::new(seed, PARTITIONS).rows(rows).messages()
}

fn story(make: Make) {
    let mut tenant = Tenant::start(make);
    let receiver = rsyslog::tcp();
    let (before, after) = (messages(71, 800), messages(72, 300));
    tenant.namespace.fill(PARTITIONS, &before.all);
    let mut siembox = tenant.siembox(receiver.port());
    siembox.start();
    siembox.wait("all is read", |status| has_read_all(status, 4));
    tenant.namespace.broker.restart();
    tenant.namespace.face.cut_connections();
    tenant.namespace.fill(PARTITIONS, &after.all);
    if make == Make::Tansu {
        siembox.wait_for_log("Reading starts at its beginning");
    }
    let want = [lines(&before), lines(&after)].concat();
    let spooled = |status: &siembox::for_tests::status::Snapshot| {
        let streams = status.agents[0].streams.iter();
        streams.map(|it| it.counts.spooled).sum::<u64>()
    };
    siembox.wait("all is read and proved", |status| {
        spooled(status) >= want.len() as u64
            && has_read_all(status, 4)
            && status.agents[0].spool.waiting == 0
    });
    siembox.stop();
    assert_exactly(&want, &receiver.lines());
    tenant.assert_all_committed();
}

#[test]
fn a_broker_that_loses_all_is_read_from_its_beginning() {
    story(Make::Tansu);
}

#[test]
fn a_broker_that_keeps_all_is_read_further() {
    story(Make::Noida);
}
