//! Reads a dynamic column: an object or a list, or its JSON as text; nothing is null, `""` or `{}`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::source::json::{MOST_ITEMS, Text};

/// A dynamic column as it stands in the row.
#[derive(Debug, Default)]
pub(super) struct Dynamic<'a>(Option<&'a RawValue>);

impl<'de> Deserialize<'de> for Dynamic<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(from).map(|raw| Self(Some(raw)))
    }
}

impl Dynamic<'_> {
    /// What `read` makes of it; the default where there is nothing, or nothing that it can read.
    pub(super) fn read<T: Default>(&self, read: impl Fn(&str) -> serde_json::Result<T>) -> T {
        let Some(raw) = self.0 else {
            return T::default();
        };
        let text = match raw.get() {
            quoted if quoted.starts_with('"') => match serde_json::from_str::<String>(quoted) {
                Ok(text) => Cow::Owned(text),
                Err(_) => return T::default(),
            },
            json => Cow::Borrowed(json),
        };
        read(&text).unwrap_or_default()
    }
}

/// The members of an object that are texts and whose key begins with a word, in the order of the
/// words, and of one word in that of the keys.
pub(super) fn texts_of(
    words: &'static [&'static str],
    json: &str,
) -> serde_json::Result<Vec<String>> {
    let mut json = serde_json::Deserializer::from_str(json);
    let mut found = json.deserialize_any(TextsOf(words))?;
    found.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    Ok(found.into_iter().map(|(_, _, text)| text).collect())
}

/// Number of the word, key, text.
type Found = (usize, String, String);

struct TextsOf(&'static [&'static str]);

impl<'de> Visitor<'de> for TextsOf {
    type Value = Vec<Found>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = Vec::new();
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            let word = self.0.iter().position(|word| key.starts_with(word));
            let Some(nth) = word.filter(|_| found.len() < MOST_ITEMS) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let text = map.next_value::<Text<'_>>()?.said();
            found.extend(text.map(|text| (nth, key.into_owned(), text.trim().to_owned())));
        }
        Ok(found)
    }
}

/// Which of these columns a row lacks; none where it is no JSON object.
pub(in crate::source::hunting) fn lacks(row: &str, columns: &[&'static str]) -> Vec<&'static str> {
    let mut json = serde_json::Deserializer::from_str(row);
    json.deserialize_map(Lacks(columns)).unwrap_or_default()
}

struct Lacks<'c>(&'c [&'static str]);

impl<'de> Visitor<'de> for Lacks<'_> {
    type Value = Vec<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut lacking = self.0.to_vec();
        while let Some((key, _)) = map.next_entry::<Cow<'_, str>, IgnoredAny>()? {
            lacking.retain(|column| !key.eq_ignore_ascii_case(column));
        }
        Ok(lacking)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const WORDS: &[&str] = &["ACTOR.", "TO."];

    #[test]
    fn a_dynamic_column_in_all_its_forms() {
        let read = |json: &str| {
            let column: Dynamic<'_> = serde_json::from_str(json).unwrap();
            column.read(|json| texts_of(WORDS, json))
        };
        for json in [
            r#"{"TO.X":"b","ACTOR.Z":"z","ACTOR.A":" a ","FROM.X":"c","TO.N":null,"ACTOR.E":""}"#,
            r#""{\"TO.X\":\"b\",\"ACTOR.Z\":\"z\",\"ACTOR.A\":\"a\"}""#,
        ] {
            assert_eq!(read(json), ["a", "z", "b"], "{json}");
        }
        for json in [
            "null",
            "\"\"",
            "{}",
            "[]",
            "7",
            "true",
            "\"{\\\"TO.X\"",
            "\"[1\"",
        ] {
            assert_eq!(read(json), Vec::<String>::new(), "{json}");
        }
        assert_eq!(
            Dynamic::default().read(|json| texts_of(WORDS, json)),
            [""; 0]
        );
    }

    #[test]
    fn columns_that_a_row_lacks() {
        let lacking = |row| lacks(row, &["Timestamp", "ReportId"]);
        assert_eq!(lacking(r#"{"timestamp":null,"X":1}"#), ["ReportId"]);
        assert_eq!(
            lacking(r#"{"X":{"ReportId":1}}"#),
            ["Timestamp", "ReportId"]
        );
        assert_eq!(lacking(r#"{"Timestamp":1,"ReportID":""}"#), [""; 0]);
        assert_eq!(lacking("7"), [""; 0]);
    }
}
