//! The largest answers of advanced hunting: 50 MB, which is what the API gives at most, more than
//! that, and 100,000 rows at once from a service that does not look at `take`. Memory stays in its
//! bound, each row arrives once, and the operator is told of what does not fit.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use siembox_support::cef_reader::Cef;
use siembox_support::cloud::{App, Bound, Cloud, Fault, Target};
use siembox_support::dice::Dice;
use siembox_support::records;
use siembox_support::records::xdr::{self, List, Ticks};
use siembox_support::sink::SyslogReceiver;

use crate::siembox::{Plan, Siembox};

const CLIENT: &str = "00000000-0000-4000-8000-000000000001";
const HOUR: i64 = 3_600_000;

/// What the process may take, bytes: less than the largest answer. Half of it is the build of a
/// test at rest.
const BOUND: u64 = 46 << 20;
/// What an answer of the API has at most, bytes.
const MOST_BYTES: usize = 50_000_000;
/// The rows of a test are made by an unoptimized simulator.
const PATIENCE: Duration = Duration::from_secs(600);

/// What is told where pages are made smaller.
const SMALLER: &str = "siembox requests pages of at most";

/// What is told where the service sends more than it was asked for.
const MORE_THAN_ASKED: &str = "the API sends more records at once than fit into memory";

/// A row of this many bytes: a file operation on very many objects.
fn row(number: usize, at_ms: i64, bytes: usize) -> xdr::Record {
    let mut dice = Dice::new(number as u64);
    let object = |dice: &mut Dice| {
        let name = format!("report {:06}.xlsx", dice.below(1_000_000));
        json!({"Id": dice.below(1 << 32).to_string(), "Name": name, "Role": "Target object", "Type": "File"})
    };
    let objects: Vec<_> = (0..bytes / 95).map(|_| object(&mut dice)).collect();
    let row = json!({
        "Timestamp": Ticks::of_ms(at_ms).to_string(), "ReportId": format!("large-{number:06}"),
        "ActionType": "FileDownloaded", "ActivityType": "Download",
        "Application": "Box", "ApplicationId": 10489,
        "AccountId": "gwen@contoso.com", "AccountDisplayName": "Gwen", "IPAddress": "192.0.2.7",
        "UserAgent": "curl/8.5", "ObjectName": "report.xlsx", "ObjectType": "File",
        "ObjectId": "77", "ActivityObjects": objects, "RawEventData": {},
    });
    xdr::Record::from_json(List::CloudAppEvents, &row.to_string())
}

/// So many rows of so many bytes, of the last hours.
fn rows(count: usize, bytes: usize) -> Vec<xdr::Record> {
    let from_ms = siembox_support::clock::real_ms() - 20 * HOUR;
    let at_ms = |number: usize| from_ms + i64::try_from(number).unwrap() * 1000;
    (0..count)
        .map(|number| row(number, at_ms(number), bytes))
        .collect()
}

/// They are given out in answers of so many bytes at most.
fn tenant(rows: impl IntoIterator<Item = xdr::Record>, most_bytes: usize) -> Cloud {
    Cloud::builder()
        .app(App::new("contoso.com", CLIENT, "s3cret!"))
        .xdr(rows)
        .hunting_bytes(most_bytes)
        .start()
}

/// The rows of one table, read with pages of this size until all have arrived once. Returns the
/// notices' texts.
fn all_arrive_in_bounded_memory(cloud: &Cloud, page_size: &str) -> String {
    let receiver = SyslogReceiver::start();
    let mut plan = Plan::new(cloud, receiver.addr().port(), "tcp");
    plan.source = format!(
        "kind = \"defender-xdr\"\ntenant_id = \"contoso.com\"\nclient_id = \"{CLIENT}\"\n\
         client_secret_file = \"secret\"\nlogin_url = \"{0}\"\ngraph_url = \"{0}\"\n\
         ca_file = \"cloud-ca.pem\"\nhunting_calls_per_minute = 45\n",
        cloud.url()
    );
    plan.activities = format!("tables = [\"CloudAppEvents\"]\n{page_size}");
    plan.alerts = "enabled = false\n".to_owned();
    let mut siembox = Siembox::new(cloud, &plan);
    siembox.put_secret("secret", "s3cret!");
    siembox.start_and_wait();
    let at_first = siembox.rss();
    let want: BTreeSet<String> = cloud.xdr_ids(List::CloudAppEvents).into_iter().collect();
    let count = want.len() as u64;
    let status = siembox.wait_within(PATIENCE, "all rows are proved", |status| {
        let agent = &status.agents[0];
        agent.lines.proved >= count && agent.spool.waiting == 0
    });
    let peak = siembox.peak_rss();
    println!(
        "{count} rows: {} MB, at first {} MB",
        peak >> 20,
        at_first >> 20
    );
    siembox.stop();
    let got: Vec<String> = receiver.lines().iter().map(|line| id_of(line)).collect();
    assert_eq!(got.len(), want.len(), "each once");
    assert!(got.into_iter().collect::<BTreeSet<_>>() == want);
    assert!(peak <= BOUND, "{} MB", peak >> 20);
    let notices = status.notices.iter();
    let texts = notices.map(|notice| format!("{}: {}", notice.title, notice.text));
    texts.collect::<Vec<_>>().join("\n") + &siembox.log()
}

fn id_of(line: &str) -> String {
    let mut pairs = Cef::read(line).unwrap().extension.into_iter();
    pairs.find(|(key, _)| key == "externalId").unwrap().1
}

/// Rows of which less fits into memory than is asked for: fewer are asked for, and that is told.
fn fewer_are_asked_for(page_size: &str) {
    let cloud = tenant(rows(9_000, 10_800), MOST_BYTES);
    let told = all_arrive_in_bounded_memory(&cloud, page_size);
    assert!(told.contains(SMALLER), "{told}");
    assert!(!told.contains(MORE_THAN_ASKED), "{told}");
}

/// The largest answer that the API gives.
#[test]
fn an_answer_of_50_mb_is_read_as_far_as_it_fits() {
    fewer_are_asked_for("page_size = 4500\n");
}

#[test]
fn pages_that_would_be_larger_are_asked_for_smaller() {
    fewer_are_asked_for("");
}

#[test]
fn a_hundred_thousand_rows_at_once_are_read_in_parts() {
    let now_ms = siembox_support::clock::real_ms();
    let activities = records::activities(75, 200_000);
    let twins = xdr::twins(activities.between(now_ms - 40 * HOUR, now_ms - HOUR));
    let of_one_table = twins.filter(|row| row.list == List::CloudAppEvents);
    let cloud = tenant(of_one_table.take(100_000), usize::MAX);
    // of each page: questions for the newest row, which come before, have one
    let fault = Fault::TakeIgnored.bound_to(Bound::Above(1_000));
    cloud.fault(fault.on(Target::Of(List::CloudAppEvents)));
    let told = all_arrive_in_bounded_memory(&cloud, "page_size = 9999\n");
    assert!(told.contains(MORE_THAN_ASKED), "{told}");
}
