//! `GET /v1.0/security/alerts_v2` and `/incidents` (successors §2.1).

use std::sync::Arc;

use super::filter::Filter;
use super::link::Position;
use super::refusal::Refusal;
use super::sheet::{Leaf, Sheet};
use super::shelf::By;
use crate::cloud::fault::Fault;
use crate::cloud::form;
use crate::cloud::http::Request;
use crate::cloud::tenant::State;
use crate::records::xdr::{List, Record, Ticks};

/// `$skip` reaches no further.
const MOST_SKIP: usize = 500;
/// Records of an answer where `$top` says nothing.
const USUAL: usize = 50;
/// Most incidents of an answer.
const MOST_INCIDENTS: usize = 50;

/// What a request asks for.
struct Ask {
    filter: Filter,
    /// Newest first by `createdDateTime` unless said.
    by: By,
    ascending: bool,
    top: usize,
    skip: usize,
    after: Option<Position>,
    counts: bool,
    /// The options without the place, as they stand in the next link.
    options: String,
}

/// Does the request go on from a place that an answer named?
#[must_use]
pub fn goes_on(request: &Request) -> bool {
    let query = form::pairs(request.query());
    query
        .iter()
        .any(|(key, _)| key == "$skiptoken" || key == "$skip")
}

/// Answers a request for a collection.
///
/// # Errors
/// Graph's refusal.
pub fn answer(
    state: &mut State,
    list: List,
    request: &Request,
    fault: Option<&Fault>,
    now_ms: i64,
) -> Result<Sheet, Refusal> {
    if request.method != "GET" {
        return Err(Refusal::Method);
    }
    complain(state, list, request);
    let mut ask = read(state, list, request)?;
    if fault == Some(&Fault::NewestFirst) {
        (ask.by, ask.ascending) = (By::Made, false);
    }
    let all = (Ticks(i64::MIN), Ticks(i64::MAX));
    let records = state.graph.shelves.between(list, ask.by, all, now_ms);
    let mut matching: Vec<Arc<Record>> = (records.into_iter())
        .filter(|record| ask.filter.matches(record))
        .collect();
    let count = ask.counts.then_some(matching.len());
    if !ask.ascending {
        matching.reverse();
    }
    if let Some(after) = &ask.after {
        let place = (after.at, after.id.as_str());
        matching.retain(|record| {
            let here = (ask.by.of(record), record.id.as_str());
            if ask.ascending {
                here > place
            } else {
                here < place
            }
        });
    }
    let cap = match fault {
        Some(Fault::Cap(cap)) => *cap,
        _ => usize::MAX,
    };
    let rest = matching.get(ask.skip..).unwrap_or_default();
    let (page, more) = rest.split_at(rest.len().min(ask.top).min(cap));
    let leaves = page.iter().map(|record| Leaf {
        id: record.id.clone(),
        json: record.json().into_bytes(),
    });
    let mut sheet = Sheet::of(list, leaves.collect());
    sheet.count = count;
    let host = request.header("host").unwrap_or("tenant");
    let address = format!("{}://{host}{}", state.graph.scheme, request.path());
    sheet.this_link = Some(format!("{}://{host}{}", state.graph.scheme, request.target));
    sheet.beyond_link = page.last().map(|last| {
        let place = match state.graph.links_by_skip {
            true => format!("$skip={}", ask.skip + page.len()),
            false => {
                let (at, id) = (ask.by.of(last), last.id.clone());
                format!(
                    "$skiptoken={}",
                    state.graph.links.token(Position { at, id })
                )
            }
        };
        format!("{address}?{}{place}", ask.options)
    });
    sheet.next_link = sheet.beyond_link.clone().filter(|_| !more.is_empty());
    Ok(sheet)
}

fn read(state: &State, list: List, request: &Request) -> Result<Ask, Refusal> {
    let most = match list {
        List::Incidents => MOST_INCIDENTS,
        _ => state.graph.most_alerts,
    };
    let mut ask = Ask {
        filter: Filter::default(),
        by: By::Made,
        ascending: false,
        top: USUAL.min(most),
        skip: 0,
        after: None,
        counts: false,
        options: String::new(),
    };
    if let Some(bad) = request
        .query()
        .chars()
        .find(|sign| "'\"<> ".contains(*sign))
    {
        let text = format!("Invalid filter clause: {bad} is not percent-encoded");
        return Err(Refusal::Query(text));
    }
    for pair in request.query().split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = form::pairs(pair).remove(0);
        let number = || {
            let bad = format!("Invalid value '{value}' for {key} query option found.");
            value.parse::<usize>().map_err(|_| Refusal::Query(bad))
        };
        match key.as_str() {
            "$filter" => ask.filter = Filter::read(&value).map_err(Refusal::Query)?,
            "$orderby" => (ask.by, ask.ascending) = order(&value)?,
            // what is more is clamped without a word
            "$top" => ask.top = number()?.min(most),
            "$skip" => ask.skip = number()?,
            "$count" => ask.counts = value == "true",
            "$skiptoken" => {
                let place = state.graph.links.place(&value).cloned();
                let unknown = || Refusal::Query("Skip token is null or invalid.".to_owned());
                ask.after = Some(place.ok_or_else(unknown)?);
            }
            other => {
                return Err(Refusal::Query(format!(
                    "Query option '{other}' is not allowed."
                )));
            }
        }
        if !matches!(key.as_str(), "$skip" | "$skiptoken") {
            ask.options.push_str(pair);
            ask.options.push('&');
        }
    }
    if ask.skip > MOST_SKIP {
        return Err(Refusal::Query(format!(
            "The limit of '{MOST_SKIP}' for Skip query has been exceeded. The value from the \
                incoming request is '{}'.",
            ask.skip
        )));
    }
    Ok(ask)
}

fn order(text: &str) -> Result<(By, bool), Refusal> {
    let (field, direction) = text.split_once(' ').unwrap_or((text, "asc"));
    let by = match field {
        "createdDateTime" => By::Made,
        "lastUpdateDateTime" => By::Updated,
        other => return Err(Refusal::Query(format!("can't order by {other}"))),
    };
    match direction.trim() {
        "asc" => Ok((by, true)),
        "desc" => Ok((by, false)),
        other => Err(Refusal::Query(format!("{other} is no direction"))),
    }
}

/// Writes down what a careful client doesn't do.
fn complain(state: &mut State, list: List, request: &Request) {
    let prefers = |words: &str| {
        let header = request.header("prefer").unwrap_or_default();
        header.contains(words)
    };
    if list == List::Alerts && !prefers("include-unknown-enum-members") {
        state.complain("alerts without Prefer: include-unknown-enum-members".to_owned());
    }
    let is_probe = form::pairs(request.query()).contains(&("$top".to_owned(), "1".to_owned()));
    if !request.query().contains("DateTime") && !is_probe {
        state.complain(format!("{} without a filter on time", list.name()));
    }
}
