//! One event on its two roads: as the old API gives it, and as a successor does.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use siembox::for_tests::cef::Profile;
use siembox::for_tests::event::{NameTables, Names};
use siembox_support::records::{self, Record};

use crate::successors::Writer;

/// The lines of an event.
pub struct Pair {
    pub about: String,
    /// Where the successor has it: `CloudAppEvents`.
    pub road: String,
    /// Ids of the differences that it may show; all of the table where it is not said.
    pub differs: Option<Vec<String>>,
    pub legacy: String,
    pub successor: String,
}

/// A line of `tests/consumers/events.jsonl`.
#[derive(serde::Deserialize)]
struct ByHand<'a> {
    about: String,
    road: String,
    /// `[agent.names]`, actions.
    #[serde(default)]
    actions: BTreeMap<String, String>,
    differs: Vec<String>,
    #[serde(borrow)]
    legacy: &'a RawValue,
    #[serde(borrow)]
    successor: &'a RawValue,
}

const PROFILES: [Profile; 2] = [Profile::Original, Profile::Portable];

/// What somebody invented for the patterns, in both profiles.
pub fn written_by_hand() -> Vec<Pair> {
    let rows = include_str!("../../consumers/events.jsonl").lines();
    let events: Vec<ByHand<'_>> = rows
        .map(|row| serde_json::from_str(row).unwrap_or_else(|error| panic!("{error}: {row}")))
        .collect();
    let pair = |event: &ByHand<'_>, profile| {
        let names = Names::new(NameTables {
            actions: event.actions.clone(),
            ..NameTables::default()
        });
        Pair {
            about: event.about.clone(),
            road: event.road.clone(),
            differs: Some(event.differs.clone()),
            legacy: line(&Writer::cloud_apps(profile), event.legacy.get()),
            successor: line(&Writer::defender_xdr(profile, names), event.successor.get()),
        }
    };
    let pairs = |profile| events.iter().map(move |event| pair(event, profile));
    PROFILES.into_iter().flat_map(pairs).collect()
}

/// Records of the simulated cloud, and their twins, in both profiles.
pub fn drawn() -> Vec<Pair> {
    let (from, to) = (1_794_300_000_000, 1_794_390_000_000);
    let activities = records::activities(15, 300).between(from, to);
    let directory = records::directory_activities(16, 60).between(from, to);
    let alerts = records::alerts(17, 120).between(from, to);
    let all: Vec<Record> = activities.chain(directory).chain(alerts).collect();
    let pair = |record: &Record, profile| {
        let twin = record.twin().expect("a drawn record has one");
        let names = Names::default();
        Pair {
            about: record.id.clone(),
            road: twin.list.name().to_owned(),
            differs: None,
            legacy: line(&Writer::cloud_apps(profile), &record.json()),
            successor: line(&Writer::defender_xdr(profile, names), &twin.json()),
        }
    };
    let pairs = |profile| all.iter().map(move |record| pair(record, profile));
    PROFILES.into_iter().flat_map(pairs).collect()
}

fn line(writer: &Writer, record: &str) -> String {
    let line = writer.line(record);
    line.unwrap_or_else(|problem| panic!("{problem}: {record}"))
}
