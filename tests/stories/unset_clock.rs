//! The firmware's clock: nothing is polled before a time server set it, or two minutes have gone
//! by.

use siembox::for_tests::run_file;
use siembox::for_tests::status::LinkState;
use siembox::for_tests::timekeeping::{ClockSource, ClockState, VARIABLE};
use siembox_support::cloud::Cloud;
use siembox_support::receiver::rsyslog;
use siembox_support::records;

use crate::expected;
use crate::siembox::{Plan, Siembox};

#[test]
fn polls_wait_for_a_clock_and_say_so() {
    let receiver = rsyslog::tcp();
    let cloud = Cloud::builder()
        .activities(records::activities(51, 50))
        .start();
    let mut siembox = Siembox::new(&cloud, &Plan::new(&cloud, receiver.port(), "tcp"));
    let file = siembox.path("clock");
    let mut told = ClockState {
        asked: vec!["ntp.example".to_owned()],
        ..ClockState::default()
    };
    run_file::say(&file, &told).unwrap();
    siembox.set_variable(VARIABLE, file.to_str().unwrap());
    siembox.start();
    let status = siembox.wait("it waits for the clock", |status| {
        status
            .notices
            .iter()
            .any(|notice| notice.title == "The clock is not set")
    });
    let notice = &status.notices[0];
    assert!(
        notice.text.contains("(asked: ntp.example). Cure: ") && notice.over_ms.is_none(),
        "{notice:?}"
    );
    assert_ne!(status.state, LinkState::Connected);
    assert_eq!(cloud.request_count(), 0, "nobody asks");

    told.source = ClockSource::Sntp;
    run_file::say(&file, &told).unwrap();
    let want = expected::lines(&cloud, &siembox);
    let got = receiver.wait_for(want.len());
    expected::assert_exactly(&want, &got);
    siembox.wait("the notice is over", |status| {
        let mut clock = status
            .notices
            .iter()
            .filter(|notice| notice.title == "The clock is not set");
        clock.all(|notice| notice.over_ms.is_some())
    });
}
