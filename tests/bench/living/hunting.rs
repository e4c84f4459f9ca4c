//! Two days of a large tenant are read for the first time: all tables of advanced hunting, and the
//! alerts of Graph, with the defaults of the settings but for the calls a minute.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use siembox_support::cef_reader::Cef;
use siembox_support::clock::real_ms;
use siembox_support::cloud::{App, Call, Cloud};
use siembox_support::records::xdr::List;
use siembox_support::records::{self, xdr};

use crate::{Life, Xdr};

const HOUR: i64 = 3_600_000;
const PATIENCE: Duration = Duration::from_secs(1800);
const LISTS: [List; 5] = [
    List::CloudAppEvents,
    List::IdentityLogonEvents,
    List::IdentityQueryEvents,
    List::IdentityDirectoryEvents,
    List::Alerts,
];
/// What the tenant allows, and all of it: else the minutes would be those of the quota.
const CALLS: usize = 45;

/// `page_size` of the settings; their default where it is none.
pub fn run(rows: u64, page_size: Option<u64>) {
    let now_ms = real_ms();
    let (from_ms, to_ms) = (now_ms - 47 * HOUR, now_ms - HOUR);
    let rows = usize::try_from(rows).unwrap();
    let cloud = Cloud::builder()
        .app(App::new(Xdr::TENANT, Xdr::CLIENT, Xdr::SECRET))
        .hunting_calls_per_minute(CALLS)
        .xdr(xdr::twins(
            records::activities(71, rows).between(from_ms, to_ms),
        ))
        .xdr(xdr::directory(72, rows / 10))
        .xdr(xdr::alerts(73, rows / 100).between(from_ms, to_ms));
    let page_size = page_size.map_or(String::new(), |size| format!("page_size = {size}\n"));
    let more = format!("[agent.activities]\n{page_size}[agent.alerts]\nservice_sources = []\n");
    let xdr = Xdr {
        calls: CALLS,
        more: &more,
    };
    let begin = Instant::now();
    let life = Life::of_xdr(cloud, &xdr);
    let ids = LISTS.iter().flat_map(|list| life.cloud.xdr_ids(*list));
    let want: BTreeSet<String> = ids.collect();
    assert!(life.receiver.wait_for(want.len(), PATIENCE), "all arrive");
    let took = begin.elapsed();
    let lines = life.receiver.lines();
    let got: Vec<String> = lines.iter().map(|line| id_of(line)).collect();
    let distinct: BTreeSet<String> = got.iter().cloned().collect();
    assert!(distinct == want, "the records of the tenant, and no other");
    assert_eq!(got.len(), want.len(), "each once");
    let calls = |call| life.cloud.calls(call).len();
    println!(
        "| hunting | {} records, each once by its id |\n|---|---|",
        want.len()
    );
    println!("| seconds | {:.1} |", took.as_secs_f64());
    println!(
        "| calls of hunting, of Graph | {}, {} |",
        calls(Call::Hunting),
        calls(Call::Graph)
    );
    println!(
        "| most calls in a minute | {} |",
        life.cloud.busiest_minute(Call::Hunting)
    );
    println!("| CPU seconds | {:.1} |", life.cpu());
    println!("| peak RSS, kB | {} |", life.number("status", "VmHWM:"));
}

fn id_of(line: &str) -> String {
    let cef = Cef::read(line).unwrap();
    let mut pairs = cef.extension.into_iter();
    pairs.find(|(key, _)| key == "externalId").unwrap().1
}
