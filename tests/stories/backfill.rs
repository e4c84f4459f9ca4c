//! Two days of 200,000 activities through the API's own limit of 30 requests a minute.

use siembox_support::cloud::Cloud;
use siembox_support::receiver::rsyslog;
use siembox_support::records;

use crate::expected;
use crate::siembox::{Plan, Siembox};

const ACTIVITIES: usize = 200_000;
const ALERTS: usize = 250;

#[test]
fn two_hundred_thousand_activities_take_about_forty_requests() {
    let receiver = rsyslog::tcp();
    let cloud = Cloud::builder()
        .activities(records::activities(5, ACTIVITIES))
        .alerts(records::alerts(6, ALERTS))
        .start();
    let mut plan = Plan::new(&cloud, receiver.port(), "tcp");
    plan.source = plan
        .source
        .replace("requests_per_minute = 6000", "requests_per_minute = 30")
        .replace("poll_interval = \"1s\"", "poll_interval = \"30s\"");
    let mut siembox = Siembox::new(&cloud, &plan);
    siembox.start();
    let status = siembox.wait("everything is read and proved", |status| {
        let agent = &status.agents[0];
        agent.activities.spooled == ACTIVITIES as u64
            && agent.alerts.spooled == ALERTS as u64
            && agent.spool.waiting == 0
    });
    let requests = cloud.requests();
    let scans = requests
        .iter()
        .filter(|seen| seen.path().contains("activities"))
        .count();
    println!(
        "{ACTIVITIES} activities and {ALERTS} alerts: {scans} requests for activities, {} in all",
        requests.len()
    );
    assert!(
        (40..=50).contains(&scans),
        "{scans} requests for {ACTIVITIES} activities"
    );
    assert!(
        requests.iter().all(|seen| seen.status == 200),
        "never throttled: our own limit holds us back"
    );
    assert_eq!(status.agents[0].activities.set_aside, 0);
    let want = expected::lines(&cloud, &siembox);
    expected::assert_exactly(&want, &receiver.wait_for(want.len()));
}
