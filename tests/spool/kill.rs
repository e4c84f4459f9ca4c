//! SIGKILL at random moments: what was durable is there, once; the cursor is that of the last
//! durable page or of the one after it; what the SIEM had is not asked for again but for a bounded
//! rest.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::shared::{Random, Written, noise};
use siembox::for_tests::lines::Lines;
use siembox::for_tests::spool::sled::{SledSpool, SpoolBounds};
use siembox::for_tests::spool::{DeadLetter, Spool};

/// So many kills. `SPOOL_KILLS=500` for a longer run.
const KILLS: usize = 25;
/// Names the folder to the child.
const FOLDER: &str = "SPOOL_KILL_FOLDER";
/// As the adapter has it: how far the SIEM may have come unwritten.
const UNNOTED: u64 = 2048;

fn bounds() -> SpoolBounds {
    SpoolBounds {
        store_bytes: 200_000,
        ballast_bytes: 4096,
        ..SpoolBounds::new(1 << 30)
    }
}

/// Lines of a page: few and many, up to 200 KB.
fn lines_of(page: u64) -> u64 {
    page * 37 % 300
}

fn next_after(page: u64) -> u64 {
    (1..=page).map(lines_of).sum()
}

fn text(line: u64, filler: &str) -> String {
    let length = usize::try_from(line * 7919 % 700).unwrap();
    format!("{line} {}", &filler[..length])
}

fn cursor(spool: &SledSpool) -> u64 {
    let cursor = spool.recall(1).unwrap().cursor;
    cursor.map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().unwrap()))
}

/// The child: writes pages for ever and says when each is durable, while another thread sends and
/// acknowledges.
#[test]
#[ignore = "the other half of the test below"]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let spool = SledSpool::open(Path::new(&folder), bounds(), 0).unwrap();
    let filler = noise(1000);
    let filler = filler.iter().next().unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut next = spool.first();
            while !stop.load(Ordering::Relaxed) {
                match spool.peek(next).unwrap() {
                    // The SIEM lags behind, and catches up now and then.
                    Some(batch)
                        if batch.next() % 5 > 0 || batch.next() + 1000 < spool.stats().next =>
                    {
                        next = batch.next();
                        spool.acknowledge(next, b"").unwrap();
                    }
                    _ => std::thread::sleep(Duration::from_millis(3)),
                }
            }
        });
        for page in cursor(&spool) + 1.. {
            let first = spool.stats().next;
            let mut lines = Lines::default();
            for line in first..first + lines_of(page) {
                lines.push(&text(line, filler));
            }
            let aside = DeadLetter {
                id: page.to_string(),
                reason: String::new(),
                at_ms: 0,
                bytes: vec![],
            };
            let written = Written {
                stream: 1,
                cursor: &page.to_le_bytes(),
                seen: &page.to_le_bytes(),
                forget_seen: page.saturating_sub(20),
            };
            spool.append(&written.page(&lines, &[aside]), 0).unwrap();
            println!("durable {page}");
            std::io::stdout().flush().unwrap();
        }
    });
}

#[test]
fn nothing_durable_is_lost_and_nothing_is_there_twice() {
    let folder = tempfile::tempdir().unwrap();
    let filler = noise(1000);
    let filler = filler.iter().next().unwrap();
    let mut random = Random::new();
    let kills = std::env::var("SPOOL_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let mut reached = 0;
    for kill in 0..kills {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::child", "--ignored", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        // Now and then while it opens, mostly while it writes.
        let mut durable = reached;
        if kill % 5 > 0 {
            let pages = random.below(40) + 1;
            for line in said.by_ref() {
                durable = said_page(&line.unwrap()).unwrap_or(durable);
                if durable >= reached + pages {
                    break;
                }
            }
        }
        std::thread::sleep(Duration::from_micros(random.below(30_000)));
        child.kill().unwrap();
        for line in said {
            durable = said_page(&line.unwrap()).unwrap_or(durable);
        }
        child.wait().unwrap();

        let spool = SledSpool::open(folder.path(), bounds(), 0).unwrap();
        assert_eq!(spool.repairs(), []);
        reached = cursor(&spool);
        assert!(
            reached == durable || reached == durable + 1,
            "{reached} after {durable}"
        );
        let stats = spool.stats();
        assert_eq!(stats.next, next_after(reached), "whole pages, each once");
        let memory = spool.recall(1).unwrap();
        assert_eq!(memory.seen_next, reached);
        for (number, chunk) in &memory.seen {
            assert_eq!(chunk[..], (number + 1).to_le_bytes());
        }
        assert_eq!(memory.seen.len() as u64, reached.min(20));
        assert!(reached == 0 || spool.aside(1).unwrap()[0].id == reached.to_string());
        let mut next = spool.first();
        while let Some(batch) = spool.peek(next).unwrap() {
            assert!(batch.first <= next);
            for (number, line) in (batch.first..).zip(batch.lines.iter()) {
                assert_eq!(line, text(number, filler));
            }
            next = batch.next();
        }
        assert_eq!(next, stats.next, "all that waits can be read");
        assert_eq!((stats.damaged_lines, stats.damaged_pieces), (0, 0));
    }
    assert!(reached > kills as u64 * 5, "{reached} pages");
    println!(
        "{kills} kills, {reached} pages, {} lines",
        next_after(reached)
    );
}

fn said_page(line: &str) -> Option<u64> {
    line.split_once("durable ")?.1.parse().ok()
}

/// An acknowledgement that was not yet on disk costs at the most so many lines sent twice.
#[test]
fn what_was_acknowledged_comes_again_only_within_its_bound() {
    let folder = tempfile::tempdir().unwrap();
    let spool = SledSpool::open(folder.path(), bounds(), 0).unwrap();
    for _ in 0..20 {
        spool
            .append(&super::shared::page(&super::shared::lines(0..1000)), 0)
            .unwrap();
    }
    let mut next = 0;
    while let Some(batch) = spool.peek(next).unwrap() {
        next = batch.next();
        spool.acknowledge(next, b"").unwrap();
        if next % 31 == 0 || next == 20_000 {
            let left = tempfile::tempdir().unwrap();
            super::shared::copy_folder(folder.path(), left.path());
            let again = SledSpool::open(left.path(), bounds(), 0).unwrap();
            let bound = if next == 20_000 { 0 } else { UNNOTED };
            assert!(
                next - again.first() <= bound,
                "{} for {next}",
                again.first()
            );
        }
    }
    assert_eq!(next, 20_000);
}
