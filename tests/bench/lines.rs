//! How long a record takes from JSON to line: `cargo bench --bench lines`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use siembox::for_tests::cef::{AlertName, Looks, Profile, Style, Version};
use siembox::for_tests::event::Names;
use siembox::for_tests::source::cloud_apps::record::{activity, alert};
use siembox::for_tests::source::{Record, Unreadable};
use siembox_support::records::{self, Series};

/// Different records, and how often each is read.
const RECORDS: usize = 1_000;
const ROUNDS: usize = 200;
/// Any time, but always the same.
const FROM_MS: i64 = 1_700_000_000_000;

fn main() {
    println!("| record | bytes | read, ns | read and written, ns | bytes of the line |");
    println!("|---|--:|--:|--:|--:|");
    row(
        "activity",
        records::activities(7, RECORDS).size(2_100),
        activity,
    );
    row("alert", records::alerts(7, RECORDS), alert);
}

type Read = for<'r> fn(&'r str) -> Result<Record<'r>, Unreadable>;

fn row(what: &str, series: Series, read: Read) {
    let style = Style::new(&Looks {
        profile: Profile::Original,
        agent_version: &Version::parse("0.207.251").unwrap(),
        severity: [3, 6, 9, 0],
        alert_name: AlertName::Title,
        api_url: "https://contoso.us3.portal.cloudappsecurity.com",
        portal: None,
        defender_portal: None,
        names: &Names::default(),
    });
    let series = series.between(FROM_MS, FROM_MS + 86_400_000);
    let texts: Vec<String> = series.map(|record| record.json()).collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    let reading = time(&texts, |text| {
        black_box(read(text).unwrap());
    });
    let (mut line, mut written) = (String::new(), 0);
    let both = time(&texts, |text| {
        line.clear();
        style.line(&read(text).unwrap().event, &mut line);
        written += line.len();
    });
    let each = |time: Duration| time.as_nanos() / (RECORDS * ROUNDS) as u128;
    println!(
        "| {what} | {} | {} | {} | {} |",
        bytes / RECORDS,
        each(reading),
        each(both),
        written / (RECORDS * ROUNDS)
    );
}

/// Hands each record over, again and again.
fn time(texts: &[String], mut take: impl FnMut(&str)) -> Duration {
    let begin = Instant::now();
    for _ in 0..ROUNDS {
        for text in texts {
            take(black_box(text));
        }
    }
    begin.elapsed()
}
