//! Paging by skip and limit, as alerts have it and activities without `isScan`.

use std::sync::Arc;

use super::ask::Ask;
use super::page::Page;
use super::refusal::Refusal;
use super::store::SortField;
use crate::records::{Record, Stream};

/// `skip` and `limit` together reach no further than this (reference §1.5).
pub const DEPTH: usize = 5000;

/// The page at `ask.skip` of everything that matches (oldest first).
///
/// # Errors
/// The API's refusal of a page that lies too deep.
pub fn page(
    stream: Stream,
    ask: &Ask,
    mut matching: Vec<Arc<Record>>,
    cap: usize,
) -> Result<Page, Refusal> {
    let limit = ask.limit.unwrap_or(cap).min(cap);
    if ask.skip + limit > DEPTH {
        return Err(Refusal::Request(format!(
            "skip + limit must not exceed {DEPTH}"
        )));
    }
    if ask.sort == SortField::Severity {
        matching.sort_by_key(|record| severity(record));
    }
    if !ask.ascending {
        matching.reverse();
    }
    let total = matching.len();
    let records: Vec<_> = matching.into_iter().skip(ask.skip).take(limit).collect();
    let has_next = ask.skip + records.len() < total;
    let max = (stream == Stream::Alerts).then_some(limit);
    Ok(Page {
        max,
        ..Page::of(records, has_next, total)
    })
}

fn severity(record: &Record) -> i64 {
    let fact = record.facts().iter().find(|(name, _)| *name == "severity");
    fact.and_then(|(_, value)| value.parse().ok()).unwrap_or(-1)
}
