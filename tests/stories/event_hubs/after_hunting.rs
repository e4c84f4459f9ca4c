//! The source of the tables changes from hunting to event hubs: rows that hunting has sent are not
//! sent again.

use siembox_support::clock::real_ms;
use siembox_support::hub::{Export, Make};
use siembox_support::receiver::rsyslog;
use siembox_support::records::{self, xdr};

use super::tenant::{Tenant, has_read_all, lines};
use crate::expected::assert_exactly;

const PARTITIONS: i32 = 4;
const MINUTE: i64 = 60_000;

#[test]
fn rows_that_hunting_has_sent_do_not_come_again() {
    let now_ms = real_ms();
    let rows: Vec<xdr::Record> = xdr::twins(
        records::activities(61, 400).between(now_ms - 120 * MINUTE, now_ms - 60 * MINUTE),
    )
    .collect();
    let tenant = Tenant::start(Make::Noida);
    tenant.cloud.add_xdr(rows[..300].iter().cloned());
    let messages = Export::new(62, PARTITIONS).rows(rows).messages();
    tenant.namespace.fill(PARTITIONS, &messages.all);
    let receiver = rsyslog::tcp();
    let mut siembox = tenant.siembox(receiver.port());
    let with_hubs = std::fs::read_to_string(siembox.path("siembox.toml")).unwrap();
    let with_hunting = with_hubs
        .replace("from = \"event-hubs\"", "from = \"hunting\"")
        .replace(
            "timeout = \"5s\"",
            "timeout = \"5s\"\nhunting_calls_per_minute = 45",
        );
    assert_ne!(with_hubs, with_hunting);

    siembox.set_text(&with_hunting);
    siembox.start();
    siembox.wait("all is sent that hunting has", |status| {
        let streams = status.agents[0].streams.iter();
        let spooled: u64 = streams.map(|stream| stream.counts.spooled).sum();
        spooled == 300 && status.agents[0].spool.waiting == 0
    });
    siembox.stop();

    siembox.set_text(&with_hubs);
    siembox.start();
    siembox.wait("all is read, and the group knows", |status| {
        has_read_all(status, 4) && status.agents[0].spool.waiting == 0
    });
    siembox.stop();
    let want = lines(&messages);
    // a row of hunting has more columns, and so another line: its id tells
    assert_exactly(&ids(&want), &ids(&receiver.wait_for(want.len())));
}

fn ids(lines: &[String]) -> Vec<String> {
    let id = |line: &String| {
        let (_, after) = line.split_once("externalId=").unwrap();
        after.split(' ').next().unwrap().to_owned()
    };
    lines.iter().map(id).collect()
}
