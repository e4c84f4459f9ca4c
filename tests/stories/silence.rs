//! Receivers that fall silent without a word: each is noticed and said, costs no line and no
//! memory, and all is well again when it is back.

use std::time::{Duration, Instant};

use siembox::for_tests::status::LinkState;
use siembox_support::cloud::Cloud;
use siembox_support::receiver::{Receiver, collector};
use siembox_support::sink::SyslogReceiver;
use siembox_support::{records, soak};

use crate::expected;
use crate::receiver_process;
use crate::siembox::{Plan, Siembox};
use crate::watch::Watch;

/// Records before the silence, and as many within it.
const HALF: u64 = 2_000;
/// Resident memory, 10^6 bytes.
const MEMORY: f64 = 64.0;

/// One stream to a receiver that is about to fall silent.
struct Stage {
    cloud: Cloud,
    siembox: Siembox,
    watch: Watch,
    story: soak::Story,
}

impl Stage {
    /// The first half has arrived, and is proved.
    fn set(name: &str, port: u16) -> Self {
        let cloud = Cloud::builder()
            .requests_per_minute(6000)
            .activities(records::activities(61, HALF as usize))
            .start();
        let mut siembox = Siembox::new(&cloud, &Plan::new(&cloud, port, "tcp"));
        siembox.start_and_wait();
        let watch = Watch::over(&siembox);
        siembox.wait("the first half is proved", |status| {
            status.agents[0].lines.proved == HALF && status.agents[0].spool.waiting == 0
        });
        let story = soak::story(name);
        Self {
            cloud,
            siembox,
            watch,
            story,
        }
    }

    /// The second half comes into the silence.
    fn go_on(&mut self) {
        let now = self.cloud.now_ms();
        self.cloud.add(
            records::Stream::Activities,
            records::activities(62, HALF as usize).between(now - 1000, now),
        );
    }

    /// Waits until the status says that something is wrong with the receiver; returns the time
    /// since `since`, and the words.
    fn noticed(&mut self, since: Instant) -> (Duration, String) {
        let status = self.siembox.wait("the silence is noticed", |status| {
            status.agents[0].siem.trouble.is_some()
        });
        let agent = &status.agents[0];
        assert_eq!(agent.cloud.trouble, None, "the sides are told apart");
        (since.elapsed(), agent.siem.trouble.clone().unwrap())
    }

    /// Everything is read and proved, and the box is well.
    fn recovered(&mut self) {
        self.siembox.wait("all is proved, all is well", |status| {
            let agent = &status.agents[0];
            agent.activities.spooled == 2 * HALF
                && agent.spool.waiting == 0
                && agent.siem.trouble.is_none()
                && status.state == LinkState::Connected
                && status.notices.iter().all(|notice| notice.over_ms.is_some())
        });
    }

    fn end(mut self, got: &[String], (noticed, words): (Duration, String)) {
        let figures = self.watch.figures();
        let want = expected::lines(&self.cloud, &self.siembox);
        let difference = expected::compare(&want, got);
        let seconds = noticed.as_secs_f64();
        println!("noticed after {seconds:.1} s: {words}");
        soak::Row {
            rounds: 1,
            records: want.len() as u64,
            lost: difference.lost.len() as u64,
            duplicated: difference.repeated as u64,
            also: format!(
                "known after {seconds:.0} s; RSS at most {:.1} MB",
                figures.megabytes()
            ),
            ..self.story.done()
        }
        .told();
        assert_eq!(difference.lost, Vec::<String>::new());
        assert!(figures.megabytes() < MEMORY, "{} MB", figures.megabytes());
        self.siembox.stop();
    }
}

#[test]
fn packets_vanish_under_a_busy_stream() {
    let receiver = SyslogReceiver::start();
    let mut stage = Stage::set("Black hole, busy", receiver.addr().port());
    receiver.black_hole(true);
    stage.go_on();
    let begin = Instant::now();
    let noticed = stage.noticed(begin);
    receiver.black_hole(false);
    stage.recovered();
    stage.end(&receiver.lines(), noticed);
}

#[test]
fn packets_vanish_under_a_quiet_stream() {
    let receiver = SyslogReceiver::start();
    let mut stage = Stage::set("Black hole, quiet", receiver.addr().port());
    receiver.black_hole(true);
    let begin = Instant::now();
    let noticed = stage.noticed(begin);
    stage.go_on();
    receiver.black_hole(false);
    stage.recovered();
    stage.end(&receiver.lines(), noticed);
}

#[test]
fn a_peer_forgets_the_connection() {
    let receiver = SyslogReceiver::start();
    let mut stage = Stage::set("Half-open: the peer was rebooted", receiver.addr().port());
    if let Err(error) = receiver.forget_connections() {
        println!("passed over: only root can make a kernel forget a connection ({error})");
        return;
    }
    stage.go_on();
    let begin = Instant::now();
    let noticed = stage.noticed(begin);
    stage.recovered();
    stage.end(&receiver.lines(), noticed);
}

#[test]
fn a_receiver_accepts_and_never_reads() {
    let receiver: Receiver = receiver_process::start(&collector::Plan {
        receive_buffer: Some(100_000),
        ..collector::Plan::default()
    });
    let mut stage = Stage::set("Receiver accepts and never reads", receiver.port());
    receiver.hold();
    stage.go_on();
    let begin = Instant::now();
    let noticed = stage.noticed(begin);
    receiver.release();
    stage.recovered();
    stage.end(&receiver.lines(), noticed);
}
