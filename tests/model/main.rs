//! An hour of everything that can go wrong, in simulated time, against a model of what must arrive.
//!
//! The real poller with its reader, throttle and spool asks the simulated tenant over no socket, be
//! it Defender for Cloud Apps or Defender XDR; records come late, tied and out of order; every
//! fault that the simulator knows strikes at random; the process dies at any step, its settings and
//! its clock change; the receiver breaks. Then everything that the cloud showed in time has
//! arrived, once.
//!
//! `SIEMBOX_CASES` says how many hours of each API (24 unless said); `SIEMBOX_SEED` replays one of
//! them, or, with `SIEMBOX_CASES`, begins with that one: another seed, other hours.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod case;
mod face;
mod judge;
mod life;
mod liveness;
mod receiver;
mod spool;
mod tally;
mod tenant;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};

use case::Plan;
use siembox_support::soak;
use tally::Tally;

const CASES: u64 = 24;
/// The first seed where none is given; any would do.
const FIRST_SEED: u64 = 1;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is not a number"))
    })
}

#[test]
fn of_cloud_apps_exactly_what_must_arrive_arrives() {
    hours("cloud-apps", "of_cloud_apps", face::cloud_apps::draw);
}

#[test]
fn of_defender_xdr_exactly_what_must_arrive_arrives() {
    hours("defender-xdr", "of_defender_xdr", face::defender_xdr::draw);
}

/// Lives through hours of one API. `test` is how the test's name begins.
fn hours(api: &str, test: &str, draw: fn(u64) -> Plan) {
    let first = number("SIEMBOX_SEED").unwrap_or(FIRST_SEED);
    let cases = number("SIEMBOX_CASES").unwrap_or(if first == FIRST_SEED { CASES } else { 1 });
    let story = soak::story(&format!(
        "{api}: an hour of all faults at random, simulated"
    ));
    let next = AtomicU64::new(first);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        let (mut tally, mut failures) = (Tally::default(), Vec::new());
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + cases {
                return (tally, failures);
            }
            let hour = std::panic::catch_unwind(|| life::hour(&draw(seed)));
            match hour {
                Ok(Ok(one)) => tally.add(&one),
                Ok(Err(why)) => failures.push((seed, why)),
                Err(_) => failures.push((seed, "it panicked; the words stand above".to_owned())),
            }
        }
    };
    let (tally, failures) = std::thread::scope(|scope| {
        let hands: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let mut all = (Tally::default(), Vec::new());
        for hand in hands {
            let (tally, failures) = hand.join().unwrap();
            all.0.add(&tally);
            all.1.extend(failures);
        }
        all
    });
    println!("{api}: {tally}");
    let row = soak::Row {
        rounds: cases,
        records: tally.records,
        duplicated: tally.again,
        also: format!(
            "{} hours failed; {:.0} simulated hours, {} lives, {} requests, {} promised records",
            failures.len(),
            tally.simulated.as_secs_f64() / 3600.0,
            tally.lives,
            tally.requests,
            tally.promised
        ),
        ..story.done()
    };
    row.told();
    for (seed, why) in &failures {
        println!(
            "\nSIEMBOX_SEED={seed} SIEMBOX_CASES=1 cargo test --test model {test} -- --nocapture   # replays this:\n{why}"
        );
    }
    assert!(failures.is_empty(), "{} of {cases} failed", failures.len());
}
