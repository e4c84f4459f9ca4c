//! The records in a text: one object, one a line, a JSON array, a whole `{"data": […]}` answer, or
//! any of them one after the other. A piece that is not JSON costs itself; the next line that
//! begins with a brace goes on. Lists are taken apart as those of the API are, by their brackets: a
//! damaged record, or a cut end, costs itself too.

use std::fmt;

use serde_json::value::RawValue;

use crate::source::json::listing::{self, Listing};

/// A record, or what stands where one should be, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordText<'t> {
    /// Where it begins.
    pub place: RecordPlace,
    /// The record as it stands there, or why there is none.
    pub record: Result<&'t str, String>,
}

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordPlace {
    /// Line, the first is 1.
    pub line: usize,
    /// Which of its array, the first is 1.
    pub nth: Option<usize>,
}

impl fmt::Display for RecordPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.nth {
            Some(nth) => write!(f, "record {nth}, line {}", self.line),
            None => write!(f, "line {}", self.line),
        }
    }
}

/// All records in their order. `members` are those of a whole answer that hold a list.
#[must_use]
pub fn records<'t>(text: &'t str, members: &[&'static str]) -> Vec<RecordText<'t>> {
    let mut found = Vec::new();
    let mut lines = Lines {
        text,
        members,
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
            Some(Err(error)) => at = start + damaged(rest, start, &error, &mut lines, &mut found),
            None => break,
        }
    }
    found
}

/// The records in one JSON value.
fn take<'t>(value: &'t str, lines: &mut Lines<'_>, found: &mut Vec<RecordText<'t>>) {
    let start = value.as_ptr() as usize - lines.text.as_ptr() as usize;
    match listing::begin(value, lines.members) {
        Some(begin) => list(
            &listing::elements(&value[begin..]),
            start + begin,
            lines,
            found,
        ),
        None => found.push(RecordText {
            place: RecordPlace {
                line: lines.of(start),
                nth: None,
            },
            record: Ok(value),
        }),
    }
}

/// The records of a list that begins at `start`.
fn list<'t>(
    listing: &Listing<'t>,
    start: usize,
    lines: &mut Lines<'_>,
    found: &mut Vec<RecordText<'t>>,
) {
    for (nth, (at, element)) in listing.elements.iter().enumerate() {
        let place = RecordPlace {
            line: lines.of(start + at),
            nth: Some(nth + 1),
        };
        let record = element
            .map_err(|bytes| format!("longer than {} MB, too long for a record", bytes >> 20));
        found.push(RecordText { place, record });
    }
}

/// What can be told apart of a value that is not JSON as a whole. Says how much of the text it was.
fn damaged<'t>(
    rest: &'t str,
    start: usize,
    error: &serde_json::Error,
    lines: &mut Lines<'_>,
    found: &mut Vec<RecordText<'t>>,
) -> usize {
    let next = next_record(rest);
    if let Some(begin) = listing::begin(&rest[..next], lines.members) {
        let listing = listing::elements(&rest[begin..]);
        let count = listing.elements.len();
        if count > 0 {
            list(&listing, start + begin, lines, found);
            if let Some(end) = listing.end {
                return begin + end + behind(&rest[begin + end..]);
            }
            let broken = rest.len() - after_comma(&rest[begin + listing.told..]).len();
            let place = RecordPlace {
                line: lines.of(start + broken),
                nth: Some(count + 1),
            };
            let record = Err("the list is incomplete: its end is missing".to_owned());
            found.push(RecordText { place, record });
            return broken + next_record(&rest[broken..]);
        }
    }
    let line = lines.of(start);
    let place = RecordPlace { line, nth: None };
    // one record, as it would come in an answer
    if let Some(object) = listing::object(&rest[..next]) {
        let record = Ok(object);
        found.push(RecordText { place, record });
        return object.len();
    }
    let record = Err(reason(error, line));
    found.push(RecordText { place, record });
    next
}

/// How much of `]…` still belongs to the value whose list ended there.
fn behind(tail: &str) -> usize {
    const BEFORE: &str = "{\"data\":[";
    let whole = format!("{BEFORE}{tail}");
    let mut values = serde_json::Deserializer::from_str(&whole).into_iter::<&RawValue>();
    match values.next() {
        Some(Ok(_)) => values.byte_offset().saturating_sub(BEFORE.len()),
        // an array of its own, or an answer that breaks off behind its list
        _ => match after_comma(&tail[1..]).starts_with('"') {
            true => next_record(tail),
            false => 1,
        },
    }
}

fn after_comma(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || c == ',')
}

/// Where the next value begins. Commas count as nothing: lines cut out of an array end in one.
fn next_value(text: &str, at: usize) -> Option<usize> {
    let rest = after_comma(&text[at..]);
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
    /// The members of an answer that hold a list.
    members: &'t [&'static str],
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
        let one = |RecordText { place, record }: RecordText<'_>| match record {
            Ok(record) => format!("{place}: {record}"),
            Err(reason) => format!("{place}: !{reason}"),
        };
        records(text, &["data"]).into_iter().map(one).collect()
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
    fn a_damaged_record_costs_itself_in_a_list_too() {
        for (text, expected) in [
            // a control character, which `run` mends
            (
                "{\"data\":[{\"a\":1},\n{\"b\":\"\t\"},{\"c\":3}],\"total\":3}\n{\"d\":4}",
                vec![
                    "record 1, line 1: {\"a\":1}",
                    "record 2, line 2: {\"b\":\"\t\"}",
                    "record 3, line 2: {\"c\":3}",
                    "line 3: {\"d\":4}",
                ],
            ),
            (
                "[{\"a\":1},{\"b\":,},{\"c\":3}] {\"d\":4}",
                vec![
                    "record 1, line 1: {\"a\":1}",
                    "record 2, line 1: {\"b\":,}",
                    "record 3, line 1: {\"c\":3}",
                    "line 1: {\"d\":4}",
                ],
            ),
            (
                "{\"data\":[{\"b\":,}],\"total\":1}{\"data\":[{\"c\":3}]}",
                vec!["record 1, line 1: {\"b\":,}", "record 1, line 1: {\"c\":3}"],
            ),
            // a cut end, and what follows it
            (
                "{\"data\":[{\"a\":1},\n{\"b\":2},\n{\"c\n{\"d\":4}\n",
                vec![
                    "record 1, line 1: {\"a\":1}",
                    "record 2, line 2: {\"b\":2}",
                    "record 3, line 3: !the list is incomplete: its end is missing",
                    "line 4: {\"d\":4}",
                ],
            ),
            (
                "[{\"a\":1}",
                vec![
                    "record 1, line 1: {\"a\":1}",
                    "record 2, line 1: !the list is incomplete: its end is missing",
                ],
            ),
            // a record of its own
            (
                "{\"a\":\"\t\"}\n{\"b\":2}",
                vec!["line 1: {\"a\":\"\t\"}", "line 2: {\"b\":2}"],
            ),
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
            prop_assert!(records(&text, &["data"]).len() <= text.len());
        }
    }
}
