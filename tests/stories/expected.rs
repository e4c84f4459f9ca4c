//! What must arrive, worked out record by record beside the stream by a mapper that shares no code
//! with siembox, and how it is held against what did.

use std::collections::{HashMap, HashSet};

use siembox_support::cloud::Cloud;
use siembox_support::mapper::{self, Looks};
use siembox_support::records::Stream;
use toml_edit::DocumentMut;

use crate::siembox::Siembox;

/// The lines of all records of the cloud, activities in their order, then alerts.
pub fn lines(cloud: &Cloud, siembox: &Siembox) -> Vec<String> {
    let mut lines = of(cloud, siembox, Stream::Activities);
    lines.extend(of(cloud, siembox, Stream::Alerts));
    lines
}

/// The lines of one stream, in the order of its cursor.
pub fn of(cloud: &Cloud, siembox: &Siembox, stream: Stream) -> Vec<String> {
    let looks = looks(siembox);
    let records = cloud.records(stream);
    let records = records.iter();
    records
        .map(|record| mapper::line(stream, &record.json(), &looks))
        .collect()
}

/// The line of one record.
pub fn line(stream: Stream, json: &str, looks: &Looks) -> String {
    mapper::line(stream, json, looks)
}

/// How the settings of a story want its lines, by their documentation.
pub fn looks(siembox: &Siembox) -> Looks {
    let text = std::fs::read_to_string(siembox.path("siembox.toml")).unwrap();
    let settings: DocumentMut = text.parse().unwrap();
    let agent = settings["agent"]
        .as_array_of_tables()
        .unwrap()
        .get(0)
        .unwrap();
    let siem = |key: &str| agent["siem"].get(key).and_then(|value| value.as_str());
    for unknown in ["profile", "agent_version", "portal_url", "facility"] {
        assert_eq!(siem(unknown), None, "the mapper knows the default only");
    }
    let full_header = match siem("time_format") {
        None => false,
        Some("full-rfc5424") => true,
        Some(other) => panic!("{other}: the mapper knows no such header"),
    };
    Looks {
        // the portal is asked by a browser, and answers https only, however the API is reached
        portal: agent["source"]["api_url"]
            .as_str()
            .unwrap()
            .replacen("http://", "https://", 1),
        version: "0.207.251".to_owned(),
        pri: true,
        system_name: siem("system_name").map(str::to_owned),
        full_header,
        portable: false,
        is_update: false,
    }
}

/// How what arrived differs from what must.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Must have arrived and did not.
    pub lost: Vec<String>,
    /// Arrived and is none of the lines: torn, or never sent.
    pub mangled: Vec<String>,
    /// How many arrived once more than they should.
    pub repeated: usize,
}

/// Holds them against each other.
pub fn compare(want: &[String], got: &[String]) -> Difference {
    let wanted: HashSet<&String> = want.iter().collect();
    assert_eq!(
        wanted.len(),
        want.len(),
        "the records of a story differ in their lines"
    );
    let mut counts: HashMap<&String, usize> = HashMap::new();
    for line in got {
        *counts.entry(line).or_default() += 1;
    }
    Difference {
        lost: want
            .iter()
            .filter(|line| !counts.contains_key(line))
            .take(3)
            .cloned()
            .collect(),
        mangled: counts
            .keys()
            .filter(|line| !wanted.contains(*line))
            .take(3)
            .map(|line| (*line).clone())
            .collect(),
        repeated: counts
            .iter()
            .filter(|(line, _)| wanted.contains(*line))
            .map(|(_, count)| count - 1)
            .sum(),
    }
}

/// Everything once, nothing else.
pub fn assert_exactly(want: &[String], got: &[String]) {
    assert_eq!(
        compare(want, got),
        Difference::default(),
        "{} wanted, {} arrived",
        want.len(),
        got.len()
    );
}
