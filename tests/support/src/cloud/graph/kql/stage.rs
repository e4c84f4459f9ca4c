//! A query: a table and the operators behind it.

use super::KqlError;
use super::expr::{Expr, Reader};
use super::lexer::{self, Token};
use crate::records::xdr::List;

/// Stands for the gathered rows of `BehaviorEntities`.
pub const ENTITIES: &str = "(entities)";

/// A query that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The table.
    pub list: List,
    /// What is done to its rows, one after the other.
    pub stages: Vec<Stage>,
}

/// An operator.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// `where`
    Where(Expr),
    /// `extend A = …` and `serialize A = …`
    Extend(Vec<(String, Expr)>),
    /// `order by A asc, B`; true is ascending. Kusto's own order is descending.
    Order(Vec<(Expr, bool)>),
    /// `take`
    Take(usize),
    /// `project A, B = …`
    Project(Vec<(String, Expr)>),
    /// `project-away A`
    Away(Vec<String>),
    /// `join` or `lookup` with `BehaviorEntities`, gathered in a list of this one name.
    Entities(Vec<(String, Expr)>),
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// What can't be read.
    pub fn read(text: &str) -> Result<Self, KqlError> {
        let all = lexer::stages(text)?;
        let (first, rest) = all.split_first().unwrap_or((const { &Vec::new() }, &[]));
        let [Token::Word(table)] = first.as_slice() else {
            return Err(KqlError::Syntax("no table".to_owned()));
        };
        let list = List::named(table).filter(|list| list.is_table());
        let list = list.ok_or_else(|| KqlError::Table(table.clone()))?;
        let stages = rest.iter().map(|tokens| Stage::read(tokens));
        Ok(Self {
            list,
            stages: stages.collect::<Result<_, _>>()?,
        })
    }

    /// The number of the last `take`.
    #[must_use]
    pub fn take(&self) -> Option<usize> {
        self.stages.iter().rev().find_map(|stage| match stage {
            Stage::Take(rows) => Some(*rows),
            _ => None,
        })
    }

    /// Does it order its rows?
    #[must_use]
    pub fn orders(&self) -> bool {
        let mut stages = self.stages.iter();
        stages.any(|stage| matches!(stage, Stage::Order(_)))
    }

    /// Is its window cut by `ingestion_time()`?
    #[must_use]
    pub fn is_by_ingestion(&self) -> bool {
        let mut sides = self
            .conditions()
            .into_iter()
            .filter_map(|condition| match condition {
                Expr::Pair(_, left, _) => Some(self.meaning(left)),
                _ => None,
            });
        sides.any(|side| side.is_call("ingestion_time"))
    }

    /// All comparisons that rows have to pass, taken apart at `and`.
    #[must_use]
    pub fn conditions(&self) -> Vec<&Expr> {
        let mut all = Vec::new();
        let mut open: Vec<&Expr> = (self.stages.iter())
            .filter_map(|stage| match stage {
                Stage::Where(expr) => Some(expr),
                _ => None,
            })
            .collect();
        while let Some(expr) = open.pop() {
            match expr {
                Expr::Pair(and, left, right) if and == "and" => open.extend([&**left, &**right]),
                other => all.push(other),
            }
        }
        all
    }

    /// What a name stands for: the expression of an `extend`, else itself.
    #[must_use]
    pub fn meaning<'q>(&'q self, expr: &'q Expr) -> &'q Expr {
        let Expr::Path(path) = expr else { return expr };
        let mut named = self.stages.iter().filter_map(|stage| match stage {
            Stage::Extend(all) => all
                .iter()
                .find(|(name, _)| path.as_slice() == [name.clone()]),
            _ => None,
        });
        named.next().map_or(expr, |(_, expr)| expr)
    }
}

impl Stage {
    fn read(tokens: &[Token]) -> Result<Self, KqlError> {
        let mut reader = Reader::new(tokens);
        let Token::Word(operator) = reader.take()? else {
            return Err(KqlError::Syntax("an operator is missing".to_owned()));
        };
        let stage = match operator.as_str() {
            "where" | "filter" => Self::Where(reader.expr()?),
            "extend" | "serialize" => Self::Extend(named(&mut reader)?),
            "take" | "limit" => Self::Take(count(&mut reader)?),
            "order" | "sort" => {
                if !reader.word("by") {
                    return Err(KqlError::Syntax(format!("{operator} without by")));
                }
                Self::Order(keys(&mut reader)?)
            }
            "project" if reader.sign("-") => {
                let away = reader.word("away");
                let names = named(&mut reader)?.into_iter().map(|(name, _)| name);
                match away {
                    true => Self::Away(names.collect()),
                    false => return Err(KqlError::Syntax("only project-away".to_owned())),
                }
            }
            "project" => Self::Project(named(&mut reader)?),
            "join" | "lookup" => return entities(tokens),
            other => return Err(KqlError::Syntax(format!("the operator {other}"))),
        };
        match reader.is_done() {
            true => Ok(stage),
            false => Err(KqlError::Syntax(format!("more than {operator} takes"))),
        }
    }
}

fn count(reader: &mut Reader<'_>) -> Result<usize, KqlError> {
    match reader.take()? {
        Token::Word(digits) => {
            let bad = |_| KqlError::Syntax(format!("{digits} is no count"));
            digits.parse().map_err(bad)
        }
        other => Err(KqlError::Syntax(format!("{other:?} is no count"))),
    }
}

/// `A, B = tostring(C.D)`; a nameless expression is called as its last word.
fn named(reader: &mut Reader<'_>) -> Result<Vec<(String, Expr)>, KqlError> {
    let mut all = Vec::new();
    while !reader.is_done() {
        let alias = reader.alias();
        let expr = reader.expr()?;
        let name = match (&alias, &expr) {
            (Some(name), _) => name.clone(),
            (None, Expr::Path(path)) => path.join("_"),
            (None, _) => format!("Column{}", all.len() + 1),
        };
        all.push((name, expr));
        if !reader.sign(",") && !reader.is_done() {
            return Err(KqlError::Syntax("a , is missing".to_owned()));
        }
    }
    Ok(all)
}

fn keys(reader: &mut Reader<'_>) -> Result<Vec<(Expr, bool)>, KqlError> {
    let mut all = Vec::new();
    while !reader.is_done() {
        let expr = reader.expr()?;
        let ascending = reader.word("asc");
        let _ = reader.word("desc");
        all.push((expr, ascending));
        if !reader.sign(",") && !reader.is_done() {
            return Err(KqlError::Syntax("a , is missing".to_owned()));
        }
    }
    Ok(all)
}

/// `join kind=leftouter (BehaviorEntities | … | summarize Entities = make_list(…) by BehaviorId)
/// on BehaviorId`: the simulator gathers the entities itself, under the name that the query gives
/// them.
fn entities(tokens: &[Token]) -> Result<Stage, KqlError> {
    let word = |at: usize| match tokens.get(at) {
        Some(Token::Word(word)) => word.as_str(),
        _ => "",
    };
    let has = |name: &str| (0..tokens.len()).any(|at| word(at) == name);
    for needed in ["BehaviorEntities", "summarize", "on", "BehaviorId"] {
        if !has(needed) {
            return Err(KqlError::Syntax(format!("a join without {needed}")));
        }
    }
    let is_outer = has("leftouter") || word(0) == "lookup";
    if !is_outer {
        // a behavior whose entities come late would be left out
        return Err(KqlError::Syntax("the join is not leftouter".to_owned()));
    }
    let at = (0..tokens.len()).find(|at| matches!(word(*at), "make_list" | "make_set"));
    let at = at.ok_or_else(|| KqlError::Syntax("a join without make_list".to_owned()))?;
    match tokens.get(at.wrapping_sub(1)) {
        Some(Token::Sign(equals)) if equals == "=" => {
            let gathered = Expr::Call(ENTITIES.to_owned(), vec![]);
            Ok(Stage::Entities(vec![(word(at - 2).to_owned(), gathered)]))
        }
        _ => Err(KqlError::Syntax("make_list without a name".to_owned())),
    }
}
