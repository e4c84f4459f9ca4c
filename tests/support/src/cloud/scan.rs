//! Scan mode: how thousands of activities are read in one answer (reference §1.5).
//!
//! Each answer but the last hands out `nextQueryFilters`, to be sent back verbatim. They hold a
//! number that is too big for a float, a null and marks beyond ASCII, so that a client which takes
//! them apart and puts them together again is found out.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::page::Page;
use super::refusal::Refusal;
use super::store::{SortField, place};
use crate::records::Record;

/// Fewest and most records that a scan may ask for at a time.
pub const LIMITS: std::ops::RangeInclusive<usize> = 500..=5000;

/// The key by which the simulator knows its own filters again.
pub const MARK: &str = "scanState";

/// As many answers are remembered.
const REMEMBERED: usize = 10_000;

/// What was handed out, to be compared with what comes back.
#[derive(Debug, Default)]
pub struct Scans {
    given: VecDeque<Given>,
    next: u64,
}

#[derive(Debug, Clone)]
struct Given {
    number: u64,
    filters: Map<String, Value>,
    /// Filters of the first request of this scan.
    asked: Map<String, Value>,
    sort: SortField,
    ascending: bool,
    after: (i64, String),
}

/// Where a scan goes on.
#[derive(Debug, Clone)]
pub struct Position {
    /// The client's own filters, of the scan's first request.
    pub filters: Map<String, Value>,
    /// The last record that was listed: its sort value and id.
    pub after: Option<(i64, String)>,
}

impl Scans {
    /// Finds where the scan stands that this request belongs to: at its beginning, or where its
    /// filters say.
    ///
    /// # Errors
    /// A refusal with the reason, where a continuation is not what was handed out.
    pub fn position(&self, ask: &Ask) -> Result<Position, Refusal> {
        let Some(state) = ask.filters.get(MARK) else {
            return Ok(Position {
                filters: ask.filters.clone(),
                after: None,
            });
        };
        let given = state
            .pointer("/eq/0")
            .and_then(Value::as_u64)
            .and_then(|number| self.given.iter().find(|given| given.number == number))
            .ok_or_else(|| {
                Refusal::Request("nextQueryFilters of no scan of this tenant".to_owned())
            })?;
        if given.filters != ask.filters {
            return Err(Refusal::Request(
                "nextQueryFilters were changed on the way".to_owned(),
            ));
        }
        if given.sort != ask.sort || given.ascending != ask.ascending {
            return Err(Refusal::Request(
                "a scan goes on in the order it began".to_owned(),
            ));
        }
        Ok(Position {
            filters: given.asked.clone(),
            after: Some(given.after.clone()),
        })
    }

    /// The next answer of a scan over `matching`, which holds what follows its position in the
    /// scan's order.
    ///
    /// `limit` records are looked at; where more follow, the last `drops` of them are left to the
    /// next answer.
    pub fn page(
        &mut self,
        ask: &Ask,
        position: &Position,
        matching: &[Arc<Record>],
        limit: usize,
        drops: usize,
    ) -> Page {
        let total = matching.len();
        let has_next = total > limit;
        let listed = if has_next {
            limit.saturating_sub(drops).max(1)
        } else {
            total
        };
        let records = matching[..listed].to_vec();
        let beyond = records.last().map(|last| {
            let (at, id) = place(last, ask.sort);
            Value::Object(self.remember(ask, position, (at, id.to_owned())))
        });
        Page {
            next_filters: beyond.clone().filter(|_| has_next),
            asked_filters: Some(Value::Object(ask.filters.clone())),
            beyond_filters: beyond,
            ..Page::of(records, has_next, total)
        }
    }

    fn remember(
        &mut self,
        ask: &Ask,
        position: &Position,
        after: (i64, String),
    ) -> Map<String, Value> {
        self.next += 1;
        // beyond 2^53: a float can't carry it
        let number = (1 << 60) + self.next * 3 + 1;
        let field = if ask.sort == SortField::Created {
            "created"
        } else {
            "date"
        };
        let mut filters = position.filters.clone();
        let mut bounds = filters
            .get(field)
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        bounds.insert(
            if ask.ascending { "gte" } else { "lte" }.to_owned(),
            json!(after.0),
        );
        filters.insert(field.to_owned(), Value::Object(bounds));
        filters.insert(
            MARK.to_owned(),
            json!({"eq": [number, "⟨après \"/\" 0⟩", null, 1.0]}),
        );
        self.given.push_back(Given {
            number,
            filters: filters.clone(),
            asked: position.filters.clone(),
            sort: ask.sort,
            ascending: ask.ascending,
            after,
        });
        if self.given.len() > REMEMBERED {
            self.given.pop_front();
        }
        filters
    }
}
