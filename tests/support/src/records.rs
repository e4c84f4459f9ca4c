//! Records in the API's shape: given as JSON by a test, or drawn from a seed.
//!
//! [`xdr`] has the same events and alerts as Microsoft Graph and advanced hunting give them.
//!
//! A drawn record is a few numbers until somebody asks for its text, so that a backlog of 200,000
//! weighs little. The same seed gives the same text, always.

mod activity;
mod alert;
mod cast;
mod deeds;
mod facts;
mod json;
mod series;
mod story;
pub mod xdr;

use std::sync::OnceLock;

use serde::Deserialize;

pub use cast::{PORTAL, TENANT_GUID, TENANT_NUMBER};
pub use facts::Fact;
pub use json::quote;
pub use series::{
    Series, activities, alerts, directory_activities, one_activity, one_alert,
    one_directory_activity,
};

/// Which of the two lists a record belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stream {
    /// `/api/v1/activities/`
    Activities,
    /// `/api/v1/alerts/`
    Alerts,
}

/// One activity or alert, and when the API began to show it.
#[derive(Debug)]
pub struct Record {
    /// `_id`
    pub id: String,
    /// `timestamp`: when it happened, epoch ms. The API's `date`.
    pub at_ms: i64,
    /// `created`: when it was saved, epoch ms. For alerts the same as `at_ms`.
    pub created_ms: i64,
    /// From when on lists show it, epoch ms: `created_ms` unless made later.
    pub visible_ms: i64,
    /// The activities behind an alert, for the filter `activity.alertId`.
    pub audits: Vec<String>,
    body: Body,
    facts: OnceLock<Box<[Fact]>>,
}

/// The record's text, or what it takes to write it.
#[derive(Debug)]
enum Body {
    Given(Box<str>),
    Activity(activity::Draft),
    Alert(alert::Draft),
}

/// The part of a given record that lists are sorted by.
#[derive(Deserialize)]
struct Keys {
    #[serde(rename = "_id")]
    id: String,
    timestamp: i64,
    created: Option<i64>,
    #[serde(default)]
    audits: Vec<String>,
}

impl Record {
    /// A record from its JSON text, served exactly as given.
    ///
    /// # Errors
    /// Where the text is no JSON object with `_id` (text) and `timestamp` (whole number).
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        let keys: Keys = serde_json::from_str(text)?;
        let created_ms = keys.created.unwrap_or(keys.timestamp);
        Ok(Self {
            id: keys.id,
            at_ms: keys.timestamp,
            created_ms,
            visible_ms: created_ms,
            audits: keys.audits,
            body: Body::Given(text.into()),
            facts: OnceLock::new(),
        })
    }

    /// A record that is served as given, readable or not; lists sort it by what is said here.
    #[must_use]
    pub fn raw(id: &str, at_ms: i64, created_ms: i64, json: &str) -> Self {
        let body = Body::Given(json.into());
        Self::drawn(id.to_owned(), at_ms, created_ms, created_ms, body)
    }

    fn drawn(id: String, at_ms: i64, created_ms: i64, visible_ms: i64, body: Body) -> Self {
        Self {
            id,
            at_ms,
            created_ms,
            visible_ms,
            audits: Vec::new(),
            body,
            facts: OnceLock::new(),
        }
    }

    /// The same record, shown only from `at_ms` on: it became visible late.
    #[must_use]
    pub fn visible_from(mut self, at_ms: i64) -> Self {
        self.visible_ms = at_ms;
        self
    }

    /// Was it drawn from a seed? Otherwise a test gave its text.
    #[must_use]
    pub fn is_drawn(&self) -> bool {
        !matches!(self.body, Body::Given(_))
    }

    /// Appends the record's JSON to `out`.
    pub fn write_json(&self, out: &mut String) {
        match &self.body {
            Body::Given(text) => out.push_str(text),
            Body::Activity(draft) => draft.write(self, out),
            Body::Alert(draft) => draft.write(self, out),
        }
    }

    /// The record's JSON.
    #[must_use]
    pub fn json(&self) -> String {
        let mut text = String::new();
        self.write_json(&mut text);
        text
    }

    /// What filters can ask of this record. Worked out from the JSON when first asked for.
    pub fn facts(&self) -> &[Fact] {
        self.facts.get_or_init(|| facts::of(&self.json()).into())
    }
}
