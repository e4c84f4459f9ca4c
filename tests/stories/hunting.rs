//! The tables of advanced hunting, from a simulated tenant to a real rsyslog: each row is one line,
//! as the old agent wrote it, whatever the service does.

use std::collections::HashSet;

use siembox_support::cloud::{App, Bound, Builder, Call, Cloud, Fault, IngestionTime, Target};
use siembox_support::mapper::{self, Looks};
use siembox_support::receiver::{Receiver, rsyslog};
use siembox_support::records::xdr::List;
use siembox_support::records::{self, xdr};

use crate::expected::{Difference, compare};
use crate::siembox::{Plan, Siembox};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const CLIENT: &str = "00000000-0000-4000-8000-000000000001";
/// What the settings allow; the service allows as many.
const CALLS_A_MINUTE: usize = 45;

const TABLES: [List; 5] = [
    List::CloudAppEvents,
    List::IdentityLogonEvents,
    List::IdentityQueryEvents,
    List::IdentityDirectoryEvents,
    List::BehaviorInfo,
];

/// A tenant with rows of the last 40 hours in all tables.
fn tenant() -> Builder {
    let now_ms = siembox_support::clock::real_ms();
    let (from_ms, to_ms) = (now_ms - 40 * HOUR, now_ms - 10 * MINUTE);
    Cloud::builder()
        .app(App::new("contoso.com", CLIENT, "s3cret!"))
        .hunting_calls_per_minute(CALLS_A_MINUTE)
        .xdr(xdr::twins(
            records::activities(71, 500).between(from_ms, to_ms),
        ))
        .xdr(xdr::directory(72, 150))
        .xdr(xdr::behaviors(73, 60).between(from_ms, to_ms))
}

fn siembox(cloud: &Cloud, receiver: &Receiver, more: &str) -> Siembox {
    let mut plan = Plan::new(cloud, receiver.port(), "tcp");
    plan.source = format!(
        "kind = \"defender-xdr\"\ntenant_id = \"contoso.com\"\nclient_id = \"{CLIENT}\"\n\
         client_secret_file = \"secret\"\nclient_secret_expires = \"2026-01-31\"\n\
         login_url = \"{0}\"\ngraph_url = \"{0}\"\n\
         ca_file = \"cloud-ca.pem\"\nhunting_calls_per_minute = {CALLS_A_MINUTE}\n\
         poll_interval = \"10s\"\n",
        cloud.url()
    );
    plan.activities = format!("page_size = 200\n{more}");
    plan.alerts = "behaviors = true\nservice_sources = [\"none\"]\n".into();
    let siembox = Siembox::new(cloud, &plan);
    siembox.put_secret("secret", "s3cret!");
    siembox
}

/// The lines that must come of these tables.
fn wanted(cloud: &Cloud, tables: &[List]) -> Vec<String> {
    let looks = Looks::of_box("");
    let lines = tables.iter().flat_map(|table| {
        let records = cloud.xdr_records(*table);
        let lines = records.iter();
        let lines = lines.map(|record| mapper::xdr_line(*table, &record.json(), &looks));
        lines.collect::<Vec<_>>()
    });
    lines.collect()
}

/// All rows arrive, and no minute had more calls than the settings allow. Only what a kill cut off
/// from its proof may come again.
fn assert_all_arrive(
    cloud: &Cloud,
    siembox: &mut Siembox,
    receiver: &Receiver,
    tables: &[List],
    killed: bool,
) {
    let want = wanted(cloud, tables);
    siembox.wait("all rows arrive", |status| {
        let lines = receiver.lines();
        let came: HashSet<&String> = lines.iter().collect();
        came.len() >= want.len() && status.agents[0].spool.waiting == 0
    });
    siembox.stop();
    let difference = compare(&want, &receiver.lines());
    let repeated = if killed { difference.repeated } else { 0 };
    let expected = Difference {
        repeated,
        ..Difference::default()
    };
    assert_eq!(difference, expected);
    let busiest = cloud.busiest_minute(Call::Hunting);
    assert!(busiest <= CALLS_A_MINUTE, "{busiest} calls in a minute");
    let mut complaints = cloud.complaints();
    complaints.retain(|complaint| !complaint.contains("Failed to resolve table"));
    assert_eq!(complaints, [""; 0]);
}

#[test]
fn each_row_of_each_table_is_one_line_as_the_old_agent_wrote_it() {
    let (receiver, cloud) = (rsyslog::tcp(), tenant().start());
    let mut siembox = siembox(&cloud, &receiver, "");
    siembox.start();
    siembox.wait_for_notice("A credential has expired the client secret of the Entra app in ");
    assert_all_arrive(&cloud, &mut siembox, &receiver, &TABLES, false);
    assert_eq!(cloud.tokens_given(), 1, "one log-on for all tables");
    let said = String::from_utf8(siembox.output("check", &[]).stdout).unwrap();
    let mut lines = said.lines();
    let line = lines.find(|line| line.contains("cloud_app_events") && line.contains("newest"));
    let line = line.unwrap_or_else(|| panic!("{said}"));
    assert!(line.contains(" old and arrived "), "{line}");
    cloud.set_ingestion_time(IngestionTime::Refused);
    let said = String::from_utf8(siembox.output("check", &[]).stdout).unwrap();
    let told = "old; the service does not tell when it arrived";
    assert!(said.contains(told), "{said}");
}

/// Answers that are too large, work that is too much, quotas, kills, and rows that show themselves
/// late.
#[test]
fn whatever_the_service_does_costs_no_row() {
    let (receiver, cloud) = (rsyslog::tcp(), tenant().start());
    let of = |table| Target::Of(table);
    cloud.fault(
        Fault::TooLarge
            .bound_to(Bound::Above(60))
            .on(of(List::CloudAppEvents)),
    );
    cloud.fault(
        Fault::TooSlow
            .bound_to(Bound::Above(70))
            .on(of(List::IdentityQueryEvents)),
    );
    cloud.fault(Fault::Quota(2).on(of(List::IdentityLogonEvents)));
    cloud.fault(Fault::Status(500).times(2).on(of(List::BehaviorInfo)));
    let mut siembox = siembox(&cloud, &receiver, "");
    siembox.start();
    siembox.wait("something is read", |status| {
        status.agents[0].lines.proved > 0
    });
    let now_ms = cloud.now_ms();
    let late =
        (0..40).map(|n| records::one_activity(74, n, now_ms - 20 * MINUTE + n.cast_signed()));
    let late = xdr::twins(late).map(|record| record.visible_from(now_ms + 20_000));
    cloud.add_xdr(late);
    siembox.kill();
    siembox.start();
    assert_all_arrive(&cloud, &mut siembox, &receiver, &TABLES, true);
}

/// Rows that come hours late by their own time: of a table that tells when they came with the next
/// poll, of one that does not when the look-back is read again. Nothing is sent twice, also where
/// the service ceases to tell it.
#[test]
fn rows_that_come_hours_late_arrive_with_the_next_poll() {
    let receiver = rsyslog::tcp();
    let cloud = tenant()
        .without_ingestion_time(List::IdentityLogonEvents)
        .start();
    let mut siembox = siembox(&cloud, &receiver, "");
    siembox.start();
    let late = |seed: u64, count: u64| {
        let now_ms = cloud.now_ms();
        let rows = (0..count).map(move |n| {
            records::one_activity(seed, n, now_ms - 9 * HOUR + MINUTE * n.cast_signed())
        });
        cloud.add_xdr(xdr::twins(rows).map(|record| record.visible_from(now_ms)));
    };
    let arrive = |siembox: &mut Siembox, tables: &[List]| {
        let want = wanted(&cloud, tables);
        siembox.wait("all rows arrive", |_| {
            let lines = receiver.lines();
            let came: HashSet<&String> = lines.iter().collect();
            want.iter().all(|line| came.contains(line))
        });
    };
    arrive(&mut siembox, &TABLES);
    let count = |list| cloud.xdr_records(list).len();
    let before = (
        count(List::CloudAppEvents),
        count(List::IdentityLogonEvents),
    );
    late(75, 60);
    let after = (
        count(List::CloudAppEvents),
        count(List::IdentityLogonEvents),
    );
    assert!(
        after.0 > before.0 && after.1 > before.1,
        "{before:?} {after:?}"
    );
    arrive(&mut siembox, &[List::CloudAppEvents]);
    let log = siembox.log();
    for told in [
        "cloud_app_events: the service tells when rows arrive",
        "identity_logon_events: the service does not tell when rows arrive (ingestion_time() is \
            null)",
    ] {
        assert!(log.contains(told), "{log}");
    }

    // from now on each such query is refused
    cloud.set_ingestion_time(IngestionTime::Refused);
    siembox.wait_for_log("the request for records that came late fails");
    late(76, 20);
    // a start reads the look-back
    siembox.stop();
    siembox.start();
    let want = wanted(&cloud, &TABLES);
    arrive(&mut siembox, &TABLES);
    siembox.stop();
    assert_eq!(compare(&want, &receiver.lines()), Difference::default());
    let mut complaints = cloud.complaints();
    complaints.retain(|complaint| !complaint.contains("ingestion_time"));
    assert_eq!(complaints, [""; 0]);
}

/// A table that the tenant has not is told once, with both causes; everything else goes on.
#[test]
fn a_missing_table_stops_nothing_else() {
    let receiver = rsyslog::tcp();
    let cloud = tenant().without_table(List::BehaviorInfo).start();
    let mut siembox = siembox(&cloud, &receiver, "");
    siembox.start();
    let want = wanted(&cloud, &TABLES[..4]);
    let status = siembox.wait("the other tables are read, this one is absent", |status| {
        let agent = &status.agents[0];
        let absent = |name: &str| {
            let mut streams = agent.streams.iter();
            streams.any(|stream| stream.name == name && stream.counts.absent)
        };
        agent.lines.proved >= want.len() as u64 && absent("behaviors")
    });
    let notices = status.notices.iter().filter(|notice| {
        let text = &notice.text;
        text.contains("BehaviorInfo cannot be read") && text.contains("ThreatHunting.Read.All")
    });
    assert_eq!(notices.count(), 1);
    let text = String::from_utf8(siembox.output("status", &[]).stdout).unwrap();
    assert!(text.contains("absent"), "{text}");
    cloud.set_table(List::BehaviorInfo, true);
    // a start looks at once
    siembox.stop();
    siembox.start();
    assert_all_arrive(&cloud, &mut siembox, &receiver, &TABLES, false);
}
