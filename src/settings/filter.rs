//! `filters`: the API's own vocabulary, checked when the settings are read.
//!
//! The API answers an unknown filter with an error, or silently with nothing (reference §1.9). So
//! each field, operator and value is held against the tables in `vocabulary` first, and what comes
//! out is the JSON object to be sent.

mod operator;
mod vocabulary;

pub(super) use vocabulary::{
    ACTIVITIES, ALERTS, GRAPH_ALERTS, HUNTING, INCIDENTS, NONE, Vocabulary,
};

use serde_json::{Map, Value as Json};
use toml_edit::{Item, TableLike};

use super::section::Section;
use super::words::{key_shown, path_shown, shown, unknown};
use vocabulary::FilterField;

/// Reads the table `filters`. Keys may be quoted, dotted or nested: `"user.username"`,
/// `user.username`, `user = { username … }`.
pub(super) fn read(section: &Section, vocabulary: &'static Vocabulary) -> Map<String, Json> {
    let (table, at) = section.raw();
    let mut reader = Reader {
        section,
        vocabulary,
        filters: Map::new(),
    };
    if let Some(table) = table {
        reader.fields(table, "", at);
    }
    reader.filters
}

struct Reader<'s, 'a> {
    section: &'s Section<'a>,
    vocabulary: &'static Vocabulary,
    filters: Map<String, Json>,
}

impl Reader<'_, '_> {
    /// Reads the fields of a table whose keys begin with `prefix` ("" or "user.").
    fn fields(&mut self, table: &dyn TableLike, prefix: &str, at: usize) {
        for (key, item) in table.iter() {
            let name = format!("{prefix}{key}");
            let at = place(table, key, item, at);
            if let Some(field) = self.vocabulary.field(&name) {
                self.field(field, item, at);
            } else if let Some(owner) = self
                .vocabulary
                .owned
                .iter()
                .find(|(owned, _)| *owned == name)
            {
                self.refuse(&name, at, owner.1);
            } else if let (true, Some(below)) = (
                self.vocabulary.has_fields_below(&name),
                item.as_table_like(),
            ) {
                self.fields(below, &format!("{name}."), at);
            } else {
                let text = unknown("unknown filter", &name, &self.vocabulary.names(), |_| false);
                self.refuse(&path_shown(&name), at, &text);
            }
        }
    }

    /// Reads the operators of one field.
    fn field(&mut self, field: &'static FilterField, item: &Item, at: usize) {
        let operators = field
            .operators
            .iter()
            .map(|operator| operator.name())
            .collect::<Vec<_>>();
        let Some(table) = item.as_table_like() else {
            let example = format!("{{ {} = … }}", operators[0]);
            return self.refuse(
                field.name,
                at,
                &format!(
                    "found {}; allowed: a table with an operator, for example {example}",
                    shown(item)
                ),
            );
        };
        if table.is_empty() {
            return self.refuse(
                field.name,
                at,
                &format!("has no operator; allowed: {}", operators.join(", ")),
            );
        }
        let mut conditions = Map::new();
        for (written, item) in table.iter() {
            let at = place(table, written, item, at);
            let path = format!("{}.{}", field.name, key_shown(written));
            let Some(operator) = field
                .operators
                .iter()
                .find(|operator| operator.name() == written)
            else {
                self.refuse(
                    &path,
                    at,
                    &unknown(
                        "unknown operator for this filter",
                        written,
                        &operators,
                        |_| false,
                    ),
                );
                continue;
            };
            match operator.value(item, field.holds) {
                Ok(value) => {
                    conditions.insert(written.to_owned(), value);
                }
                Err(text) => self.refuse(&path, at, &text.to_string()),
            }
        }
        let name = field.sent_as.unwrap_or(field.name);
        if self
            .filters
            .insert(name.to_owned(), Json::Object(conditions))
            .is_some()
        {
            self.refuse(
                field.name,
                at,
                "set twice (once with quotes, once with dots?); allowed: \
                once, with all its operators",
            );
        }
    }

    fn refuse(&self, key: &str, at: usize, text: &str) {
        let report = self.section.report();
        report.error(report.finding(&self.section.path_of(key), at, text));
    }
}

/// Byte of the text where a key (or else its value) stands.
fn place(table: &dyn TableLike, key: &str, item: &Item, otherwise: usize) -> usize {
    let key = table.key(key).and_then(toml_edit::Key::span);
    key.or_else(|| item.span())
        .map_or(otherwise, |span| span.start)
}
