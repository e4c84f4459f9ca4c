//! The settings file changes while the stream runs.

use siembox_support::cloud::Cloud;
use siembox_support::receiver::{rsyslog, syslog_ng};
use siembox_support::records;

use crate::expected;
use crate::siembox::{Plan, Siembox, signal};

#[test]
fn another_receiver_takes_over_without_a_lost_or_repeated_record() {
    let (first, second) = (rsyslog::tcp(), syslog_ng::network());
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(31, 12_000))
        .start();
    let mut plan = Plan::new(&cloud, first.port(), "tcp");
    plan.activities = "page_size = 500\n".into();
    plan.siem.push_str("max_lines_per_second = 3000\n");
    let mut siembox = Siembox::new(&cloud, &plan);
    siembox.start();
    siembox.wait("the first gets lines", |status| {
        status.agents[0].lines.proved > 1_000
    });
    let pid = siembox.pid();
    let moved = Plan {
        siem: plan
            .siem
            .replace(&first.port().to_string(), &second.port().to_string()),
        ..plan.clone()
    };
    siembox.set(&moved);
    signal(pid, "HUP");
    siembox.wait("the second is named", |status| {
        status.agents[0]
            .siem
            .to
            .ends_with(&second.port().to_string())
    });
    siembox.wait("all is read and proved", |status| {
        status.agents[0].activities.spooled == 12_000 && status.agents[0].spool.waiting == 0
    });
    assert_eq!(siembox.pid(), pid);
    let want = expected::lines(&cloud, &siembox);
    let mut got = first.lines();
    assert!(
        got.len() > 1_000 && got.len() < want.len(),
        "{} at the first",
        got.len()
    );
    got.extend(second.wait_for(want.len() - got.len()));
    expected::assert_exactly(&want, &got);
}

#[test]
fn a_bad_change_is_refused_and_the_old_settings_go_on() {
    let receiver = rsyslog::tcp();
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(32, 300))
        .start();
    let plan = Plan::new(&cloud, receiver.port(), "tcp");
    let mut siembox = Siembox::new(&cloud, &plan);
    siembox.start();
    siembox.wait("it runs", |status| status.agents[0].lines.proved == 300);
    siembox.set(&Plan {
        siem: plan.siem.replace("protocol", "protocoll"),
        ..plan.clone()
    });
    let status = siembox.wait_for_notice("protocoll");
    assert_eq!(status.notices[0].title, "Settings refused");
    let now = cloud.now_ms();
    cloud.add(
        records::Stream::Activities,
        records::activities(33, 200).between(now - 500, now),
    );
    siembox.wait("the stream goes on", |status| {
        status.agents[0].lines.proved == 500
    });
    siembox.set(&plan);
    siembox.wait("the notice is over", |status| {
        status.notices.iter().all(|notice| notice.over_ms.is_some())
    });
}
