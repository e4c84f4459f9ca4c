//! One page of a list: which records match, and which of them come now.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::ask::Ask;
use super::fault::Fault;
use super::http::Request;
use super::page::Page;
use super::query::Query;
use super::refusal::Refusal;
use super::store::{SortField, place};
use super::strike::Question;
use super::tenant::State;
use super::{paging, scan};
use crate::records::{Record, Stream};

/// Answers a list request. A fault may spoil the page.
///
/// # Errors
/// The API's refusal.
pub fn answer(
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

/// What a list request asks for, looked at beforehand.
pub fn question(state: &mut State, stream: Stream, request: &Request, now_ms: i64) -> Question {
    let Ok(ask) = Ask::read(stream, request) else {
        return Question::default();
    };
    let goes_on = ask.filters.contains_key(scan::MARK);
    let complaints = state.complaints.len();
    let page = right_page(state, stream, &ask, usize::MAX, now_ms);
    state.complaints.truncate(complaints);
    Question {
        goes_on,
        list: None,
        ids: page.map(|page| page.ids()).unwrap_or_default(),
    }
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
    match (ask.scan, stream) {
        (true, Stream::Activities) => return scanned(state, ask, cap, now_ms),
        (true, Stream::Alerts) => state.complain("alerts have no scan mode".to_owned()),
        (false, _) => {}
    }
    let query = understood(state, stream, &ask.filters, now_ms)?;
    let records = matching(
        state,
        stream,
        &query,
        ask.sort,
        query.bounds(ask.sort),
        now_ms,
    );
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
    let (mut low, mut high) = query.bounds(ask.sort);
    if let Some((at, _)) = &position.after {
        (low, high) = if ask.ascending {
            (low.max(*at), high)
        } else {
            (low, high.min(*at))
        };
    }
    let mut records = matching(
        state,
        Stream::Activities,
        &query,
        ask.sort,
        (low, high),
        now_ms,
    );
    if let Some((at, id)) = &position.after {
        // those that share the last record's time, up to that record, were listed already
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
    filters: &Map<String, Value>,
    now_ms: i64,
) -> Result<Query, Refusal> {
    let query = Query::read(stream, filters, now_ms)?;
    for key in &query.unknown {
        state.complain(format!("no filter is called {key}: the answer is empty"));
    }
    Ok(query)
}

/// What of a list matches, is visible, and has its sort value within these bounds; oldest first.
fn matching(
    state: &State,
    stream: Stream,
    query: &Query,
    sort: SortField,
    (low, high): (i64, i64),
    now_ms: i64,
) -> Vec<Arc<Record>> {
    let alerts = state.store.shelf(Stream::Alerts);
    let behind = |alert: &str, id: &str| {
        alerts
            .by_id(alert)
            .is_some_and(|alert| alert.audits.iter().any(|audit| audit == id))
    };
    let span = state.store.shelf(stream).between(sort, low, high);
    span.iter()
        .filter(|record| record.visible_ms <= now_ms && query.matches(record, &behind))
        .cloned()
        .collect()
}
