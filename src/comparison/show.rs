//! A comparison in words.

use std::fmt::Write;

use super::ClassComparison;
use super::compare::{FieldDifference, OnlyThere};
use crate::foreign::ForeignText;

/// Longer values are shortened, characters.
const MOST: usize = 60;
/// So many ids are shown of records that one source alone holds.
const MOST_IDS: usize = 3;

/// What was found of a class of records.
#[must_use]
pub fn in_words(found: &ClassComparison) -> String {
    let (source, other) = (found.source.name, found.other.name);
    let ClassComparison {
        class,
        comparison: found,
        ..
    } = found;
    let mut text = format!("{class}: {} in both", found.in_both);
    only(&mut text, source, &found.only_in_source);
    only(&mut text, other, &found.only_in_other);
    if found.in_both > 0 && found.fields.is_empty() {
        text.push_str("\n  the lines of those in both are the same");
    }
    for (name, difference) in &found.fields {
        let FieldDifference { lines, id, .. } = difference;
        let id = ForeignText::new(id);
        let _ = write!(
            text,
            "\n  {name} differs in {lines} of {}, first in {id}:\n    {source}: {}\n    {other}: {}",
            found.in_both,
            shown(difference.source.as_deref()),
            shown(difference.other.as_deref()),
        );
    }
    text.push('\n');
    text
}

fn only(text: &mut String, name: &str, only: &OnlyThere) {
    if only.count > 0 {
        let ids = shown_ids(only);
        let _ = write!(text, "\n  only in {name}: {} ({ids})", only.count);
    }
}

/// The ids of some records that one source alone holds.
#[must_use]
pub fn shown_ids(only: &OnlyThere) -> String {
    let ids = only.first.keys().take(MOST_IDS);
    let ids: Vec<String> = ids.map(|id| ForeignText::new(id).to_string()).collect();
    let more = match only.count > ids.len() as u64 {
        true => ", …",
        false => "",
    };
    format!("{}{more}", ids.join(", "))
}

/// A value, fit for everybody's eyes, or that there is none.
#[must_use]
pub fn shown(value: Option<&str>) -> String {
    match value {
        None => "not there".to_owned(),
        Some("") => "empty".to_owned(),
        Some(value) => {
            let more = match value.chars().count() > MOST {
                true => "…",
                false => "",
            };
            format!("{}{more}", ForeignText::bounded(value, MOST))
        }
    }
}

/// What is to be added to the settings before an agent can change to this kind of source.
#[must_use]
pub fn example_section(kind: &str) -> &'static str {
    match kind {
        "defender-xdr" => {
            "[agent.other_source]\nkind = \"defender-xdr\"\ntenant_id = \"…\"\nclient_id = \"…\"\n\
             client_secret_file = \"…\"\n"
        }
        _ => "[agent.other_source]\nkind = \"cloud-apps\"\napi_url = \"…\"\ntoken_file = \"…\"\n",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::{ComparedSource, Comparison};
    use super::*;

    fn words(class: &'static str, comparison: Comparison) -> String {
        let named = |name| ComparedSource {
            name,
            ..ComparedSource::default()
        };
        in_words(&ClassComparison {
            class,
            source: named("cloud-apps"),
            other: named("defender-xdr"),
            comparison,
        })
    }

    #[test]
    fn a_comparison_is_told_with_names_counts_and_one_example_a_field() {
        let first = BTreeMap::from([("7".to_owned(), String::new())]);
        let msg = FieldDifference {
            lines: 2,
            id: "1".to_owned(),
            source: Some("a".repeat(61)),
            other: None,
        };
        let found = Comparison {
            in_both: 3,
            only_in_source: OnlyThere { count: 2, first },
            only_in_other: OnlyThere::default(),
            fields: BTreeMap::from([("msg".to_owned(), msg)]),
        };
        let text = words("alerts", found);
        let expected = format!(
            "alerts: 3 in both\n  only in cloud-apps: 2 (7, …)\n  msg differs in 2 of 3, first in \
             1:\n    cloud-apps: {}…\n    defender-xdr: not there\n",
            "a".repeat(60)
        );
        assert_eq!(text, expected);
        let same = Comparison {
            in_both: 1,
            ..Comparison::default()
        };
        let text = words("alerts", same);
        assert_eq!(
            text,
            "alerts: 1 in both\n  the lines of those in both are the same\n"
        );
    }
}
