//! The kinds of values that a section can hold. Each reads one key: the value, or `None` and a
//! finding about it.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use toml_edit::{Item, Value};

use super::connection_string;
use super::report::{FileKind, Mention};
use super::secret::looks_like_a_token;
use super::section::Section;
use super::words::{one_of, shown_value};
use super::{Refusal, duration};

impl Section<'_> {
    /// A text, read by `parse`.
    pub(crate) fn text<T>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Refusal>,
    ) -> Option<T> {
        let item = self.item(key)?;
        let Some(text) = item.as_str() else {
            self.refuse_item(key, item, "a text in quotes");
            return None;
        };
        parse(text)
            .map_err(|refusal| self.refuse(key, &refusal.to_string()))
            .ok()
    }

    /// A whole number within bounds that fit into `T`.
    pub(crate) fn number<T: TryFrom<i64>>(
        &self,
        key: &'static str,
        bounds: RangeInclusive<i64>,
    ) -> Option<T> {
        let item = self.item(key)?;
        let allowed = format!("{} to {}", bounds.start(), bounds.end());
        match item.as_integer() {
            Some(number) if bounds.contains(&number) => T::try_from(number).ok(),
            Some(_) => {
                self.refuse_item(key, item, &allowed);
                None
            }
            None => {
                let quotes = if item.is_str() {
                    ", without quotes"
                } else {
                    ""
                };
                self.refuse_item(key, item, &format!("a whole number from {allowed}{quotes}"));
                None
            }
        }
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self, key: &'static str) -> Option<bool> {
        let item = self.item(key)?;
        if item.as_bool().is_none() {
            let quotes = if item.is_str() {
                ", without quotes"
            } else {
                ""
            };
            self.refuse_item(key, item, &format!("true or false{quotes}"));
        }
        item.as_bool()
    }

    /// A duration within bounds.
    pub(super) fn duration(
        &self,
        key: &'static str,
        bounds: RangeInclusive<Duration>,
    ) -> Option<Duration> {
        let item = self.item(key)?;
        let allowed = format!(
            "{} to {}",
            duration::text(*bounds.start()),
            duration::text(*bounds.end())
        );
        if item.is_integer() {
            self.refuse_item(
                key,
                item,
                &format!("a text with a unit (d, h, m, s), {allowed}"),
            );
            return None;
        }
        let value = self.text(key, duration::parse)?;
        if bounds.contains(&value) {
            return Some(value);
        }
        self.refuse_item(key, item, &allowed);
        None
    }

    /// One of a few words.
    pub(crate) fn word<T: Copy>(
        &self,
        key: &'static str,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        self.text(key, |text| one_of(text, words))
    }

    /// A path; a relative one begins at the settings file's folder.
    pub(super) fn path(&self, key: &'static str) -> Option<PathBuf> {
        self.text(key, |text| {
            if text.is_empty() || text.contains('\0') {
                return Err(Refusal::found(text, "a path"));
            }
            Ok(self.report().folder().join(text))
        })
    }

    /// The path of a PEM file that anybody may read.
    pub(super) fn certificate_file(&self, key: &'static str) -> Option<PathBuf> {
        self.mention(key, FileKind::Certificate)
    }

    /// The path of a file that only its owner may read. A token in its place is refused, and not
    /// repeated.
    pub(super) fn secret_file(&self, key: &'static str) -> Option<PathBuf> {
        self.secrets_place(key, FileKind::Secret)
    }

    /// The same of an API token, whose form is known.
    pub(super) fn token_file(&self, key: &'static str) -> Option<PathBuf> {
        self.secrets_place(key, FileKind::Token)
    }

    /// The same of a connection string of event hubs, which is to let in to what is `expected`.
    pub(super) fn connection_string_file(
        &self,
        key: &'static str,
        expected: connection_string::ExpectedHubs,
    ) -> Option<PathBuf> {
        let text = self.item(key).and_then(Item::as_str);
        if text.is_some_and(connection_string::looks_like_secret) {
            self.refuse(
                key,
                "this looks like the connection string itself; allowed: the path of a file (mode \
                    0600) that contains it",
            );
            return None;
        }
        self.secrets_place(key, FileKind::ConnectionString(expected))
    }

    fn secrets_place(&self, key: &'static str, holds: FileKind) -> Option<PathBuf> {
        if self
            .item(key)
            .and_then(Item::as_str)
            .is_some_and(looks_like_a_token)
        {
            self.refuse(
                key,
                "this looks like the token itself; allowed: the path of a file (mode \
                0600) that contains it",
            );
            return None;
        }
        self.mention(key, holds)
    }

    fn mention(&self, key: &'static str, holds: FileKind) -> Option<PathBuf> {
        let path = self.path(key)?;
        let at = self.finding(key, "");
        self.report().mention(Mention {
            at,
            path: path.clone(),
            holds,
        });
        Some(path)
    }

    /// A list, each value read by `parse`.
    pub(crate) fn list<T>(
        &self,
        key: &'static str,
        allowed: &str,
        parse: impl Fn(&Value) -> Option<T>,
    ) -> Option<Vec<T>> {
        let item = self.item(key)?;
        let Some(list) = item.as_array() else {
            self.refuse_item(key, item, allowed);
            return None;
        };
        let read_one = |value| parse(value).ok_or(value);
        list.iter()
            .map(read_one)
            .collect::<Result<Vec<T>, &Value>>()
            .map_err(|wrong| {
                self.refuse(
                    key,
                    &format!(
                        "found {} in the list; allowed: {allowed}",
                        shown_value(wrong)
                    ),
                )
            })
            .ok()
    }
}
