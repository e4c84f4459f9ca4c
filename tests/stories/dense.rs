//! The densest answers that a body of 64 MB can hold, each instead of one of the API's: memory
//! stays bounded, what was wrong is said, and the stream goes on. In CI they are a quarter as
//! large.

use siembox::for_tests::clock::now_ms;
use siembox_support::cloud::{Cloud, Fault, Target};
use siembox_support::receiver::rsyslog;
use siembox_support::{records, soak};

use crate::siembox::{Plan, Siembox};

/// What the answer unpacks to, bytes; in the long form the most that is taken in.
fn size() -> usize {
    if soak::is_long() { 63 << 20 } else { 16 << 20 }
}

/// What the process may take, bytes; in the long form half of what its unit lets it have.
fn bound() -> u64 {
    if soak::is_long() { 128 << 20 } else { 64 << 20 }
}

/// A status, and a body that begins so, goes on with so many of these, and ends so.
struct Shape(&'static str, u16, &'static str, &'static str, &'static str);

const SHAPES: &[Shape] = &[
    Shape("numbers", 200, "{\"data\":[", "1,", "1]}"),
    Shape("numbers without an end", 200, "{\"data\":[", "1,", ""),
    Shape("empty records", 200, "{\"data\":[", "{},", "{}]}"),
    Shape("empty lists", 200, "{\"data\":[", "[],", "[]]}"),
    Shape("empty texts", 200, "{\"data\":[", "\"\",", "\"\"]}"),
    Shape(
        "a map of records",
        200,
        "{\"data\":{\"a\":{}",
        ",\"a\":{}",
        "}}",
    ),
    Shape("one text", 200, "{\"data\":[\"", "xxxxxxxx", "\"]}"),
    Shape(
        "one record",
        200,
        "{\"data\":[{\"_id\":\"a\",\"x\":\"",
        "xxxxxxxx",
        "\"}]}",
    ),
    Shape(
        "a record of numbers",
        200,
        "{\"data\":[{\"_id\":\"a\",\"x\":[",
        "1,",
        "1]}]}",
    ),
    Shape(
        "a record of members",
        200,
        "{\"data\":[{\"_id\":\"a\"",
        ",\"x\":1",
        "}]}",
    ),
    Shape("deep lists", 200, "{\"data\":[", "[", ""),
    Shape("deep objects", 200, "{\"data\":[", "{\"a\":", ""),
    Shape("closing brackets", 200, "{\"data\":[", "}", ""),
    Shape("commas", 200, "{\"data\":[", ",", "]}"),
    Shape("blanks", 200, "", " ", ""),
    Shape("a long head", 200, "{\"x\":[", "1,", "1],\"data\":[]}"),
    Shape("a long key", 200, "{\"", "xxxxxxxx", "\":1,\"data\":[]}"),
    Shape("deep objects before the list", 200, "", "{\"data\":", ""),
    Shape("a long tail", 200, "{\"data\":[],\"x\":[", "1,", "1]}"),
    Shape(
        "a long place",
        200,
        "{\"data\":[],\"nextQueryFilters\":{\"x\":[",
        "1,",
        "1]}}",
    ),
    Shape(
        "a long total",
        200,
        "{\"data\":[],\"total\":1",
        "00000000",
        "}",
    ),
    Shape("not JSON", 200, "", "[1,", ""),
    Shape("a web page", 200, "<html><title>", "xxxxxxxx", ""),
    Shape("a refusal", 400, "{\"errors\":[", "1,", "1]}"),
    Shape("a refused token", 403, "{\"detail\":\"", "xxxxxxxx", "\"}"),
    Shape("a failure", 500, "[", "[],", "[]]"),
    Shape("a redirect", 302, "", "xxxxxxxx", ""),
    Shape("a throttle", 429, "{\"detail\":\"", "throttled ", "\"}"),
];

/// A name, a status and a body.
type Dense = (&'static str, u16, Vec<u8>);

/// Records of this kind, as many as fit.
fn records_of(name: &'static str, one: impl Fn(usize) -> String) -> Dense {
    let size = size();
    let mut body = String::from("{\"data\":[");
    for nth in 0.. {
        let one = one(nth);
        if body.len() + one.len() + 8 > size {
            break;
        }
        if nth > 0 {
            body.push(',');
        }
        body.push_str(&one);
    }
    body.push_str("]}");
    (name, 200, body.into_bytes())
}

fn record(nth: usize, members: &str) -> String {
    let ms = now_ms() - 3_000_000 + i64::try_from(nth).unwrap();
    format!("{{\"_id\":\"dense{nth:08}\",\"created\":{ms},\"timestamp\":{ms}{members}}}")
}

/// Made one by one: together they take gigabytes.
fn answers() -> impl Iterator<Item = Dense> {
    let shapes = SHAPES
        .iter()
        .map(|Shape(name, status, begin, middle, end)| {
            let times = (size() - begin.len() - end.len()) / middle.len();
            (
                *name,
                *status,
                format!("{begin}{}{end}", middle.repeat(times)).into_bytes(),
            )
        });
    let own: [fn() -> Dense; 9] = [
        || records_of("small records", |nth| record(nth, "")),
        || {
            let long = described("=", 6_000);
            records_of("records of 6 kB", |nth| record(nth, &long))
        },
        || {
            let long = described("=", 10 << 20);
            records_of("records of 10 MB", |nth| record(nth, &long))
        },
        || {
            let long = described("x", 10 << 20);
            records_of("records of 10 MB that become lines", |nth| {
                record(nth, &long)
            })
        },
        || {
            let long = described("&#1;", 10 << 20);
            records_of("records of entities", |nth| record(nth, &long))
        },
        || {
            let many = "{},".repeat(3 << 20);
            let many = format!(",\"mainInfo\":{{\"eventObjects\":[{many}{{}}]}}");
            records_of("records of many objects", |nth| record(nth, &many))
        },
        || records_of("numbers, each another", |nth| nth.to_string()),
        || {
            records_of("records without a time", |nth| {
                format!("{{\"_id\":\"{nth}\"}}")
            })
        },
        || {
            let long = "x".repeat(200_000);
            records_of("unreadable records of 200 kB", |nth| {
                format!("{{\"_id\":\"{nth}\",\"x\":\"{long}\"}}")
            })
        },
    ];
    shapes.chain(own.into_iter().map(|make| make()))
}

fn described(sign: &str, length: usize) -> String {
    format!(",\"description\":\"{}\"", sign.repeat(length / sign.len()))
}

/// An answer that none of these was: a record that is there only then.
fn fresh(nth: usize) -> (String, String) {
    let ms = now_ms();
    let id = format!("after{nth:03}");
    let record = format!("{{\"_id\":\"{id}\",\"created\":{ms},\"timestamp\":{ms},\"appId\":1}}");
    (id, record)
}

#[test]
fn the_densest_answers_stay_within_their_memory_and_the_stream_goes_on() {
    let receiver = rsyslog::tcp();
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(11, 10))
        .start();
    let mut plan = Plan::new(&cloud, receiver.port(), "tcp");
    plan.alerts = "enabled = false\n".into();
    plan.spool = "[agent.ledger]\naudit = false\n".into();
    let mut siembox = Siembox::new(&cloud, &plan);
    siembox.start();
    siembox.wait("the stream is read", |status| {
        status.agents[0].activities.spooled == 10
    });
    println!("| answer | packed, kB | peak RSS, MB |\n|---|---|---|");
    let mut over = Vec::new();
    for (nth, (name, status, body)) in answers().enumerate() {
        let fault = Fault::body(status, body);
        let Fault::Body { packed, .. } = &fault else {
            unreachable!()
        };
        let kilobytes = packed.len() >> 10;
        siembox.forget_peak_rss();
        cloud.fault(fault.on(Target::Activities));
        siembox.wait("it has struck", |_| cloud.faults_waiting() == 0);
        let (id, record) = fresh(nth);
        cloud.add_activity(&record);
        siembox.wait(name, |status| {
            status.agents[0].spool.waiting == 0
                && receiver.lines().iter().any(|line| line.contains(&id))
        });
        let peak = siembox.peak_rss();
        println!("| {name} | {kilobytes} | {} |", peak >> 20);
        if peak > bound() {
            over.push((name, peak >> 20));
        }
    }
    assert!(over.is_empty(), "{over:?}");
}

/// A replay holds a page as events, which weigh more than their text.
#[test]
fn a_replay_of_dense_answers_stays_within_its_memory_too() {
    let receiver = rsyslog::tcp();
    let cloud = Cloud::builder()
        .requests_per_minute(60_000)
        .activities(records::activities(11, 10))
        .start();
    let mut plan = Plan::new(&cloud, receiver.port(), "tcp");
    // once all is read, the running stream leaves the faults to the replay
    plan.source = plan.source.replace("\"1s\"", "\"1h\"");
    plan.activities = "overlap = \"1s\"\nlook_back = \"1s\"\n".into();
    plan.alerts = "enabled = false\n".into();
    plan.spool = "[agent.ledger]\naudit = false\n".into();
    let mut siembox = Siembox::new(&cloud, &plan);
    siembox.start();
    siembox.wait("the stream is read", |status| {
        status.agents[0].activities.spooled == 10
    });
    let mut over = Vec::new();
    for (name, status, body) in answers().filter(|(name, ..)| name.contains("records")) {
        siembox.forget_peak_rss();
        cloud.fault(Fault::body(status, body).on(Target::Activities));
        siembox.output("replay", &["--since", "2h"]);
        assert_eq!(cloud.faults_waiting(), 0, "{name} has struck");
        let peak = siembox.peak_rss();
        println!("| replay of {name} | {} |", peak >> 20);
        if peak > bound() {
            over.push((name, peak >> 20));
        }
    }
    assert!(over.is_empty(), "{over:?}");
}

#[test]
fn what_is_too_dense_again_and_again_is_asked_for_in_smaller_pages() {
    let receiver = rsyslog::tcp();
    let cloud = Cloud::builder()
        .requests_per_minute(60_000)
        .activities(records::activities(11, 10))
        .start();
    let body = format!("{{\"data\":[{}1]}}", "1,".repeat(20_000));
    let fault = Fault::body(200, body.into_bytes());
    // the first request only asks for the time
    cloud.fault(fault.times(8).on(Target::Activities).after(1));
    let mut plan = Plan::new(&cloud, receiver.port(), "tcp");
    plan.alerts = "enabled = false\n".into();
    plan.spool = "[agent.ledger]\naudit = false\n".into();
    let mut siembox = Siembox::new(&cloud, &plan);
    siembox.start();
    siembox.wait("the stream is read", |status| {
        cloud.faults_waiting() == 0 && status.agents[0].activities.spooled >= 10
    });
    let smallest = cloud.requests().into_iter().skip(1).map(|seen| {
        let question: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
        question["limit"].as_u64().unwrap()
    });
    assert!(smallest.min() < Some(1000));
    let lines = receiver.wait_for(10);
    for id in cloud.activity_ids() {
        assert!(lines.iter().any(|line| line.contains(&id)), "{id}");
    }
}
