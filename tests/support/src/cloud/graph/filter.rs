//! `$filter` of Graph: comparisons of the fields that can be filtered, `and`, `or`, `not`,
//! parentheses.

use serde_json::Value;

use crate::records::xdr::{Record, Ticks};

/// The fields that can be filtered by (successors §2.1).
const FIELDS: [&str; 8] = [
    "assignedTo",
    "classification",
    "determination",
    "createdDateTime",
    "lastUpdateDateTime",
    "severity",
    "serviceSource",
    "status",
];

/// A filter that was understood; lets all through unless said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter(Option<Node>);

#[derive(Debug, Clone, PartialEq)]
enum Node {
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Not(Box<Node>),
    Compare(&'static str, String, Operand),
    In(&'static str, Vec<Operand>),
}

#[derive(Debug, Clone, PartialEq)]
enum Operand {
    Text(String),
    Time(Ticks),
    Null,
}

impl Filter {
    /// Reads a filter, decoded.
    ///
    /// # Errors
    /// What Graph says to it.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut parser = Parser {
            tokens: tokens(text)?,
            at: 0,
        };
        let node = parser.either()?;
        match parser.peek() {
            None => Ok(Self(Some(node))),
            Some(more) => Err(format!("Invalid filter clause: Syntax error at '{more}'")),
        }
    }

    /// Does it let the record through?
    #[must_use]
    pub fn matches(&self, record: &Record) -> bool {
        self.0
            .as_ref()
            .is_none_or(|node| node.holds(record, &mut None))
    }
}

impl Node {
    fn holds(&self, record: &Record, value: &mut Option<Value>) -> bool {
        match self {
            Self::And(a, b) => a.holds(record, value) && b.holds(record, value),
            Self::Or(a, b) => a.holds(record, value) || b.holds(record, value),
            Self::Not(a) => !a.holds(record, value),
            Self::Compare(field, operator, operand) => {
                let order = ordered(record, value, field, operand);
                match operator.as_str() {
                    "eq" => order.is_some_and(std::cmp::Ordering::is_eq),
                    "ne" => !order.is_some_and(std::cmp::Ordering::is_eq),
                    "ge" => order.is_some_and(std::cmp::Ordering::is_ge),
                    "gt" => order.is_some_and(std::cmp::Ordering::is_gt),
                    "le" => order.is_some_and(std::cmp::Ordering::is_le),
                    _ => order.is_some_and(std::cmp::Ordering::is_lt),
                }
            }
            Self::In(field, operands) => operands.iter().any(|operand| {
                ordered(record, value, field, operand).is_some_and(std::cmp::Ordering::is_eq)
            }),
        }
    }
}

/// How what the record says compares with the operand; `value` is the record, made when needed.
fn ordered(
    record: &Record,
    value: &mut Option<Value>,
    field: &str,
    operand: &Operand,
) -> Option<std::cmp::Ordering> {
    let time = match field {
        "createdDateTime" => record.at,
        "lastUpdateDateTime" => record.updated,
        _ => {
            let value = value.get_or_insert_with(|| record.value());
            return match (operand, value[field].as_str()) {
                (Operand::Text(text), Some(says)) => Some(says.cmp(text.as_str())),
                (Operand::Null, None) => Some(std::cmp::Ordering::Equal),
                _ => None,
            };
        }
    };
    match operand {
        Operand::Time(at) => Some(time.cmp(at)),
        _ => None,
    }
}

fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '(' | ')' | ',' => 1,
            '\'' => {
                let close = rest[1..].find('\'');
                close.ok_or("Invalid filter clause: unterminated string")? + 2
            }
            _ => rest.find([' ', '(', ')', ',', '\'']).unwrap_or(rest.len()),
        };
        out.push(rest[..end].to_owned());
        rest = rest[end..].trim_start();
    }
    Ok(out)
}

struct Parser {
    tokens: Vec<String>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<&str> {
        self.tokens.get(self.at).map(String::as_str)
    }

    fn next(&mut self) -> Result<String, String> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token.ok_or_else(|| "Invalid filter clause: it ends too early".to_owned())
    }

    fn either(&mut self) -> Result<Node, String> {
        let mut left = self.both()?;
        while self.peek() == Some("or") {
            self.at += 1;
            left = Node::Or(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Node, String> {
        let mut left = self.one()?;
        while self.peek() == Some("and") {
            self.at += 1;
            left = Node::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Node, String> {
        let first = self.next()?;
        if first == "not" {
            return Ok(Node::Not(Box::new(self.one()?)));
        }
        if first == "(" {
            let inner = self.either()?;
            return match self.next()?.as_str() {
                ")" => Ok(inner),
                other => Err(format!("Invalid filter clause: Syntax error at '{other}'")),
            };
        }
        let field = FIELDS.into_iter().find(|field| *field == first);
        let field =
            field.ok_or_else(|| format!("Invalid filter clause: '{first}' is not filterable"))?;
        let operator = self.next()?;
        match operator.as_str() {
            "eq" | "ne" | "ge" | "gt" | "le" | "lt" => {
                let operand = self.operand(field)?;
                Ok(Node::Compare(field, operator, operand))
            }
            "in" => self.listed(field),
            other => Err(format!("Invalid filter clause: '{other}' is no operator")),
        }
    }

    fn listed(&mut self, field: &'static str) -> Result<Node, String> {
        let mut operands = Vec::new();
        let mut token = self.next()?;
        while token == "(" || token == "," {
            operands.push(self.operand(field)?);
            token = self.next()?;
        }
        match token.as_str() {
            ")" if !operands.is_empty() => Ok(Node::In(field, operands)),
            other => Err(format!("Invalid filter clause: Syntax error at '{other}'")),
        }
    }

    /// Times stand bare, texts in quotes.
    fn operand(&mut self, field: &str) -> Result<Operand, String> {
        let token = self.next()?;
        if token == "null" {
            return Ok(Operand::Null);
        }
        let bad = || format!("Invalid filter clause: {field} can't be compared with {token}");
        if field.ends_with("DateTime") {
            return Ticks::parse(&token).map(Operand::Time).ok_or_else(bad);
        }
        let inner = token.strip_prefix('\'').and_then(|t| t.strip_suffix('\''));
        inner
            .map(|text| Operand::Text(text.to_owned()))
            .ok_or_else(bad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::xdr::List;

    fn alert() -> Record {
        Record::from_json(
            List::Alerts,
            r#"{"id":"ca1", "severity":"high", "assignedTo":null,
                "createdDateTime":"2026-11-10T10:41:18.0433333Z",
                "lastUpdateDateTime":"2026-11-10T10:44:02.48Z",
                "serviceSource":"microsoftDefenderForCloudApps"}"#,
        )
    }

    #[test]
    fn compares_times_bare_and_texts_in_quotes() {
        let holds = |text: &str| Filter::read(text).unwrap().matches(&alert());
        assert!(holds("lastUpdateDateTime ge 2026-11-10T10:44:02.48Z"));
        assert!(!holds("lastUpdateDateTime gt 2026-11-10T10:44:02.48Z"));
        assert!(holds("createdDateTime gt 2026-11-10T10:41:18.043Z"));
        assert!(holds(
            "lastUpdateDateTime ge 2026-11-10T10:44:00Z and (serviceSource eq 'x' or \
                serviceSource eq 'microsoftDefenderForCloudApps')"
        ));
        assert!(holds(
            "serviceSource in ('x','microsoftDefenderForCloudApps') and assignedTo eq null"
        ));
        assert!(!holds("not (severity eq 'high')"));
    }

    #[test]
    fn says_no_to_what_graph_says_no_to() {
        for text in [
            "lastUpdateDateTime ge '2026-11-10T10:44:02Z'",
            "title eq 'x'",
            "severity eq high",
            "severity eq 'high' and",
            "severity like 'high'",
            "(severity eq 'high'",
        ] {
            assert!(Filter::read(text).is_err(), "{text}");
        }
    }
}
