//! Records of Defender XDR: alerts and incidents as Microsoft Graph gives them, rows as advanced
//! hunting does (successors §2.3, §3.3).
//!
//! A drawn activity or alert of Cloud Apps has a *twin* here: the same event out of the same story,
//! under the same id. What has no twin (alerts of other products, incidents, behaviors) is drawn by
//! [`alerts`], [`incidents`] and [`behaviors`]. A series draws its times when it is made, and some
//! ids hold them: make twins of a clone of the same series, or of one with `between`.
//!
//! ```
//! use siembox_support::records::{self, xdr};
//!
//! let old = records::activities(7, 100).between(0, 1_760_000_000_000);
//! for activity in old {
//!     let twin = activity.twin().unwrap();
//!     assert_eq!(twin.id, activity.id);
//!     assert!(twin.list.is_table());
//! }
//! ```

mod alert;
mod behavior;
mod cloud_app;
mod columns;
mod forms;
mod identity;
mod incident;
mod list;
mod series;
mod ticks;

use serde_json::Value;

pub use columns::{Column, Type};
pub use forms::Form;
pub use list::List;
pub use series::{Series, alerts, behaviors, directory, incidents, twins};
pub use ticks::Ticks;

/// One alert, incident or row, and when its API begins to show it.
#[derive(Debug, Clone)]
pub struct Record {
    /// Where it is listed.
    pub list: List,
    /// `id`, `ReportId` or `BehaviorId`.
    pub id: String,
    /// `createdDateTime` or `Timestamp`.
    pub at: Ticks,
    /// `lastUpdateDateTime` of alerts and incidents; of rows the same as `at`.
    pub updated: Ticks,
    /// From when on it is shown, epoch ms; of rows their `ingestion_time()`.
    pub visible_ms: i64,
    /// How often it changed since; the status says so.
    changes: u32,
    body: Body,
}

/// The record itself, or what it takes to make it.
#[derive(Debug, Clone)]
enum Body {
    Given {
        record: Value,
        entities: Vec<Value>,
    },
    Row(super::activity::Draft),
    /// The twin of an alert of Cloud Apps.
    Twin(super::alert::Draft),
    Alert(u64),
    Incident(u64),
    Behavior(u64),
}

impl Record {
    /// A record from its JSON text, served as given.
    ///
    /// # Panics
    /// Where the text is no JSON object with the id and the time of its list.
    #[must_use]
    pub fn from_json(list: List, text: &str) -> Self {
        let record: Value = serde_json::from_str(text).expect("a record in JSON");
        let text = |key: &str| member(&record, key).and_then(Value::as_str);
        let id = text(list.id_key()).expect("an id").to_owned();
        let time = |key: &str| text(key).and_then(Ticks::parse);
        let at = time(list.time_key()).expect("a time");
        let updated = match list.is_table() {
            true => at,
            false => time("lastUpdateDateTime").unwrap_or(at),
        };
        Self {
            list,
            id,
            at,
            updated,
            visible_ms: updated.ms(),
            changes: 0,
            body: Body::Given {
                record,
                entities: Vec::new(),
            },
        }
    }

    /// A behavior with its rows of `BehaviorEntities`, as JSON texts.
    ///
    /// # Panics
    /// As [`Record::from_json`].
    #[must_use]
    pub fn behavior(info: &str, rows: &[&str]) -> Self {
        let mut behavior = Self::from_json(List::BehaviorInfo, info);
        if let Body::Given { entities, .. } = &mut behavior.body {
            let rows = rows.iter().map(|row| serde_json::from_str(row));
            *entities = rows.collect::<Result<_, _>>().expect("rows in JSON");
        }
        behavior
    }

    /// The same record, shown only from `at_ms` on (epoch ms): it became visible late.
    #[must_use]
    pub fn visible_from(mut self, at_ms: i64) -> Self {
        self.visible_ms = at_ms;
        self
    }

    /// The same record with this `lastUpdateDateTime`, as after a change: lists show it again, with
    /// the status `inProgress`. Only of alerts and incidents.
    #[must_use]
    pub fn changed(mut self, at: Ticks) -> Self {
        self.updated = at;
        self.changes += 1;
        self.visible_ms = self.visible_ms.max(at.ms());
        if let Body::Given { record, .. } = &mut self.body {
            record["lastUpdateDateTime"] = at.to_string().into();
        }
        self
    }

    /// The record as the reference writes it, without the forms that hunting knows of one value;
    /// given ones as given.
    #[must_use]
    pub fn value(&self) -> Value {
        match &self.body {
            Body::Given { record, .. } => record.clone(),
            Body::Row(draft) => match self.list {
                List::CloudAppEvents => cloud_app::row(self, *draft),
                _ => identity::row(self, *draft),
            },
            Body::Twin(draft) => alert::twin(self, *draft),
            Body::Alert(seed) => alert::other(self, *seed),
            Body::Incident(seed) => incident::incident(self, *seed),
            Body::Behavior(seed) => behavior::info(self, *seed),
        }
    }

    /// The rows of `BehaviorEntities` that belong to a behavior, in the form of [`Record::value`].
    #[must_use]
    pub fn entities(&self) -> Vec<Value> {
        match &self.body {
            Body::Given { entities, .. } => entities.clone(),
            Body::Behavior(seed) => behavior::entities(self, *seed),
            _ => Vec::new(),
        }
    }

    /// How the values of this record are written in an answer.
    #[must_use]
    pub fn form(&self) -> Form {
        match &self.body {
            Body::Given { .. } => Form::AsGiven,
            _ if !self.list.is_table() => Form::AsGiven,
            Body::Row(super::activity::Draft { seed, .. })
            | Body::Twin(super::alert::Draft { seed, .. })
            | Body::Alert(seed)
            | Body::Incident(seed)
            | Body::Behavior(seed) => Form::drawn(*seed),
        }
    }

    /// The record as one of its API's answers has it, whole: all columns, in its form. Of a
    /// behavior with its entities as the list `Entities`.
    #[must_use]
    pub fn json(&self) -> String {
        let mut value = self.value();
        if self.list == List::BehaviorInfo {
            value["Entities"] = self.entities().into();
        }
        self.form().of_row(self.list, &value).to_string()
    }
}

impl super::Record {
    /// The same event or alert as Defender XDR has it; none where a test gave this record's text.
    #[must_use]
    pub fn twin(&self) -> Option<Record> {
        match &self.body {
            super::Body::Given(_) => None,
            super::Body::Activity(draft) => {
                let at = Ticks::of_ms(self.at_ms);
                Some(Record {
                    list: List::of_deed(draft.tell().deed),
                    id: self.id.clone(),
                    at,
                    updated: at,
                    visible_ms: self.created_ms,
                    changes: 0,
                    body: Body::Row(*draft),
                })
            }
            super::Body::Alert(draft) => {
                let updated = Ticks::on_grid(self.at_ms + 1500);
                Some(Record {
                    list: List::Alerts,
                    id: format!("ca{}", self.id),
                    at: Ticks::on_grid(self.at_ms),
                    updated,
                    visible_ms: self.visible_ms.max(updated.ms()),
                    changes: 0,
                    body: Body::Twin(*draft),
                })
            }
        }
    }
}

/// A member of an object, its key without regard to case.
#[must_use]
pub fn member<'v>(object: &'v Value, key: &str) -> Option<&'v Value> {
    let members = object.as_object()?;
    members.get(key).or_else(|| {
        let found = members.iter().find(|(k, _)| k.eq_ignore_ascii_case(key));
        found.map(|(_, value)| value)
    })
}
