//! The ledger on a real spool: what a kill leaves is the folder as it stands between two calls,
//! which is what is copied here.

use std::path::Path;
use std::time::Duration;

use siembox::for_tests::ledger::{Ledger, LedgerKey, NAME, PageCounts, Release};
use siembox::for_tests::lines::Lines;
use siembox::for_tests::spool::sled::{SledSpool, SpoolBounds};
use siembox::for_tests::spool::{LineSet, Spool, SpoolError, SpoolPage};
use siembox::for_tests::status::{LedgerReport, LedgerSpan};

const KEEP: Duration = Duration::from_secs(90 * 86_400);
const CURSOR: &[u8] = br#"{"high_ms":5,"origin_ms":1}"#;
/// 2026-11-21T09:00Z, counted in hours from 1970.
const HOUR: u32 = 498_681;

struct Box {
    spool: SledSpool,
    ledger: Ledger,
    /// The next line to send.
    next: u64,
}

// === impl Box ===

impl Box {
    fn open(folder: &Path) -> (Self, Vec<String>) {
        let spool = SledSpool::open(folder, SpoolBounds::new(64_000_000), 0).unwrap();
        let (ledger, words) = Ledger::open(folder, KEEP, &spool, [0, 1]).unwrap();
        let next = spool.first();
        (
            Self {
                spool,
                ledger,
                next,
            },
            words,
        )
    }

    /// A page of `lines` lines in this hour, and one record that could not be read.
    fn page(&self, stream: u8, hour: u32, lines: usize) {
        let (mut counts, mut text) = (PageCounts::default(), Lines::default());
        let key = LedgerKey::at(stream, hour);
        for line in 0..lines {
            counts.spooled(key);
            text.push_with(key.tag(), |out| {
                out.push_str(&format!("line {line} of {hour}"))
            });
        }
        counts.aside(key);
        let append = |cursor: &[u8]| {
            let page = SpoolPage {
                stream,
                packed: &[],
                lines: &text,
                cursor,
                seen: b"",
                forget_seen: 0,
                aside: &[],
            };
            self.spool.append(&page, 0)
        };
        self.ledger.append(stream, &counts, CURSOR, append).unwrap();
        self.ledger.tidy().unwrap();
    }

    /// Sends all that waits.
    fn send(&mut self) {
        while let Some(batch) = self.spool.peek(self.next).unwrap() {
            self.ledger.sent(batch.first, batch.lines.tags());
            self.next = batch.next();
        }
    }

    fn arrived(&self, before: u64) {
        let write = |before, note: &[u8]| self.spool.acknowledge(before, note);
        let release = Release {
            before,
            arrived: LineSet::from(0..before),
            ..Release::default()
        };
        self.ledger
            .acknowledge::<SpoolError>(&release, write)
            .unwrap();
        self.ledger.tidy().unwrap();
    }

    fn report(&self) -> LedgerReport {
        let report = self.ledger.report(&self.spool);
        assert_eq!(
            (report.balance, report.adds_up),
            (Some(0), true),
            "{report:#?}"
        );
        report
    }
}

/// The folder as a kill would leave it. (Not by `cp`: a child that is being made holds the locks of
/// the other tests for a moment.)
fn killed(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    copied(folder, copy.path());
    copy
}

fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copied(&path, &to);
        } else {
            std::fs::copy(&path, &to).unwrap();
        }
    }
}

#[test]
fn every_kill_finds_what_was_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (mut first, words) = Box::open(folder.path());
    assert_eq!(words, Vec::<String>::new());
    let mut spooled = 0;
    for round in 0..120_u32 {
        // over more hours than a tail holds, so that checkpoints are taken in between
        first.page((round % 2) as u8, HOUR + round, 30);
        spooled += 30;
        if round % 3 == 0 {
            first.send();
        }
        if round % 5 == 0 {
            first.arrived(first.next.saturating_sub(20));
        }
        if round % 10 != 7 {
            continue;
        }
        let copy = killed(folder.path());
        let (mut second, words) = Box::open(copy.path());
        assert_eq!(words, Vec::<String>::new(), "nothing to put right");
        let sums = second.report().sums;
        assert_eq!(
            (sums.read, sums.spooled, sums.aside),
            (
                spooled + u64::from(round) + 1,
                spooled,
                u64::from(round) + 1
            )
        );
        assert!(sums.proved <= first.report().sums.proved);
        second.send();
        second.arrived(second.next);
        let sums = second.report().sums;
        assert_eq!(
            (sums.sent, sums.proved, sums.lost),
            (spooled, spooled, 0),
            "none counts twice"
        );
    }
    assert!(folder.path().join(NAME).exists(), "a checkpoint was taken");
    let rows = first.report().hours;
    assert_eq!(rows.len(), 120);
    assert!(rows.iter().all(|row| row.span == LedgerSpan::Hour));
}

#[test]
fn an_orderly_end_keeps_everything_and_an_idle_one_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut first, _) = Box::open(folder.path());
    first.page(0, HOUR, 50);
    first.send();
    first.arrived(30);
    first.ledger.settle().unwrap();
    let sums = first.report().sums;
    drop(first);
    let written = || {
        std::fs::metadata(folder.path().join(NAME))
            .unwrap()
            .modified()
            .unwrap()
    };
    let before = written();
    let (second, words) = Box::open(folder.path());
    assert_eq!(words, Vec::<String>::new());
    assert_eq!(second.report().sums, sums);
    second.ledger.settle().unwrap();
    second.ledger.tidy().unwrap();
    assert_eq!(written(), before);
}

#[test]
fn a_damaged_file_is_put_aside_and_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (first, _) = Box::open(folder.path());
    first.page(0, HOUR, 50);
    first.ledger.settle().unwrap();
    first.page(0, HOUR + 1, 50);
    drop(first);
    let path = folder.path().join(NAME);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let (mut second, words) = Box::open(folder.path());
    assert!(
        words
            .iter()
            .any(|words| words.contains("it is kept as ledger.damaged")),
        "{words:?}"
    );
    assert!(
        words.iter().any(|words| words.contains("starts from zero")),
        "{words:?}"
    );
    second.report();
    second.page(0, HOUR + 1, 10);
    second.send();
    second.arrived(second.next);
    let report = second.report();
    assert_eq!((report.sums.spooled, report.sums.proved), (110, 110));
    drop(second);
    let (third, words) = Box::open(folder.path());
    assert_eq!(words, Vec::<String>::new(), "it is well again");
    assert_eq!(third.report().sums.proved, 110);
}

#[test]
fn a_disk_that_refuses_the_file_costs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // where the new file should be there is a folder
    std::fs::create_dir(folder.path().join("ledger.new")).unwrap();
    let (mut first, _) = Box::open(folder.path());
    first.page(0, HOUR, 50);
    let refused = first.ledger.settle().unwrap_err().to_string();
    assert!(refused.contains("nothing is lost"), "{refused}");
    first.send();
    first.arrived(first.next);
    let copy = killed(folder.path());
    let (second, words) = Box::open(copy.path());
    assert_eq!(words, Vec::<String>::new());
    assert_eq!(second.report().sums.proved, 50);
    std::fs::remove_dir(folder.path().join("ledger.new")).unwrap();
    first.ledger.settle().unwrap();
}
