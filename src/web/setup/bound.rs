//! A kept secret is bound to the destination that it was entered for: for checks, for saving and
//! for imports.

use super::Setup;
use super::fields::{SetupField, SetupSource, about};
use super::form_state::{FormState, FormSubject, RefusedForm, StoredSecret};
use crate::settings::edit::SettingsDraft;
use crate::settings::{Destination, Moved, Needs, SECRET_KEYS, takes_the_given_token};

const TOKEN: &str = "source.token_file";

impl Setup {
    /// The secrets that what was typed would send elsewhere, each with the words for beside its
    /// field. `draft` is the settings file as it is; `needs` tells which of them are used.
    pub(super) fn moved(
        &self,
        typed: &FormState,
        draft: &SettingsDraft,
        needs: Needs,
    ) -> Vec<RefusedForm> {
        let says = |key: &str| typed.says(draft, key);
        let before = |key: &str| text(draft, typed.of.as_deref()?, &typed.subject.key(key));
        let source = typed.source();
        let mut refused = Vec::new();
        let is_used = |key: &&str| needs != Needs::Lines || key.starts_with("siem.");
        for key in SECRET_KEYS.into_iter().filter(is_used) {
            let entered_for = match typed.kept(key) {
                Some(StoredSecret::Staged(staged)) => staged.entered_for.clone(),
                Some(StoredSecret::InSettings) => Destination::of(key, &before),
                Some(StoredSecret::Dropped) => continue,
                None => {
                    refused.extend(Self::unasked(typed, draft, key));
                    continue;
                }
            };
            if let Some(moved) = entered_for.moved(&Destination::of(key, &says)) {
                refused.push((key, asks_anew(source, &moved)));
            }
        }
        let is_agent = typed.subject == FormSubject::Agent;
        if is_agent && is_used(&TOKEN) && takes_the_given_token(&self.given, &says) {
            let entered_for = takes_the_given_token(&self.given, &before)
                .then(|| Destination::of(TOKEN, &before));
            let goes = Destination::of(TOKEN, &says);
            if entered_for.is_none_or(|entered_for| entered_for.moved(&goes).is_some()) {
                refused.push((TOKEN, GIVEN.to_owned()));
            }
        }
        refused
    }

    /// The same of a secret that the form does not ask for: it can't be entered anew there.
    fn unasked(typed: &FormState, draft: &SettingsDraft, key: &str) -> Option<RefusedForm> {
        let is_asked = |key: &str| SetupField::of(typed.source(), key).is_some();
        let before = |key: &str| text(draft, typed.of.as_deref()?, &typed.subject.key(key));
        before(key).filter(|_| !is_asked(key))?;
        let next = |key: &str| match is_asked(key) {
            true => typed.says(draft, key),
            false => before(key),
        };
        let moved = Destination::of(key, &before).moved(&Destination::of(key, &next))?;
        let why = format!(
            "the secret in {key} was entered without this change and would go elsewhere, or could \
                be read on the way; change {} in the settings file",
            moved.key
        );
        Some((moved.key, why))
    }
}

/// The token of the command line or the environment has nobody who entered it for this agent.
pub(super) const GIVEN: &str = "the token that siembox was started with is sent only to the \
    address in the settings file; enter the token here, or add this agent to the settings file";

/// What is written for a key of an agent, where it is a text or a number.
pub(super) fn text(draft: &SettingsDraft, agent: &str, key: &str) -> Option<String> {
    let value = draft.value(agent, key)?;
    match value.as_str() {
        Some(text) => Some(text.to_owned()),
        None => value.as_integer().map(|number| number.to_string()),
    }
}

/// In the words of the form.
fn asks_anew(source: SetupSource, moved: &Moved) -> String {
    let label = about(source, moved.key).map_or(moved.key, |(_, field)| field.label);
    match (moved.key, &*moved.was) {
        ("source.ca_file", _) => format!(
            "it was entered without this \"{label}\", whose key holder could read it on the way; \
                enter it again"
        ),
        (_, "") => format!("it was entered without a \"{label}\"; enter it again"),
        (_, was) => format!(
            "it was entered for {was} (\"{label}\") and is sent nowhere else; for another address, \
                enter it again"
        ),
    }
}
