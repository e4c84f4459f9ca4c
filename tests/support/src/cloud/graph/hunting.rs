//! `POST /v1.0/security/runHuntingQuery` (successors §3.1).

use serde_json::{Value, json};

use super::IngestionTime;
use super::kql::run::json_of;
use super::kql::{Around, KqlError, Query, Stage, expr::Expr};
use super::marker::Marker;
use super::refusal::Refusal;
use super::sheet::{Leaf, Sheet};
use super::shelf::By;
use crate::cloud::fault::Fault;
use crate::cloud::http::Request;
use crate::cloud::tenant::State;
use crate::records::xdr::{List, Ticks};

/// So long hunting keeps its rows.
const RETENTION_MS: i64 = 30 * 86_400_000;

/// The table that a request asks for, as far as its marker says.
#[must_use]
pub fn table(request: &Request) -> Option<List> {
    let query = query(request)?;
    Marker::read(&query).ok().map(|marker| marker.list())
}

/// The KQL of a request. Graph looks at its keys without regard to case.
fn query(request: &Request) -> Option<String> {
    let body: Value = serde_json::from_slice(&request.body).ok()?;
    let query = crate::records::xdr::member(&body, "Query")?;
    query.as_str().map(str::to_owned)
}

/// Answers a query.
///
/// # Errors
/// Graph's refusal.
pub fn answer(
    state: &mut State,
    request: &Request,
    fault: Option<&Fault>,
    now_ms: i64,
) -> Result<Sheet, Refusal> {
    if request.method != "POST" {
        return Err(Refusal::Method);
    }
    let kind = request.header("content-type").unwrap_or_default();
    if !kind.starts_with("application/json") {
        let text = format!("Unsupported content type '{kind}'");
        return Err(Refusal::Query(text));
    }
    let text = query(request).ok_or_else(|| Refusal::Query("no Query in the body".to_owned()))?;
    if !text.is_ascii() && !kind.to_lowercase().contains("charset=utf-8") {
        state.complain("a query beyond ASCII without charset=utf-8".to_owned());
    }
    let marker = Marker::read(&text).map_err(Refusal::Query)?;
    let mut query = Query::read(&text).map_err(refused)?;
    if state.graph.missing.contains(&query.list) {
        return Err(refused(KqlError::Table(query.list.name().to_owned())));
    }
    let (by, from, to) = match held(&marker, &query) {
        Ok(window) => window,
        Err(text) => return Err(Refusal::Query(text)),
    };
    if fault == Some(&Fault::TakeIgnored) {
        query
            .stages
            .retain(|stage| !matches!(stage, Stage::Take(_)));
    }
    let oldest = Ticks::of_ms(now_ms - RETENTION_MS);
    let span = timespan(request, now_ms).map_err(Refusal::Query)?;
    let shelves = &state.graph.shelves;
    let mut records = shelves.between(query.list, by, (from, to), now_ms);
    records.retain(|record| record.at >= oldest && span.contains(&record.at));
    if !query.orders() {
        // without `order by` rows come in no order at all
        records.sort_by_cached_key(|record| record.id.bytes().rev().collect::<Vec<_>>());
    }
    let around = Around {
        now_ms,
        ingestion_time: match state.graph.ingestion_null.contains(&query.list) {
            true => IngestionTime::Null,
            false => state.graph.ingestion_time,
        },
    };
    let mut answered = query.run(records, around).map_err(refused)?;
    answered.rows.truncate(state.graph.most_rows);
    let schema = answered.columns.iter().map(|(name, kind)| {
        // the older text of the reference shows the other case
        match now_ms / 60_000 % 2 {
            0 => json!({"name": name, "type": kind.in_schema()}),
            _ => json!({"Name": name, "Type": kind.in_schema()}),
        }
    });
    let schema = schema.collect();
    let leaves = answered.rows.into_iter().map(|(record, values)| Leaf {
        id: record.id.clone(),
        json: json_of(&answered.columns, &record, values),
    });
    let mut sheet = Sheet::of(query.list, leaves.collect());
    sheet.schema = schema;
    let bytes: usize = sheet.leaves.iter().map(|leaf| leaf.json.len() + 1).sum();
    match bytes > state.graph.most_bytes {
        true => Err(Refusal::TooLarge),
        false => Ok(sheet),
    }
}

/// `Timespan`: the shorter of it and the query's own window counts. `from/to`, `from`, `P2D`.
fn timespan(request: &Request, now_ms: i64) -> Result<std::ops::Range<Ticks>, String> {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let all = Ticks(i64::MIN)..Ticks(i64::MAX);
    let Some(text) = crate::records::xdr::member(&body, "Timespan").and_then(Value::as_str) else {
        return Ok(all);
    };
    let bad = || format!("Timespan {text} is not supported");
    let days = text
        .strip_prefix('P')
        .and_then(|text| text.strip_suffix('D'));
    if let Some(days) = days {
        let days = days.parse::<i64>().map_err(|_| bad())?;
        return Ok(Ticks::of_ms(now_ms - days * 86_400_000)..all.end);
    }
    let time = |text: &str| Ticks::parse(text).ok_or_else(bad);
    match text.split_once('/') {
        Some((from, to)) => Ok(time(from)?..time(to)?),
        None => Ok(time(text)?..all.end),
    }
}

/// The window that the marker names, where the KQL asks for the same.
fn held(marker: &Marker, query: &Query) -> Result<(By, Ticks, Ticks), String> {
    let all = (By::Made, Ticks(i64::MIN), Ticks(i64::MAX));
    if marker.list() != query.list {
        let (says, asks) = (marker.list().name(), query.list.name());
        return Err(format!("the marker says {says}, the query asks for {asks}"));
    }
    let Marker::Rows {
        by,
        from,
        to,
        skip,
        take,
        late,
        ..
    } = marker
    else {
        return Ok(all);
    };
    if query.take() != Some(*take) {
        return Err(format!(
            "the marker says take={take}, the query {:?}",
            query.take()
        ));
    }
    let conditions = query.conditions();
    let has = |test: &dyn Fn(&str, &Expr, &Expr) -> bool| {
        conditions.iter().any(|condition| match condition {
            Expr::Pair(operator, left, right) => test(operator, query.meaning(left), right),
            _ => false,
        })
    };
    let is_time = |expr: &Expr| match (by, expr) {
        (By::Ingested, Expr::Call(name, _)) => name == "ingestion_time",
        (By::Made, Expr::Path(path)) => path.as_slice() == ["Timestamp"],
        _ => false,
    };
    let compares = |with: &str, at: Ticks| {
        has(&|operator, left, right| operator == with && is_time(left) && *right == Expr::Time(at))
    };
    if !compares(">=", *from) {
        return Err(format!("the marker says from={from}, the query does not"));
    }
    let end = to.unwrap_or(Ticks(i64::MAX));
    if let Some(to) = to
        && !compares("<", end)
    {
        return Err(format!("the marker says to={to}, the query does not"));
    }
    let skips = has(&|operator, left, right| {
        let number = Expr::Value((*skip).into());
        operator == ">" && *left == Expr::Call("row_number".to_owned(), vec![]) && *right == number
    });
    if *skip > 0 && !skips {
        return Err(format!("the marker says skip={skip}, the query does not"));
    }
    let asked = conditions.iter().copied().find(|condition| {
        let Expr::Pair(or, _, right) = condition else {
            return false;
        };
        let is_time = matches!(&**right, Expr::Pair(_, left, _) if left.is_call("ingestion_time"));
        or == "or" && is_time
    });
    if asked != late.map(either_of).as_ref() {
        return Err(format!(
            "the marker says late={late:?}, the query {asked:?}"
        ));
    }
    Ok((*by, *from, end))
}

/// `Timestamp >= whole or ingestion_time() >= arrived`
fn either_of((whole, arrived): (Ticks, Ticks)) -> Expr {
    let since = |left, at| Expr::Pair(">=".to_owned(), Box::new(left), Box::new(Expr::Time(at)));
    let made = since(Expr::Path(vec!["Timestamp".to_owned()]), whole);
    let came = since(Expr::Call("ingestion_time".to_owned(), vec![]), arrived);
    Expr::Pair("or".to_owned(), Box::new(made), Box::new(came))
}

fn refused(error: KqlError) -> Refusal {
    match error {
        KqlError::Table(table) => Refusal::missing_table(&table),
        KqlError::Column(operator, column) => Refusal::missing_column(&operator, &column),
        KqlError::Syntax(text) => {
            Refusal::Query(format!("{text}. Fix syntax errors in your query."))
        }
    }
}
