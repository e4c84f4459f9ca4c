//! Files that do not answer: siembox begins, names them, and ends.

use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use siembox_support::cloud::Cloud;
use siembox_support::sink::SyslogReceiver;

use crate::siembox::{Plan, Siembox};

/// More than the bound of one such file (3 s), and less than two of them one after the other with a slow machine's pauses.
const SOON: Duration = Duration::from_secs(10);

#[test]
fn a_secret_in_a_pipe_that_nobody_writes_to_holds_up_neither_start_nor_stop() {
    let cloud = Cloud::builder().requests_per_minute(6000).start();
    let siem = SyslogReceiver::start();
    let mut plan = Plan::new(&cloud, siem.addr().port(), "tcp");
    plan.source = plan.source.replace("\"token\"", "\"pipe\"");
    let mut siembox = Siembox::new(&cloud, &plan);
    let pipe = siembox.path("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();

    let begin = Instant::now();
    siembox.start_and_wait();
    assert!(begin.elapsed() < SOON, "start: {:?}", begin.elapsed());
    siembox.wait_for_notice("pipe does not answer within 3 s");
    let begin = Instant::now();
    siembox.stop();
    assert!(begin.elapsed() < SOON, "stop: {:?}", begin.elapsed());

    // and who writes to it is heard
    siembox.start_and_wait();
    siembox.wait_for_notice("pipe does not answer within 3 s");
    std::fs::remove_file(&pipe).unwrap();
    siembox.put_secret("pipe", cloud.token());
    siembox.wait("the API is read", |status| {
        status.agents[0].activities.pages > 0
    });
    siembox.stop();
}
