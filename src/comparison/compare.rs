//! Compares what two sources hold of the same stretch of time. What it keeps of their lines has no
//! secret of ours in it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::fields::fields;
use crate::foreign::without_secrets;

/// So many records of one source alone are named.
const MOST_NAMED: usize = 20;

/// What a source holds.
#[derive(Debug, Default)]
pub struct SourceLines {
    /// The lines of the records, by the id that both sources know.
    pub lines: BTreeMap<String, String>,
    /// Records that can't be read.
    pub unreadable: u64,
    /// Did it hold more than are compared?
    pub cut: bool,
}

/// What both sources hold, and where they differ.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Records that both hold.
    pub in_both: u64,
    /// Records that only the source holds.
    pub only_in_source: OnlyThere,
    /// Records that only the other source holds.
    pub only_in_other: OnlyThere,
    /// Of the lines of records that both hold, the fields that differ, by name.
    pub fields: BTreeMap<String, FieldDifference>,
}

/// Records that one source alone holds.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct OnlyThere {
    /// How many.
    pub count: u64,
    /// The ids and lines of the first of them, by id.
    pub first: BTreeMap<String, String>,
}

/// How a field differs.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct FieldDifference {
    /// In so many lines.
    pub lines: u64,
    /// The id of the first of them.
    pub id: String,
    /// What stands in the line of the source; `None` where the field is not there.
    pub source: Option<String>,
    /// The same of the other source.
    pub other: Option<String>,
}

/// Compares the lines of a source with those of the other one.
#[must_use]
pub fn compare(source: &SourceLines, other: &SourceLines) -> Comparison {
    let mut found = Comparison::default();
    for (id, line) in &source.lines {
        match other.lines.get(id) {
            Some(others) => {
                found.in_both += 1;
                found.differ(id, line, others);
            }
            None => found.only_in_source.add(id, line),
        }
    }
    for (id, line) in &other.lines {
        if !source.lines.contains_key(id) {
            found.only_in_other.add(id, line);
        }
    }
    found
}

// === impl Comparison ===

impl Comparison {
    fn differ(&mut self, id: &str, line: &str, others: &str) {
        if line == others {
            return;
        }
        let (mine, theirs) = (fields(line), fields(others));
        let names = mine
            .keys()
            .chain(theirs.keys().filter(|name| !mine.contains_key(*name)));
        for name in names {
            let (source, other) = (mine.get(name), theirs.get(name));
            if source == other {
                continue;
            }
            let difference = self
                .fields
                .entry(name.clone())
                .or_insert_with(|| FieldDifference {
                    lines: 0,
                    id: id.to_owned(),
                    source: source.map(|value| without_secrets(value).into_owned()),
                    other: other.map(|value| without_secrets(value).into_owned()),
                });
            difference.lines += 1;
        }
    }
}

// === impl OnlyThere ===

impl OnlyThere {
    fn add(&mut self, id: &str, line: &str) {
        self.count += 1;
        if self.first.len() < MOST_NAMED {
            let line = without_secrets(line).into_owned();
            self.first.insert(id.to_owned(), line);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn lines(lines: &[(&str, &str)]) -> SourceLines {
        let lines = lines.iter().map(|(id, rest)| {
            let line = format!("CEF:0|MCAS|SIEM_Agent|1|{rest}");
            ((*id).to_owned(), line)
        });
        SourceLines {
            lines: lines.collect(),
            ..SourceLines::default()
        }
    }

    #[test]
    fn tells_what_is_where_and_which_fields_differ() {
        let source = lines(&[
            ("1", "A|Log on|0|msg=x dvc=192.0.2.1"),
            ("2", "A|Log on|0|msg=y"),
            ("3", "A|Log on|0|msg=z"),
        ]);
        let other = lines(&[
            ("1", "A|Log on|0|msg=x2"),
            ("2", "A|Log on|0|msg=y2"),
            ("4", "B|Log on|0|msg=z"),
        ]);
        let found = compare(&source, &other);
        assert_eq!(found.in_both, 2);
        assert_eq!(Vec::from_iter(found.only_in_source.first.keys()), ["3"]);
        assert_eq!(Vec::from_iter(found.only_in_other.first.keys()), ["4"]);
        let counts: Vec<(&str, u64)> = (found.fields.iter())
            .map(|(name, difference)| (name.as_str(), difference.lines))
            .collect();
        assert_eq!(counts, [("dvc", 1), ("msg", 2)]);
        let dvc = found.fields.get("dvc").unwrap();
        assert_eq!(
            (dvc.source.as_deref(), dvc.other.as_deref()),
            (Some("192.0.2.1"), None)
        );
    }
}
