//! What came of a load that several boxes share, and what must hold of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use siembox_support::hub::{Body, Messages, ReadMessage, Seen};
use siembox_support::receiver::Receiver;
use siembox_support::records::xdr;

use super::tenant::lines;

/// The rows of all messages.
pub struct Rows {
    /// By their lines.
    ids: HashMap<String, String>,
    /// Partition and offset.
    places: HashMap<String, (i32, i64)>,
}

/// How often each row came, by its id.
pub struct Came(HashMap<String, usize>);

impl Rows {
    pub fn of(all: &[Messages]) -> Self {
        let (mut ids, mut places) = (HashMap::new(), HashMap::new());
        let mut next: HashMap<i32, i64> = HashMap::new();
        for messages in all {
            for (row, line) in messages.rows.iter().zip(lines(messages)) {
                ids.insert(line, row.id.clone());
            }
            for (partition, body) in &messages.all {
                let offset = next.entry(*partition).or_default();
                let Body::Text(body) = body else { continue };
                let of_message = ids_in(body).into_iter();
                places.extend(of_message.map(|id| (id, (*partition, *offset))));
                *offset += 1;
            }
        }
        Self { ids, places }
    }

    /// So many there are.
    pub fn count(&self) -> u64 {
        self.places.len() as u64
    }

    fn id_of(&self, line: &str) -> &str {
        let id = self.ids.get(line);
        id.unwrap_or_else(|| panic!("strange: {line}"))
    }
}

/// The ids of the rows of a message.
pub fn ids_in(body: &str) -> Vec<String> {
    let message: Value = serde_json::from_str(body).unwrap();
    let records = message["records"].as_array().unwrap().iter();
    let tables = ["CloudAppEvents", "IdentityLogonEvents"];
    let rows = records.filter(|record| {
        let category = record["category"].as_str().unwrap();
        tables.iter().any(|table| category.ends_with(table))
    });
    let id = |row: &Value| {
        xdr::member(&row["properties"], "ReportId")?
            .as_str()
            .map(str::to_owned)
    };
    rows.map(|row| id(row).unwrap()).collect()
}

impl Came {
    /// The lines of the boxes' receivers, and the messages that librdkafka has read.
    pub fn count(rows: &Rows, receivers: &[Receiver], by_librdkafka: &[ReadMessage]) -> Self {
        let mut times: HashMap<String, usize> = HashMap::new();
        let lines: Vec<String> = receivers.iter().flat_map(Receiver::lines).collect();
        let of_boxes = lines.iter().map(|line| rows.id_of(line).to_owned());
        let of_others = by_librdkafka.iter().flat_map(|it| ids_in(&it.body));
        for id in of_boxes.chain(of_others) {
            *times.entry(id).or_default() += 1;
        }
        Self(times)
    }

    /// Partition and offset of the messages of which a row never came.
    pub fn lost<'r>(&self, rows: &'r Rows) -> Vec<&'r (i32, i64)> {
        let lost = rows
            .places
            .iter()
            .filter(|(id, _)| !self.0.contains_key(*id));
        lost.map(|(_, place)| place).collect()
    }

    /// How many lines came once more than they should.
    pub fn repeats(&self) -> u64 {
        self.0.values().map(|times| *times as u64 - 1).sum()
    }
}

/// What came more than once of a partition is one stretch at most for each time that it changed
/// hands: the batch that a box had in hand, and had not told the group.
pub fn assert_repeats_are_batches(seen: &Seen, rows: &Rows, came: &Came) {
    let mut places: BTreeMap<i32, BTreeSet<i64>> = BTreeMap::new();
    let mut repeats: BTreeMap<i32, BTreeSet<i64>> = BTreeMap::new();
    for (id, (partition, offset)) in &rows.places {
        places.entry(*partition).or_default().insert(*offset);
        let count = came.0.get(id).copied().unwrap_or(0);
        if count > 1 {
            repeats.entry(*partition).or_default().insert(*offset);
        }
    }
    for ((_, partition), by) in &seen.fetched {
        let none = BTreeSet::new();
        let repeated = repeats.get(partition).unwrap_or(&none);
        let begins = |offset: &&i64| {
            let mut before = places[partition].range(..**offset);
            before.next_back().is_none_or(|it| !repeated.contains(it))
        };
        let stretches = repeated.iter().filter(begins).count();
        println!(
            "{partition}: {} of {} again in {stretches} stretches",
            repeated.len(),
            places[partition].len()
        );
        assert!(stretches < by.len(), "{partition}: {repeated:?}: {by:?}");
    }
}

pub type Commits<'s> = BTreeMap<i32, Vec<(&'s str, i64)>>;

pub fn commits(seen: &Seen) -> Commits<'_> {
    let mut all: Commits<'_> = BTreeMap::new();
    for commit in &seen.commits {
        let of = all.entry(commit.partition).or_default();
        of.push((&commit.client, commit.offset));
    }
    all
}
