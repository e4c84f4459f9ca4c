//! What goes wrong in Graph and in hunting, each as the reference describes it.
#![allow(clippy::unwrap_used)]
#![allow(
    clippy::disallowed_methods,
    reason = "short answers of our own simulator"
)]

mod ask;
mod graph;

use std::collections::HashSet;

use graph::{Client, app, ids_of, rows_of, window};
use serde_json::{Value, json};
use siembox_support::cloud::{Bound, Call, Cloud, Dirt, Fault, NoRows, Target, Unreadable};
use siembox_support::records;
use siembox_support::records::xdr::{self, List, Ticks};

const NOW: i64 = 1_794_307_200_000;
const HOUR: i64 = 3_600_000;
const SINCE: &str = "alerts_v2?$filter=lastUpdateDateTime%20ge%202026-11-08T00%3A00%3A00Z\
    &$orderby=lastUpdateDateTime%20asc";

fn cloud() -> Cloud {
    Cloud::builder()
        .app(app())
        .xdr(xdr::alerts(4, 160).between(NOW - 20 * HOUR, NOW - HOUR))
        .xdr(xdr::twins(
            records::activities(3, 300).between(NOW - 20 * HOUR, NOW - HOUR),
        ))
        .graph_requests_per_minute(100_000)
        .hunting_calls_per_minute(100_000)
        .stopped_at(NOW)
        .start()
}

/// All rows of a table, at once.
fn rows(table: List) -> String {
    window(table, "Timestamp", NOW - 24 * HOUR, NOW, 0, 5000)
}

fn message(body: &Value) -> &str {
    body["error"]["message"].as_str().unwrap()
}

#[test]
fn a_refused_link_is_refused_and_the_first_question_is_not() {
    let cloud = cloud();
    let client = Client::new(&cloud);
    cloud.fault(Fault::LinkRefused);
    let (status, page) = client.get(&format!("{SINCE}&$top=100"));
    assert_eq!(status, 200);
    let link = page["@odata.nextLink"].as_str().unwrap();
    let (status, refused) = client.get(link);
    assert_eq!(
        (status, &refused["error"]["code"]),
        (400, &json!("BadRequest"))
    );
    assert!(message(&refused).contains("'SkipToken' is not allowed"));
    assert_eq!(client.get(link).0, 200);
    // an address that was taken apart and put together again is none
    assert_eq!(client.get(&link.replace("%3d", "%253d")).0, 400);
}

#[test]
fn links_by_skip_end_at_five_hundred() {
    let cloud = Cloud::builder()
        .app(app())
        .xdr(xdr::alerts(4, 700).between(NOW - 20 * HOUR, NOW - HOUR))
        .links_by_skip()
        .graph_requests_per_minute(1000)
        .stopped_at(NOW)
        .start();
    let client = Client::new(&cloud);
    let (mut next, mut ids) = (format!("{SINCE}&$top=200"), Vec::new());
    let refused = loop {
        let (status, page) = client.get(&next);
        if status != 200 {
            break (status, page);
        }
        ids.extend(ids_of(&page));
        next = page["@odata.nextLink"].as_str().unwrap().to_owned();
        assert!(next.contains("$skip="), "{next}");
    };
    assert_eq!((refused.0, ids.len()), (400, 600));
    assert!(message(&refused.1).contains("'500' for Skip"));
}

#[test]
fn an_incomplete_page_is_a_206_with_a_warning() {
    let cloud = cloud();
    let client = Client::new(&cloud);
    cloud.fault(Fault::PartialContent);
    let mut answer = client
        .agent
        .get(format!("{}/v1.0/security/{SINCE}&$top=100", cloud.url()))
        .header("Authorization", format!("Bearer {}", client.token))
        .call()
        .unwrap();
    assert_eq!(answer.status().as_u16(), 206);
    let warning = answer.headers()["Warning"].to_str().unwrap().to_owned();
    assert!(warning.starts_with("199 - \""), "{warning}");
    let text = answer.body_mut().read_to_string().unwrap();
    let page: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(ids_of(&page).len(), 50);
}

#[test]
fn answers_that_are_none() {
    let cloud = cloud();
    let client = Client::new(&cloud);
    let asked = |fault: Fault| {
        cloud.fault(fault.on(Target::Graph));
        client.get(SINCE)
    };
    let (status, page) = asked(Fault::HtmlForbidden);
    assert!(status == 403 && page.as_str().unwrap().contains("Application-Gateway"));
    let (status, body) = asked(Fault::UnknownError);
    let error = &body["error"];
    assert_eq!(
        (status, &error["code"], &error["message"]),
        (500, &json!("UnknownError"), &json!(""))
    );
    assert!(
        asked(Fault::Status(504))
            .1
            .as_str()
            .unwrap()
            .contains("<html>")
    );
    let throttled = |retry_after, in_text| Fault::Throttled {
        retry_after,
        in_text,
    };
    let (status, body) = asked(throttled(Some(7), None));
    assert_eq!(
        (status, &body["error"]["code"]),
        (429, &json!("TooManyRequests"))
    );
    for (fault, header) in [
        (throttled(Some(7), None), Some("7")),
        (throttled(None, None), None),
    ] {
        cloud.fault(fault);
        let answer = client
            .agent
            .get(format!("{}/v1.0/security/{SINCE}", cloud.url()))
            .header("Authorization", format!("Bearer {}", client.token))
            .call()
            .unwrap();
        let said = answer
            .headers()
            .get("Retry-After")
            .map(|value| value.to_str().unwrap());
        assert_eq!((answer.status().as_u16(), said), (429, header));
    }
    let (status, body) = asked(Fault::BearerEnds);
    assert_eq!(
        (status, &body["error"]["code"]),
        (401, &json!("InvalidAuthenticationToken"))
    );
    assert_eq!(client.get(SINCE).0, 401, "this token is gone");
    assert_eq!(Client::new(&cloud).get(SINCE).0, 200);
}

#[test]
fn the_order_is_not_what_was_asked_for() {
    let cloud = cloud();
    let client = Client::new(&cloud);
    cloud.fault(Fault::NewestFirst);
    let stamps = |page: &Value| -> Vec<Ticks> {
        let alerts = page["value"].as_array().unwrap().iter();
        let text = alerts.map(|alert| alert["lastUpdateDateTime"].as_str().unwrap());
        text.map(|text| Ticks::parse(text).unwrap()).collect()
    };
    let (_, page) = client.get(SINCE);
    assert!(stamps(&page).is_sorted_by(|a, b| a >= b));
    let (_, page) = client.get(SINCE);
    assert!(stamps(&page).is_sorted());
}

#[test]
fn alerts_come_late_change_and_share_stamps_across_a_page() {
    let cloud = Cloud::builder()
        .app(app())
        .xdr(
            xdr::alerts(4, 60)
                .between(NOW - 2 * HOUR, NOW - HOUR)
                .ties(100),
        )
        .graph_requests_per_minute(1000)
        .stopped_at(NOW)
        .start();
    let client = Client::new(&cloud);
    let (ids, answers) = client.walk(&format!("{SINCE}&$top=7"));
    assert_eq!((ids.iter().collect::<HashSet<_>>().len(), answers), (60, 9));
    // ten minutes late, with an older stamp
    let mut late = xdr::alerts(9, 1)
        .between(NOW - HOUR, NOW - HOUR + 1)
        .next()
        .unwrap();
    late = late.visible_from(NOW + 600_000);
    let late_id = late.id.clone();
    cloud.add_xdr([late]);
    assert_eq!(client.walk(SINCE).0.len(), 60);
    cloud.stop_clock_at(NOW + 600_000);
    let ids = client.walk(SINCE).0;
    assert_eq!((ids.len(), ids.last()), (61, Some(&late_id)));
    // a change moves a record to the end and says so
    assert!(cloud.change_xdr(List::Alerts, &ids[3], NOW + 600_000));
    let after = client.walk(SINCE).0;
    assert_eq!((after.len(), after.last()), (61, Some(&ids[3])));
    let (_, page) = client.get(&format!("{SINCE}&$top=61"));
    assert_eq!(page["value"][60]["status"], "inProgress");
    assert!(!cloud.change_xdr(List::Alerts, "nobody", NOW));
}

#[test]
fn hunting_refuses_what_is_too_much_and_strikes_what_it_is_bound_to() {
    let cloud = cloud();
    let client = Client::new(&cloud);
    let all = rows(List::CloudAppEvents);
    let count = rows_of(&client.hunt(&all).1).len();
    assert!(count > 150);
    cloud.fault(
        Fault::TooLarge
            .bound_to(Bound::Above(100))
            .on(Target::Of(List::CloudAppEvents)),
    );
    let (status, refused) = client.hunt(&all);
    assert!(status == 400 && message(&refused).contains("exceeded the allowed result size"));
    let few = window(
        List::CloudAppEvents,
        "Timestamp",
        NOW - 24 * HOUR,
        NOW,
        0,
        100,
    );
    assert_eq!(client.hunt(&few).0, 200);
    cloud.clear_faults();
    let said = |fault: Fault| {
        cloud.fault(fault);
        let (status, body) = client.hunt(&all);
        (status, message(&body).to_owned())
    };
    let (status, text) = said(Fault::TooSlow);
    assert_eq!(
        (status, text.as_str()),
        (400, "Query exceeded the timeout period.")
    );
    let (status, text) = said(Fault::Quota(754));
    assert!(
        status == 429 && text.ends_with("run queries again in 00:12:34."),
        "{text}"
    );
    let (status, text) = said(Fault::TableMissing);
    assert!(
        status == 400 && text.contains("Failed to resolve table"),
        "{text}"
    );
    // faults of the lists of Graph do not happen to it, and the other way round
    cloud.fault(Fault::PartialContent);
    assert_eq!(client.hunt(&all).0, 200);
    cloud.fault(Fault::TooLarge);
    assert_eq!(client.get(SINCE).0, 206);
    assert_eq!(client.get(SINCE).0, 200);
    assert_eq!((client.hunt(&all).0, cloud.faults_waiting()), (400, 0));
}

#[test]
fn rows_are_cut_answers_too_long_are_refused_and_no_rows_have_three_forms() {
    let cloud = cloud();
    let client = Client::new(&cloud);
    let none = window(List::CloudAppEvents, "Timestamp", NOW - 1000, NOW, 0, 10);
    cloud.fault(Fault::NoRows(NoRows::Null));
    cloud.fault(Fault::NoRows(NoRows::Absent));
    assert_eq!(client.hunt(&rows(List::CloudAppEvents)).0, 200);
    assert_eq!(
        cloud.faults_waiting(),
        2,
        "they wait for an answer without rows"
    );
    let results = || {
        client
            .hunt(&none)
            .1
            .as_object()
            .unwrap()
            .get("results")
            .cloned()
    };
    assert_eq!(
        [results(), results(), results()],
        [Some(Value::Null), None, Some(json!([]))]
    );

    let small = Cloud::builder()
        .app(app())
        .xdr(xdr::twins(
            records::activities(3, 300).between(NOW - 20 * HOUR, NOW - HOUR),
        ))
        .hunting_rows(40)
        .stopped_at(NOW)
        .start();
    let client = Client::new(&small);
    assert!(client.hunt(&rows(List::CloudAppEvents)).0 == 200);
    let project = rows(List::CloudAppEvents) + "\n| project Timestamp, ReportId";
    assert_eq!(rows_of(&client.hunt(&project).1).len(), 40);
    let small = Cloud::builder()
        .app(app())
        .xdr(xdr::twins(
            records::activities(3, 300).between(NOW - 20 * HOUR, NOW - HOUR),
        ))
        .hunting_bytes(60_000)
        .stopped_at(NOW)
        .start();
    let client = Client::new(&small);
    let (status, refused) = client.hunt(&rows(List::CloudAppEvents));
    assert!(status == 400 && message(&refused).contains("allowed result size"));
}

#[test]
fn late_rows_come_when_they_are_ingested() {
    let cloud = cloud();
    let client = Client::new(&cloud);
    let row = r#"{"Timestamp":"2026-11-10T09:00:00Z","ReportId":"late-1","ActionType":"x"}"#;
    let late = xdr::Record::from_json(List::CloudAppEvents, row).visible_from(NOW + 60_000);
    cloud.add_xdr([late]);
    let has = || {
        let (_, answer) = client.hunt(&rows(List::CloudAppEvents));
        rows_of(&answer)
            .iter()
            .any(|row| row["ReportId"] == "late-1")
    };
    assert!(!has());
    cloud.stop_clock_at(NOW + 60_000);
    assert!(has());
}

#[test]
fn dirt_and_unreadable_records_strike_both() {
    let cloud = cloud();
    let client = Client::new(&cloud);
    let hunted = |fault: Fault| {
        cloud.fault(fault);
        client.raw_hunt(&rows(List::IdentityLogonEvents))
    };
    assert!(hunted(Fault::Dirt(Dirt::LoneSurrogate)).contains(r"dirt \ud83d"));
    assert!(hunted(Fault::Unreadable(Unreadable::NotAnObject)).contains(",42,"));
    assert!(hunted(Fault::BigRecord(50_000)).contains("\"big-50000\""));
    cloud.fault(Fault::Unreadable(Unreadable::NoTime).on(Target::Graph));
    let (_, page) = client.get(SINCE);
    assert!(ids_of(&page).contains(&"unreadable-no-time".to_owned()));
    cloud.fault(Fault::Cap(3));
    assert_eq!(ids_of(&client.get(SINCE).1).len(), 3);
    cloud.fault(Fault::HasNextLies);
    let (_, page) = client.get(SINCE);
    assert_eq!(page["@odata.nextLink"], Value::Null);
    cloud.fault(Fault::EmptyWithTotal);
    let (_, page) = client.get(SINCE);
    assert_eq!(ids_of(&page).len(), 0);
    assert_eq!(
        client
            .walk(page["@odata.nextLink"].as_str().unwrap())
            .0
            .len(),
        160
    );
}

#[test]
fn quotas_are_kept_and_calls_are_counted() {
    let cloud = Cloud::builder().app(app()).stopped_at(NOW).start();
    let client = Client::new(&cloud);
    let query = rows(List::CloudAppEvents);
    let statuses: Vec<u16> = (0..46).map(|_| client.hunt(&query).0).collect();
    assert!(statuses[..45].iter().all(|status| *status == 200));
    assert_eq!(statuses[45], 429);
    for _ in 0..150 {
        assert_eq!(client.get(SINCE).0, 200);
    }
    assert_eq!(client.get(SINCE).0, 429);
    cloud.stop_clock_at(NOW + 60_000);
    assert_eq!((client.hunt(&query).0, client.get(SINCE).0), (200, 200));
    let busiest = [Call::Hunting, Call::Graph, Call::LogOn, Call::CloudApps];
    assert_eq!(
        busiest.map(|call| cloud.busiest_minute(call)),
        [46, 151, 1, 0]
    );
    assert_eq!(cloud.calls(Call::Hunting).len(), 47);
}

#[test]
fn hunting_that_does_not_look_at_take_gives_all_rows_once() {
    let cloud = cloud();
    let client = Client::new(&cloud);
    let table = List::CloudAppEvents;
    let question = window(table, "Timestamp", NOW - 24 * HOUR, NOW, 0, 10);
    let all = rows_of(&client.hunt(&rows(table)).1).len();
    cloud.fault(Fault::TakeIgnored);
    let counts = [0; 2].map(|_| rows_of(&client.hunt(&question).1).len());
    assert_eq!(counts, [all, 10]);
}
