//! The state of the wizard: what was entered so far, kept by the box until it is saved or left.

mod subject;
mod written;

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use toml_edit::Value;

use super::fields::{FieldKind, KIND, SetupField, SetupSource, SetupStep, TickList};
use super::files::file_name;
use super::filters;
use crate::settings::edit::{EditError, Revision, SettingsDraft, put_secret};
use crate::settings::{Destination, Secret};
use crate::web::form::Form;
pub(super) use subject::FormSubject;
use written::plain;

/// Longer texts are not taken: bytes.
const LONGEST: usize = 16 * 1024;

/// Something that a field can't be, in words: its key and why.
pub(super) type RefusedForm = (&'static str, String);

/// The fields of one agent, or of its other source.
#[derive(Debug, Clone)]
pub(super) struct FormState {
    /// What they are about.
    pub(super) subject: FormSubject,
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
            subject: FormSubject::Agent,
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
        typed.take_settings(draft, name, source_of(draft, name));
        typed
    }

    /// The other source of an agent of the settings, as it stands there, or as it begins.
    pub(super) fn of_other_source(draft: &SettingsDraft, name: &str) -> Self {
        let mut typed = Self::new(draft.revision().clone());
        typed.subject = FormSubject::OtherSource;
        typed.of = Some(name.to_owned());
        let source = source_of(draft, name).other();
        typed.take_settings(draft, name, source);
        typed.texts.insert(KIND, source.word().to_owned());
        typed
    }

    fn take_settings(&mut self, draft: &SettingsDraft, name: &str, source: SetupSource) {
        let subject = self.subject;
        let fields = subject.fields(source);
        for field in fields.filter(|field| field.filter().is_none()) {
            let Some(value) = draft.value(name, &subject.key(field.key)) else {
                continue;
            };
            match field.kind {
                FieldKind::Secret | FieldKind::Pem => {
                    self.files.insert(field.key, StoredSecret::InSettings);
                }
                FieldKind::OtherFilters => self.take_filters(source, field.key, &value),
                FieldKind::Ticks(list) => self.take_ticks(field.key, list, &value),
                FieldKind::Switch(_) => {
                    let on = value.as_bool().unwrap_or_default();
                    self.texts.insert(field.key, switch(on).to_owned());
                }
                _ => {
                    self.texts.insert(field.key, plain(&value));
                }
            }
        }
    }

    fn take_ticks(&mut self, key: &'static str, list: &TickList, value: &Value) {
        let Some(values) = value.as_array() else {
            return;
        };
        let words: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        let text = match list.all {
            Some(_) if words.is_empty() => TickList::ALL.to_owned(),
            _ => words.join("\n"),
        };
        self.texts.insert(key, text);
    }

    fn take_filters(&mut self, source: SetupSource, key: &'static str, value: &Value) {
        let Some(table) = value.as_inline_table() else {
            return;
        };
        let of_table = |field: &&SetupField| field.filter().is_some_and(|(of, _)| of == key);
        let fields: Vec<&'static SetupField> = SetupField::all(source).filter(of_table).collect();
        let (shown, rest) = filters::apart(table, &fields);
        self.texts.extend(shown);
        self.texts.insert(key, rest);
    }

    /// Where the records come from, which says what fields there are.
    pub(super) fn source(&self) -> SetupSource {
        SetupSource::of(self.text(KIND))
    }

    /// What is ticked, as the page spells it.
    pub(super) fn ticked(&self, key: &str, list: &'static TickList) -> Vec<&str> {
        match self.texts.get(key) {
            None => list.usual.to_vec(),
            Some(text) => text.lines().map(|word| list.spelled(word)).collect(),
        }
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
                let value = draft.value(self.of.as_deref()?, &self.subject.key(key))?;
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
        let before = self.source();
        for field in (step.fields(before).iter()).filter(|field| is_new || !field.is_fixed()) {
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
                FieldKind::Picks(..) => {
                    let picked: Vec<&str> = form.all(field.key).collect();
                    let there = self.text(field.key).split_ascii_whitespace();
                    if !is_same(Vec::from_iter(there), &picked) {
                        self.texts.insert(field.key, picked.join(" "));
                    }
                }
                FieldKind::Ticks(list) => {
                    let ticked: Vec<&str> = form.all(field.key).collect();
                    if !is_same(self.ticked(field.key, list), &ticked) {
                        self.texts.insert(field.key, ticked.join("\n"));
                    }
                }
                FieldKind::Secret | FieldKind::Pem => {
                    if !text.is_empty() {
                        let text = text.replace("\r\n", "\n");
                        let Some(name) = file_name(field.key) else {
                            continue;
                        };
                        make(staging)?;
                        let path = put_secret(staging, name, &Secret::new(&text))?;
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
        self.drop_fields_of(before);
        // only now it is known where they are to go
        for key in typed {
            let goes = Destination::of(key, &|key| self.says(draft, key));
            if let Some(StoredSecret::Staged(staged)) = self.files.get_mut(key) {
                staged.entered_for = goes;
            }
        }
        Ok(refused)
    }

    /// Where the source has become another one, forgets what that one does not ask for in the same
    /// words.
    fn drop_fields_of(&mut self, before: SetupSource) {
        let after = self.source();
        if before == after {
            return;
        }
        let stays = |key: &str| SetupField::of(before, key) == SetupField::of(after, key);
        self.texts.retain(|key, _| stays(key));
        self.files.retain(|key, _| stays(key));
    }
}

/// Where the records of an agent of the settings come from.
pub(super) fn source_of(draft: &SettingsDraft, agent: &str) -> SetupSource {
    let kind = draft.value(agent, KIND);
    let kind = kind.as_ref().and_then(Value::as_str);
    SetupSource::of(kind.unwrap_or_default())
}

/// The same values, in whatever order?
fn is_same(mut one: Vec<&str>, other: &[&str]) -> bool {
    let mut other = other.to_vec();
    one.sort_unstable();
    other.sort_unstable();
    one == other
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
