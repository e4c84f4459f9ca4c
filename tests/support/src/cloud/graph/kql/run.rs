//! Answers a query: rows in, rows out.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::expr::Expr;
use super::stage::ENTITIES;
use super::{KqlError, Query, Stage};
use crate::cloud::graph::IngestionTime;
use crate::records::xdr::{Record, Ticks, Type, member};

/// What a query is answered in.
#[derive(Debug, Clone, Copy)]
pub struct Around {
    /// Epoch ms.
    pub now_ms: i64,
    /// What `ingestion_time()` gives.
    pub ingestion_time: IngestionTime,
}

/// The rows of an answer, with their ids.
#[derive(Debug)]
pub struct Answered {
    /// Names and types of the columns.
    pub columns: Vec<(String, Type)>,
    /// The record behind each row, and its values in the order of the columns.
    pub rows: Vec<(Arc<Record>, Vec<Value>)>,
}

/// A row on its way through the operators. The record's JSON is made when a value is needed.
struct Row {
    record: Arc<Record>,
    value: Option<Value>,
    /// Its number where `row_number()` stands; a query has one.
    number: usize,
}

/// What `extend` and `project` have named so far, the last of them last. A value is worked out only
/// when it is needed: most rows of a window are not taken.
type Names<'q> = [&'q [(String, Expr)]];

/// What an expression gives.
#[derive(Debug, Clone, PartialEq)]
enum Got {
    Time(Option<Ticks>),
    Json(Value),
}

impl Query {
    /// Answers the query from these rows of its table.
    ///
    /// # Errors
    /// What Defender says to it.
    pub fn run(&self, records: Vec<Arc<Record>>, around: Around) -> Result<Answered, KqlError> {
        let mut columns: Vec<(String, Type)> = (self.list.columns().iter())
            .map(|column| (column.name.to_owned(), column.kind))
            .collect();
        let mut rows: Vec<Row> = records.into_iter().map(Row::new).collect();
        let mut names: Vec<&[(String, Expr)]> = Vec::new();
        for stage in &self.stages {
            check(stage, &columns, around)?;
            match stage {
                Stage::Where(expr) => {
                    let mut kept = Vec::new();
                    for mut row in rows {
                        if row.eval(expr, &names, around)?.is_true() {
                            kept.push(row);
                        }
                    }
                    rows = kept;
                }
                Stage::Extend(all) => {
                    number(&mut rows, all);
                    let new = typed(all, &columns);
                    columns.extend(new);
                    names.push(all);
                }
                // the rows come so, and a window may hold very many
                Stage::Order(keys) if self.comes_so(keys) => {}
                Stage::Order(keys) => rows = ordered(rows, keys, &names, around)?,
                Stage::Take(most) => rows.truncate(*most),
                Stage::Project(all) => {
                    number(&mut rows, all);
                    columns = typed(all, &columns);
                    names.push(all);
                }
                Stage::Away(gone) => columns.retain(|(name, _)| !gone.contains(name)),
                Stage::Entities(all) => {
                    columns.push((all[0].0.clone(), Type::Dynamic));
                    names.push(all);
                }
            }
        }
        let mut out = Vec::with_capacity(rows.len());
        for mut row in rows {
            let values = columns.iter().map(|(name, _)| {
                let got = row.named(name, &names, around);
                got.map(Got::into_json)
            });
            let values = values.collect::<Result<_, _>>()?;
            out.push((row.record, values));
        }
        Ok(Answered { columns, rows: out })
    }
}

impl Query {
    /// Is it the order in which the records come: the time of the first order, then the id?
    fn comes_so(&self, keys: &[(Expr, bool)]) -> bool {
        let [(time, true), (id, true)] = keys else {
            return false;
        };
        let is = |expr: &Expr, name: &str| matches!(expr, Expr::Path(path) if *path == [name]);
        is(time, "Timestamp") && is(id, self.list.id_key()) && !self.is_by_ingestion()
    }
}

/// Names and types of these expressions.
fn typed(all: &[(String, Expr)], columns: &[(String, Type)]) -> Vec<(String, Type)> {
    let kind = |expr: &Expr| expr.kind(&|name| kind_of(columns, name));
    let all = all.iter().map(|(name, expr)| (name.clone(), kind(expr)));
    all.collect()
}

/// Gives each row its number, where `row_number()` asks for it: the number that it has here.
fn number(rows: &mut [Row], all: &[(String, Expr)]) {
    if all.iter().any(|(_, expr)| expr.is_call("row_number")) {
        for (nth, row) in rows.iter_mut().enumerate() {
            row.number = nth + 1;
        }
    }
}

fn kind_of(columns: &[(String, Type)], name: &str) -> Option<Type> {
    let found = columns.iter().find(|(column, _)| column == name);
    found.map(|(_, kind)| *kind)
}

/// Are all columns there that the operator names? Kusto looks at their case.
fn check(stage: &Stage, columns: &[(String, Type)], around: Around) -> Result<(), KqlError> {
    let (operator, exprs): (&str, Vec<&Expr>) = match stage {
        Stage::Where(expr) => ("where", vec![expr]),
        Stage::Extend(all) => ("extend", all.iter().map(|(_, expr)| expr).collect()),
        Stage::Project(all) => ("project", all.iter().map(|(_, expr)| expr).collect()),
        Stage::Order(keys) => ("order", keys.iter().map(|(expr, _)| expr).collect()),
        Stage::Take(_) | Stage::Away(_) | Stage::Entities(_) => return Ok(()),
    };
    let mut open = exprs;
    while let Some(expr) = open.pop() {
        match expr {
            Expr::Path(path) if kind_of(columns, &path[0]).is_none() => {
                return Err(KqlError::Column(operator.to_owned(), path[0].clone()));
            }
            // its first argument may name a column that there is not
            Expr::Call(name, _) if name == "column_ifexists" => {}
            Expr::Call(name, _)
                if name == "ingestion_time" && around.ingestion_time == IngestionTime::Refused =>
            {
                let text = "Function 'ingestion_time' is not supported in this context";
                return Err(KqlError::Syntax(text.to_owned()));
            }
            Expr::Call(_, arguments) => open.extend(arguments),
            Expr::Pair(_, left, right) => open.extend([&**left, &**right]),
            Expr::Listed(_, left, items) => {
                open.push(left);
                open.extend(items);
            }
            _ => {}
        }
    }
    Ok(())
}

fn ordered(
    mut rows: Vec<Row>,
    keys: &[(Expr, bool)],
    names: &Names<'_>,
    around: Around,
) -> Result<Vec<Row>, KqlError> {
    let mut keyed = Vec::with_capacity(rows.len());
    for mut row in rows.drain(..) {
        let got = keys.iter().map(|(expr, _)| row.eval(expr, names, around));
        keyed.push((got.collect::<Result<Vec<_>, _>>()?, row));
    }
    keyed.sort_by(|(a, _), (b, _)| {
        let mut pairs = a.iter().zip(b).zip(keys);
        let differs = pairs.find_map(|((a, b), (_, ascending))| {
            let order = a.order(b).unwrap_or(Ordering::Equal);
            let order = if *ascending { order } else { order.reverse() };
            order.is_ne().then_some(order)
        });
        differs.unwrap_or(Ordering::Equal)
    });
    Ok(keyed.into_iter().map(|(_, row)| row).collect())
}

impl Row {
    fn new(record: Arc<Record>) -> Self {
        Self {
            record,
            value: None,
            number: 0,
        }
    }

    /// What a name gives: the last that was named so, else the column.
    fn named(&mut self, name: &str, names: &Names<'_>, around: Around) -> Result<Got, KqlError> {
        for (nth, all) in names.iter().enumerate().rev() {
            if let Some((_, expr)) = all.iter().find(|(known, _)| known == name) {
                // what it says means what was named before it
                return self.eval(expr, &names[..nth], around);
            }
        }
        Ok(self.column(name))
    }

    fn column(&mut self, name: &str) -> Got {
        // known without the record's JSON, which is costly
        if name == "Timestamp" {
            return Got::Time(Some(self.record.at));
        }
        if name == self.record.list.id_key() {
            return Got::Json(json!(self.record.id));
        }
        let record = &self.record;
        let value = self.value.get_or_insert_with(|| record.value());
        Got::Json(member(value, name).cloned().unwrap_or_default())
    }

    fn eval(&mut self, expr: &Expr, names: &Names<'_>, around: Around) -> Result<Got, KqlError> {
        Ok(match expr {
            Expr::Value(value) => Got::Json(value.clone()),
            Expr::Time(at) => Got::Time(Some(*at)),
            Expr::Ago(ms) => Got::Time(Some(Ticks::of_ms(around.now_ms - ms))),
            Expr::Path(path) => {
                let mut got = self.named(&path[0], names, around)?;
                for name in &path[1..] {
                    let below = match &got {
                        // a path into JSON text gives nothing
                        Got::Json(value) => value.get(name).cloned().unwrap_or_default(),
                        Got::Time(_) => Value::Null,
                    };
                    got = Got::Json(below);
                }
                got
            }
            Expr::Listed(operator, left, items) => {
                let left = self.eval(left, names, around)?;
                let fold = operator.ends_with('~');
                let mut found = false;
                for item in items {
                    found |= left.equals(&self.eval(item, names, around)?, fold);
                }
                Got::Json((found != operator.starts_with('!')).into())
            }
            Expr::Pair(operator, left, right) => {
                let left = self.eval(left, names, around)?;
                let right = self.eval(right, names, around)?;
                Got::Json(left.compared(operator, &right)?.into())
            }
            Expr::Call(name, arguments) => return self.call(name, arguments, names, around),
        })
    }

    fn call(
        &mut self,
        name: &str,
        arguments: &[Expr],
        names: &Names<'_>,
        around: Around,
    ) -> Result<Got, KqlError> {
        match (name, around.ingestion_time) {
            ("ingestion_time", IngestionTime::Works) => {
                return Ok(Got::Time(Some(Ticks::of_ms(self.record.visible_ms))));
            }
            // one that is refused does not come so far
            ("ingestion_time", _) => return Ok(Got::Time(None)),
            ("row_number", _) => return Ok(Got::Json(json!(self.number))),
            (ENTITIES, _) => return Ok(Got::Json(self.record.entities().into())),
            _ => {}
        }
        if name == "column_ifexists" {
            let [Expr::Value(column), other] = arguments else {
                return Err(KqlError::Syntax("column_ifexists takes two".to_owned()));
            };
            let column = column.as_str().unwrap_or_default().to_owned();
            let known = self.record.list.columns().iter().any(|c| c.name == column);
            return match known {
                true => Ok(self.column(&column)),
                false => self.eval(other, names, around),
            };
        }
        let mut got = Vec::new();
        for argument in arguments {
            got.push(self.eval(argument, names, around)?);
        }
        let first = got.first().cloned().unwrap_or(Got::Json(Value::Null));
        Ok(match name {
            "now" => Got::Time(Some(Ticks::of_ms(around.now_ms))),
            "tostring" => Got::Json(first.text().into()),
            "tolower" => Got::Json(first.text().to_lowercase().into()),
            "isempty" => Got::Json(first.text().is_empty().into()),
            "isnotempty" => Got::Json((!first.text().is_empty()).into()),
            "isnull" => Got::Json(first.is_null().into()),
            "isnotnull" => Got::Json((!first.is_null()).into()),
            "not" => Got::Json((!first.is_true()).into()),
            "parse_json" | "todynamic" => match &first {
                Got::Json(Value::String(text)) => {
                    Got::Json(serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into()))
                }
                _ => first,
            },
            "coalesce" => {
                let mut found = got.into_iter().filter(|got| !got.text().is_empty());
                found.next().unwrap_or(Got::Json("".into()))
            }
            "toint" | "tolong" => {
                Got::Json(first.text().parse::<i64>().map_or(Value::Null, Value::from))
            }
            other => return Err(KqlError::Syntax(format!("Unknown function: '{other}'"))),
        })
    }
}

impl Got {
    fn is_true(&self) -> bool {
        *self == Self::Json(true.into())
    }

    fn is_null(&self) -> bool {
        matches!(self, Self::Time(None) | Self::Json(Value::Null))
    }

    fn text(&self) -> String {
        match self {
            Self::Time(at) => at.map(|at| at.to_string()).unwrap_or_default(),
            Self::Json(Value::String(text)) => text.clone(),
            Self::Json(Value::Null) => String::new(),
            Self::Json(other) => other.to_string(),
        }
    }

    fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Time(a), Self::Time(b)) => Some((*a)?.cmp(&(*b)?)),
            (Self::Json(Value::Number(a)), Self::Json(Value::Number(b))) => {
                Some(a.as_i64()?.cmp(&b.as_i64()?))
            }
            (Self::Json(Value::String(a)), Self::Json(Value::String(b))) => Some(a.cmp(b)),
            (Self::Json(a), Self::Json(b)) if a == b => Some(Ordering::Equal),
            _ => None,
        }
    }

    fn equals(&self, other: &Self, fold: bool) -> bool {
        match fold {
            true => self.text().eq_ignore_ascii_case(&other.text()),
            false => self.order(other).is_some_and(Ordering::is_eq),
        }
    }

    fn compared(&self, operator: &str, other: &Self) -> Result<bool, KqlError> {
        let order = self.order(other);
        let is = |test: fn(Ordering) -> bool| order.is_some_and(test);
        let (text, part) = (self.text().to_lowercase(), other.text().to_lowercase());
        Ok(match operator {
            "and" => self.is_true() && other.is_true(),
            "or" => self.is_true() || other.is_true(),
            "==" => is(Ordering::is_eq),
            "!=" => !is(Ordering::is_eq),
            ">" => is(Ordering::is_gt),
            ">=" => is(Ordering::is_ge),
            "<" => is(Ordering::is_lt),
            "<=" => is(Ordering::is_le),
            "=~" => self.equals(other, true),
            "!~" => !self.equals(other, true),
            "contains" | "has" => text.contains(&part),
            "!contains" | "!has" => !text.contains(&part),
            "startswith" => text.starts_with(&part),
            "!startswith" => !text.starts_with(&part),
            "endswith" => text.ends_with(&part),
            other => return Err(KqlError::Syntax(format!("the operator {other}"))),
        })
    }

    fn into_json(self) -> Value {
        match self {
            Self::Time(at) => at.map_or(Value::Null, |at| at.to_string().into()),
            Self::Json(value) => value,
        }
    }
}

/// A row of an answer as JSON.
#[must_use]
pub fn json_of(columns: &[(String, Type)], record: &Record, values: Vec<Value>) -> Vec<u8> {
    let form = record.form();
    let mut row = Map::new();
    for ((name, kind), value) in columns.iter().zip(values) {
        form.put(name, *kind, value, &mut row);
    }
    Value::Object(row).to_string().into_bytes()
}
