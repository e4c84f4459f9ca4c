//! SIGKILL at random moments: nothing lost, the cursor never goes back.

use std::time::Duration;

use siembox_support::cloud::Cloud;
use siembox_support::receiver::rsyslog;
use siembox_support::records;

use crate::expected::{self, compare};
use crate::siembox::{Plan, Siembox};

const RECORDS: usize = 20_000;
const KILLS: u64 = 20;

#[test]
fn twenty_kills_lose_nothing() {
    let receiver = rsyslog::tcp();
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(3, RECORDS))
        .start();
    let mut plan = Plan::new(&cloud, receiver.port(), "tcp");
    // small pages and a slow wire, so that every kill meets work under way
    plan.activities = "page_size = 500\n".into();
    plan.siem.push_str("max_lines_per_second = 6000\n");
    let mut siembox = Siembox::new(&cloud, &plan);
    let (mut read_up_to, mut kills) = (None, 0);
    for round in 0..KILLS {
        siembox.start_and_wait();
        // any moment will do; none makes the test right or wrong
        std::thread::sleep(Duration::from_millis(20 + round * 7919 % 240));
        let now = siembox
            .status()
            .and_then(|status| status.agents[0].activities.read_up_to_ms);
        assert!(
            now.is_none() || now >= read_up_to,
            "the cursor went back from {read_up_to:?} to {now:?}"
        );
        read_up_to = now.max(read_up_to);
        siembox.kill();
        kills += 1;
    }
    siembox.start();
    let want = expected::lines(&cloud, &siembox);
    let status = siembox.wait("everything is read and proved", |status| {
        let agent = &status.agents[0];
        agent.activities.read_up_to_ms
            >= cloud
                .records(records::Stream::Activities)
                .last()
                .map(|r| r.created_ms)
            && agent.spool.waiting == 0
    });
    assert!(status.agents[0].activities.read_up_to_ms >= read_up_to);
    siembox.stop();
    let got = receiver.wait_for(want.len());
    let difference = compare(&want, &got);
    println!(
        "{kills} kills over {RECORDS} records: {} lost, {} repeated",
        difference.lost.len(),
        difference.repeated
    );
    assert_eq!(difference.lost, Vec::<String>::new());
    // a kill may cut the line on the wire: what arrives of it is the beginning of a line that comes again whole
    for torn in &difference.mangled {
        assert!(
            want.iter().any(|line| line.starts_with(torn.as_str())),
            "mangled: {torn}"
        );
    }
}
