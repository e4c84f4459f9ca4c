//! How the folders were made: `cargo test --test stories -- --ignored state_folder`, once,
//! by the release whose name they bear, before anything of its formats changed.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use siembox::for_tests::status::Snapshot;
use siembox_support::cloud::{Cloud, Fault, Target};
use siembox_support::records::{self, Record, Stream};
use siembox_support::sink::SyslogReceiver;

use super::folder::{Folder, Truth, client, pause, place};
use crate::siembox::{PATIENCE, Plan, Siembox};

const HOUR: i64 = 3_600_000;
const ACTIVITIES: usize = 160;
const ALERTS: usize = 20;
const PASSWORD: &str = "a password of a test";

/// A box that runs, and whose first lines have arrived.
struct Made {
    cloud: Cloud,
    receiver: SyslogReceiver,
    siembox: Siembox,
}

fn ids(records: &[Record]) -> BTreeSet<String> {
    records.iter().map(|record| record.id.clone()).collect()
}

impl Made {
    fn new() -> Self {
        let receiver = SyslogReceiver::start();
        let cloud = Cloud::builder()
            .requests_per_minute(60_000)
            .plain_http()
            .activities(records::activities(201, ACTIVITIES))
            .alerts(records::alerts(202, ALERTS))
            .start();
        let at = cloud.now_ms() - HOUR;
        let unreadable = r#"{"_id": "unreadable", "timestamp": [], "created": []}"#;
        cloud.add(
            Stream::Activities,
            [Record::raw("unreadable", at, at, unreadable)],
        );
        let mut plan = Plan::new(&cloud, receiver.addr().port(), "tcp");
        plan.activities = "page_size = 500\noverlap = \"1s\"\nlook_back = \"1s\"\n".into();
        plan.alerts = "overlap = \"1s\"\nlook_back = \"1s\"\n".into();
        plan.page = "listen = \"127.0.0.1:0\"\nhttps_listen = \"127.0.0.1:0\"\n".into();
        // the spool's section is the agent's last
        plan.spool =
            "[agent.replay]\nremember = \"180d\"\n[agent.ledger]\nkeep = \"400d\"\n".into();
        let mut siembox = Siembox::new(&cloud, &plan);
        siembox.start();
        let made = Self {
            cloud,
            receiver,
            siembox,
        };
        made.with_first_lines()
    }

    fn with_first_lines(mut self) -> Self {
        let all = (ACTIVITIES + ALERTS) as u64;
        self.siembox.wait("the first lines have arrived", |status| {
            let agent = &status.agents[0];
            let spooled = agent.activities.spooled + agent.alerts.spooled;
            spooled == all && agent.spool.aside == 1 && is_quiet(status)
        });
        let form = [("password", PASSWORD), ("again", PASSWORD)];
        assert_eq!(client(&mut self.siembox, "/claim", &form).0, 303);
        self
    }

    /// New records, which are read at once.
    fn add_new(&self, stream: Stream, count: usize) -> BTreeSet<String> {
        let now = self.cloud.now_ms();
        let new: Vec<Record> = match stream {
            Stream::Activities => records::activities(203, count)
                .between(now - 500, now)
                .collect(),
            Stream::Alerts => (0..count as u64)
                .map(|n| records::one_alert(204, n, now).visible_from(now))
                .collect(),
        };
        let ids = ids(&new);
        self.cloud.add(stream, new);
        ids
    }

    /// Records of some hours ago that nobody saw until now: only a replay finds them.
    fn add_late(&self, stream: Stream, count: u64) -> BTreeSet<String> {
        let at_ms = self.cloud.now_ms() - 5 * HOUR;
        let late: Vec<Record> = (0..count)
            .map(|n| match stream {
                Stream::Activities => records::one_activity(205, n, at_ms + n as i64 * 10),
                Stream::Alerts => records::one_alert(206, n, at_ms + n as i64 * 10),
            })
            .map(|record| record.visible_from(at_ms))
            .collect();
        let ids = ids(&late);
        self.cloud.add(stream, late);
        ids
    }

    /// What this release reads in the folder that was left, without changing it.
    fn read(&mut self, truth: &mut Truth) {
        let left = tempfile::tempdir().unwrap();
        copy(
            &self.siembox,
            &self.siembox.state(),
            &left.path().join("state"),
        );
        pause(&self.siembox, true);
        self.receiver.stop();
        self.siembox.start();
        let status = self.siembox.wait("it is opened", |status| {
            (status.agents.first()).is_some_and(|agent| agent.ledger.balance.is_some())
        });
        self.siembox.kill();
        pause(&self.siembox, false);
        let agent = &status.agents[0];
        assert_eq!(agent.spool.waiting, truth.waiting.len() as u64);
        truth.ledger = agent.ledger.clone();
        truth.set_aside = agent.spool.aside;
        std::fs::remove_dir_all(self.siembox.state()).unwrap();
        copy(
            &self.siembox,
            &left.path().join("state"),
            &self.siembox.state(),
        );
    }

    fn pack(mut self, mut truth: Truth, name: &str) {
        truth.password = Some(PASSWORD.to_owned());
        self.read(&mut truth);
        let release = place().join(env!("CARGO_PKG_VERSION"));
        Folder::pack(
            &self.siembox,
            &truth,
            &release.join(format!("{name}.tar.zst")),
        );
    }
}

fn is_quiet(status: &Snapshot) -> bool {
    status.agents[0].spool.waiting == 0
}

fn copy(siembox: &Siembox, from: &Path, to: &Path) {
    let _ = std::fs::remove_file(siembox.state().join("status.sock"));
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.unwrap().success());
}

fn replay(siembox: &Siembox) -> Child {
    let mut process = siembox.command("replay");
    process.args(["--since", "3d"]).stdin(Stdio::null());
    process.stdout(Stdio::null()).stderr(Stdio::null());
    process.spawn().unwrap()
}

/// All is sent, a replay has been made, and the box was stopped in order.
#[test]
#[ignore = "makes the test data of a release"]
fn record_idle_state_folder() {
    let mut made = Made::new();
    made.add_late(Stream::Activities, 6);
    made.add_late(Stream::Alerts, 3);
    assert!(replay(&made.siembox).wait().unwrap().success());
    assert!(made.receiver.wait_for(ACTIVITIES + ALERTS + 9, PATIENCE));
    made.siembox.wait("all is sent", is_quiet);
    made.siembox.stop();
    let truth = Truth::of(&made.cloud);
    made.pack(truth, "idle");
}

/// Killed while lines of both streams wait, and a replay has written one of its two.
#[test]
#[ignore = "makes the test data of a release"]
fn record_busy_state_folder() {
    let mut made = Made::new();
    made.receiver.stop();
    let mut waiting = made.add_new(Stream::Activities, 40);
    waiting.extend(made.add_new(Stream::Alerts, 10));
    made.siembox.wait("the new lines wait", |status| {
        status.agents[0].spool.waiting == 50
    });
    // the replay comes to the alerts last, and never further
    made.cloud
        .fault(Fault::Status(500).for_ever().on(Target::Alerts));
    waiting.extend(made.add_late(Stream::Activities, 12));
    let missing = made.add_late(Stream::Alerts, 4);
    let mut asking = replay(&made.siembox);
    made.siembox.wait("one stream is fetched again", |status| {
        let agent = &status.agents[0];
        agent.spool.waiting == 62 && agent.replay.is_some()
    });
    made.siembox.kill();
    let _ = asking.wait();
    let mut truth = Truth::of(&made.cloud);
    (truth.waiting, truth.missing) = (waiting, missing);
    made.pack(truth, "busy");
}
