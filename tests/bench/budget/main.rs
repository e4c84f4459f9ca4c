//! How many instructions a record costs on its way, counted by valgrind: the same on a busy machine
//! as on a quiet one.
//!
//! `make check-budget` runs this and holds the counts against `budget.toml`. Each function gets its
//! records ready-made and gives everything back, so that neither making nor dropping them is
//! counted.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]
// main! ends with it
#![allow(clippy::disallowed_methods)]

use std::hint::black_box;

use gungraun::{library_benchmark, library_benchmark_group, main};
use siembox::for_tests::cef::{AlertName, Looks, Profile, Style, Version};
use siembox::for_tests::event::{Event, Names};
use siembox::for_tests::lines::Lines;
use siembox::for_tests::source::Answer;
use siembox::for_tests::source::cloud_apps::LAYOUT;
use siembox::for_tests::source::cloud_apps::record::{activity, alert};
use siembox::for_tests::source::json::list::Parser;
use siembox::for_tests::spool::{Encoder, Label};
use siembox::for_tests::syslog::{Header, Priority, TimeFormat};
use siembox_support::records::{self, Record, Series};

/// Records in each measurement; `check.py` divides by it.
const RECORDS: usize = 500;
/// Any seed and time, but always the same.
const SEED: u64 = 7;
const FROM_MS: i64 = 1_700_000_000_000;

fn texts(series: Series) -> Vec<String> {
    let series = series.between(FROM_MS, FROM_MS + 86_400_000);
    series.map(|record: Record| record.json()).collect()
}

fn activities() -> Vec<String> {
    texts(records::activities(SEED, RECORDS))
}

fn alerts() -> Vec<String> {
    texts(records::alerts(SEED, RECORDS))
}

fn page() -> Vec<u8> {
    let list = activities().join(",");
    format!("{{\"data\":[{list}],\"hasNext\":false,\"total\":{RECORDS}}}").into_bytes()
}

/// What writes a line, and the events to write.
struct Desk {
    header: Header,
    style: Style,
    events: Vec<Event<'static>>,
    out: String,
}

fn desk(texts: &[String]) -> Desk {
    let events = texts.iter().map(|text| {
        let mapped = activity(text).unwrap();
        mapped.event.into_owned()
    });
    Desk {
        header: Header::new(TimeFormat::Rfc5424, Priority::default(), true, Some("box")),
        style: Style::new(&Looks {
            profile: Profile::Original,
            agent_version: &Version::parse("0.207.251").unwrap(),
            severity: [3, 6, 9, 0],
            alert_name: AlertName::Title,
            api_url: "https://contoso.us3.portal.cloudappsecurity.com",
            portal: None,
            defender_portal: None,
            names: &Names::default(),
        }),
        events: events.collect(),
        out: String::with_capacity(2048 * RECORDS),
    }
}

fn batches() -> (Encoder, Vec<Lines>) {
    let mut desk = desk(&activities());
    let mut all = vec![Lines::default()];
    for event in &desk.events {
        if all.last().unwrap().len() == 100 {
            all.push(Lines::default());
        }
        desk.out.clear();
        desk.header.write(event.at_ms, &mut desk.out);
        desk.style.line(event, &mut desk.out);
        all.last_mut().unwrap().push(&desk.out);
    }
    let mut encoder = Encoder::new().unwrap();
    // its buffers grow once for all
    encoder.encode(LABEL, &all[0]).unwrap();
    (encoder, all)
}

const LABEL: Label = Label {
    first: 0,
    at_ms: FROM_MS,
    before: 0,
};

#[library_benchmark]
#[bench::of_activities(page())]
fn page_take_apart(body: Vec<u8>) -> Answer {
    let nobody = &mut ();
    let mut parser = Parser::new(&LAYOUT, nobody);
    for piece in black_box(body).chunks(64 << 10) {
        let _ = parser.feed(piece);
    }
    black_box(parser.end().unwrap())
}

#[library_benchmark]
#[bench::of_texts(activities())]
fn activity_read(texts: Vec<String>) -> Vec<String> {
    for text in &texts {
        black_box(activity(black_box(text)).unwrap());
    }
    texts
}

#[library_benchmark]
#[bench::of_texts(alerts())]
fn alert_read(texts: Vec<String>) -> Vec<String> {
    for text in &texts {
        black_box(alert(black_box(text)).unwrap());
    }
    texts
}

#[library_benchmark]
#[bench::of_activities(desk(&activities()))]
fn cef_line(mut desk: Desk) -> Desk {
    for event in &desk.events {
        desk.header.write(event.at_ms, &mut desk.out);
        desk.style.line(black_box(event), &mut desk.out);
    }
    black_box(desk)
}

#[library_benchmark]
#[bench::of_100_lines(batches())]
fn spool_batch((mut encoder, batches): (Encoder, Vec<Lines>)) -> (Encoder, Vec<Lines>) {
    for lines in &batches {
        black_box(encoder.encode(LABEL, black_box(lines)).unwrap());
    }
    (encoder, batches)
}

library_benchmark_group!(
    name = record,
    benchmarks = [
        page_take_apart,
        activity_read,
        alert_read,
        cef_line,
        spool_batch
    ]
);

main!(library_benchmark_groups = record);
