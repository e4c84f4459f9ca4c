//! One answer of Graph, before it becomes text, and what a fault makes of it.

use serde_json::{Map, Value, json};

use crate::cloud::fault::{Fault, Unreadable};
use crate::cloud::http::Answer;
use crate::dice::Dice;
use crate::records::xdr::List;

/// One answer of a collection or of hunting.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// What it lists.
    pub list: List,
    /// Its records or rows.
    pub leaves: Vec<Leaf>,
    /// `@odata.nextLink`
    pub next_link: Option<String>,
    /// A link that lists the same page again.
    pub this_link: Option<String>,
    /// A link that goes on behind this page, also where it is the last.
    pub beyond_link: Option<String>,
    /// 206 with a `Warning`: a provider did not answer.
    pub is_partial: bool,
    /// `@odata.count`, where `$count` asks for it.
    pub count: Option<usize>,
    /// `schema` of hunting.
    pub schema: Vec<Value>,
    /// How no rows are written.
    pub no_rows: NoRows,
}

/// A record or row.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// Its id; empty where a fault made it up.
    pub id: String,
    /// Its JSON, any bytes at all where a fault made them.
    pub json: Vec<u8>,
}

/// How an answer of hunting without rows is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NoRows {
    /// `"results": []`
    #[default]
    Empty,
    /// `"results": null`
    Null,
    /// No `results` at all.
    Absent,
}

impl Leaf {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.json).into_owned()
    }
}

impl Sheet {
    /// A sheet of these.
    #[must_use]
    pub fn of(list: List, leaves: Vec<Leaf>) -> Self {
        Self {
            list,
            leaves,
            next_link: None,
            this_link: None,
            beyond_link: None,
            is_partial: false,
            count: None,
            schema: Vec::new(),
            no_rows: NoRows::Empty,
        }
    }

    /// The ids of its records.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        let ids = self.leaves.iter().map(|leaf| leaf.id.clone());
        ids.filter(|id| !id.is_empty()).collect()
    }

    /// The sheet as an answer.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let root = "https://graph.microsoft.com/v1.0/$metadata#";
        let mut head = Map::new();
        let context = match self.list.is_table() {
            true => "microsoft.graph.security.huntingQueryResults".to_owned(),
            false => format!("security/{}", self.list.name()),
        };
        head.insert(
            "@odata.context".to_owned(),
            json!(format!("{root}{context}")),
        );
        if let Some(count) = self.count {
            head.insert("@odata.count".to_owned(), json!(count));
        }
        if let Some(link) = &self.next_link {
            head.insert("@odata.nextLink".to_owned(), json!(link));
        }
        let mut key = "value";
        if self.list.is_table() {
            head.insert("schema".to_owned(), json!(self.schema));
            key = "results";
        }
        let mut body = Value::Object(head).to_string().into_bytes();
        // the closing bracket comes after the records
        body.pop();
        match (self.leaves.is_empty(), self.no_rows) {
            (true, NoRows::Absent) => {}
            (true, NoRows::Null) => body.extend_from_slice(format!(",\"{key}\":null").as_bytes()),
            _ => {
                body.extend_from_slice(format!(",\"{key}\":[").as_bytes());
                for (nth, leaf) in self.leaves.iter().enumerate() {
                    if nth > 0 {
                        body.push(b',');
                    }
                    body.extend_from_slice(&leaf.json);
                }
                body.push(b']');
            }
        }
        body.push(b'}');
        let kind = "application/json; odata.metadata=minimal; charset=utf-8";
        match self.is_partial {
            true => Answer::new(206, kind, body).with(
                "Warning",
                "199 - \"Microsoft/Microsoft Defender for Cloud Apps/504/10000\"",
            ),
            false => Answer::new(200, kind, body),
        }
    }
}

impl Fault {
    /// Can it spoil a sheet of this list? Otherwise it waits for another.
    #[must_use]
    pub fn fits_sheet(&self, sheet: &Sheet) -> bool {
        match self {
            Self::NoRows(_) => sheet.list.is_table() && sheet.leaves.is_empty(),
            Self::Dirt(_) => {
                let middle = sheet.leaves.get(sheet.leaves.len() / 2);
                middle.is_some_and(|leaf| soiled_key(&leaf.text()).is_some())
            }
            Self::BigRecord(_) => !sheet.leaves.is_empty(),
            Self::NoNextFilters => false,
            Self::HasNextLies | Self::EmptyWithTotal | Self::Cap(_) => !sheet.list.is_table(),
            _ => true,
        }
    }

    /// Spoils a sheet. `before` is the one of the same list that went out before it.
    pub fn spoil_sheet(&self, sheet: &mut Sheet, before: Option<&Sheet>) {
        let middle = sheet.leaves.len() / 2;
        match self {
            fault if !fault.fits_sheet(sheet) => {}
            Self::NoRows(how) => sheet.no_rows = *how,
            Self::EmptyWithTotal => {
                sheet.leaves.clear();
                sheet.next_link.clone_from(&sheet.this_link);
            }
            Self::HasNextLies => {
                sheet.next_link = match sheet.next_link {
                    Some(_) => None,
                    None => sheet.beyond_link.clone(),
                }
            }
            Self::PartialContent => {
                sheet.is_partial = true;
                sheet.leaves.truncate(middle);
            }
            Self::Repeat => {
                if let Some(before) = before {
                    sheet.clone_from(before);
                }
            }
            Self::Unordered => {
                let mut dice = Dice::new(sheet.leaves.len() as u64);
                dice.shuffle(&mut sheet.leaves);
            }
            Self::Unreadable(how) => {
                let json = how.leaf(sheet.list).into();
                let id = String::new();
                sheet.leaves.insert(middle, Leaf { id, json });
            }
            Self::BigRecord(bytes) => {
                let json = big(&sheet.leaves[middle], sheet.list, *bytes);
                let id = String::new();
                sheet.leaves.insert(middle, Leaf { id, json });
            }
            Self::Dirt(dirt) => {
                let leaf = &mut sheet.leaves[middle];
                let text = leaf.text();
                if let Some(key) = soiled_key(&text) {
                    leaf.json = dirt.soil_at(key, &text);
                }
            }
            _ => {}
        }
    }
}

/// The text that dirt goes into: one that ends up in the line, where the record has one.
fn soiled_key(json: &str) -> Option<&'static str> {
    let keys = [
        "description",
        "Description",
        "ObjectName",
        "AccountDisplayName",
        "ActionType",
    ];
    let found = keys
        .iter()
        .find(|key| json.contains(&format!("\"{key}\":\"")));
    found.copied()
}

impl Unreadable {
    fn leaf(self, list: List) -> String {
        let (id, time) = (list.id_key(), list.time_key());
        match self {
            Self::NotAnObject => "42".to_owned(),
            Self::NoTime => format!(r#"{{"{id}":"unreadable-no-time","title":"when?"}}"#),
            Self::TimeIsText => format!(
                r#"{{"{id}":"unreadable-time","{time}":"soon","lastUpdateDateTime":"later"}}"#
            ),
            Self::NoId => format!(
                r#"{{"{time}":"2026-11-10T10:41:18Z","lastUpdateDateTime":"2026-11-10T10:41:18Z"}}"#
            ),
            Self::WrongTypes => format!(
                r#"{{"{id}":{{"$oid":7}},"{time}":[],"lastUpdateDateTime":{{}},"evidence":"none"}}"#
            ),
        }
    }
}

/// A record like this one with an id of its own and a long text.
fn big(like: &Leaf, list: List, bytes: usize) -> Vec<u8> {
    let mut record: Value = serde_json::from_slice(&like.json).unwrap_or_else(|_| json!({}));
    record[list.id_key()] = json!(format!("big-{bytes}"));
    let key = if list.is_table() {
        "AccountDisplayName"
    } else {
        "description"
    };
    record[key] = json!("big ".repeat(bytes / 4));
    record.to_string().into_bytes()
}
