//! Two days of activities are fetched again, a few of which are missing.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use siembox_support::cloud::Cloud;
use siembox_support::records::{self, Stream};

use crate::Life;

/// So many the running stream has not seen.
const MISSING: usize = 30;
const PATIENCE: Duration = Duration::from_secs(600);

pub fn run(records: u64) {
    let count = usize::try_from(records).unwrap();
    let cloud = Cloud::builder()
        .requests_per_minute(60_000)
        .activities(records::activities(71, count));
    // looks back a moment only: what is late is left to the replay
    let more = "[agent.activities]\noverlap = \"1s\"\nlook_back = \"1s\"\n";
    let life = Life::begin(cloud, "1s", more, |_| ());
    assert!(life.receiver.wait_for(count, PATIENCE), "all are read");
    let late_ms = life.cloud.now_ms() - 5 * 3_600_000;
    let late = |n: usize| {
        let at_ms = late_ms + i64::try_from(n).unwrap() * 10;
        records::one_activity(77, n as u64, at_ms).visible_from(late_ms)
    };
    life.cloud.add(Stream::Activities, (0..MISSING).map(late));
    life.cloud.forget_requests();
    let before = life.number("status", "VmHWM:");
    let begin = Instant::now();
    let replay = Command::new(env!("CARGO_BIN_EXE_siembox"))
        .args([
            "replay",
            "--since",
            "3d",
            "--stream",
            "activities",
            "--json",
            "--config",
        ])
        .arg(life.folder.path().join("siembox.toml"))
        .output()
        .unwrap();
    let took = begin.elapsed();
    let said = String::from_utf8(replay.stdout).unwrap();
    let said: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let counts = &said["done"];
    assert_eq!(counts["already_sent"], records, "{said}");
    assert_eq!(counts["sent"], MISSING, "{said}");
    let ids = life.folder.path().join("state/agents/bench/ids");
    let ids = std::fs::read_dir(ids).unwrap();
    let bytes: u64 = ids
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    println!("| replay | of {records} records, {MISSING} of them missing |\n|---|---|");
    println!("| seconds | {:.1} |", took.as_secs_f64());
    println!("| requests | {} |", counts["pages"]);
    println!(
        "| peak RSS before and after, kB | {before}, {} |",
        life.number("status", "VmHWM:")
    );
    println!("| bytes of ids | {bytes} |");
}
