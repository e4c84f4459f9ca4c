//! From a request to the answer the API would give.

use std::sync::Arc;

use serde_json::json;

use super::ask::Ask;
use super::fault::Fault;
use super::http::{Answer, Request};
use super::page::Page;
use super::query::Query;
use super::refusal::Refusal;
use super::scan;
use super::store::{Shelf, SortField, place};
use super::tenant::{State, Tenant};
use super::{entra, paging};
use crate::records::{Record, Stream};

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// `/api/v1/activities/` or `/api/v1/alerts/`
    List(Stream),
    /// One record by its id.
    One(Stream, String),
    /// The Entra endpoint of this tenant.
    Login(String),
    /// Nothing is there.
    Nowhere,
}

/// What comes of a request.
#[derive(Debug)]
pub enum Outcome {
    /// A page of a list.
    Page(Page),
    /// Anything else.
    Answer(Answer),
}

impl Route {
    /// The route of a path, with and without `/cas` in front and a slash behind.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let path = path.strip_prefix("/cas").unwrap_or(path);
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let stream = |name: &str| match name {
            "activities" => Some(Stream::Activities),
            "alerts" => Some(Stream::Alerts),
            _ => None,
        };
        match parts.as_slice() {
            ["api", "v1", name] => stream(name).map_or(Self::Nowhere, Self::List),
            ["api", "v1", name, id] => {
                stream(name).map_or(Self::Nowhere, |stream| Self::One(stream, (*id).to_owned()))
            }
            [tenant, "oauth2", "v2.0", "token"] => Self::Login((*tenant).to_owned()),
            _ => Self::Nowhere,
        }
    }
}

/// Answers a request. A fault may spoil the page.
#[must_use]
pub fn answer(tenant: &Tenant, route: &Route, request: &Request, fault: Option<&Fault>) -> Outcome {
    let now_ms = tenant.clock.now_ms();
    let mut state = tenant.state();
    if let Route::Login(directory) = route {
        return Outcome::Answer(entra::answer(&mut state, directory, request, now_ms));
    }
    if let Err(seconds) = state.throttle.admit(now_ms) {
        return Outcome::Answer(throttled(seconds, state.retry_after));
    }
    let outcome =
        state
            .keys
            .check(request, now_ms)
            .and_then(|()| match route {
                Route::List(stream) => {
                    list(&mut state, *stream, request, fault, now_ms).map(Outcome::Page)
                }
                Route::One(stream, id) => match state.store.shelf(*stream).by_id(id) {
                    Some(record) if record.visible_ms <= now_ms => Ok(Outcome::Answer(
                        Answer::new(200, "application/json", record.json().into_bytes()),
                    )),
                    _ => Err(Refusal::NotFound),
                },
                Route::Login(_) | Route::Nowhere => Err(Refusal::NotFound),
            });
    outcome.unwrap_or_else(|refusal| Outcome::Answer(refusal.answer()))
}

/// The answer to a request too many.
#[must_use]
pub fn throttled(seconds: i64, retry_after: bool) -> Answer {
    let detail = format!("Request was throttled. Expected available in {seconds} seconds.");
    let answer = Answer::json(429, &json!({"detail": detail}));
    if retry_after {
        answer.with("Retry-After", &seconds.to_string())
    } else {
        answer
    }
}

fn list(
    state: &mut State,
    stream: Stream,
    request: &Request,
    fault: Option<&Fault>,
    now_ms: i64,
) -> Result<Page, Refusal> {
    let cap = match fault {
        Some(Fault::Cap(cap)) => *cap,
        _ => usize::MAX,
    };
    let mut page = Ask::read(stream, request)
        .and_then(|ask| right_page(state, stream, &ask, cap, now_ms))
        .inspect_err(|refusal| state.complain(format!("refused: {refusal:?}")))?;
    let before = state.last_pages.insert(stream, page.clone());
    if let Some(fault) = fault {
        fault.spoil_page(&mut page, before.as_ref());
    }
    Ok(page)
}

fn right_page(
    state: &mut State,
    stream: Stream,
    ask: &Ask,
    cap: usize,
    now_ms: i64,
) -> Result<Page, Refusal> {
    if ask.limit_ignored {
        state.complain("a limit in the query of a GET is ignored".to_owned());
    }
    if ask.scan && stream == Stream::Activities {
        return scanned(state, ask, cap, now_ms);
    }
    let query = understood(state, stream, &ask.filters, now_ms)?;
    let alerts = state.store.shelf(Stream::Alerts);
    let records = matching(state.store.shelf(stream), alerts, &query, ask.sort, now_ms);
    paging::page(stream, ask, records, state.page_cap.min(cap))
}

fn scanned(state: &mut State, ask: &Ask, cap: usize, now_ms: i64) -> Result<Page, Refusal> {
    let limit = ask.limit.unwrap_or(*scan::LIMITS.start());
    if !scan::LIMITS.contains(&limit) {
        let (least, most) = scan::LIMITS.into_inner();
        return Err(Refusal::Request(format!(
            "the limit of a scan is {least} to {most}"
        )));
    }
    let position = state.scans.position(ask)?;
    let query = understood(state, Stream::Activities, &position.filters, now_ms)?;
    if !query.limits_time() {
        state.complain("a scan without a filter on date or created".to_owned());
    }
    let shelf = state.store.shelf(Stream::Activities);
    let alerts = state.store.shelf(Stream::Alerts);
    let mut records = matching(shelf, alerts, &query, ask.sort, now_ms);
    if let Some((at, id)) = &position.after {
        let after = (*at, id.as_str());
        if ask.ascending {
            records.drain(..records.partition_point(|record| place(record, ask.sort) <= after));
        } else {
            records.truncate(records.partition_point(|record| place(record, ask.sort) < after));
        }
    }
    if !ask.ascending {
        records.reverse();
    }
    let drops = state.scan_drops;
    Ok(state
        .scans
        .page(ask, &position, &records, limit.min(cap), drops))
}

fn understood(
    state: &mut State,
    stream: Stream,
    filters: &serde_json::Map<String, serde_json::Value>,
    now_ms: i64,
) -> Result<Query, Refusal> {
    let query = Query::read(stream, filters, now_ms)?;
    for key in &query.unknown {
        state.complain(format!("no filter is called {key}: the answer is empty"));
    }
    Ok(query)
}

/// What of a shelf matches and is visible, oldest first.
fn matching(
    shelf: &Shelf,
    alerts: &Shelf,
    query: &Query,
    sort: SortField,
    now_ms: i64,
) -> Vec<Arc<Record>> {
    let sort = if sort == SortField::Severity {
        SortField::Date
    } else {
        sort
    };
    let (low, high) = query.bounds(sort);
    let behind = |alert: &str, id: &str| {
        alerts
            .by_id(alert)
            .is_some_and(|alert| alert.audits.iter().any(|audit| audit == id))
    };
    shelf
        .between(sort, low, high)
        .iter()
        .filter(|record| record.visible_ms <= now_ms && query.matches(record, &behind))
        .cloned()
        .collect()
}
