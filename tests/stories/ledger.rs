//! The completeness ledger of the real process: it adds up after every fault, and names the hour of
//! a gap.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use siembox::for_tests::status::{LedgerRow, LedgerSpan, Snapshot};
use siembox_support::cef_reader::Cef;
use siembox_support::cloud::{Cloud, Fault, Target, Unreadable};
use siembox_support::pki::Authority;
use siembox_support::receiver::{Receiver, rsyslog};
use siembox_support::records::{self, Stream};

use crate::clock;
use crate::expected::{self, compare};
use crate::siembox::{Plan, Siembox};

const HOUR: i64 = 3_600_000;
const RECORDS: usize = 20_000;
const ENDS: u64 = 12;

/// `SIEMBOX_SOAK_SCALE=5` makes it 100,000 records and 60 ends.
fn scale() -> u32 {
    let scale = std::env::var("SIEMBOX_SOAK_SCALE").ok();
    scale.and_then(|scale| scale.parse().ok()).unwrap_or(1)
}

fn now_ms() -> i64 {
    siembox::for_tests::clock::now_ms()
}

fn hours<'a>(status: &'a Snapshot, stream: &str) -> Vec<&'a LedgerRow> {
    let rows = status.agents[0].ledger.hours.iter();
    rows.filter(|row| row.span == LedgerSpan::Hour && row.stream == stream)
        .collect()
}

/// Whatever happens: each row adds up by itself, the lines add up with the spool, and none is
/// without a row.
fn assert_adds_up(status: &Snapshot) {
    let ledger = &status.agents[0].ledger;
    assert!(ledger.adds_up, "{ledger:#?}");
    let strange = |row: &&LedgerRow| row.span == LedgerSpan::Unattributed;
    assert_eq!(ledger.hours.iter().find(strange), None);
}

/// Holds the ledger against what the receiver has, hour by hour: which lines an hour must have is
/// known from the cloud's records, which of them arrived the receiver says, line by line. The
/// product's own sums are what is judged, and judge nothing.
fn witnessed(cloud: &Cloud, siembox: &Siembox, receiver: &Receiver, status: &Snapshot) {
    let all = expected::lines(cloud, siembox);
    let arrived: HashSet<String> = receiver.wait_for(all.len()).into_iter().collect();
    let mut absent = 0;
    for (stream, name) in [
        (Stream::Activities, "activities"),
        (Stream::Alerts, "alerts"),
    ] {
        let mut hourly: BTreeMap<i64, HashSet<String>> = BTreeMap::new();
        let lines = expected::of(cloud, siembox, stream);
        for (record, line) in cloud.records(stream).iter().zip(lines) {
            let hour = record.created_ms / HOUR * HOUR;
            hourly.entry(hour).or_default().insert(line);
        }
        let rows: BTreeMap<i64, &LedgerRow> = (hours(status, name).into_iter())
            .filter(|row| row.counts.spooled > 0)
            .map(|row| (row.hour_ms.unwrap(), row))
            .collect();
        let (of_rows, of_records): (Vec<_>, Vec<_>) =
            (rows.keys().collect(), hourly.keys().collect());
        assert_eq!(of_rows, of_records, "{name}: the hours that have records");
        for (hour, must) in &hourly {
            let counts = &rows[hour].counts;
            let has = must.intersection(&arrived).count() as u64;
            assert_eq!(
                counts.spooled,
                must.len() as u64,
                "{name}, hour {hour}: spooled"
            );
            assert_eq!(
                counts.proved, has,
                "{name}, hour {hour}: proved, and at the receiver"
            );
            absent += must.difference(&arrived).count();
        }
    }
    assert_eq!(
        absent, 0,
        "lines that the ledger has as proved and the receiver has not"
    );
}

#[test]
fn adds_up_through_kills_restarts_and_faults() {
    let (wanted, ends) = (RECORDS * scale() as usize, ENDS * u64::from(scale()));
    let alerts = wanted / 100;
    let mut receiver = rsyslog::tcp();
    let now = now_ms();
    let span = (now - 8 * HOUR, now - HOUR / 6);
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(41, wanted - alerts).between(span.0, span.1))
        .alerts(records::alerts(42, alerts).between(span.0, span.1))
        .start();
    for (fault, chance) in [
        (Fault::Unreadable(Unreadable::WrongTypes), 0.15),
        (Fault::Unreadable(Unreadable::NotAnObject), 0.1),
        (Fault::Repeat, 0.1),
        (Fault::Unordered, 0.1),
        (Fault::ResetInBody, 0.1),
        (Fault::Status(500), 0.05),
    ] {
        let seed = (chance * 1000.0) as u64;
        cloud.fault(fault.for_ever().on(Target::Activities).chance(chance, seed));
    }
    let mut plan = Plan::new(&cloud, receiver.port(), "tcp");
    plan.activities = "page_size = 500\n".into();
    // so that every kill meets work under way
    plan.siem.push_str("max_lines_per_second = 6000\n");
    let mut siembox = Siembox::new(&cloud, &plan);
    for round in 0..ends {
        siembox.start();
        let status = siembox.wait("the ledger is quiet for a moment", |status| {
            status.agents[0].ledger.balance.is_some()
        });
        assert_adds_up(&status);
        if round % 4 == 3 {
            receiver.kill();
            receiver.start();
        }
        // any moment will do; none makes the test right or wrong
        std::thread::sleep(Duration::from_millis(30 + round * 7919 % 900));
        if round % 5 == 4 {
            siembox.stop()
        } else {
            siembox.kill()
        }
    }
    siembox.start();
    cloud.clear_faults();
    siembox.wait("lines are on their way", |status| {
        status.agents[0].lines.sent > 0
    });
    receiver.kill();
    receiver.start();
    let want = expected::lines(&cloud, &siembox);
    let status = siembox.wait("everything is read, proved and audited", |status| {
        let agent = &status.agents[0];
        let whole = |row: &&LedgerRow| {
            let hour = row.hour_ms.unwrap_or(0);
            hour > span.0 && hour < now - 3 * HOUR
        };
        agent.ledger.sums.spooled == want.len() as u64
            && agent.spool.waiting == 0
            && agent.ledger.balance == Some(0)
            && hours(status, "activities")
                .into_iter()
                .filter(whole)
                .all(|row| row.named.is_some())
    });
    assert_adds_up(&status);
    let agent = &status.agents[0];
    let sums = &agent.ledger.sums;
    assert_eq!((sums.sent, sums.proved), (sums.spooled, sums.spooled));
    assert!(
        sums.seen > 0 && sums.again > 0 && sums.aside > 0,
        "faults have struck: {sums:?}"
    );
    assert_eq!(sums.aside, agent.spool.aside);

    witnessed(&cloud, &siembox, &receiver, &status);
    let shown = siembox.output("status", &[]);
    println!("{}", String::from_utf8_lossy(&shown.stdout));
    let before = status.agents[0].ledger.clone();
    siembox.stop();
    siembox.start();
    let status = siembox.wait("it runs again", |status| {
        status.agents[0].ledger.balance == Some(0)
    });
    let after = &status.agents[0].ledger;
    assert_adds_up(&status);
    assert_eq!(
        (
            after.sums.spooled,
            after.sums.proved,
            after.sums.aside,
            after.sums.again
        ),
        (
            before.sums.spooled,
            before.sums.proved,
            before.sums.aside,
            before.sums.again
        )
    );
    siembox.stop();
    let difference = compare(&want, &receiver.wait_for(want.len()));
    println!(
        "{wanted} records, {ends} ends: {} repeated by the receiver's count, {} again by the ledger's",
        difference.repeated, sums.again
    );
    // what the restarted receiver itself had read and not stored is not siembox's
    assert_eq!(difference.lost, Vec::<String>::new());
}

#[test]
fn a_gap_raises_a_notice_that_names_the_hour() {
    let Some(library) = clock::library() else {
        println!("passed over: libfaketime is not installed");
        return;
    };
    let receiver = rsyslog::tcp();
    let now = now_ms();
    let hour = now / HOUR * HOUR - 3 * HOUR;
    let mut hidden = Vec::new();
    let visible = records::activities(43, 1_200)
        .between(now - 6 * HOUR, now - HOUR / 6)
        .filter_map(|record| {
            let late = record.created_ms / HOUR * HOUR == hour && hidden.len() < 7;
            if !late {
                return Some(record);
            }
            hidden.push(record.visible_from(now + 2 * HOUR));
            None
        });
    let visible: Vec<_> = visible.collect();
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(visible)
        .start();
    let ids: Vec<String> = hidden.iter().map(|record| record.json()).collect();
    cloud.add(Stream::Activities, hidden);
    let mut siembox = Siembox::new(&cloud, &Plan::new(&cloud, receiver.port(), "tcp"));
    let box_clock = siembox.path("clock");
    clock::set(&box_clock, 0);
    clock::fake(&mut siembox, &library, &box_clock);
    siembox.start();
    let row = |status: &Snapshot| {
        let rows = hours(status, "activities");
        rows.into_iter()
            .find(|row| row.hour_ms == Some(hour))
            .cloned()
    };
    let status = siembox.wait("the hour is audited", |status| {
        row(status).is_some_and(|row| row.named.is_some())
    });
    assert_adds_up(&status);

    // a day later by both clocks: neither is believed alone
    cloud.run_clock_ahead(26 * HOUR);
    clock::set(&box_clock, 26 * HOUR / 1000);
    let status = siembox.wait_for_notice("The ledger does not add up");
    let notice = status
        .notices
        .iter()
        .find(|notice| notice.title.contains("ledger"))
        .unwrap();
    let words = [
        format!(
            "7 in the hour from {}",
            siembox::for_tests::clock::in_words(hour)
        ),
        format!(
            "siembox replay --agent contoso --since {} --until {}",
            siembox::for_tests::clock::in_words(hour),
            siembox::for_tests::clock::in_words(hour + HOUR)
        ),
    ];
    for words in words {
        assert!(notice.text.contains(&words), "{words}: {}", notice.text);
    }
    assert_eq!(
        (notice.agent.as_str(), notice.stream.as_str()),
        ("contoso", "activities")
    );
    assert_eq!(row(&status).map(|row| row.missing), Some(7));
    let shown = String::from_utf8(siembox.output("status", &[]).stdout).unwrap();
    assert!(
        shown.contains("7 never read") && shown.contains("DOES NOT ADD UP"),
        "{shown}"
    );
    println!("{shown}");
    let shown = siembox.output("status", &["--json"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&shown).unwrap();
    assert_eq!(json["agents"][0]["ledger"]["adds_up"], false);

    // known over a restart, and over when the API's count fits again
    siembox.stop();
    siembox.start();
    siembox.wait_for_notice("7 in the hour from");
    siembox.stop();
    let gone = ids.iter().map(|json| {
        let record = records::Record::from_json(json).unwrap();
        record.visible_from(now + 9_999 * HOUR)
    });
    cloud.add(Stream::Activities, gone);
    siembox.start();
    let status = siembox.wait("it adds up again", |status| {
        row(status).is_some_and(|row| row.missing == 0)
    });
    assert_adds_up(&status);
    siembox.stop();
}

#[test]
fn the_heartbeat_is_a_line_of_its_own_and_costs_the_stream_nothing() {
    let (authority, folder) = (
        Authority::new("Contoso SIEM CA"),
        tempfile::tempdir().unwrap(),
    );
    let (cert, key) = authority.issue(&["127.0.0.1"]).write(folder.path(), "siem");
    // over TLS, which writes nothing by itself before there is enough of it
    let receiver = rsyslog::tls(&rsyslog::Tls {
        driver: rsyslog::Driver::Gtls,
        ca: authority.write(folder.path()),
        cert,
        key,
        wants_client: false,
    });
    let cloud = Cloud::builder().requests_per_minute(6000).start();
    let mut plan = Plan::new(&cloud, receiver.port(), "tls");
    plan.siem
        .push_str("ca_file = \"siem-ca.pem\"\nheartbeat = \"1m\"\n");
    let mut siembox = Siembox::new(&cloud, &plan);
    std::fs::write(siembox.path("siem-ca.pem"), &authority.cert_pem).unwrap();
    siembox.start();
    let line = receiver.wait_for(1).remove(0);
    println!("{line}");
    let cef = Cef::read(&line[line.find("CEF:").unwrap()..]).unwrap();
    assert_eq!(
        cef.header[4..],
        ["SIEMBOX_HEARTBEAT", "siembox heartbeat", "0"]
    );
    for (key, value) in [
        ("dvchost", "box"),
        ("deviceExternalId", "contoso"),
        ("cn1Label", "linesWaiting"),
        ("cn1", "0"),
        ("cs1Label", "state"),
        ("cs3", "adds up"),
    ] {
        assert_eq!(cef.value(key), Some(value), "{key}");
    }
    assert!(
        cef.value("cs1")
            .is_some_and(|state| state.contains("SIEM Connected"))
    );
    let status = siembox.wait("it goes on", |status| status.agents[0].spool.waiting == 0);
    assert_eq!(
        status.agents[0].lines.sent, 0,
        "it is none of the stream's lines"
    );
    siembox.stop();
    assert_eq!(receiver.lines().len(), 1);
}
