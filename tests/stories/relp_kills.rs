//! rsyslog's `imrelp` as the manual sets it up, killed three times amid lines that wait: what it
//! answered is written, so nothing may be lost. Counted by ids; the ledger is held against that
//! witness.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use siembox_support::cloud::Cloud;
use siembox_support::dice::Dice;
use siembox_support::receiver::{Receiver, rsyslog};
use siembox_support::{records, soak};

use crate::expected;
use crate::siembox::{PATIENCE, Plan, Siembox};

const KILLS: u64 = 3;
const RECORDS: usize = 20_000;

#[test]
fn nothing_that_rsyslog_answered_is_missing_and_the_ledger_agrees() {
    let rounds = soak::size(2, 50);
    let mut receiver = rsyslog::relp_direct();
    receiver.stop();
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(91, RECORDS))
        .start();
    let mut siembox = Siembox::new(&cloud, &Plan::new(&cloud, receiver.port(), "relp"));
    siembox.start();
    let total = RECORDS as u64;
    siembox.wait("everything waits on flash", |status| {
        status.agents[0].spool.waiting == total
    });
    siembox.stop();
    let want = ids(expected::of(&cloud, &siembox, records::Stream::Activities).iter());
    assert_eq!(want.len(), RECORDS);
    let full = siembox.path("full");
    copied(&siembox.state(), &full);

    let mut dice = Dice::new(soak::seed());
    let story = soak::story("relp: rsyslog killed 3 times");
    let mut repeated = 0;
    for round in 0..rounds {
        std::fs::remove_dir_all(siembox.state()).unwrap();
        copied(&full, &siembox.state());
        std::fs::write(receiver.file(), "").unwrap();
        siembox.start();
        for kill in 0..KILLS {
            receiver.start();
            // at any place of the third that is this kill's
            wait_for(
                &receiver,
                cloud_bytes(total) * (kill * 100 + dice.below(100)) / 400,
            );
            receiver.kill();
            // the kill met work under way
            assert!(
                ids(receiver.lines().iter()).len() < RECORDS,
                "round {round}, kill {kill}"
            );
        }
        receiver.start();
        let status = siembox.wait("everything is proved", |status| {
            let agent = &status.agents[0];
            agent.ledger.sums.proved == total && agent.spool.waiting == 0
        });
        receiver.stop();
        siembox.stop();
        let got = ids(receiver.lines().iter());
        let lost: Vec<&String> = want.keys().filter(|id| !got.contains_key(*id)).collect();
        assert_eq!(lost, Vec::<&String>::new(), "round {round}");
        let ledger = &status.agents[0].ledger;
        assert!(ledger.adds_up, "{ledger:?}");
        repeated += got.values().map(|times| times - 1).sum::<u64>();
    }
    soak::Row {
        rounds: rounds * KILLS,
        records: rounds * total,
        lost: 0,
        duplicated: repeated,
        also: format!("{rounds} rounds, by ids; the ledger agrees in each"),
        ..story.done()
    }
    .told();
}

/// About the bytes that so many lines take in rsyslog's file.
fn cloud_bytes(lines: u64) -> u64 {
    lines * 500
}

fn wait_for(receiver: &Receiver, bytes: u64) {
    let begin = Instant::now();
    while receiver.size() < bytes && begin.elapsed() < PATIENCE {
        std::thread::yield_now();
    }
}

/// How often each record's id stands in these lines. A kill in the middle of a write leaves half a
/// line, unanswered, and the next begins right behind it: an id counts only in front of the rest of
/// its line.
fn ids<'a>(lines: impl Iterator<Item = &'a String>) -> BTreeMap<String, u64> {
    let mut ids = BTreeMap::new();
    for line in lines {
        for part in line.split("externalId=").skip(1) {
            if let Some((id, _)) = part.split_once(" start=") {
                *ids.entry(id.to_owned()).or_default() += 1;
            }
        }
    }
    ids
}

fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            copied(&path, &to);
        } else if kind.is_file() {
            std::fs::copy(&path, &to).unwrap();
        }
    }
}
