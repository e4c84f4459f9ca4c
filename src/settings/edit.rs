//! Edits a settings file and keeps its comments and layout.
//!
//! A [`SettingsDraft`] is the file's text. Each change parses it with `toml_edit`, which says at
//! which bytes a key, a value or a table stands, and puts other text there: comments, order, line
//! ends and everything unrelated stay byte by byte. (Written anew from `toml_edit`'s tables, a file
//! with dotted keys between others, with a byte order mark or with Windows' line ends would come
//! back changed.)
//!
//! [`SettingsDraft::read`] says whether the outcome holds as settings; [`SettingsDraft::save`]
//! replaces the file in one step, and only if it is still the one that was opened. Secrets never
//! stand in the file: [`put_secret`] gives each a file of its own.

mod bundle;
mod change;
mod disk;
mod error;
mod gap;
mod inline;
mod inside;
mod layout;
mod removal;
mod revision;
mod secret_file;
mod swap;

pub use bundle::{
    Bundle, BundleError, CERTIFICATE_KEYS, Import, MAX_EXPORT_BYTES, export, import, is_encrypted,
    secrets_of,
};
pub use error::EditError;
pub use inside::{Outside, inside};
pub use revision::Revision;
pub use secret_file::{put_secret, remove_secret};

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, TableLike, Value};

use super::file::MAX_BYTES;
use super::{Finding, LoadedSettings, Overrides, SettingPlace, Settings, SettingsError};
use crate::text_file::{self, FileError, UnreadableFile};
use change::{Base, SettingKey};

/// A new settings file is for siembox and its group alone: it names hosts and people.
const NEW_FILE: u32 = 0o640;

/// A settings file in memory, with the revision it was read at.
///
/// Agents are named by the text of their `name`; where several have the same, the first is meant.
/// Keys are dotted and begin at the agent (`siem.port`, `paused`) or at `[page]` (`listen`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsDraft {
    path: PathBuf,
    /// Does the file begin with a byte order mark, as editors on Windows write it? It stays where
    /// it is, and nothing below need know of it.
    is_marked: bool,
    /// What stands behind that.
    text: String,
    revision: Revision,
}

/// The byte order mark (RFC 3629, 6).
const MARK: char = '\u{feff}';

// === impl Draft ===

impl SettingsDraft {
    /// Reads the file. One that is not there is an empty document.
    ///
    /// # Errors
    /// Where it can't be read, is longer than 1 MB or no TOML. Settings that only do not hold are
    /// no error: they are there to be mended.
    pub fn open(path: &Path) -> Result<Self, EditError> {
        let bytes = bytes_of(path)?;
        let revision = bytes.as_deref().map_or_else(Revision::none, Revision::of);
        let bytes = bytes.unwrap_or_default();
        let is_marked = bytes.starts_with(text_file::UTF8_MARK);
        let text = text_file::decode(&bytes).map_err(|why| FileError {
            path: path.to_owned(),
            why: UnreadableFile::NotText(why),
        })?;
        let draft = Self {
            path: path.to_owned(),
            is_marked,
            text: String::new(),
            revision,
        };
        let draft = draft.with_text(text.into_owned())?;
        Ok(Self { is_marked, ..draft })
    }

    /// The same file with this text instead of what it held: for one that comes from elsewhere, as
    /// an export.
    ///
    /// # Errors
    /// Where it is no TOML, or longer than 1 MB.
    pub fn with_text(self, text: String) -> Result<Self, EditError> {
        if text.len() as u64 > MAX_BYTES {
            return Err(not_settings(&self.path));
        }
        check_toml(&self.path, &text)?;
        let bare = text.strip_prefix(MARK);
        Ok(Self {
            is_marked: bare.is_some(),
            text: bare.map_or_else(|| text.clone(), str::to_owned),
            ..self
        })
    }

    /// The state of the file that this began with.
    #[must_use]
    pub fn revision(&self) -> &Revision {
        &self.revision
    }

    /// The file's text, with the changes so far.
    #[must_use]
    pub fn text(&self) -> String {
        match self.is_marked {
            true => format!("{MARK}{}", self.text),
            false => self.text.clone(),
        }
    }

    /// The agents' names in order; empty for one without a name.
    #[must_use]
    pub fn agents(&self) -> Vec<String> {
        layout::parsed(&self.text)
            .map(|document| layout::agent_names(document.as_table()))
            .unwrap_or_default()
    }

    /// The number by which findings call an agent, `agent[1]`; from 1.
    #[must_use]
    pub fn place(&self, agent: &str) -> Option<usize> {
        let at = self.agents().iter().position(|name| name == agent)?;
        Some(at + 1)
    }

    /// What is written for a key of an agent; a table (`siem`) as an inline one.
    #[must_use]
    pub fn value(&self, agent: &str, key: &str) -> Option<Value> {
        let place = self.place(agent)? - 1;
        let document: DocumentMut = self.text.parse().ok()?;
        let agent: &dyn TableLike = match document.get("agent")? {
            Item::ArrayOfTables(tables) => tables.get(place)?,
            Item::Value(Value::Array(list)) => list.get(place)?.as_inline_table()?,
            _ => return None,
        };
        found(agent, key)
    }

    /// Writes a key of an agent, or takes it out (`None`), so that its default holds again. A
    /// comment behind the old value, and those above it, stay. Where there is no such agent,
    /// nothing happens.
    pub fn set(&mut self, agent: &str, key: &str, value: Option<Value>) {
        if let Some(place) = self.place(agent) {
            let key = SettingKey {
                base: Base::Agent(place - 1),
                path: key.split('.').collect(),
            };
            self.text = change::set(&self.text, &key, value);
        }
    }

    /// Adds an agent with this name behind the others, and nothing else in it.
    pub fn add_agent(&mut self, name: &str) {
        self.text = change::add_agent(&self.text, name);
    }

    /// Takes an agent out, with its tables and the comments that belong to them: those right above
    /// and right below, and settings that are commented out. Where there is no such agent, nothing
    /// happens.
    pub fn remove_agent(&mut self, name: &str) {
        if let Some(place) = self.place(name) {
            self.text = removal::agent(&self.text, place - 1);
        }
    }

    /// Makes `[agent.other_source]` of this agent its source, and its source the other one, each
    /// with the sections of its streams. `read_both` says whether the other one is read from now
    /// on. Where there is no such agent, nothing happens.
    pub fn swap_sources(&mut self, agent: &str, read_both: bool) {
        swap::swap(self, agent, read_both);
    }

    /// What is written for a key of `[page]`.
    #[must_use]
    pub fn page_value(&self, key: &str) -> Option<Value> {
        let document: DocumentMut = self.text.parse().ok()?;
        found(document.get("page")?.as_table_like()?, key)
    }

    /// Writes a key of `[page]`, or takes it out (`None`), as [`SettingsDraft::set`].
    pub fn set_page(&mut self, key: &str, value: Option<Value>) {
        let key = SettingKey {
            base: Base::Top,
            path: std::iter::once("page").chain(key.split('.')).collect(),
        };
        self.text = change::set(&self.text, &key, value);
    }

    /// Does it hold as settings? The files it names are not looked at.
    ///
    /// # Errors
    /// All that is wrong; keys as `agent[1].siem.port`, see [`SettingsDraft::place`].
    pub fn read(&self, given: &Overrides) -> Result<LoadedSettings, Vec<Finding>> {
        Settings::read(&self.text(), &self.path, given).map_err(|error| match error {
            SettingsError::Wrong(findings) => findings,
            other => vec![Finding {
                file: Some(self.path.clone()),
                place: None,
                key: String::new(),
                text: other.to_string(),
            }],
        })
    }

    /// Replaces the file (one in UTF-16 by one in UTF-8), durably and in one step: a kill or a
    /// power cut leaves the old or the new one. The new one has the old one's mode (0640 where
    /// there was none), and its owner and group where this process may give them. Nothing is
    /// written where nothing was changed.
    ///
    /// # Errors
    /// [`EditError::Stale`] where the file is no longer the one that was opened; where the text is
    /// no TOML or too long; where a step of writing fails.
    pub fn save(self) -> Result<Revision, EditError> {
        let text = self.text();
        if text.len() as u64 > MAX_BYTES {
            return Err(not_settings(&self.path));
        }
        check_toml(&self.path, &text)?;
        let new = Revision::of(text.as_bytes());
        disk::replace(&self.path, text.as_bytes(), NEW_FILE, false, || {
            let bytes = bytes_of(&self.path)?;
            let there = bytes.as_deref().map_or_else(Revision::none, Revision::of);
            if there == self.revision {
                let same = |bytes| text_file::decode(bytes).is_ok_and(|text| text == self.text);
                Ok(!bytes.as_deref().is_some_and(same))
            } else {
                Err(EditError::Stale {
                    path: self.path.clone(),
                })
            }
        })?;
        Ok(new)
    }
}

/// The value at a dotted key; a table as an inline one, nothing around it.
fn found(table: &dyn TableLike, key: &str) -> Option<Value> {
    let mut keys = key.split('.');
    let mut item = table.get(keys.next()?)?;
    for key in keys {
        item = item.as_table_like()?.get(key)?;
    }
    let mut value = item.clone().into_value().ok()?;
    if let Value::InlineTable(table) = &mut value {
        table.set_dotted(false);
    }
    Some(value.decorated("", ""))
}

fn bytes_of(path: &Path) -> Result<Option<Vec<u8>>, EditError> {
    match text_file::bytes(path, MAX_BYTES) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(EditError::File(error)),
    }
}

fn check_toml(path: &Path, text: &str) -> Result<(), EditError> {
    toml_edit::Document::parse(text)
        .map(drop)
        .map_err(|slip| EditError::NotToml {
            path: path.to_owned(),
            line: SettingPlace::of(text, slip.span().map_or(0, |span| span.start)).line,
            reason: slip.message().to_owned(),
        })
}

fn not_settings(path: &Path) -> EditError {
    EditError::NotSettings {
        path: path.to_owned(),
        limit: MAX_BYTES,
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
