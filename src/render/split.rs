//! The records in a text: one object, one a line, a JSON array, a whole `{"data": […]}` answer, or any of them one
//! after the other. A piece that is not JSON costs itself; the next line that begins with a brace goes on.

use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

/// A record, or what stands where one should be, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<'t> {
    /// Where it begins.
    pub place: Place,
    /// The record as it stands there, or why there is none.
    pub record: Result<&'t str, String>,
}

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Line, the first is 1.
    pub line: usize,
    /// Which of its array, the first is 1.
    pub nth: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.nth {
            Some(nth) => write!(f, "record {nth}, line {}", self.line),
            None => write!(f, "line {}", self.line),
        }
    }
}

/// A list answer of the API.
#[derive(Deserialize)]
struct Answer<'t> {
    #[serde(borrow)]
    data: Vec<&'t RawValue>,
}

/// All records in their order.
#[must_use]
pub fn records(text: &str) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let mut lines = Lines {
        text,
        at: 0,
        line: 1,
    };
    let mut at = 0;
    while let Some(start) = next_value(text, at) {
        let rest = &text[start..];
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        match values.next() {
            Some(Ok(value)) => {
                at = start + values.byte_offset();
                take(value.get(), &mut lines, &mut found);
            }
            Some(Err(error)) => {
                let line = lines.of(start);
                found.push(Found {
                    place: Place { line, nth: None },
                    record: Err(reason(&error, line)),
                });
                at = start + next_record(rest);
            }
            None => break,
        }
    }
    found
}

/// The records in one JSON value.
fn take<'t>(value: &'t str, lines: &mut Lines<'_>, found: &mut Vec<Found<'t>>) {
    let list = match value.as_bytes().first() {
        Some(b'[') => serde_json::from_str::<Vec<&RawValue>>(value).ok(),
        Some(b'{') => serde_json::from_str::<Answer<'_>>(value)
            .ok()
            .map(|answer| answer.data),
        _ => None,
    };
    let mut push = |record: &'t str, nth| {
        let start = record.as_ptr() as usize - lines.text.as_ptr() as usize;
        let place = Place {
            line: lines.of(start),
            nth,
        };
        found.push(Found {
            place,
            record: Ok(record),
        });
    };
    match list {
        None => push(value, None),
        Some(list) => {
            (list.iter().enumerate()).for_each(|(nth, record)| push(record.get(), Some(nth + 1)))
        }
    }
}

/// Where the next value begins. Commas count as nothing: lines cut out of an array end in one.
fn next_value(text: &str, at: usize) -> Option<usize> {
    let rest = text[at..].trim_start_matches(|c: char| c.is_whitespace() || c == ',');
    (!rest.is_empty()).then_some(text.len() - rest.len())
}

/// Where, behind a broken value, the next line begins that may hold a record.
fn next_record(rest: &str) -> usize {
    let mut lines = rest.match_indices('\n').map(|(at, _)| at + 1);
    lines
        .find(|&at| rest[at..].starts_with(['{', '[']))
        .unwrap_or(rest.len())
}

/// serde_json's words with the line of the whole text.
fn reason(error: &serde_json::Error, first: usize) -> String {
    let words = error.to_string();
    let words = words.split(" at line ").next().unwrap_or_default();
    let (line, column) = (first + error.line().saturating_sub(1), error.column());
    format!("not valid JSON: {words} (line {line}, column {column})")
}

/// Turns offsets, asked for in rising order, into lines.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, offset: usize) -> usize {
        let passed = self
            .text
            .as_bytes()
            .get(self.at..offset)
            .unwrap_or_default();
        self.line += passed.iter().filter(|&&byte| byte == b'\n').count();
        self.at = self.at.max(offset);
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str) -> Vec<String> {
        let one = |Found { place, record }: Found<'_>| match record {
            Ok(record) => format!("{place}: {record}"),
            Err(reason) => format!("{place}: !{reason}"),
        };
        records(text).into_iter().map(one).collect()
    }

    #[test]
    fn every_way_to_keep_records() {
        for (text, expected) in [
            ("", vec![]),
            (" \n\n", vec![]),
            ("{\"a\":1}", vec!["line 1: {\"a\":1}"]),
            (
                "\n{\"a\":1}\n{\"a\":2}\n",
                vec!["line 2: {\"a\":1}", "line 3: {\"a\":2}"],
            ),
            (
                "{\"a\":1}\r\n\r\n{\"a\":2}",
                vec!["line 1: {\"a\":1}", "line 3: {\"a\":2}"],
            ),
            (
                "[1,\n {}\n]",
                vec!["record 1, line 1: 1", "record 2, line 2: {}"],
            ),
            (
                "{\"data\":[\n{},\n{}],\"hasNext\":false}",
                vec!["record 1, line 2: {}", "record 2, line 3: {}"],
            ),
            ("{\"data\":[]}", vec![]),
            ("{\"data\":7}", vec!["line 1: {\"data\":7}"]),
            (
                "{\n \"a\": 1\n},\n[{}]",
                vec!["line 1: {\n \"a\": 1\n}", "record 1, line 4: {}"],
            ),
            ("{}7", vec!["line 1: {}", "line 1: 7"]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn a_broken_piece_costs_itself() {
        assert_eq!(
            found("{\"a\":1}\n{\"a\":,\n  {\n}\nhello\n{\"a\":2}\n[1"),
            [
                "line 1: {\"a\":1}",
                "line 2: !not valid JSON: expected value (line 2, column 6)",
                "line 6: {\"a\":2}",
                "line 7: !not valid JSON: EOF while parsing a list (line 7, column 2)",
            ]
        );
        let lone = "[{\"a\":\"\\ud83d\"}]";
        assert_eq!(found(lone), ["record 1, line 1: {\"a\":\"\\ud83d\"}"]);
    }

    proptest! {
        #[test]
        fn ends_and_never_panics(text in "[\\[\\]{}\":, \na1\\\\é]{0,80}") {
            prop_assert!(records(&text).len() <= text.len());
        }
    }
}
