//! From a record's appearance in the API to its line at the receiver.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use siembox_support::cloud::Cloud;
use siembox_support::records::{self, Stream};

use crate::Life;

/// When each record appeared, by its id.
type Appeared = Arc<Mutex<HashMap<String, Instant>>>;

pub fn run(seconds: u64) {
    println!("| poll_interval | records/s | records | p50 s | p99 s | longest s | requests/min |");
    println!("|---|---|---|---|---|---|---|");
    for poll_interval in ["30s", "10s"] {
        for rate in [1, 10, 100] {
            at_rate(poll_interval, rate, seconds);
        }
    }
}

fn at_rate(poll_interval: &str, rate: u32, seconds: u64) {
    let appeared = Appeared::default();
    let waits = Arc::new(Mutex::new(Vec::new()));
    let (known, took) = (Arc::clone(&appeared), Arc::clone(&waits));
    let life = Life::begin(Cloud::builder(), poll_interval, "", move |line| {
        let id = line
            .split("externalId=")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        if let Some(since) = id.and_then(|id| known.lock().unwrap().remove(id)) {
            took.lock().unwrap().push(since.elapsed());
        }
    });
    life.cloud
        .wait_until(Duration::from_secs(60), |seen| seen.len() >= 4);
    let (begin, requests) = (Instant::now(), life.cloud.request_count());
    let count = u64::from(rate) * seconds;
    for n in 0..count {
        let due = begin + Duration::from_secs(1) * u32::try_from(n).unwrap() / rate;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let now_ms = life.cloud.now_ms();
        let record = records::one_activity(7, n, now_ms).visible_from(now_ms);
        appeared
            .lock()
            .unwrap()
            .insert(record.id.clone(), Instant::now());
        life.cloud.add(Stream::Activities, [record]);
    }
    let per_minute =
        60.0 * (life.cloud.request_count() - requests) as f64 / begin.elapsed().as_secs_f64();
    let end = Instant::now() + Duration::from_secs(120);
    while !appeared.lock().unwrap().is_empty() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(100));
    }
    let mut waits = waits.lock().unwrap().clone();
    waits.sort_unstable();
    assert_eq!(waits.len() as u64, count, "some never came");
    let at = |part: usize| waits[(waits.len() - 1) * part / 100].as_secs_f64();
    println!(
        "| {poll_interval} | {rate} | {count} | {:.1} | {:.1} | {:.1} | {per_minute:.0} |",
        at(50),
        at(99),
        at(100)
    );
}
