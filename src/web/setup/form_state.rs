//! The state of the wizard: what was entered so far, kept by the box until it is saved or left.

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use toml_edit::{InlineTable, Value};

use super::fields::{FieldKind, SetupField, SetupStep};
use super::filters;
use crate::settings::edit::{EditError, Revision, SettingsDraft, put_secret};
use crate::settings::{Destination, Secret};
use crate::web::form::Form;

/// Longer texts are not taken: bytes.
const LONGEST: usize = 16 * 1024;

/// Something that a field can't be, in words: its key and why.
pub(super) type RefusedForm = (&'static str, String);

/// The fields of one agent.
#[derive(Debug, Clone)]
pub(super) struct FormState {
    /// The agent that is changed; `None` for a new one.
    pub(super) of: Option<String>,
    /// The settings file as it was when this began.
    pub(super) revision: Revision,
    texts: BTreeMap<&'static str, String>,
    files: BTreeMap<&'static str, StoredSecret>,
}

/// What is known of a field whose content is kept in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StoredSecret {
    /// The settings name a file already.
    InSettings,
    /// Typed, and put into a file of its own until all is saved.
    Staged(Staged),
    /// The setting is to be removed.
    Dropped,
}

/// What was typed into such a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Staged {
    /// Path of the staged file.
    pub(super) path: PathBuf,
    /// Tells it from another one that was typed there.
    content: Revision,
    /// Where a secret was to go when it was typed: it goes nowhere else.
    pub(super) entered_for: Destination,
}

// === impl FormState ===

impl FormState {
    /// A new agent: nothing typed, every default.
    pub(super) fn new(revision: Revision) -> Self {
        Self {
            of: None,
            revision,
            texts: BTreeMap::new(),
            files: BTreeMap::new(),
        }
    }

    /// An agent of the settings, as it stands there.
    pub(super) fn of_agent(draft: &SettingsDraft, name: &str) -> Self {
        let mut typed = Self::new(draft.revision().clone());
        typed.of = Some(name.to_owned());
        for field in SetupField::all().filter(|field| field.filter().is_none()) {
            let Some(value) = draft.value(name, field.key) else {
                continue;
            };
            match field.kind {
                FieldKind::Secret | FieldKind::Pem => {
                    typed.files.insert(field.key, StoredSecret::InSettings);
                }
                FieldKind::OtherFilters => typed.take_filters(field.key, &value),
                FieldKind::Switch(_) => {
                    let on = value.as_bool().unwrap_or_default();
                    typed.texts.insert(field.key, switch(on).to_owned());
                }
                _ => {
                    typed.texts.insert(field.key, plain(&value));
                }
            }
        }
        typed
    }

    fn take_filters(&mut self, key: &'static str, value: &Value) {
        let Some(table) = value.as_inline_table() else {
            return;
        };
        let of_table = |field: &&SetupField| field.filter().is_some_and(|(of, _)| of == key);
        let fields: Vec<&'static SetupField> = SetupField::all().filter(of_table).collect();
        let (shown, rest) = filters::apart(table, &fields);
        self.texts.extend(shown);
        self.texts.insert(key, rest);
    }

    /// What stands in a field; empty where nothing does.
    pub(super) fn text(&self, key: &str) -> &str {
        self.texts.get(key).map_or("", String::as_str)
    }

    /// True if a switch is on.
    pub(super) fn is_on(&self, key: &str, default: bool) -> bool {
        self.texts
            .get(key)
            .map_or(default, |text| text == switch(true))
    }

    /// What stands for a key that tells where a secret goes; of a file that is kept, what tells it
    /// from another one. `draft` is the settings file as it is.
    pub(super) fn says(&self, draft: &SettingsDraft, key: &str) -> Option<String> {
        match self.files.get(key) {
            None => self.texts.get(key).filter(|text| !text.is_empty()).cloned(),
            Some(StoredSecret::InSettings) => {
                let value = draft.value(self.of.as_deref()?, key)?;
                Some(plain(&value))
            }
            Some(StoredSecret::Staged(staged)) => Some(staged.content.to_string()),
            Some(StoredSecret::Dropped) => None,
        }
    }

    /// What is known of a field that is kept in a file.
    pub(super) fn kept(&self, key: &str) -> Option<&StoredSecret> {
        self.files.get(key)
    }

    /// The agent's name. It names the folder of what waits, and so stays what it is once there is
    /// an agent.
    pub(super) fn name(&self) -> &str {
        self.of.as_deref().unwrap_or_else(|| self.text("name"))
    }

    /// Takes a step's fields from its form; what is kept in files is put into `staging`. `draft` is
    /// the settings file as it is.
    ///
    /// # Errors
    /// Where a file can't be written.
    pub(super) fn take(
        &mut self,
        step: SetupStep,
        form: &Form,
        staging: &Path,
        draft: &SettingsDraft,
    ) -> Result<Vec<RefusedForm>, EditError> {
        let mut refused = Vec::new();
        let mut typed = Vec::new();
        let is_new = self.of.is_none();
        for field in (step.fields().iter()).filter(|field| is_new || field.key != "name") {
            let text = form.text(field.key).trim();
            if text.len() > LONGEST {
                refused.push((field.key, format!("longer than {LONGEST} bytes")));
                continue;
            }
            match field.kind {
                FieldKind::Switch(_) => {
                    let on = form.has(field.key);
                    self.texts.insert(field.key, switch(on).to_owned());
                }
                FieldKind::Picks(_) => {
                    let picked: Vec<&str> = form.all(field.key).collect();
                    self.texts.insert(field.key, picked.join(" "));
                }
                FieldKind::Secret | FieldKind::Pem => {
                    if !text.is_empty() {
                        let text = text.replace("\r\n", "\n");
                        make(staging)?;
                        let path = put_secret(staging, field.file_name(), &Secret::new(&text))?;
                        let staged = Staged {
                            path,
                            content: Revision::of(text.as_bytes()),
                            entered_for: Destination::default(),
                        };
                        self.files.insert(field.key, StoredSecret::Staged(staged));
                        typed.push(field.key);
                    } else if form.has(&format!("drop:{}", field.key)) {
                        self.files.insert(field.key, StoredSecret::Dropped);
                    }
                }
                _ => {
                    self.texts.insert(field.key, text.replace("\r\n", "\n"));
                }
            }
        }
        // only now it is known where they are to go
        for key in typed {
            let goes = Destination::of(key, &|key| self.says(draft, key));
            if let Some(StoredSecret::Staged(staged)) = self.files.get_mut(key) {
                staged.entered_for = goes;
            }
        }
        Ok(refused)
    }

    /// Writes it all into the settings. `file` says what to name for a file that is staged.
    pub(super) fn write(
        &self,
        draft: &mut SettingsDraft,
        mut file: impl FnMut(&SetupField, &Path) -> PathBuf,
    ) -> Vec<RefusedForm> {
        let mut refused = Vec::new();
        let name = self.name().to_owned();
        if self.of.is_none() {
            draft.add_agent(&name);
        }
        for field in SetupField::all() {
            let value = match field.kind {
                _ if field.key == "name" => continue,
                FieldKind::Values(_) | FieldKind::Picks(_) => continue,
                FieldKind::OtherFilters => match self.filters(field.key) {
                    Ok(table) => (!table.is_empty()).then_some(Value::InlineTable(table)),
                    Err(why) => {
                        refused.push(why);
                        continue;
                    }
                },
                FieldKind::Secret | FieldKind::Pem => match self.files.get(field.key) {
                    None | Some(StoredSecret::InSettings) => continue,
                    Some(StoredSecret::Dropped) => None,
                    Some(StoredSecret::Staged(staged)) => {
                        let path = file(field, &staged.path);
                        Some(path.to_string_lossy().into_owned().into())
                    }
                },
                FieldKind::Switch(default) => Some(self.is_on(field.key, default).into()),
                FieldKind::Number => match self.text(field.key) {
                    "" => None,
                    text => match text.parse::<i64>() {
                        Ok(number) => Some(number.into()),
                        Err(_) => {
                            refused.push((
                                field.key,
                                format!("found {text:?}; allowed: a whole number"),
                            ));
                            continue;
                        }
                    },
                },
                FieldKind::Text | FieldKind::Choice(_) => match self.text(field.key) {
                    "" => None,
                    text => Some(text.into()),
                },
            };
            put(draft, &name, field, value);
        }
        refused
    }

    /// The whole table of filters of a stream.
    fn filters(&self, table: &'static str) -> Result<InlineTable, RefusedForm> {
        let mut all = filters::others(self.text(table)).map_err(|why| (table, why))?;
        for field in SetupField::all() {
            let Some((_, filter)) = field.filter().filter(|(of, _)| *of == table) else {
                continue;
            };
            let text = self.text(field.key);
            let value = match field.kind {
                FieldKind::Values(holds) => {
                    filters::values(holds, text).map_err(|why| (field.key, why))?
                }
                _ => filters::picks(text),
            };
            let Some(value) = value else { continue };
            if all.contains_key(filter) {
                let why = format!("{filter} is also among the other filters; allowed: only once");
                return Err((field.key, why));
            }
            all.insert(filter, filters::eq(value));
        }
        Ok(all)
    }
}

/// Writes a value where it says something new; what the file says already, also by saying nothing,
/// stays as it is written there.
fn put(draft: &mut SettingsDraft, agent: &str, field: &SetupField, value: Option<Value>) {
    let default = match field.kind {
        FieldKind::Switch(on) => Some(Value::from(on)),
        FieldKind::Choice(all) => all.first().map(|(first, _)| Value::from(*first)),
        _ => None,
    };
    let written = draft.value(agent, field.key);
    let is = written.as_ref().or(default.as_ref()).map(plain);
    let wanted = value.as_ref().or(default.as_ref()).map(plain);
    if is != wanted {
        let is_default = wanted == default.as_ref().map(plain);
        draft.set(agent, field.key, value.filter(|_| !is_default));
    }
}

/// A folder for nobody else's eyes.
fn make(folder: &Path) -> Result<(), EditError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|source| EditError::Write {
        path: folder.to_owned(),
        step: "made",
        source,
        cure: "check that siembox's user can write to the state folder and that the disk is not \
            full",
    })
}

fn switch(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// A value as a person types it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.value().clone(),
        other => {
            let mut other = other.clone();
            other.decor_mut().clear();
            other.to_string()
        }
    }
}
