//! Checks which files imported settings may name, as they are read with siembox's rights.
//!
//! A key that names a file names one that comes along, or what it names on this box already, or one
//! in the settings folder that is not there yet. So no file of the machine is read by way of an
//! import, and no secret of this box goes elsewhere by one: a file that a key names already is, for
//! a secret, tied to its [`Destination`]. What an administrator has written into the settings file
//! by hand holds, wherever it lies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::bound::{GIVEN, text};
use super::files::OF_PAGE;
use crate::settings::edit::{CERTIFICATE_KEYS, Outside, SettingsDraft, inside};
use crate::settings::{
    Destination, Moved, Overrides, SECRET_KEYS, Secret, Settings, of_other_source,
    takes_the_given_token,
};

/// Settings that are to take the place of others.
pub(super) struct Incoming<'a> {
    /// The settings file as it is.
    pub(super) present: &'a SettingsDraft,
    /// As it is to be.
    pub(super) next: &'a SettingsDraft,
    /// What comes along, by the key that names it: `agent[1].source.token_file`.
    pub(super) along: &'a BTreeMap<String, Secret>,
    /// The settings file's folder.
    pub(super) folder: &'a Path,
    pub(super) given: &'a Overrides,
}

impl Incoming<'_> {
    /// Why they can't be taken, in the words of a settings file. `read` is what they come to.
    pub(super) fn refused(&self, read: &Settings) -> Vec<String> {
        let mut refused = Vec::new();
        for (index, agent) in self.next.agents().iter().enumerate() {
            let number = format!("agent[{}]", index + 1);
            let says = |key: &str| self.says(&number, agent, key);
            for key in SECRET_KEYS.into_iter().chain(CERTIFICATE_KEYS) {
                let comes_along = self.along.contains_key(&format!("{number}.{key}"));
                let Some(name) = says(key).filter(|_| !comes_along) else {
                    continue;
                };
                let why = match self.named_at_present(key, &name) {
                    before if before.is_empty() => self.unnamed(&name),
                    _ if CERTIFICATE_KEYS.contains(&key) => None,
                    before => elsewhere(key, &before, &Destination::of(key, &says)),
                };
                refused.extend(why.map(|why| format!("{number}.{key}: {why}")));
            }
            if takes_the_given_token(self.given, &says) && !self.had_the_given_token(&says) {
                refused.push(format!("{number}.source.token_file: {GIVEN}"));
            }
        }
        for key in OF_PAGE {
            let value = |draft: &SettingsDraft| Some(draft.page_value(key)?.as_str()?.to_owned());
            let Some(name) = value(self.next) else {
                continue;
            };
            let before = value(self.present).map(|before| self.folder.join(before));
            if before != Some(self.folder.join(&name))
                && let Some(why) = self.unnamed(&name)
            {
                refused.push(format!("page.{key}: {why}"));
            }
        }
        refused.extend(self.folders(read));
        refused
    }

    /// What is to be written for an agent's key; of a file that comes along, that it does.
    fn says(&self, number: &str, agent: &str, key: &str) -> Option<String> {
        let name = text(self.next, agent, key)?;
        match self.along.contains_key(&format!("{number}.{key}")) {
            true => Some(format!("{name} (part of the import)")),
            false => Some(name),
        }
    }

    /// Where the present settings send the file that this key names; empty where none names it by
    /// this key. A source and the other source may have changed places.
    fn named_at_present(&self, key: &str, name: &str) -> Vec<Destination> {
        let keys = Vec::from_iter([key.to_owned()].into_iter().chain(of_other_source(key)));
        let file = self.folder.join(name);
        let of_agent = |agent: String| {
            let says = |key: &str| text(self.present, &agent, key);
            let same = |key: &&String| says(key).is_some_and(|it| self.folder.join(it) == file);
            let named = keys.iter().filter(same);
            Vec::from_iter(named.map(|key| Destination::of(key, &says)))
        };
        self.present
            .agents()
            .into_iter()
            .flat_map(of_agent)
            .collect()
    }

    /// Why a file can't be named that the settings don't name so far.
    fn unnamed(&self, name: &str) -> Option<String> {
        let path = self.folder.join(name);
        if let Err(outside) = inside(self.folder, &path) {
            return Some(outside.to_string());
        }
        path.symlink_metadata().is_ok().then(|| {
            format!(
                "{} exists and is used for something else; allowed: an export with secrets, the \
                    name of a file that does not exist yet, or this key written into the settings \
                    file by hand",
                path.display()
            )
        })
    }

    fn had_the_given_token(&self, says: &dyn Fn(&str) -> Option<String>) -> bool {
        let goes = Destination::of("source.token_file", says);
        self.present.agents().iter().any(|agent| {
            let before = |key: &str| text(self.present, agent, key);
            takes_the_given_token(self.given, &before)
                && Destination::of("source.token_file", &before)
                    .moved(&goes)
                    .is_none()
        })
    }

    /// A box keeps its state where it is: elsewhere it would be nobody's at the next start. And its
    /// log goes to no other folder of the machine.
    fn folders(&self, read: &Settings) -> Vec<String> {
        let mut refused = Vec::new();
        let present = self.present.read(self.given).map(|loaded| loaded.settings);
        let state = present.as_ref().ok().map(|present| &present.state_dir);
        if let Some(state) = state.filter(|state| **state != read.state_dir) {
            refused.push(format!(
                "state_dir: found {}; allowed: {}, the state folder of this box",
                read.state_dir.display(),
                state.display()
            ));
        }
        let logs = present.ok().and_then(|present| present.logs_dir);
        let other = |next: &&PathBuf| Some(*next) != logs.as_ref();
        let next = read.logs_dir.as_ref().filter(other);
        if let Some(Err(outside)) = next.map(|next| inside(self.folder, next)) {
            let Outside { path, folder } = outside;
            refused.push(format!(
                "logs_dir: found {}; allowed: the log folder of this box, or a folder in {}",
                path.display(),
                folder.display()
            ));
        }
        refused
    }
}

/// Why a secret can't go to `next`, where the present settings send it elsewhere.
fn elsewhere(key: &str, before: &[Destination], next: &Destination) -> Option<String> {
    let moved: Option<Vec<Moved>> = before.iter().map(|before| before.moved(next)).collect();
    let first = moved?.into_iter().next()?;
    let of_other = key.starts_with("other_source.");
    let place = of_other_source(first.key).filter(|_| of_other);
    let place = place.as_deref().unwrap_or(first.key);
    Some(match &*first.was {
        "" => format!(
            "the secret was entered without this {place}; allowed: an export with secrets, or no \
                change"
        ),
        was => format!(
            "the secret was entered for {place} = {was:?} and is sent nowhere else; allowed: an \
                export with secrets, or that address"
        ),
    })
}
