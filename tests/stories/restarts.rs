//! The receiver is killed and started again while lines flow: what its kernel held unread dies with
//! it, and comes again.

use std::time::{Duration, Instant};

use siembox_support::cloud::Cloud;
use siembox_support::dice::Dice;
use siembox_support::pki::Authority;
use siembox_support::receiver::{Receiver, collector, rsyslog};
use siembox_support::{records, soak};

use crate::arrivals::{Arrivals, Wanted};
use crate::expected;
use crate::receiver_process;
use crate::siembox::{PATIENCE, Plan, Siembox};

const KILLS: u64 = 3;

/// Everything waits on flash when the receiver comes up, so that it gets as much at a time as its
/// kernel takes.
fn story(name: &str, receiver: &mut Receiver, protocol: &str, siem: &str, ca: &str) {
    let count = soak::size(8_000, 50_000);
    let mut dice = Dice::new(soak::seed());
    receiver.kill();
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(51, count as usize))
        .start();
    let mut plan = Plan::new(&cloud, receiver.port(), protocol);
    plan.siem.push_str(siem);
    let mut siembox = Siembox::new(&cloud, &plan);
    std::fs::write(siembox.path("siem-ca.pem"), ca).unwrap();
    siembox.start();
    siembox.wait("everything waits on flash", |status| {
        status.agents[0].spool.waiting == count
    });
    let lines = expected::lines(&cloud, &siembox);
    let wanted = Wanted::new(&lines);
    let story = soak::story(name);
    for _ in 0..KILLS {
        receiver.start();
        wait_for_more(
            receiver,
            &mut siembox,
            wanted.bytes() / 8 + dice.below(wanted.bytes() / 6),
        );
        receiver.kill();
    }
    receiver.start();
    siembox.wait("all is proved", |status| {
        status.agents[0].spool.waiting == 0
    });
    let row = story.done();

    let before = wanted.compare(&receiver.file());
    receiver.kill();
    receiver.start();
    let after = after_one_more(&cloud, &mut siembox, receiver, wanted, &lines);
    soak::Row {
        rounds: KILLS,
        records: count,
        lost: before.lost,
        duplicated: before.repeated,
        also: format!(
            "a further restart repeated {}",
            after.repeated - before.repeated
        ),
        ..row
    }
    .told();
    assert_eq!(
        after.repeated, before.repeated,
        "what is proved is not sent again"
    );
    siembox.stop();
    before.assert_complete(&lines);
}

/// Waits until the receiver has so many bytes more, or everything.
fn wait_for_more(receiver: &Receiver, siembox: &mut Siembox, bytes: u64) {
    let (begin, enough) = (Instant::now(), receiver.size() + bytes);
    while receiver.size() < enough && begin.elapsed() < PATIENCE {
        if siembox
            .status()
            .is_some_and(|status| status.agents[0].spool.waiting == 0)
        {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// What comes before a record that is new is everything that is repeated.
fn after_one_more(
    cloud: &Cloud,
    siembox: &mut Siembox,
    receiver: &Receiver,
    mut wanted: Wanted,
    lines: &[String],
) -> Arrivals {
    let now = cloud.now_ms();
    cloud.add(
        records::Stream::Activities,
        [records::one_activity(52, 0, now)],
    );
    let all = expected::lines(cloud, siembox);
    wanted.push(all.last().unwrap());
    assert_eq!(all.len(), lines.len() + 1);
    siembox.wait("one more is proved", |status| {
        status.agents[0].activities.spooled == all.len() as u64
            && status.agents[0].spool.waiting == 0
    });
    wanted.compare(&receiver.file())
}

fn certificate() -> (Authority, collector::Plan) {
    let authority = Authority::new("Contoso SIEM CA");
    let plan = collector::Plan {
        tls: Some(authority.issue(&["127.0.0.1"])),
        ..collector::Plan::default()
    };
    (authority, plan)
}

const TLS: &str = "ca_file = \"siem-ca.pem\"\nframing = \"lf\"\n";

#[test]
fn a_fast_receiver_over_tcp() {
    let mut receiver = receiver_process::start(&collector::Plan::default());
    story("Receiver killed, fast, TCP", &mut receiver, "tcp", "", "");
}

#[test]
fn a_slow_receiver_over_tcp() {
    let mut receiver = receiver_process::start(&collector::Plan::default().slow());
    story("Receiver killed, slow, TCP", &mut receiver, "tcp", "", "");
}

#[test]
fn a_fast_receiver_over_tls() {
    let (authority, plan) = certificate();
    let mut receiver = receiver_process::start(&plan);
    story(
        "Receiver killed, fast, TLS",
        &mut receiver,
        "tls",
        TLS,
        &authority.cert_pem,
    );
}

#[test]
fn a_slow_receiver_over_tls() {
    let (authority, plan) = certificate();
    let mut receiver = receiver_process::start(&plan.slow());
    story(
        "Receiver killed, slow, TLS",
        &mut receiver,
        "tls",
        TLS,
        &authority.cert_pem,
    );
}

#[test]
fn a_real_rsyslog() {
    let mut receiver = rsyslog::tcp();
    story("rsyslog killed, TCP", &mut receiver, "tcp", "", "");
}
