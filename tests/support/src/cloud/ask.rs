//! What a list request asks for, read from its JSON body or its query.

use serde_json::{Map, Value};

use super::form;
use super::http::Request;
use super::refusal::Refusal;
use super::store::SortField;
use crate::records::Stream;

/// A list request that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// `filters`, as sent.
    pub filters: Map<String, Value>,
    /// `sortField`: date unless said.
    pub sort: SortField,
    /// `sortDirection` is `asc`; the API lists the newest first unless told.
    pub ascending: bool,
    /// `skip`
    pub skip: usize,
    /// `limit`, where given.
    pub limit: Option<usize>,
    /// `isScan`
    pub scan: bool,
    /// A GET with a limit, which the API ignores without a word.
    pub limit_ignored: bool,
}

impl Ask {
    /// Reads the request.
    ///
    /// # Errors
    /// The API's refusal.
    pub fn read(stream: Stream, request: &Request) -> Result<Self, Refusal> {
        let body = match request.method.as_str() {
            "GET" => from_query(request.query())?,
            "POST" if request.body.is_empty() => Map::new(),
            "POST" => serde_json::from_slice(&request.body).map_err(|error| {
                Refusal::Request(format!("the body is not a JSON object: {error}"))
            })?,
            _ => return Err(Refusal::Method),
        };
        let filters = match body.get("filters") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(filters)) => filters.clone(),
            Some(other) => return Err(Refusal::value(other)),
        };
        let ascending = match body.get("sortDirection").and_then(Value::as_str) {
            None | Some("desc") => false,
            Some("asc") => true,
            Some(other) => {
                return Err(Refusal::Request(format!(
                    "sortDirection {other} is neither asc nor desc"
                )));
            }
        };
        let sort = match (body.get("sortField").and_then(Value::as_str), stream) {
            (None | Some("date"), _) => SortField::Date,
            (Some("created"), Stream::Activities) => SortField::Created,
            (Some("severity"), Stream::Alerts) => SortField::Severity,
            (Some(other), _) => return Err(Refusal::Request(format!("can't sort by {other}"))),
        };
        let limit = count(&body, "limit")?;
        let get = request.method == "GET";
        Ok(Self {
            filters,
            sort,
            ascending,
            skip: count(&body, "skip")?.unwrap_or(0),
            limit: if get { None } else { limit },
            scan: !get && body.get("isScan").and_then(Value::as_bool).unwrap_or(false),
            limit_ignored: get && limit.is_some(),
        })
    }
}

/// A number, or digits as text: a working client sends those.
fn count(body: &Map<String, Value>, key: &str) -> Result<Option<usize>, Refusal> {
    let Some(value) = body.get(key).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    value
        .as_u64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
        .and_then(|number| usize::try_from(number).ok())
        .map(Some)
        .ok_or_else(|| Refusal::Request(format!("{key} {value} is not a count")))
}

fn from_query(query: &str) -> Result<Map<String, Value>, Refusal> {
    let mut body = Map::new();
    for (key, text) in form::pairs(query) {
        let value = if key == "filters" {
            serde_json::from_str(&text)
                .map_err(|error| Refusal::Request(format!("filters: {error}")))?
        } else {
            Value::String(text)
        };
        body.insert(key, value);
    }
    Ok(body)
}
