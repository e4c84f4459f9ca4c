//! Each fault behaves as its name says, and no longer than asked.
#![allow(clippy::unwrap_used)]
#![allow(
    clippy::disallowed_methods,
    reason = "short answers of our own simulator"
)]

mod ask;

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ask::{agent, ids, post, scan_all, whole_scan};
use serde_json::{Value, json};
use siembox_support::cloud::{Cloud, Dirt, Fault, Target, Unreadable};
use siembox_support::records;

fn cloud() -> Cloud {
    Cloud::builder()
        .requests_per_minute(1000)
        .activities(records::activities(1, 1200))
        .alerts(records::alerts(1, 150))
        .start()
}

fn plain() -> Cloud {
    Cloud::builder()
        .plain_http()
        .requests_per_minute(1000)
        .activities(records::activities(1, 60))
        .start()
}

const ACTIVITIES: &str = "/api/v1/activities/";
const ALERTS: &str = "/api/v1/alerts/";

/// Sends one request over a bare socket: all bytes that came back, and how the connection ended.
fn bare(cloud: &Cloud, patience: Duration) -> (Vec<u8>, Result<(), ErrorKind>) {
    bare_with(cloud, patience, "close")
}

fn bare_with(
    cloud: &Cloud,
    patience: Duration,
    connection: &str,
) -> (Vec<u8>, Result<(), ErrorKind>) {
    let mut socket = TcpStream::connect(cloud.addr()).unwrap();
    socket.set_read_timeout(Some(patience)).unwrap();
    let (body, token) = ("{\"limit\":100}", cloud.token());
    let length = body.len();
    write!(socket, "POST {ACTIVITIES} HTTP/1.1\r\nHost: cloud\r\nAuthorization: Token {token}\r\nConnection: {connection}\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
    let mut bytes = Vec::new();
    let mut piece = [0; 65536];
    loop {
        match socket.read(&mut piece) {
            Ok(0) => return (bytes, Ok(())),
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
            Err(error) => return (bytes, Err(error.kind())),
        }
    }
}

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(20);

#[test]
fn a_status_comes_as_often_as_asked_and_where_asked() {
    let cloud = cloud();
    let agent = agent(cloud.ca_pem());
    cloud.fault(Fault::Status(403).times(2).on(Target::Alerts));
    cloud.fault(Fault::Status(404).after(1));
    let status = |path| post(&agent, &cloud, path, &json!({})).0;
    assert_eq!(status(ACTIVITIES), 200);
    assert_eq!([status(ALERTS), status(ALERTS)], [403, 403]);
    assert_eq!([status(ALERTS), status(ALERTS)], [404, 200]);
    assert_eq!(cloud.faults_waiting(), 0);
    assert_eq!(cloud.requests()[1].fault, Some(Fault::Status(403)));
}

#[test]
fn a_chance_strikes_now_and_then_the_same_way_each_time() {
    let pattern = || {
        let cloud = cloud();
        let agent = agent(cloud.ca_pem());
        cloud.fault(Fault::Status(401).for_ever().chance(0.3, 5));
        (0..40)
            .map(|_| post(&agent, &cloud, ALERTS, &json!({})).0 == 401)
            .collect::<Vec<_>>()
    };
    let first = pattern();
    let struck = first.iter().filter(|struck| **struck).count();
    assert!((5..20).contains(&struck), "{struck}");
    assert_eq!(first, pattern());
}

#[test]
fn throttled_with_and_without_words() {
    let cloud = cloud();
    let agent = agent(cloud.ca_pem());
    cloud.fault(Fault::Throttled {
        retry_after: Some(7),
        in_text: Some(9),
    });
    cloud.fault(Fault::Throttled {
        retry_after: None,
        in_text: None,
    });
    let ask = || {
        agent
            .post(format!("{}{ALERTS}", cloud.url()))
            .send("{}")
            .unwrap()
    };
    let mut with = ask();
    assert_eq!(with.status(), 429);
    assert_eq!(with.headers()["retry-after"], "7");
    assert!(
        with.body_mut()
            .read_to_string()
            .unwrap()
            .contains("throttled. Expected available in 9 seconds")
    );
    let mut without = ask();
    assert!(without.headers().get("retry-after").is_none());
    assert!(
        !without
            .body_mut()
            .read_to_string()
            .unwrap()
            .contains("throttled")
    );
}

#[test]
fn other_answers_than_json() {
    let cloud = cloud();
    let agent = agent(cloud.ca_pem());
    let ask = || {
        agent
            .post(format!("{}{ALERTS}", cloud.url()))
            .send("{}")
            .unwrap()
    };
    cloud.fault(Fault::HtmlPage);
    let mut page = ask();
    assert_eq!(
        (
            page.status().as_u16(),
            page.headers()["content-type"]
                .to_str()
                .unwrap()
                .starts_with("text/html")
        ),
        (200, true)
    );
    assert!(
        page.body_mut()
            .read_to_string()
            .unwrap()
            .starts_with("<!DOCTYPE")
    );
    cloud.fault(Fault::Redirect("https://elsewhere.example/".to_owned()));
    let moved = ask();
    assert_eq!(
        (
            moved.status().as_u16(),
            moved.headers()["location"].to_str().unwrap()
        ),
        (302, "https://elsewhere.example/")
    );
    cloud.fault(Fault::Status(502));
    assert_eq!(ask().status(), 502);
}

#[test]
fn resets_at_three_places() {
    let cloud = plain();
    for (fault, begins_with_head, reaches_body) in [
        (Fault::ResetBeforeHead, false, false),
        (Fault::ResetInHead, true, false),
        (Fault::ResetInBody, true, true),
    ] {
        cloud.fault(fault.clone());
        let (bytes, end) = bare(&cloud, LONG);
        assert_eq!(end, Err(ErrorKind::ConnectionReset), "{fault:?}");
        assert_eq!(
            bytes.starts_with(b"HTTP/1.1 200"),
            begins_with_head,
            "{fault:?}"
        );
        assert_eq!(
            bytes.windows(4).any(|four| four == b"\r\n\r\n"),
            reaches_body,
            "{fault:?}"
        );
    }
    assert_eq!(
        cloud
            .requests()
            .iter()
            .map(|seen| seen.status)
            .collect::<Vec<_>>(),
        [0, 0, 200]
    );
}

#[test]
fn half_an_answer_ends_before_its_length() {
    let cloud = plain();
    cloud.fault(Fault::HalfAnswer);
    let (bytes, end) = bare(&cloud, LONG);
    assert_eq!(end, Ok(()));
    let text = String::from_utf8_lossy(&bytes);
    let length: usize = text
        .split("Content-Length: ")
        .nth(1)
        .unwrap()
        .split("\r\n")
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let body = bytes.len() - text.find("\r\n\r\n").unwrap() - 4;
    assert_eq!(body, length / 2);
}

#[test]
fn a_stall_lasts_until_the_client_leaves_and_ends_with_the_simulator() {
    let cloud = plain();
    cloud.fault(Fault::Stall.times(2));
    let (bytes, end) = bare(&cloud, SHORT);
    assert!(bytes.is_empty());
    assert_eq!(end, Err(ErrorKind::WouldBlock));

    let addr = cloud.addr();
    let waiting = std::thread::spawn(move || {
        let mut socket = TcpStream::connect(addr).unwrap();
        socket
            .write_all(b"POST /api/v1/alerts/ HTTP/1.1\r\n\r\n")
            .unwrap();
        let mut nothing = Vec::new();
        socket.read_to_end(&mut nothing).map(|_| nothing.len())
    });
    assert!(cloud.wait_until(Duration::from_secs(5), |seen| seen.len() == 2));
    let start = Instant::now();
    drop(cloud);
    assert!(start.elapsed() < Duration::from_secs(2));
    assert!(matches!(waiting.join().unwrap(), Ok(0) | Err(_)));
}

#[test]
fn a_drip_comes_byte_by_byte() {
    let cloud = plain();
    cloud.fault(Fault::Drip(Duration::from_millis(50)));
    let (bytes, end) = bare(&cloud, Duration::from_millis(40));
    assert_eq!(end, Err(ErrorKind::WouldBlock));
    assert!(bytes.len() < 60, "{}", bytes.len());
}

#[test]
fn a_delay_and_a_hang_up() {
    let cloud = plain();
    cloud.fault(Fault::Delay(Duration::from_millis(200)));
    cloud.fault(Fault::HangUp);
    let start = Instant::now();
    assert_eq!(bare(&cloud, LONG).1, Ok(()));
    assert!(start.elapsed() >= Duration::from_millis(200));
    let (bytes, end) = bare_with(&cloud, LONG, "keep-alive");
    assert_eq!(end, Ok(()));
    assert!(bytes.ends_with(b"}"));
    assert!(
        !String::from_utf8_lossy(&bytes)
            .to_lowercase()
            .contains("connection: close")
    );
}

#[test]
fn json_that_ends_too_early() {
    let cloud = plain();
    cloud.fault(Fault::InvalidJson);
    let (bytes, _) = bare(&cloud, LONG);
    let text = String::from_utf8(bytes).unwrap();
    let body = text.split("\r\n\r\n").nth(1).unwrap();
    assert!(text.contains(&format!("Content-Length: {}\r\n", body.len())));
    assert!(serde_json::from_str::<Value>(body).is_err());
}

#[test]
fn a_bomb_is_small_until_it_is_unpacked() {
    let cloud = plain();
    cloud.fault(Fault::GzipBomb(200_000_000));
    let (bytes, _) = bare(&cloud, LONG);
    assert!(bytes.len() < 2_000_000, "{}", bytes.len());
    let body = &bytes[bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap()
        + 4..];
    let unpacked = std::io::copy(
        &mut flate2::read::GzDecoder::new(body),
        &mut std::io::sink(),
    )
    .unwrap();
    assert_eq!(unpacked, 200_000_000);
}

#[test]
fn headers_packing_and_chunks() {
    let cloud = plain();
    cloud.fault(Fault::HugeHeaders(300_000));
    assert!(bare(&cloud, LONG).0.len() > 300_000);

    let agent = agent(cloud.ca_pem());
    let right = post(&agent, &cloud, ACTIVITIES, &json!({})).1;
    for fault in [Fault::Gzip, Fault::Chunked] {
        cloud.fault(fault);
        assert_eq!(post(&agent, &cloud, ACTIVITIES, &json!({})).1, right);
    }
    let all_ways = Cloud::builder()
        .gzip()
        .chunked()
        .activities(records::activities(1, 60))
        .start();
    let packed = ask::agent(all_ways.ca_pem());
    assert_eq!(
        ids(&post(&packed, &all_ways, ACTIVITIES, &json!({})).1).len(),
        60
    );
}

#[test]
fn an_empty_page_with_a_total_loses_nothing_for_who_asks_again() {
    let cloud = cloud();
    let agent = agent(cloud.ca_pem());
    cloud.fault(Fault::EmptyWithTotal);
    let (_, answer) = post(&agent, &cloud, ALERTS, &json!({}));
    assert_eq!(
        (ids(&answer).len(), answer["total"].as_u64()),
        (0, Some(150))
    );
    cloud.fault(Fault::EmptyWithTotal.after(1));
    assert_eq!(
        scan_all(&agent, &cloud, whole_scan(500)).0,
        cloud.activity_ids()
    );
}

#[test]
fn has_next_lies_both_ways() {
    let cloud = cloud();
    let agent = agent(cloud.ca_pem());
    cloud.fault(Fault::HasNextLies);
    let (_, more) = post(&agent, &cloud, ACTIVITIES, &whole_scan(500));
    assert_eq!(
        (&more["hasNext"], more.get("nextQueryFilters")),
        (&json!(false), None)
    );

    cloud.fault(Fault::HasNextLies);
    let (_, end) = post(&agent, &cloud, ACTIVITIES, &whole_scan(5000));
    assert_eq!((ids(&end).len(), &end["hasNext"]), (1200, &json!(true)));
    let mut beyond = whole_scan(5000);
    beyond["filters"] = end["nextQueryFilters"].clone();
    let (_, nothing) = post(&agent, &cloud, ACTIVITIES, &beyond);
    assert_eq!(
        (ids(&nothing).len(), &nothing["hasNext"]),
        (0, &json!(false))
    );

    cloud.fault(Fault::NoNextFilters);
    let (_, lost) = post(&agent, &cloud, ACTIVITIES, &whole_scan(500));
    assert_eq!(
        (&lost["hasNext"], lost.get("nextQueryFilters")),
        (&json!(true), None)
    );
}

#[test]
fn another_cap_than_asked() {
    let cloud = cloud();
    let agent = agent(cloud.ca_pem());
    cloud.fault(Fault::Cap(40).on(Target::Alerts));
    let (_, alerts) = post(&agent, &cloud, ALERTS, &json!({"limit": 100}));
    assert_eq!((ids(&alerts).len(), &alerts["hasNext"]), (40, &json!(true)));
    cloud.fault(Fault::Cap(200).times(2));
    let (scanned, answers) = scan_all(&agent, &cloud, whole_scan(1000));
    assert_eq!(scanned, cloud.activity_ids());
    assert_eq!(answers, 3);
}

#[test]
fn pages_come_again_and_in_disorder() {
    let cloud = cloud();
    let agent = agent(cloud.ca_pem());
    let page =
        |skip: usize| ids(&post(&agent, &cloud, ALERTS, &json!({"skip": skip, "limit": 100})).1);
    let (first, second) = (page(0), page(100));
    page(0);
    cloud.fault(Fault::Repeat);
    assert_eq!(page(100), first);
    assert_eq!(page(100), second);

    cloud.fault(Fault::Unordered);
    let mut mixed = page(0);
    assert_ne!(mixed, first);
    mixed.sort();
    let mut sorted = first;
    sorted.sort();
    assert_eq!(mixed, sorted);

    cloud.fault(Fault::Repeat.on(Target::Activities).after(1));
    let (scanned, _) = scan_all(&agent, &cloud, whole_scan(500));
    let mut once = scanned.clone();
    once.dedup();
    assert!(scanned.len() > 1200);
    assert_eq!(
        scanned
            .iter()
            .collect::<std::collections::HashSet<_>>()
            .len(),
        1200
    );
}

#[test]
fn one_record_too_many_that_cant_be_read() {
    let cloud = cloud();
    let agent = agent(cloud.ca_pem());
    for how in [
        Unreadable::NotAnObject,
        Unreadable::NoTime,
        Unreadable::TimeIsText,
        Unreadable::NoId,
        Unreadable::WrongTypes,
    ] {
        cloud.fault(Fault::Unreadable(how));
        let (_, answer) = post(&agent, &cloud, ALERTS, &json!({}));
        let data = answer["data"].as_array().unwrap();
        assert_eq!(data.len(), 101);
        let good = data
            .iter()
            .filter(|record| record["_id"].is_string() && record["timestamp"].is_i64())
            .count();
        assert_eq!(good, 100, "{how:?}");
    }
    cloud.fault(Fault::BigRecord(10_000_000));
    let (_, answer) = post(&agent, &cloud, ALERTS, &json!({}));
    assert_eq!(answer["data"].as_array().unwrap().len(), 101);
    assert_eq!(
        answer["data"][50]["description"].as_str().unwrap().len(),
        10_000_000
    );
    assert!(answer["data"][50]["timestamp"].is_i64());
}

#[test]
fn dirt_inside_a_record() {
    let cloud = plain();
    let body = || {
        let (bytes, _) = bare(&cloud, LONG);
        let at = bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap();
        bytes[at + 4..].to_vec()
    };
    cloud.fault(Fault::Dirt(Dirt::InvalidUtf8));
    let bytes = body();
    assert!(String::from_utf8(bytes.clone()).is_err());
    assert!(serde_json::from_str::<Value>(&String::from_utf8_lossy(&bytes)).is_ok());

    cloud.fault(Fault::Dirt(Dirt::LoneSurrogate));
    let text = String::from_utf8(body()).unwrap();
    assert!(serde_json::from_str::<Value>(&text).is_err());

    cloud.fault(Fault::Dirt(Dirt::DuplicateKeys));
    let text = String::from_utf8(body()).unwrap();
    assert!(text.contains(
        r#""description":"first", "Description": "other case", "description": "second "#
    ));
    assert!(serde_json::from_str::<Value>(&text).is_ok());

    cloud.fault(Fault::Dirt(Dirt::Controls));
    let answer: Value = serde_json::from_slice(&body()).unwrap();
    assert!(
        answer["data"]
            .as_array()
            .unwrap()
            .iter()
            .any(|record| record["description"].as_str().unwrap().contains('\u{1b}'))
    );
}

#[test]
fn a_fault_of_a_page_waits_for_a_page() {
    let cloud = cloud();
    let agent = agent(cloud.ca_pem());
    cloud.fault(Fault::Unordered);
    let token = cloud.token().to_owned();
    cloud.set_token("another");
    assert_eq!(post(&agent, &cloud, ALERTS, &json!({})).0, 401);
    assert_eq!(cloud.faults_waiting(), 1);
    cloud.set_token(&token);
    assert_eq!(post(&agent, &cloud, ALERTS, &json!({})).0, 200);
    assert_eq!(cloud.faults_waiting(), 0);
}
