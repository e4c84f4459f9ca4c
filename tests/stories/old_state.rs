//! State folders of earlier releases: each later build opens them, and nothing in them is lost.
//!
//! `tests/state_folders/<release>/<name>.tar.zst` holds a folder as that release left it, made by
//! [`record`], and `truth.json` beside it, which says what was in it. The folders are never made
//! anew: a release that changes a format adds folders of its own.

mod folder;
mod record;

use std::collections::BTreeSet;

use siembox::for_tests::replay::ReplayReport;
use siembox::for_tests::status::Snapshot;
use siembox_support::cloud::Cloud;
use siembox_support::records::Stream;
use siembox_support::sink::SyslogReceiver;

use crate::clock;
use crate::siembox::Siembox;
use folder::{Folder, Truth, all, client, id_of};

/// The box in the old folder, between a cloud that has the same records and a receiver.
struct Reopened {
    cloud: Cloud,
    receiver: SyslogReceiver,
    siembox: Siembox,
    truth: Truth,
}

impl Reopened {
    fn new(folder: &Folder) -> Self {
        let cloud = Cloud::builder()
            .requests_per_minute(60_000)
            .plain_http()
            .start();
        let mut receiver = SyslogReceiver::start();
        receiver.stop();
        let (siembox, truth) = folder.unpack(&cloud, receiver.addr().port());
        cloud.run_clock_ahead(truth.made_ms + 60_000 - siembox_support::clock::real_ms());
        for stream in [Stream::Activities, Stream::Alerts] {
            cloud.add(stream, truth.records(stream));
        }
        Self {
            cloud,
            receiver,
            siembox,
            truth,
        }
    }

    /// The ids of the lines that have arrived; a line without one is a failure.
    fn arrived(&self) -> Vec<String> {
        let lines = self.receiver.lines();
        lines.iter().map(|line| id_of(line)).collect()
    }

    fn wait_for(&mut self, ids: &BTreeSet<String>, what: &str) -> Snapshot {
        let receiver = &self.receiver;
        let arrive = |status: &Snapshot| {
            let came: BTreeSet<String> = receiver.lines().iter().map(|line| id_of(line)).collect();
            came.is_superset(ids) && status.agents[0].spool.waiting == 0
        };
        self.siembox.wait(what, arrive)
    }
}

/// The ids that stand there more than once.
fn repeated(ids: &[String]) -> Vec<&String> {
    let mut known = BTreeSet::new();
    ids.iter().filter(|id| !known.insert(*id)).collect()
}

/// A paused box asks no cloud, so that this holds by any clock: what the folder says is read as the
/// release that left it read it, and each line that waits arrives once.
#[test]
fn reads_the_same_and_each_waiting_line_arrives() {
    for folder in all() {
        println!("{}", folder.name());
        let mut old = Reopened::new(&folder);
        folder::pause(&old.siembox, true);
        old.siembox.start();
        let status = old.siembox.wait("it is opened", |status| {
            (status.agents.first()).is_some_and(|agent| agent.ledger.balance.is_some())
        });
        let agent = &status.agents[0];
        assert_eq!(agent.ledger, old.truth.ledger, "the ledger reads the same");
        let set_aside = agent.spool.aside;
        assert_eq!(set_aside, old.truth.set_aside);
        assert_eq!(agent.spool.waiting, old.truth.waiting.len() as u64);
        let complaints: Vec<_> = status.notices.iter().map(|notice| &notice.title).collect();
        assert!(!old.siembox.log().contains("panicked"), "{complaints:?}");

        if let Some(password) = &old.truth.password {
            let answer = client(&mut old.siembox, "/login", &[("password", password)]);
            assert_eq!(
                answer,
                (303, "/setup".to_owned()),
                "the password still opens"
            );
        }

        old.receiver.restart();
        let waiting = old.truth.waiting.clone();
        old.wait_for(&waiting, "each line that waited has arrived");
        old.siembox.stop();
        let arrived = old.arrived();
        assert_eq!(repeated(&arrived), Vec::<&String>::new());
        assert_eq!(arrived.into_iter().collect::<BTreeSet<_>>(), waiting);
    }
}

/// By the clock of the day on which the folder was left, the box goes on as if nothing had
/// happened: what was sent is not sent again, and a replay knows it, too.
#[test]
fn goes_on_without_a_gap_or_a_repeated_line() {
    let Some(library) = clock::library() else {
        println!("passed over: libfaketime is not installed");
        return;
    };
    for folder in all() {
        println!("{}", folder.name());
        let mut old = Reopened::new(&folder);
        let hands = old.siembox.path("clock");
        let ahead = (old.truth.made_ms - siembox_support::clock::real_ms()) / 1000 + 60;
        clock::set(&hands, ahead);
        clock::fake(&mut old.siembox, &library, &hands);
        old.receiver.restart();
        old.siembox.start();
        let waiting = old.truth.waiting.clone();
        old.wait_for(&waiting, "each line that waited has arrived");
        old.siembox.wait("both streams have read anew", |status| {
            let agent = &status.agents[0];
            [&agent.activities, &agent.alerts]
                .iter()
                .all(|stream| stream.pages > 0 && !stream.behind)
        });
        let output = old.siembox.output("replay", &["--since", "3d", "--json"]);
        let said = String::from_utf8(output.stdout).unwrap();
        let last = said.lines().last().unwrap_or_default();
        let Ok(ReplayReport::Done(counts)) = serde_json::from_str(last) else {
            panic!("{said} {}", String::from_utf8_lossy(&output.stderr));
        };
        assert_eq!(counts.sent, old.truth.missing.len() as u64, "{counts:?}");
        let want: BTreeSet<String> = waiting.union(&old.truth.missing).cloned().collect();
        old.wait_for(&want, "what the replay found has arrived");
        old.siembox.stop();
        let arrived = old.arrived();
        assert_eq!(repeated(&arrived), Vec::<&String>::new());
        assert_eq!(arrived.into_iter().collect::<BTreeSet<_>>(), want);
        assert_eq!(old.cloud.complaints(), Vec::<String>::new());
    }
}
