//! The filters a request may carry: the API's vocabulary (reference §1.7, §1.8), and whether a
//! record matches.

use serde_json::{Map, Value};

use super::refusal::Refusal;
use super::store::SortField;
use super::vocabulary::{Kind, Term, term};
use crate::records::{Record, Stream};

/// Filters that were understood.
#[derive(Debug, Default)]
pub struct Query {
    conditions: Vec<Condition>,
    /// Keys that the API doesn't know. It answers those with an empty list and says nothing.
    pub unknown: Vec<String>,
}

#[derive(Debug)]
enum Condition {
    /// The time lies in one of these, ends included.
    Time(SortField, Vec<(i64, i64)>),
    /// Something is behind this alert; answered from the store.
    BehindAlert(Vec<String>),
    Fact(Term, Comparison),
}

#[derive(Debug)]
enum Comparison {
    Equal(Vec<String>),
    NotEqual(Vec<String>),
    Contains(Vec<String>),
    ContainsNot(Vec<String>),
    StartsWith(Vec<String>),
    StartsNotWith(Vec<String>),
    EndsWith(Vec<String>),
    Set,
    NotSet,
}

const DAY: i64 = 86_400_000;

impl Query {
    /// Reads the `filters` of a request.
    ///
    /// # Errors
    /// The API's answer to a filter value it can't use.
    pub fn read(
        stream: Stream,
        filters: &Map<String, Value>,
        now_ms: i64,
    ) -> Result<Self, Refusal> {
        let mut query = Self::default();
        for (name, value) in filters {
            let Some(term) = term(stream, name) else {
                query.unknown.push(name.clone());
                continue;
            };
            let operators = value.as_object().ok_or_else(|| Refusal::value(value))?;
            for (operator, operand) in operators {
                if !term.operators.contains(&operator.as_str()) {
                    return Err(Refusal::value(&Value::String(operator.clone())));
                }
                query
                    .conditions
                    .push(Condition::read(term, operator, operand, now_ms)?);
            }
        }
        Ok(query)
    }

    /// Hull of what the query asks of the field that lists are sorted by, ends included.
    #[must_use]
    pub fn bounds(&self, field: SortField) -> (i64, i64) {
        // severity has no order of its own: lists are walked by date
        let field = if field == SortField::Severity {
            SortField::Date
        } else {
            field
        };
        let mut bounds = (i64::MIN, i64::MAX);
        for condition in &self.conditions {
            if let Condition::Time(of, spans) = condition
                && *of == field
            {
                let low = spans.iter().map(|span| span.0).min().unwrap_or(i64::MIN);
                let high = spans.iter().map(|span| span.1).max().unwrap_or(i64::MAX);
                bounds = (bounds.0.max(low), bounds.1.min(high));
            }
        }
        bounds
    }

    /// Is there a filter on the time, as the API asks for?
    #[must_use]
    pub fn limits_time(&self) -> bool {
        self.conditions
            .iter()
            .any(|condition| matches!(condition, Condition::Time(..)))
    }

    /// Does the record match all filters? `behind` answers whether the record is behind the alert
    /// of that id.
    pub fn matches(&self, record: &Record, behind: &dyn Fn(&str, &str) -> bool) -> bool {
        self.unknown.is_empty()
            && self.conditions.iter().all(|condition| match condition {
                Condition::Time(field, spans) => {
                    let at = super::store::place(record, *field).0;
                    spans.iter().any(|span| (span.0..=span.1).contains(&at))
                }
                Condition::BehindAlert(alerts) => {
                    alerts.iter().any(|alert| behind(alert, &record.id))
                }
                Condition::Fact(term, comparison) => comparison.holds(record, term.name),
            })
    }
}

impl Condition {
    fn read(term: Term, operator: &str, operand: &Value, now_ms: i64) -> Result<Self, Refusal> {
        if let Kind::Time(field) = term.kind {
            return Ok(Self::Time(field, spans(operator, operand, now_ms)?));
        }
        if matches!(operator, "isset" | "isnotset") {
            let comparison = if operator == "isset" {
                Comparison::Set
            } else {
                Comparison::NotSet
            };
            return Ok(Self::Fact(term, comparison));
        }
        let values = listed(operand)
            .into_iter()
            .map(|value| term.kind.check(value))
            .collect::<Result<Vec<_>, _>>()?;
        if term.name == "activity.alertId" {
            return Ok(Self::BehindAlert(values));
        }
        let comparison = match operator {
            "eq" => Comparison::Equal(values),
            "neq" => Comparison::NotEqual(values),
            "contains" | "text" | "startswithsingle" => Comparison::Contains(values),
            "ncontains" => Comparison::ContainsNot(values),
            "startswith" => Comparison::StartsWith(values),
            "doesnotstartwith" => Comparison::StartsNotWith(values),
            "endswith" => Comparison::EndsWith(values),
            other => return Err(Refusal::value(&Value::String(other.to_owned()))),
        };
        Ok(Self::Fact(term, comparison))
    }
}

impl Comparison {
    fn holds(&self, record: &Record, filter: &str) -> bool {
        let any = |test: &dyn Fn(&str) -> bool| {
            record
                .facts()
                .iter()
                .any(|(name, value)| *name == filter && test(value))
        };
        let among = |values: &[String], test: fn(&str, &str) -> bool| {
            any(&|fact| values.iter().any(|value| test(fact, value)))
        };
        match self {
            Self::Equal(values) => among(values, |fact, value| fact == value),
            Self::NotEqual(values) => !among(values, |fact, value| fact == value),
            Self::Contains(values) => among(values, |fact, value| fact.contains(value)),
            Self::ContainsNot(values) => !among(values, |fact, value| fact.contains(value)),
            Self::StartsWith(values) => among(values, |fact, value| fact.starts_with(value)),
            Self::StartsNotWith(values) => !among(values, |fact, value| fact.starts_with(value)),
            Self::EndsWith(values) => among(values, |fact, value| fact.ends_with(value)),
            Self::Set => any(&|_| true),
            Self::NotSet => !any(&|_| true),
        }
    }
}

/// The stretches of time that an operator lets through.
fn spans(operator: &str, operand: &Value, now_ms: i64) -> Result<Vec<(i64, i64)>, Refusal> {
    let one = || number(operand);
    Ok(match operator {
        "gte" => vec![(one()?, i64::MAX)],
        "lte" => vec![(i64::MIN, one()?)],
        "gt" => vec![(one()?.saturating_add(1), i64::MAX)],
        "lt" => vec![(i64::MIN, one()?.saturating_sub(1))],
        "eq" => listed(operand)
            .into_iter()
            .map(|value| number(value).map(|at| (at, at)))
            .collect::<Result<_, _>>()?,
        "gte_ndays" => vec![(now_ms.saturating_sub(one()?.saturating_mul(DAY)), i64::MAX)],
        "lte_ndays" => vec![(i64::MIN, now_ms.saturating_sub(one()?.saturating_mul(DAY)))],
        // a range, or a list of ranges
        _ => listed(operand)
            .into_iter()
            .map(|range| match (range.get("start"), range.get("end")) {
                (Some(start), Some(end)) => Ok((number(start)?, number(end)?)),
                _ => Err(Refusal::value(range)),
            })
            .collect::<Result<_, _>>()?,
    })
}

/// A time or a count of days; a list of one is as good, and so are digits as text.
fn number(value: &Value) -> Result<i64, Refusal> {
    let single = match value {
        Value::Array(values) if values.len() == 1 => &values[0],
        other => other,
    };
    single
        .as_i64()
        .or_else(|| single.as_str().and_then(|text| text.parse().ok()))
        .ok_or_else(|| Refusal::value(value))
}

fn listed(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        one => vec![one],
    }
}
