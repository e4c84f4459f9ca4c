//! One table of the settings file while it is being read.
//!
//! serde would stop at the first wrong key. Here each read takes a key's value or notes what is
//! wrong with it and gives `None`, so the reading goes on and a file's errors come out together.
//! The keys asked for are the keys there are: what is left at [`Section::close`] is unknown, and
//! the list for "did you mean" needs no second copy.

use std::cell::RefCell;

use toml_edit::{Item, TableLike, Value};

use super::Finding;
use super::report::SettingsReport;
use super::words::{key_shown, plain_path, shown, unknown};

/// One table of the file, or an absent one in which nothing is set.
pub(crate) struct Section<'a> {
    report: &'a SettingsReport<'a>,
    table: Option<&'a dyn TableLike>,
    /// `agent[2].siem`, empty for the top of the file.
    path: String,
    /// Byte of the text where the table begins; findings about missing keys point there.
    at: usize,
    known: RefCell<Vec<&'static str>>,
    /// Keys that are known under another `kind`, and are not offered here.
    elsewhere: RefCell<Vec<&'static str>>,
}

// === impl Section ===

impl<'a> Section<'a> {
    /// The top of the file.
    pub(crate) fn top(report: &'a SettingsReport<'a>, table: &'a dyn TableLike) -> Self {
        Self {
            report,
            table: Some(table),
            path: String::new(),
            at: 0,
            known: RefCell::default(),
            elsewhere: RefCell::default(),
        }
    }

    fn below(&self, path: String, table: Option<&'a dyn TableLike>, at: usize) -> Self {
        Self {
            report: self.report,
            table,
            path,
            at,
            known: RefCell::default(),
            elsewhere: RefCell::default(),
        }
    }

    // --- what is there

    /// What stands under this key, which is known from now on.
    pub(crate) fn item(&self, key: &'static str) -> Option<&'a Item> {
        if !self.known.borrow().contains(&key) {
            self.known.borrow_mut().push(key);
        }
        self.table?.get(key)
    }

    /// Whether the key is written, whatever its value.
    pub(crate) fn has(&self, key: &'static str) -> bool {
        self.item(key).is_some()
    }

    /// Whether the key was refused already.
    pub(crate) fn failed(&self, key: &str) -> bool {
        let path = self.path_of(key);
        self.report.has_error_about(&path)
    }

    /// The full path of a key of this table.
    pub(crate) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    // --- what is wrong

    /// Notes that a key's value (or its absence) can't be.
    pub(crate) fn refuse(&self, key: &str, text: &str) {
        self.report.error(self.finding(key, text));
    }

    /// Refuses a key that is of use only under another `kind`; `instead` says which, and what
    /// serves here.
    pub(crate) fn refuse_elsewhere(&self, key: &'static str, instead: &str) {
        self.elsewhere.borrow_mut().push(key);
        if self.table.is_some_and(|table| table.contains_key(key)) {
            self.refuse(key, instead);
        }
    }

    /// Notes that a key's value (or its absence) is doubtful.
    pub(crate) fn warn(&self, key: &str, text: &str) {
        self.report.warning(self.finding(key, text));
    }

    /// A finding about a key: where it stands, or where its table begins.
    pub(crate) fn finding(&self, key: &str, text: &str) -> Finding {
        let item = self.table.and_then(|table| table.get(key));
        let at = item.and_then(Item::span).map_or(self.at, |span| span.start);
        self.report.finding(&self.path_of(key), at, text)
    }

    /// An error about a value of the wrong kind; `allowed` says which kinds there are.
    pub(crate) fn refuse_item(&self, key: &str, item: &Item, allowed: &str) {
        self.refuse(key, &format!("found {}; allowed: {allowed}", shown(item)));
    }

    // --- tables

    /// A table below this one; where it is absent, one in which nothing is set.
    pub(crate) fn table(&self, key: &'static str) -> Self {
        let path = self.path_of(key);
        let Some(item) = self.item(key) else {
            return self.below(path, None, self.at);
        };
        if item.as_table_like().is_none() {
            self.refuse_item(key, item, &format!("a table, [{}]", plain_path(&path)));
        }
        let at = item.span().map_or(self.at, |span| span.start);
        self.below(path, item.as_table_like(), at)
    }

    /// The tables of a list: `[[agent]]`.
    pub(crate) fn tables(&self, key: &'static str) -> Vec<Self> {
        let numbered =
            |index: usize, table: &'a dyn TableLike, at: Option<std::ops::Range<usize>>| {
                let path = format!("{}[{}]", self.path_of(key), index + 1);
                self.below(path, Some(table), at.map_or(self.at, |span| span.start))
            };
        match self.item(key) {
            None => Vec::new(),
            Some(Item::ArrayOfTables(tables)) => tables
                .iter()
                .enumerate()
                .map(|(index, table)| numbered(index, table, table.span()))
                .collect(),
            Some(Item::Value(Value::Array(list))) if list.iter().all(Value::is_inline_table) => {
                list.iter()
                    .filter_map(Value::as_inline_table)
                    .enumerate()
                    .map(|(index, table)| numbered(index, table, table.span()))
                    .collect()
            }
            Some(other) => {
                self.refuse_item(
                    key,
                    other,
                    &format!(
                        "a list of tables, each with the header [[{}]]",
                        self.path_of(key)
                    ),
                );
                Vec::new()
            }
        }
    }

    /// The table itself and the byte where it begins, for a reader of its own (filters).
    pub(crate) fn raw(&self) -> (Option<&'a dyn TableLike>, usize) {
        (self.table, self.at)
    }

    /// Where findings go.
    pub(crate) fn report(&self) -> &'a SettingsReport<'a> {
        self.report
    }

    /// Ends the reading: keys that nobody asked for are unknown.
    pub(crate) fn close(self) {
        let (known, elsewhere) = (self.known.borrow(), self.elsewhere.borrow());
        for (written, item) in self.table.into_iter().flat_map(TableLike::iter) {
            if known.contains(&written) || elsewhere.contains(&written) {
                continue;
            }
            let key_at = self
                .table
                .and_then(|table| table.key(written))
                .and_then(toml_edit::Key::span);
            let at = key_at
                .or_else(|| item.span())
                .map_or(self.at, |span| span.start);
            let is_there = |key: &str| self.table.is_some_and(|table| table.contains_key(key));
            let text = unknown("unknown setting", written, &known, is_there);
            self.report.error(
                self.report
                    .finding(&self.path_of(&key_shown(written)), at, text),
            );
        }
    }
}
