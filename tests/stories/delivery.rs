//! 20,000 records to each kind of receiver that a company has, compared line by line.

use siembox_support::cloud::Cloud;
use siembox_support::pki::Authority;
use siembox_support::receiver::{Receiver, rsyslog, syslog_ng};
use siembox_support::records;

use crate::expected::{self, assert_exactly};
use crate::siembox::{Plan, Siembox};

const ACTIVITIES: usize = 19_700;
const ALERTS: usize = 300;

/// Runs the whole stream into the receiver. `more` goes into `[agent.siem]`.
fn story(receiver: &Receiver, protocol: &str, more: &str, prepare: impl FnOnce(&Siembox)) {
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(1, ACTIVITIES))
        .alerts(records::alerts(2, ALERTS))
        .start();
    let mut plan = Plan::new(&cloud, receiver.port(), protocol);
    plan.siem.push_str(more);
    let mut siembox = Siembox::new(&cloud, &plan);
    prepare(&siembox);
    siembox.start();
    let got = receiver.wait_for(ACTIVITIES + ALERTS);
    let want = expected::lines(&cloud, &siembox);
    assert_exactly(&want, &got);
    for stream in [records::Stream::Activities, records::Stream::Alerts] {
        let of_stream: Vec<String> = expected::of(&cloud, &siembox, stream);
        let in_order: Vec<&String> = got
            .iter()
            .filter(|line| of_stream.contains(line))
            .take(200)
            .collect();
        assert_eq!(
            in_order,
            of_stream.iter().take(200).collect::<Vec<_>>(),
            "{stream:?} in their order"
        );
    }
    let status = siembox.wait("all is proved", |status| {
        status.agents[0].spool.waiting == 0
    });
    assert_eq!(
        status.state,
        siembox::for_tests::status::LinkState::Connected
    );
    assert_eq!(
        cloud.complaints(),
        Vec::<String>::new(),
        "the API is asked as its documents say"
    );
    siembox.stop();
    assert_eq!(
        receiver.lines().len(),
        want.len(),
        "the stop repeats nothing"
    );
}

#[test]
fn rsyslog_over_tcp() {
    story(&rsyslog::tcp(), "tcp", "", |_| {});
}

#[test]
fn rsyslog_over_udp() {
    // slow enough for imudp's receive buffer, which the kernel bounds
    story(
        &rsyslog::udp(),
        "udp",
        "max_lines_per_second = 4000\n",
        |_| {},
    );
}

#[test]
fn rsyslog_over_relp() {
    story(&rsyslog::relp(), "relp", "", |_| {});
}

#[test]
fn rsyslog_over_relp_with_tls() {
    over_tls(rsyslog::relp_tls, rsyslog::Driver::Ossl, "relp+tls");
}

#[test]
fn rsyslog_over_tls() {
    over_tls(rsyslog::tls, rsyslog::Driver::Gtls, "tls");
}

fn over_tls(receiver: fn(&rsyslog::Tls) -> Receiver, driver: rsyslog::Driver, protocol: &str) {
    let (authority, folder) = (
        Authority::new("Contoso SIEM CA"),
        tempfile::tempdir().unwrap(),
    );
    let (cert, key) = authority.issue(&["127.0.0.1"]).write(folder.path(), "siem");
    let receiver = receiver(&rsyslog::Tls {
        driver,
        ca: authority.write(folder.path()),
        cert,
        key,
        wants_client: false,
    });
    story(
        &receiver,
        protocol,
        "ca_file = \"siem-ca.pem\"\n",
        |siembox| {
            std::fs::write(siembox.path("siem-ca.pem"), &authority.cert_pem).unwrap();
        },
    );
}

#[test]
fn syslog_ng_network() {
    story(&syslog_ng::network(), "tcp", "", |_| {});
}

#[test]
fn syslog_ng_syslog_with_octet_counting() {
    story(
        &syslog_ng::syslog(),
        "tcp",
        "framing = \"octet-counting\"\ntime_format = \"full-rfc5424\"\n",
        |_| {},
    );
}
