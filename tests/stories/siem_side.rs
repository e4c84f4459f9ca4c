//! The receiver's side: down for a while, restarted, held.

use siembox::for_tests::status::LinkState;
use siembox_support::cloud::Cloud;
use siembox_support::receiver::rsyslog;
use siembox_support::records;

use crate::expected::{self, assert_exactly, compare};
use crate::siembox::{Plan, Siembox};

#[test]
fn a_receiver_that_is_down_for_a_while_gets_everything_afterwards() {
    let mut receiver = rsyslog::tcp();
    receiver.stop();
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(21, 6_000))
        .start();
    let mut siembox = Siembox::new(&cloud, &Plan::new(&cloud, receiver.port(), "tcp"));
    siembox.start();
    let status = siembox.wait("everything waits on flash", |status| {
        status.agents[0].spool.waiting == 6_000
    });
    let agent = &status.agents[0];
    assert_eq!(
        (agent.cloud.state, agent.siem.state),
        (LinkState::Connected, LinkState::Created),
        "the sides are told apart"
    );
    let status = siembox.wait_for_notice("connection refused");
    assert_eq!(status.notices[0].title, "Data server connection error");
    siembox.stop();
    siembox.start();
    receiver.start();
    siembox.wait("all is proved", |status| {
        status.agents[0].spool.waiting == 0 && status.state == LinkState::Connected
    });
    let want = expected::lines(&cloud, &siembox);
    assert_exactly(&want, &receiver.wait_for(want.len()));
    siembox.wait("the notice is over", |status| {
        status.notices.iter().all(|notice| notice.over_ms.is_some())
    });
    siembox.stop();
}

#[test]
fn a_held_receiver_and_its_restart_lose_nothing_that_its_kernel_had_not_taken() {
    let mut receiver = rsyslog::tcp();
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(22, 12_000))
        .start();
    let mut siembox = Siembox::new(&cloud, &Plan::new(&cloud, receiver.port(), "tcp"));
    receiver.hold();
    siembox.start();
    // the kernels between them take some megabytes; the rest must wait on flash, and nobody else is
    // held up
    let status = siembox.wait("everything is read", |status| {
        status.agents[0].activities.spooled == 12_000
    });
    assert!(status.agents[0].spool.waiting > 0);
    receiver.release();
    siembox.wait("all is proved", |status| {
        status.agents[0].spool.waiting == 0
    });
    let want = expected::lines(&cloud, &siembox);
    assert_eq!(
        compare(&want, &receiver.wait_for(want.len())).lost,
        Vec::<String>::new()
    );
    receiver.stop();
    siembox.wait_for_notice("closed the connection");
    receiver.start();
    siembox.wait("it is connected again", |status| {
        status.agents[0].siem.trouble.is_none()
    });
}
