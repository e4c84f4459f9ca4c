//! The filter names of the two lists, with what each may be asked (reference §1.7, §1.8).

use serde_json::Value;

use super::refusal::Refusal;
use super::store::SortField;
use crate::records::Stream;

/// A filter of the API.
#[derive(Debug, Clone, Copy)]
pub struct Term {
    /// Its key inside `filters`.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// The operators it takes.
    pub operators: &'static [&'static str],
}

/// What the values of a filter are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers, also as text.
    Number,
    /// Any text or number; null for "none".
    Text,
    /// true or false.
    Flag,
    /// 24 hexadecimal digits.
    ObjectId,
    /// Epoch milliseconds.
    Time(SortField),
    /// Structures that the simulator takes but has no facts about.
    Structure,
}

impl Kind {
    /// The value as facts spell it.
    ///
    /// # Errors
    /// The API's refusal, where the value is of another kind.
    pub fn check(self, value: &Value) -> Result<String, Refusal> {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let fits = match self {
            Self::Number => text.parse::<i64>().is_ok(),
            Self::Text => matches!(value, Value::String(_) | Value::Number(_) | Value::Null),
            Self::Flag => value.is_boolean(),
            Self::ObjectId => text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
            Self::Time(_) | Self::Structure => true,
        };
        if fits {
            Ok(text)
        } else {
            Err(Refusal::value(value))
        }
    }
}

const EQ: &[&str] = &["eq"];
const EQ_NEQ: &[&str] = &["eq", "neq"];
const SET: &[&str] = &["eq", "neq", "isset", "isnotset"];
const SET_CONTAINS: &[&str] = &["eq", "neq", "isset", "isnotset", "contains"];
const SET_STARTS: &[&str] = &["eq", "neq", "isset", "isnotset", "startswith"];
const ADDRESS: &[&str] = &[
    "eq",
    "neq",
    "isset",
    "isnotset",
    "startswith",
    "doesnotstartwith",
];
const DATE: &[&str] = &["lte", "gte", "range", "lte_ndays", "gte_ndays"];
const CREATED: &[&str] = &["lte", "gte", "range", "gt", "lt", "eq"];

#[rustfmt::skip]
static ACTIVITIES: &[Term] = &[
    Term { name: "service", kind: Kind::Number, operators: EQ_NEQ },
    Term { name: "instance", kind: Kind::Number, operators: EQ_NEQ },
    Term { name: "user.orgUnit", kind: Kind::Text, operators: SET },
    Term { name: "actionType", kind: Kind::Text, operators: SET_CONTAINS },
    Term { name: "activity.eventActionType", kind: Kind::Text, operators: EQ_NEQ },
    Term { name: "activity.eventType", kind: Kind::Text, operators: EQ_NEQ },
    Term { name: "activity.actionType", kind: Kind::Text, operators: EQ_NEQ },
    Term { name: "activity.id", kind: Kind::Text, operators: EQ },
    Term { name: "activity.impersonated", kind: Kind::Flag, operators: EQ },
    Term { name: "activity.type", kind: Kind::Flag, operators: EQ },
    Term { name: "activity.takenAction", kind: Kind::Text, operators: EQ_NEQ },
    Term { name: "activity.alertId", kind: Kind::ObjectId, operators: EQ },
    Term { name: "activityObject", kind: Kind::Text, operators: EQ_NEQ },
    Term { name: "device.type", kind: Kind::Text, operators: EQ_NEQ },
    Term { name: "device.tags", kind: Kind::Text, operators: EQ_NEQ },
    Term { name: "userAgent.userAgent", kind: Kind::Text, operators: &["contains", "ncontains"] },
    Term { name: "userAgent.tags", kind: Kind::Text, operators: EQ_NEQ },
    Term { name: "location.country", kind: Kind::Text, operators: SET },
    Term { name: "location.organizations", kind: Kind::Text, operators: SET_CONTAINS },
    Term { name: "ip.address", kind: Kind::Text, operators: ADDRESS },
    Term { name: "ip.category", kind: Kind::Number, operators: EQ_NEQ },
    Term { name: "ip.tags", kind: Kind::Text, operators: EQ_NEQ },
    Term { name: "fileSelector", kind: Kind::Structure, operators: EQ_NEQ },
    Term { name: "office365url", kind: Kind::Text, operators: &["startswith", "eq", "endswith"] },
    Term { name: "fileId", kind: Kind::Text, operators: EQ },
    Term { name: "fileLabels", kind: Kind::Structure, operators: EQ_NEQ },
    Term { name: "text", kind: Kind::Text, operators: &["eq", "startswithsingle", "text"] },
    Term { name: "date", kind: Kind::Time(SortField::Date), operators: DATE },
    Term { name: "created", kind: Kind::Time(SortField::Created), operators: CREATED },
    Term { name: "policy", kind: Kind::Text, operators: SET },
    Term { name: "source", kind: Kind::Structure, operators: EQ_NEQ },
    Term { name: "entity", kind: Kind::Structure, operators: SET_STARTS },
    Term { name: "user.username", kind: Kind::Text, operators: SET_STARTS },
    Term { name: "user.tags", kind: Kind::Structure, operators: SET_STARTS },
    Term { name: "user.domain", kind: Kind::Text, operators: SET },
];

#[rustfmt::skip]
static ALERTS: &[Term] = &[
    Term { name: "entity.entity", kind: Kind::Structure, operators: EQ_NEQ },
    Term { name: "entity.user", kind: Kind::Text, operators: EQ_NEQ },
    Term { name: "entity.ip", kind: Kind::Text, operators: EQ_NEQ },
    Term { name: "entity.service", kind: Kind::Number, operators: EQ_NEQ },
    Term { name: "entity.instance", kind: Kind::Number, operators: EQ_NEQ },
    Term { name: "entity.policy", kind: Kind::Text, operators: EQ_NEQ },
    Term { name: "entity.file", kind: Kind::Text, operators: EQ_NEQ },
    Term { name: "alertOpen", kind: Kind::Flag, operators: EQ },
    Term { name: "severity", kind: Kind::Number, operators: EQ_NEQ },
    Term { name: "resolutionStatus", kind: Kind::Number, operators: EQ_NEQ },
    Term { name: "read", kind: Kind::Flag, operators: EQ },
    Term { name: "date", kind: Kind::Time(SortField::Date), operators: DATE },
    Term { name: "resolutionDate", kind: Kind::Structure, operators: &["lte", "gte", "range"] },
    Term { name: "risk", kind: Kind::Number, operators: EQ_NEQ },
    Term { name: "alertType", kind: Kind::Number, operators: EQ_NEQ },
    Term { name: "id", kind: Kind::ObjectId, operators: EQ_NEQ },
    Term { name: "source", kind: Kind::Text, operators: EQ },
];

/// The filter of this name, where the list has it.
#[must_use]
pub fn term(stream: Stream, name: &str) -> Option<Term> {
    let terms = match stream {
        Stream::Activities => ACTIVITIES,
        Stream::Alerts => ALERTS,
    };
    terms.iter().find(|term| term.name == name).copied()
}
