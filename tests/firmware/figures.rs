//! What a box costs: time to its first poll, memory, and what an idle one writes to its flash.
//! Printed, not asserted; tests/README.md has the table. Needs the debug image, whose shell is
//! asked: `make image-test ONLY=figures`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(dead_code, reason = "the tests beside this use the rest")]

mod board;
mod card;
mod finger;
mod lan;
mod machine;
mod monitor;
mod panel;
mod rhythm;
mod stage;
mod wait;

use std::time::Duration;

use board::Board;
use machine::{Machine, Options};
use stage::Stage;
use wait::until;

/// So long an idle box is watched.
const WATCHED: Duration = Duration::from_secs(300);
/// A start is over when nothing is written for so long: the kernel holds writes back for 30 s, then
/// looks every 5 s.
const SETTLED: Duration = Duration::from_secs(60);

fn main() {
    time_to_the_first_page();
    figures();
}

fn time_to_the_first_page() {
    let board = Board::meant();
    let stage = Stage::debug(board, 20);
    stage.provision();
    for start in ["first", "second"] {
        let machine = Machine::boot(board, &stage.card, &Options::default());
        let status = machine.wait("all lines are proved", |status| {
            // what was not noted as proved when the plug was pulled comes again
            status["agents"][0]["lines"]["proved"].as_u64() >= Some(20)
        });
        // it starts so many hundredths after the kernel, proc_pid_stat(5), and reads so many
        // milliseconds later
        let ticks = machine.ask(&format!(
            "cut -d' ' -f22 /proc/{}/stat",
            status["pid"].as_u64().unwrap()
        ));
        let read_ms = status["agents"][0]["last_read_ms"].as_i64().unwrap();
        let later_ms = read_ms - status["started_ms"].as_i64().unwrap();
        let seconds = ticks.parse::<f64>().unwrap() / 100.0 + later_ms as f64 / 1000.0;
        println!("{start} start: the kernel's start → the first page is kept: {seconds:.1} s");
        machine.pull_the_plug();
        stage.add(48, 20);
    }
}

fn figures() {
    let board = Board::meant();
    let stage = Stage::debug(board, 20);
    stage.provision();
    let machine = Machine::boot(board, &stage.card, &Options::default());
    machine.wait("all lines are proved", |status| {
        status["agents"][0]["lines"]["proved"] == 20
    });
    until(
        "the boot is marked good and STATUS.TXT says Connected",
        || {
            let told = stage.card.get("STATUS.TXT")?;
            (machine.console().contains("and is kept") && told.contains("STATE: Connected"))
                .then_some(())
        },
        || machine.console(),
    );
    for line in machine.console().lines() {
        if line.contains(" s] siembox") {
            println!("{line}");
        }
    }
    let written = || machine.ask("grep vda[12] /proc/diskstats | awk '{print $3, $8, $10}'");
    println!("memory:\n{}", machine.ask("free -m"));
    // what the start has left in the page cache goes to the disk within its half minute
    let mut settled = written();
    loop {
        std::thread::sleep(SETTLED);
        let now = written();
        if now == settled {
            break;
        }
        settled = now;
    }
    println!("disk, writes and sectors written:\n{settled}");
    let end = std::time::Instant::now() + WATCHED;
    while std::time::Instant::now() < end {
        // somebody has the page open
        let _ = machine.get("/live");
        std::thread::sleep(Duration::from_secs(2));
    }
    println!(
        "after {} s with the page open:\n{}",
        WATCHED.as_secs(),
        written()
    );
    println!("{}", machine.ask("free -m"));
    println!(
        "{}",
        machine.ask("grep -H -E VmRSS /proc/[0-9]*/status | grep -v ' 0 kB' | tail -12")
    );
    machine.pull_the_plug();
}
