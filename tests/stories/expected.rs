//! What must arrive, worked out record by record beside the stream, and how it is held against what did.

use std::collections::{HashMap, HashSet};

use siembox::agent::{LineWriter, line_writer};
use siembox::settings::{Overrides, Settings};
use siembox::source::Stream;
use siembox_support::cloud::Cloud;
use siembox_support::records;

use crate::siembox::Siembox;

/// The lines of all records of the cloud, activities in their order, then alerts.
pub fn lines(cloud: &Cloud, siembox: &Siembox) -> Vec<String> {
    let mut lines = of(cloud, siembox, Stream::Activities);
    lines.extend(of(cloud, siembox, Stream::Alerts));
    lines
}

/// The lines of one stream, in the order of its cursor.
pub fn of(cloud: &Cloud, siembox: &Siembox, stream: Stream) -> Vec<String> {
    let mut writer = writer(siembox);
    let shelf = match stream {
        Stream::Activities => records::Stream::Activities,
        Stream::Alerts => records::Stream::Alerts,
    };
    cloud
        .records(shelf)
        .iter()
        .map(|record| line(stream, &record.json(), &mut writer))
        .collect()
}

/// The line of one record.
pub fn line(stream: Stream, json: &str, writer: &mut LineWriter) -> String {
    let record = writer.read(stream, json).unwrap();
    let mut line = String::new();
    writer.write(&record.event, &mut line);
    line
}

/// What turns records into lines, as these settings have it.
pub fn writer(siembox: &Siembox) -> LineWriter {
    let loaded = Settings::load(&siembox.path("siembox.toml"), &Overrides::default()).unwrap();
    line_writer(&loaded.settings.agents[0]).unwrap()
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
