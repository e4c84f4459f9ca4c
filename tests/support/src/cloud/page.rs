//! One answer of a list, before it becomes text.

use std::sync::Arc;

use serde_json::Value;

use super::http::Answer;
use crate::records::Record;

/// Something inside `data`.
#[derive(Debug, Clone)]
pub enum Item {
    /// A record of the store.
    Record(Arc<Record>),
    /// Any bytes at all, made by a fault.
    Raw(Vec<u8>),
}

impl Item {
    /// Its JSON, as far as it is text.
    #[must_use]
    pub fn json(&self) -> String {
        match self {
            Self::Record(record) => record.json(),
            Self::Raw(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        }
    }
}

/// One answer of a list.
#[derive(Debug, Clone)]
pub struct Page {
    /// `data`
    pub items: Vec<Item>,
    /// `hasNext`
    pub has_next: bool,
    /// `total`
    pub total: usize,
    /// `nextQueryFilters`, of scans that go on.
    pub next_filters: Option<Value>,
    /// The filters a scan was asked with: going on with them lists the same page again.
    pub asked_filters: Option<Value>,
    /// Filters that go on behind this page, also where it is a scan's last.
    pub beyond_filters: Option<Value>,
    /// `max`, which alerts carry besides `moreThanTotal`.
    pub max: Option<usize>,
}

impl Page {
    /// A page of records.
    #[must_use]
    pub fn of(records: Vec<Arc<Record>>, has_next: bool, total: usize) -> Self {
        Self {
            items: records.into_iter().map(Item::Record).collect(),
            has_next,
            total,
            next_filters: None,
            asked_filters: None,
            beyond_filters: None,
            max: None,
        }
    }

    /// The ids of its records.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        self.items
            .iter()
            .filter_map(|item| match item {
                Item::Record(record) => Some(record.id.clone()),
                Item::Raw(_) => None,
            })
            .collect()
    }

    /// The page as an answer.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let mut body = b"{\"data\":[".to_vec();
        let mut text = String::new();
        for (i, item) in self.items.iter().enumerate() {
            if i > 0 {
                body.push(b',');
            }
            match item {
                Item::Raw(bytes) => body.extend_from_slice(bytes),
                Item::Record(record) => {
                    text.clear();
                    record.write_json(&mut text);
                    body.extend_from_slice(text.as_bytes());
                }
            }
        }
        let mut tail = format!("],\"hasNext\":{},\"total\":{}", self.has_next, self.total);
        if let Some(max) = self.max {
            tail.push_str(&format!(",\"max\":{max},\"moreThanTotal\":false"));
        }
        if let Some(filters) = &self.next_filters {
            tail.push_str(&format!(",\"nextQueryFilters\":{filters}"));
        }
        tail.push('}');
        body.extend_from_slice(tail.as_bytes());
        Answer::new(200, "application/json", body)
    }
}
