//! Tables mixed, rows that come twice in other partitions, messages of 1 MB, what no reader can
//! understand: each row is one line, what is none is counted, and the group knows that all is read.

use std::time::{Duration, Instant};

use siembox_support::hub::{Export, Make};
use siembox_support::receiver::rsyslog;
use siembox_support::records::xdr::List;
use siembox_support::records::{self, xdr};
use siembox_support::soak;

use super::tenant::{Tenant, group, has_read_all, lines};
use crate::expected::assert_exactly;

const PARTITIONS: i32 = 8;

fn story(make: Make) {
    let count = usize::try_from(soak::size(4_000, 400_000)).unwrap();
    let story = soak::story(&format!("Event Hubs ({make:?}), all at once"));
    let mut rows: Vec<xdr::Record> = xdr::twins(records::activities(41, count)).collect();
    let large = rows.iter().position(|row| row.list == List::CloudAppEvents);
    let large = rows.swap_remove(large.unwrap());
    let together = rows.split_off(rows.len() - 300);
    let messages = Export::new(42, PARTITIONS)
        .rows(rows)
        .rows(xdr::directory(43, 300))
        .one_message(together)
        .repeats(4)
        .large(&large)
        .others(40)
        .poison(21)
        .messages();
    let tenant = Tenant::start(make);
    tenant.namespace.fill(PARTITIONS, &messages.all);
    let receiver = rsyslog::tcp();
    let mut siembox = tenant.siembox(receiver.port());
    siembox.start();
    siembox.forget_peak_rss();
    let begin = Instant::now();
    let patience = Duration::from_secs(60 + soak::size(0, 800));
    let status = siembox.wait_within(patience, "all is read, and the group knows", |status| {
        has_read_all(status, 8) && status.agents[0].spool.waiting == 0
    });
    let also = format!(
        "{} messages, {:.0} a second, peak {} kB",
        messages.all.len(),
        messages.all.len() as f64 / begin.elapsed().as_secs_f64(),
        siembox.peak_rss(),
    );
    siembox.stop();
    let want = lines(&messages);
    let came = receiver.wait_for(want.len());
    soak::Row {
        records: want.len() as u64,
        lost: want.len().saturating_sub(came.len()) as u64,
        duplicated: came.len().saturating_sub(want.len()) as u64,
        also,
        ..story.done()
    }
    .told();
    assert_exactly(&want, &came);

    let agent = &status.agents[0];
    let streams = agent.streams.iter().map(|stream| &stream.counts);
    let sum = |of: &dyn Fn(&_) -> u64| streams.clone().map(of).sum::<u64>();
    let told = (
        sum(&|counts: &siembox::for_tests::status::StreamCounts| counts.set_aside),
        sum(&|counts| counts.repeats),
        sum(&|counts| counts.spooled),
        agent.spool.aside,
        group(&status).unwrap().other_records,
    );
    let poison = messages.poison.len() as u64;
    let spooled = want.len() as u64;
    assert_eq!(
        told,
        (poison, messages.repeats, spooled, poison, messages.others)
    );
    tenant.assert_all_committed();
    assert_eq!(tenant.namespace.face.seen().complaints, [""; 0]);
}

#[test]
fn each_row_of_a_hub_of_tansu_is_one_line() {
    story(Make::Tansu);
}

#[test]
fn each_row_of_a_hub_of_noida_is_one_line() {
    story(Make::Noida);
}
