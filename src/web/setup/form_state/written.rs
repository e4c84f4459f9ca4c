//! What was typed, written into the settings.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use toml_edit::{Array, InlineTable, Value};

use super::{FormState, FormSubject, RefusedForm, StoredSecret};
use crate::settings::edit::SettingsDraft;
use crate::web::setup::fields::{FieldKind, KIND, SetupField, TickList};
use crate::web::setup::filters;

// === impl FormState ===

impl FormState {
    /// Writes it all into the settings. `file` says what to name for a file that is staged.
    pub(in crate::web::setup) fn write(
        &self,
        draft: &mut SettingsDraft,
        mut file: impl FnMut(&SetupField, &Path) -> PathBuf,
    ) -> Vec<RefusedForm> {
        let mut refused = Vec::new();
        let name = self.name().to_owned();
        let is_new = self.of.is_none();
        if is_new {
            draft.add_agent(&name);
        }
        if self.subject == FormSubject::OtherSource {
            let kind = self.subject.key(KIND);
            if draft.value(&name, &kind).is_none() {
                draft.set(&name, &kind, Some(self.source().word().into()));
            }
        }
        let written = |field: &&SetupField| field.key != "name" && (is_new || !field.is_fixed());
        for field in self.subject.fields(self.source()).filter(written) {
            match self.value(field, &mut file) {
                Ok(Some(value)) => put(draft, &name, (field, &self.subject.key(field.key)), value),
                Ok(None) => {}
                Err(why) => refused.push(why),
            }
        }
        refused
    }

    /// What is to stand for a field: `Some(None)` where nothing is, `None` where the file is not
    /// touched.
    fn value(
        &self,
        field: &SetupField,
        file: &mut impl FnMut(&SetupField, &Path) -> PathBuf,
    ) -> Result<Option<Option<Value>>, RefusedForm> {
        let text = self.text(field.key);
        let why = |why: String| (field.key, why);
        Ok(Some(match field.kind {
            FieldKind::Values(_) | FieldKind::Picks(..) => return Ok(None),
            FieldKind::OtherFilters => {
                let table = self.filters(field.key)?;
                (!table.is_empty()).then_some(Value::InlineTable(table))
            }
            FieldKind::Secret | FieldKind::Pem => match self.kept(field.key) {
                None | Some(StoredSecret::InSettings) => return Ok(None),
                Some(StoredSecret::Dropped) => None,
                Some(StoredSecret::Staged(staged)) => {
                    let path = file(field, &staged.path);
                    Some(path.to_string_lossy().into_owned().into())
                }
            },
            FieldKind::Switch(default) => Some(self.is_on(field.key, default).into()),
            FieldKind::Ticks(list) => {
                let ticked = self.ticked(field.key, list);
                if ticked.is_empty() && !self.is_section_on(field.key) {
                    return Ok(None);
                }
                Some(Value::Array(ticks(&ticked, list).map_err(why)?))
            }
            FieldKind::List(holds) => filters::values(holds, text).map_err(why)?,
            _ if text.is_empty() => None,
            FieldKind::Number => match text.parse::<i64>() {
                Ok(number) => Some(number.into()),
                Err(_) => return Err(why(format!("found {text:?}; allowed: a whole number"))),
            },
            FieldKind::Text | FieldKind::Choice(_) | FieldKind::Offers(_) => Some(text.into()),
        }))
    }

    /// Is the switch on of the section that this key is in?
    fn is_section_on(&self, key: &str) -> bool {
        let section = key.split('.').next().unwrap_or_default();
        let enabled = SetupField::of(self.source(), &format!("{section}.enabled"));
        enabled.is_none_or(|switch| match switch.kind {
            FieldKind::Switch(default) => self.is_on(switch.key, default),
            _ => true,
        })
    }

    /// The whole table of filters of a stream.
    fn filters(&self, table: &'static str) -> Result<InlineTable, RefusedForm> {
        let mut all = filters::others(self.text(table)).map_err(|why| (table, why))?;
        for field in SetupField::all(self.source()) {
            let Some((_, filter)) = field.filter().filter(|(of, _)| *of == table) else {
                continue;
            };
            let text = self.text(field.key);
            let value = match field.kind {
                FieldKind::Values(holds) => {
                    filters::values(holds, text).map_err(|why| (field.key, why))?
                }
                FieldKind::Picks(holds, _) => filters::picks(holds, text),
                _ => None,
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

/// The list of what is ticked.
fn ticks(ticked: &[&str], list: &TickList) -> Result<Array, String> {
    match list.all {
        _ if ticked.is_empty() => {
            let all = list.all.map(|all| format!(", or \"{all}\""));
            let all = all.unwrap_or_default();
            Err(format!("nothing is ticked; allowed: at least one{all}"))
        }
        Some(_) if ticked.contains(&TickList::ALL) => Ok(Array::new()),
        _ => Ok(ticked.iter().copied().collect()),
    }
}

/// Writes a value where it says something new; what the file says already, also by saying nothing,
/// stays as it is written there.
fn put(
    draft: &mut SettingsDraft,
    agent: &str,
    (field, key): (&SetupField, &str),
    value: Option<Value>,
) {
    let default = match field.kind {
        FieldKind::Switch(on) => Some(Value::from(on)),
        FieldKind::Choice(all) => all.first().map(|(first, _)| Value::from(*first)),
        FieldKind::Offers(all) => all.first().map(|first| Value::from(first.value)),
        FieldKind::Ticks(list) => Some(Value::Array(list.usual.iter().copied().collect())),
        _ => None,
    };
    let said = |value: &Value| match field.kind {
        FieldKind::Ticks(list) => in_any_order(value, list),
        _ => plain(value),
    };
    let written = draft.value(agent, key);
    let is = written.as_ref().or(default.as_ref()).map(said);
    let wanted = value.as_ref().or(default.as_ref()).map(said);
    if is != wanted {
        let is_default = wanted == default.as_ref().map(said);
        draft.set(agent, key, value.filter(|_| !is_default));
    }
}

/// The values of a list in one order, as the page spells them.
fn in_any_order(value: &Value, list: &TickList) -> String {
    let values = value.as_array().into_iter().flatten();
    let words = values.map(|value| match value.as_str() {
        Some(word) => list.spelled(word).to_owned(),
        None => value.to_string(),
    });
    let words: BTreeSet<String> = words.collect();
    Vec::from_iter(words).join("\n")
}

/// A value as a person types it, without the layout and the order of keys of the file that it comes
/// from.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.value().clone(),
        Value::Array(list) => Vec::from_iter(list.iter().map(plain)).join(", "),
        Value::InlineTable(table) => {
            let rows = table.iter();
            let rows = rows.map(|(key, value)| format!("{key:?} = {{ {} }}", plain(value)));
            Vec::from_iter(rows.collect::<BTreeSet<_>>()).join(", ")
        }
        other => {
            let mut other = other.clone();
            other.decor_mut().clear();
            other.to_string()
        }
    }
}
