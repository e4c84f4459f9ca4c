//! Operators and the shape of their values (reference §1.8, "Operators in general").

use serde_json::{Value as Json, json};
use toml_edit::{Datetime, Item, TableLike, Value};

use crate::settings::Refusal;
use crate::settings::words::{shown, shown_value};

/// What is asked of a field. Named in Rust as the API names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Eq,
    Neq,
    Contains,
    Ncontains,
    Startswith,
    Doesnotstartwith,
    Endswith,
    Startswithsingle,
    Text,
    Isset,
    Isnotset,
    Gte,
    Lte,
    GteNdays,
    LteNdays,
    Range,
}

/// What the values of a filter are.
#[derive(Debug, Clone, Copy)]
pub(super) enum FilterValues {
    /// A whole number from … to ….
    Number(i64, i64),
    /// A text, not empty.
    Text,
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words, or "null", which is sent as JSON's null.
    WordOrNull(&'static [&'static str]),
    /// Milliseconds since 1970, or a TOML time with an offset.
    Time,
    /// The reference gives no type, or an object.
    Any,
}

impl Operator {
    /// As it is sent.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Neq => "neq",
            Self::Contains => "contains",
            Self::Ncontains => "ncontains",
            Self::Startswith => "startswith",
            Self::Doesnotstartwith => "doesnotstartwith",
            Self::Endswith => "endswith",
            Self::Startswithsingle => "startswithsingle",
            Self::Text => "text",
            Self::Isset => "isset",
            Self::Isnotset => "isnotset",
            Self::Gte => "gte",
            Self::Lte => "lte",
            Self::GteNdays => "gte_ndays",
            Self::LteNdays => "lte_ndays",
            Self::Range => "range",
        }
    }

    /// Checks a value and gives it in the form that is sent.
    pub(super) fn value(self, item: &Item, holds: FilterValues) -> Result<Json, Refusal> {
        match self {
            Self::Eq
            | Self::Neq
            | Self::Contains
            | Self::Ncontains
            | Self::Startswith
            | Self::Doesnotstartwith
            | Self::Endswith => one_or_several(item, holds),
            Self::Startswithsingle | Self::Text => one(item, FilterValues::Text),
            Self::Isset | Self::Isnotset => one(item, FilterValues::Flag),
            Self::Gte | Self::Lte => one(item, FilterValues::Time),
            Self::GteNdays | Self::LteNdays => one(item, FilterValues::Number(0, 180)),
            Self::Range => range(item),
        }
    }
}

fn refuse(item: &Item, allowed: &str) -> Refusal {
    Refusal::new(format!("found {}; allowed: {allowed}", shown(item)))
}

fn one(item: &Item, holds: FilterValues) -> Result<Json, Refusal> {
    let value = item.as_value().and_then(|value| holds.read(value));
    value.ok_or_else(|| refuse(item, &holds.allowed()))
}

/// The API takes lists here; clients send a bare value as well, so it goes out as it is written.
fn one_or_several(item: &Item, holds: FilterValues) -> Result<Json, Refusal> {
    let Some(list) = item.as_array() else {
        return one(item, holds)
            .map_err(|_| refuse(item, &format!("{}, alone or in a list", holds.allowed())));
    };
    if list.is_empty() {
        return Err(Refusal::new(
            "found an empty list, which no record passes; allowed: at least one value",
        ));
    }
    list.iter()
        .map(|value| {
            holds.read(value).ok_or_else(|| {
                Refusal::new(format!(
                    "found {} in the list; allowed: {}",
                    shown_value(value),
                    holds.allowed()
                ))
            })
        })
        .collect::<Result<Vec<_>, _>>()
        .map(Json::Array)
}

/// One `{ start = …, end = … }` or several.
fn range(item: &Item) -> Result<Json, Refusal> {
    let allowed = format!(
        "a list of {{ start = …, end = … }}, start not after end, each {}",
        FilterValues::Time.allowed()
    );
    let span = |table: &dyn TableLike| {
        let time = |key: &str| {
            table
                .get(key)
                .and_then(Item::as_value)
                .and_then(|value| FilterValues::Time.read(value))
        };
        let (start, end) = (time("start")?, time("end")?);
        (table.len() == 2 && start.as_i64() <= end.as_i64())
            .then(|| json!({ "start": start, "end": end }))
    };
    let read = match item.as_array() {
        Some(list) if !list.is_empty() => list
            .iter()
            .map(|value| value.as_inline_table().and_then(|table| span(table)))
            .collect(),
        Some(_) => None,
        None => item
            .as_table_like()
            .and_then(|table| Some(vec![span(table)?])),
    };
    read.map(Json::Array).ok_or_else(|| refuse(item, &allowed))
}

// === impl Holds ===

impl FilterValues {
    /// One value in the form that is sent, if it is of this kind.
    fn read(self, value: &Value) -> Option<Json> {
        match self {
            Self::Number(least, most) => value
                .as_integer()
                .filter(|n| (least..=most).contains(n))
                .map(Json::from),
            Self::Text => value
                .as_str()
                .filter(|text| !text.is_empty())
                .map(Json::from),
            Self::Flag => value.as_bool().map(Json::from),
            Self::Word(words) => value
                .as_str()
                .filter(|text| words.contains(text))
                .map(Json::from),
            Self::WordOrNull(words) => match value.as_str()? {
                "null" => Some(Json::Null),
                text => words.contains(&text).then(|| Json::from(text)),
            },
            Self::Time => value
                .as_integer()
                .filter(|ms| *ms >= 0)
                .or_else(|| epoch_ms(value.as_datetime()?))
                .map(Json::from),
            Self::Any => any(value, 0),
        }
    }

    /// What is allowed, in words.
    fn allowed(self) -> String {
        let quoted = |words: &[&str]| format!("\"{}\"", words.join("\", \""));
        match self {
            Self::Number(0, i64::MAX) => "a whole number from 0".to_owned(),
            Self::Number(least, most) => format!("a whole number from {least} to {most}"),
            Self::Text => "a text in quotes, not empty".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Word(words) => quoted(words),
            Self::WordOrNull(words) => format!("{}, \"null\"", quoted(words)),
            Self::Time => {
                "a time such as 2026-01-31T00:00:00Z, or milliseconds since 1970".to_owned()
            }
            Self::Any => "a text, a number or a table of these".to_owned(),
        }
    }
}

/// A TOML time with its offset, as the API counts.
fn epoch_ms(time: &Datetime) -> Option<i64> {
    time.offset?;
    let timestamp: jiff::Timestamp = time.to_string().parse().ok()?;
    Some(timestamp.as_millisecond()).filter(|ms| *ms >= 0)
}

/// Text, number, flag, or a table or list of such: `{ id = "…", inst = 0 }`.
fn any(value: &Value, depth: usize) -> Option<Json> {
    const DEEP: usize = 3;
    if depth > DEEP {
        return None;
    }
    match value {
        Value::String(text) => {
            (!text.value().is_empty()).then(|| Json::from(text.value().as_str()))
        }
        Value::Integer(number) => Some(Json::from(*number.value())),
        Value::Boolean(flag) => Some(Json::from(*flag.value())),
        Value::Array(list) => list
            .iter()
            .map(|value| any(value, depth + 1))
            .collect::<Option<Vec<_>>>()
            .map(Json::Array),
        Value::InlineTable(table) => table
            .iter()
            .map(|(key, value)| Some((key.to_owned(), any(value, depth + 1)?)))
            .collect::<Option<serde_json::Map<_, _>>>()
            .map(Json::Object),
        Value::Float(_) | Value::Datetime(_) => None,
    }
}
