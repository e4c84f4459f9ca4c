//! What the streaming API of Defender XDR puts into a hub: rows of tables, several a message, tables
//! mixed, some of them twice, and what is no such message at all (successors.md §4).

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::export_forms as forms;
use crate::dice::Dice;
use crate::mapper::{self, Looks};
use crate::records::xdr::{Form, List, Record};

/// The body of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Body {
    /// As almost all are.
    Text(String),
    /// Bytes that are no text.
    Bytes(Vec<u8>),
}

/// A row of a table as it is written into messages.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its table.
    pub list: List,
    /// Its `ReportId`.
    pub id: String,
    /// `properties`
    json: Value,
    /// The partition that holds it.
    pub partition: i32,
}

/// Messages for the partitions of a hub, and what is in them.
#[derive(Debug)]
pub struct Export {
    partitions: i32,
    dice: Dice,
    /// Not in their order yet; with whether it is poison.
    pending: Vec<(i32, Body, bool)>,
    rows: Vec<Row>,
    /// How many records of other tables there are.
    others: u64,
    /// How many rows are there once more.
    repeats: u64,
}

/// The messages in their order.
#[derive(Debug)]
pub struct Messages {
    /// Partition and body.
    pub all: Vec<(i32, Body)>,
    /// Partition and offset of those that no reader can understand.
    pub poison: Vec<(i32, i64)>,
    /// Each row once.
    pub rows: Vec<Row>,
    /// Records of other tables.
    pub others: u64,
    /// Rows that are there once more.
    pub repeats: u64,
}

impl Export {
    /// Nothing yet.
    #[must_use]
    pub fn new(seed: u64, partitions: i32) -> Self {
        Self {
            partitions,
            dice: Dice::new(seed),
            pending: Vec::new(),
            rows: Vec::new(),
            others: 0,
            repeats: 0,
        }
    }

    /// One to four of these rows a message; a tenth of the messages holds a record of another table
    /// too.
    #[must_use]
    pub fn rows(mut self, records: impl IntoIterator<Item = Record>) -> Self {
        let mut records = records.into_iter().peekable();
        while records.peek().is_some() {
            let count = 1 + usize::try_from(self.dice.below(4)).unwrap_or(0);
            let some: Vec<Record> = records.by_ref().take(count).collect();
            self.message(&some);
        }
        self
    }

    /// One row a message, and nothing else.
    #[must_use]
    pub fn single_rows(mut self, records: impl IntoIterator<Item = Record>) -> Self {
        for record in records {
            let partition = self.partition();
            let envelope = self.row(&record, partition);
            self.push(partition, &[envelope]);
        }
        self
    }

    /// All these rows in one message.
    #[must_use]
    pub fn one_message(mut self, records: impl IntoIterator<Item = Record>) -> Self {
        let some: Vec<Record> = records.into_iter().collect();
        self.message(&some);
        self
    }

    /// A message with this row of `CloudAppEvents` that is as long as a message may be.
    #[must_use]
    pub fn large(mut self, record: &Record) -> Self {
        let partition = self.partition();
        let mut row = properties(record);
        let raw = row.as_object_mut().expect("a row");
        let mut of_app = match raw.get("RawEventData") {
            Some(Value::Object(of_app)) => of_app.clone(),
            _ => Map::new(),
        };
        of_app.insert("Padding".to_owned(), "x".repeat(1_000_000).into());
        raw.insert("RawEventData".to_owned(), of_app.into());
        let envelope = self.given_row(record, row, partition);
        self.push(partition, &[envelope]);
        self
    }

    /// So many of a hundred of the rows so far are there once more, in another partition, the same
    /// but for their envelope.
    #[must_use]
    pub fn repeats(mut self, of_hundred: u64) -> Self {
        for row in self.rows.clone() {
            if self.dice.percent(of_hundred) {
                let further = 1 + self.dice.below(7);
                let further = i32::try_from(further).unwrap_or(1);
                let partition = (row.partition + further) % self.partitions;
                let envelope = forms::envelope(&mut self.dice, row.list.name(), &row.json);
                self.push(partition, &[envelope]);
                self.repeats += 1;
            }
        }
        self
    }

    /// So many messages with records of tables of other products only.
    #[must_use]
    pub fn others(mut self, count: usize) -> Self {
        for _ in 0..count {
            let records = [self.other(), self.other()];
            let partition = self.partition();
            self.push(partition, &records);
        }
        self
    }

    /// So many messages that nobody can understand.
    #[must_use]
    pub fn poison(mut self, count: usize) -> Self {
        for n in 0..count {
            let partition = self.partition();
            self.pending.push((partition, forms::poison(n), true));
        }
        self
    }

    /// The messages, shuffled.
    #[must_use]
    pub fn messages(mut self) -> Messages {
        self.dice.shuffle(&mut self.pending);
        let mut next = vec![0_i64; usize::try_from(self.partitions).unwrap_or(0)];
        let (mut all, mut poison) = (Vec::new(), Vec::new());
        for (partition, body, is_poison) in self.pending {
            let offset = &mut next[usize::try_from(partition).expect("a partition")];
            if is_poison {
                poison.push((partition, *offset));
            }
            *offset += 1;
            all.push((partition, body));
        }
        poison.sort_unstable();
        Messages {
            all,
            poison,
            rows: self.rows,
            others: self.others,
            repeats: self.repeats,
        }
    }

    fn partition(&mut self) -> i32 {
        let partitions = u64::try_from(self.partitions).unwrap_or(1);
        i32::try_from(self.dice.below(partitions)).unwrap_or(0)
    }

    fn message(&mut self, records: &[Record]) {
        let partition = self.partition();
        let mut envelopes = Vec::new();
        for record in records {
            envelopes.push(self.row(record, partition));
        }
        if self.dice.percent(10) {
            envelopes.push(self.other());
        }
        self.dice.shuffle(&mut envelopes);
        self.push(partition, &envelopes);
    }

    fn row(&mut self, record: &Record, partition: i32) -> String {
        self.given_row(record, properties(record), partition)
    }

    fn given_row(&mut self, record: &Record, json: Value, partition: i32) -> String {
        let envelope = forms::envelope(&mut self.dice, record.list.name(), &json);
        self.rows.push(Row {
            list: record.list,
            id: record.id.clone(),
            json,
            partition,
        });
        envelope
    }

    fn other(&mut self) -> String {
        self.others += 1;
        let tables = [
            "DeviceEvents",
            "DeviceProcessEvents",
            "EmailEvents",
            "UrlClickEvents",
        ];
        let table = self.dice.one_of(&tables);
        let row = json!({
            "Timestamp": "2026-11-10T10:31:00Z", "ReportId": self.dice.below(1 << 40),
            "DeviceId": self.dice.hex(40), "ActionType": "ProcessCreated",
        });
        forms::envelope(&mut self.dice, table, &row)
    }

    fn push(&mut self, partition: i32, records: &[String]) {
        let body = format!(r#"{{"records":[{}]}}"#, records.join(","));
        self.pending.push((partition, Body::Text(body), false));
    }
}

impl Messages {
    /// The bytes of all bodies.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let bodies = self.all.iter().map(|(_, body)| match body {
            Body::Text(text) => text.len() as u64,
            Body::Bytes(bytes) => bytes.len() as u64,
        });
        bodies.sum()
    }
}

impl Row {
    /// The line that must come of it.
    #[must_use]
    pub fn line(&self, looks: &Looks) -> String {
        mapper::xdr_line(self.list, &self.json.to_string(), looks)
    }
}

/// A row in its form; side keys are hunting's alone.
fn properties(record: &Record) -> Value {
    let form = match record.form() {
        Form::Graph => Form::Plain,
        form => form,
    };
    form.of_row(record.list, &record.value())
}
