//! How long a record takes from JSON to line; a figure to look at, not a test:
//! `cargo test --release --test speed -- --ignored --nocapture`

use std::time::Instant;

use crate::cases::{self, cases};
use siembox::cef::Profile;
use siembox::source::cloud_apps::record::{Mapped, Unreadable, activity, alert};

#[test]
#[ignore = "a measurement"]
fn nanoseconds_per_record() {
    let style = cases::made(Profile::Original, "0.207.251", None, None);
    let golden = cases("documented");
    let (activities, alerts): (Vec<_>, _) = golden
        .iter()
        .partition(|case| case.line.contains("|EVENT_"));
    // what a record of the service has besides, and nobody reads
    let rest = r#","collected":{"o365":{"blobId":"20240101$audit","blobCreated":"2024-01-01T00:00:00Z"}},"userAgent":{"family":"X","os":"windows","operatingSystem":{"name":"Windows","version":"10"},"tags":["000000020000000000000000"]},"internals":{"otherIPs":["192.0.2.1"]},"eventRouting":{"auditing":true},"lograbberService":{"gediEvent":true}}"#;
    let whole = |record: &str| record.strip_suffix('}').expect("an object").to_owned() + rest;
    for (what, records, read) in [
        (
            "activity",
            activities,
            activity as for<'a> fn(&'a str) -> Result<Mapped<'a>, Unreadable>,
        ),
        ("alert", alerts, alert),
    ] {
        let records: Vec<String> = records.iter().map(|case| whole(&case.record)).collect();
        let bytes: usize = records.iter().map(|record| record.len()).sum::<usize>() / records.len();
        let (mut line, mut written) = (String::new(), 0);
        let rounds = 200_000 / records.len();
        let started = Instant::now();
        for record in records.iter().cycle().take(rounds * records.len()) {
            std::hint::black_box(read(record).expect("golden"));
        }
        let reading = started.elapsed();
        let started = Instant::now();
        for record in records.iter().cycle().take(rounds * records.len()) {
            let mapped = read(record).expect("golden");
            line.clear();
            style.line(&mapped.event, &mut line);
            written += line.len();
        }
        let both = started.elapsed();
        let count = rounds * records.len();
        let per = |time: std::time::Duration| time.as_nanos() / count as u128;
        println!(
            "{what}: {bytes} bytes, read {} ns, read and write {} ns, line {} bytes",
            per(reading),
            per(both),
            written / count
        );
    }
}
