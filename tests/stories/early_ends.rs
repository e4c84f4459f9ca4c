//! Receivers and relays that end connections early, and lines that a receiver does not take:
//! everything else arrives, counted by the lines themselves, and no line goes out again and again.

use std::collections::HashMap;
use std::time::Duration;

use siembox_support::cloud::Cloud;
use siembox_support::pki::Authority;
use siembox_support::receiver::short_lived::{Ends, Sessions, ShortLived};
use siembox_support::{records, soak};

use crate::expected;
use crate::siembox::{Plan, Siembox};

const RECORDS: usize = 6_000;
/// No line reaches the receiver more often.
const MOST: usize = 10;
/// The record that a receiver does not take.
const POISON: usize = 2_999;

fn cloud(seed: u64, records: usize) -> Cloud {
    Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(seed, records))
        .start()
}

/// The long form has a receiver as slow as it was reported: 8 s at 40 kB/s, which takes minutes.
fn life() -> Ends {
    if soak::is_long() {
        Ends::Life(Duration::from_secs(8), 40_000)
    } else {
        Ends::Life(Duration::from_secs(1), 320_000)
    }
}

/// Runs everything into this receiver; `refused` is the line that it does not take.
fn story(
    cloud: &Cloud,
    plan: &Plan,
    receiver: &ShortLived,
    refused: Option<usize>,
    authority: Option<&Authority>,
) {
    let mut siembox = Siembox::new(cloud, plan);
    if let Some(authority) = authority {
        let folder = siembox.path("siembox.toml");
        let _ = authority.write(folder.parent().unwrap());
    }
    siembox.start();
    let want = expected::of(cloud, &siembox, records::Stream::Activities);
    let total = want.len() as u64;
    let status = siembox.wait("everything has left the spool", |status| {
        let agent = &status.agents[0];
        let sums = &agent.ledger.sums;
        agent.activities.spooled == total && sums.proved + sums.refused == total
    });
    let mut counts: HashMap<String, usize> = HashMap::new();
    for line in receiver.lines() {
        *counts.entry(line).or_default() += 1;
    }
    let refused = refused.map(|number| &want[number]);
    let lost: Vec<&String> = want
        .iter()
        .filter(|line| !counts.contains_key(*line) && Some(*line) != refused)
        .take(3)
        .collect();
    assert_eq!(lost, Vec::<&String>::new());
    let often = want.iter().filter_map(|line| counts.get(line)).max();
    assert!(often.is_some_and(|times| *times <= MOST), "{often:?} times");
    println!("most often {often:?}");
    let ledger = &status.agents[0].ledger;
    let set_aside = u64::from(refused.is_some());
    assert_eq!(
        (ledger.sums.refused, ledger.adds_up),
        (set_aside, true),
        "{ledger:?}"
    );
    assert_eq!(
        (ledger.sums.proved, status.agents[0].spool.aside),
        (total - set_aside, set_aside)
    );
    if let Some(line) = refused {
        let id = line
            .split("externalId=")
            .nth(1)
            .and_then(|rest| rest.split(' ').next())
            .unwrap();
        let mut notices = status
            .notices
            .iter()
            .filter(|notice| notice.text.contains(id));
        let named = notices.any(|notice| notice.text.contains("set aside after"));
        assert!(named, "{:?}", status.notices);
    }
    siembox.stop();
}

fn over_tcp(seed: u64, ends: impl FnOnce(&[String]) -> Ends, refused: Option<usize>) {
    let cloud = cloud(seed, RECORDS);
    let ids: Vec<String> = cloud
        .records(records::Stream::Activities)
        .iter()
        .map(|record| record.id.to_string())
        .collect();
    let receiver = ShortLived::stream(ends(&ids), None);
    let plan = Plan::new(&cloud, receiver.port(), "tcp");
    story(&cloud, &plan, &receiver, refused, None);
}

#[test]
fn a_receiver_that_resets_each_connection_after_300_kb() {
    over_tcp(71, |_| Ends::ResetAfter(300_000), None);
}

#[test]
fn a_relay_that_ends_each_connection_in_order_after_300_kb() {
    over_tcp(72, |_| Ends::CleanAfter(300_000), None);
}

#[test]
fn a_slow_receiver_whose_connections_have_a_short_life() {
    over_tcp(73, |_| life(), None);
}

#[test]
fn a_receiver_that_ends_the_connection_at_one_line() {
    over_tcp(
        74,
        |ids| Ends::AtLine(format!("externalId={} ", ids[POISON])),
        Some(POISON),
    );
}

#[test]
fn over_tls_too() {
    let cloud = cloud(75, RECORDS);
    let authority = Authority::new("SIEM CA");
    let issued = authority.issue(&["127.0.0.1"]);
    let receiver = ShortLived::stream(Ends::ResetAfter(300_000), Some(&issued));
    let mut plan = Plan::new(&cloud, receiver.port(), "tls");
    plan.siem
        .push_str("ca_file = \"ca.pem\"\nframing = \"lf\"\n");
    story(&cloud, &plan, &receiver, None, Some(&authority));
}

fn over_relp(seed: u64, sessions: impl FnOnce(&[String]) -> Sessions, refused: Option<usize>) {
    let cloud = cloud(seed, 4_000);
    let ids: Vec<String> = cloud
        .records(records::Stream::Activities)
        .iter()
        .map(|record| record.id.to_string())
        .collect();
    let receiver = ShortLived::relp(sessions(&ids));
    let plan = Plan::new(&cloud, receiver.port(), "relp");
    story(&cloud, &plan, &receiver, refused, None);
}

#[test]
fn relp_sessions_that_end_after_299_answers() {
    let ends = [(false, false), (true, false), (false, true)];
    for (seed, (says_goodbye, resets)) in (80..).zip(ends) {
        for early in [Some(3), None] {
            let sessions = Sessions {
                answers: Some(299),
                early,
                says_goodbye,
                resets,
                refuses: None,
            };
            over_relp(seed, |_| sessions, None);
        }
    }
}

#[test]
fn a_line_that_a_relp_receiver_always_refuses() {
    let refuses = |ids: &[String]| Sessions {
        refuses: Some(format!("externalId={} ", ids[POISON])),
        ..Sessions::default()
    };
    over_relp(86, refuses, Some(POISON));
}
