//! Validates the wizard's input with the settings' own reader.

use super::Setup;
use super::fields::about;
use super::form_state::{FormState, FormSubject, RefusedForm};
use crate::settings::edit::SettingsDraft;
use crate::settings::{AgentSettings, Finding, LoadedSettings, Needs, Overrides, Settings};

/// What the typed settings come to.
pub(super) struct Validated {
    /// What the reader refuses, of the whole file; what is about a field of the wizard stands in
    /// `refused`.
    pub(super) refused: Vec<RefusedForm>,
    pub(super) elsewhere: Vec<String>,
    pub(super) warnings: Vec<String>,
    /// The settings, where they hold, with the agent's own.
    pub(super) whole: Option<(Settings, AgentSettings)>,
}

impl Setup {
    /// Holds what was typed against the settings' own reader. Files are read where they are staged.
    pub(super) fn judge(
        &self,
        typed: &FormState,
        mut draft: SettingsDraft,
        needs: Needs,
    ) -> Validated {
        let mut judged = Validated {
            refused: Vec::new(),
            elsewhere: Vec::new(),
            warnings: Vec::new(),
            whole: None,
        };
        let name = typed.name();
        let others = draft
            .agents()
            .into_iter()
            .filter(|other| Some(other) != typed.of.as_ref());
        if others
            .into_iter()
            .any(|other| other.eq_ignore_ascii_case(name))
        {
            let why =
                format!("found {name:?}, which is another agent's name; allowed: an unused name");
            judged.refused.push(("name", why));
            return judged;
        }
        let moved = self.moved(typed, &draft, needs);
        judged.refused = typed.write(&mut draft, |_, staged| staged.to_owned());
        let place = draft.place(name).unwrap_or_default();
        let given = Overrides {
            needs,
            ..self.given.clone()
        };
        match draft.read(&given) {
            Ok(LoadedSettings { settings, warnings }) => {
                judged.warnings = warnings
                    .iter()
                    .map(|finding| finding.text.clone())
                    .collect();
                let settings = match typed.subject {
                    FormSubject::Agent => Some(settings),
                    FormSubject::OtherSource => as_its_source(draft, name, &given),
                };
                judged.whole = settings.and_then(|settings| {
                    let agent = settings.agents.get(place.wrapping_sub(1)).cloned();
                    agent.map(|agent| (settings, agent))
                });
            }
            Err(findings) => findings
                .iter()
                .for_each(|finding| judged.take(typed, finding, place)),
        }
        if !moved.is_empty() {
            judged.refused.extend(moved);
            // nothing is tried out with it either
            judged.whole = None;
        }
        judged
    }

    /// The same with the settings file as it is now.
    pub(super) fn judged_now(&self, typed: &FormState) -> Validated {
        match SettingsDraft::open(&self.file) {
            Ok(draft) => self.judge(typed, draft, Needs::Stream),
            Err(error) => Validated {
                refused: Vec::new(),
                elsewhere: vec![error.to_string()],
                warnings: Vec::new(),
                whole: None,
            },
        }
    }
}

/// The settings in which the other source is the agent's own, and is read alone: so it is tried
/// out. What the command line says of a source is about the agent's own.
fn as_its_source(mut draft: SettingsDraft, name: &str, given: &Overrides) -> Option<Settings> {
    draft.swap_sources(name, false);
    let read = draft.read(&given.but_of_the_source());
    read.ok().map(|loaded| loaded.settings)
}

impl Validated {
    /// A finding is shown beside its field, or, about something that the wizard has none for, above
    /// all.
    fn take(&mut self, typed: &FormState, finding: &Finding, place: usize) {
        let own = finding.key.strip_prefix(&format!("agent[{place}]."));
        let own = own.and_then(|key| typed.subject.field(key));
        let field = own.and_then(|key| about(typed.source(), &key));
        let Some((_, field)) = field else {
            self.elsewhere.push(finding.to_string());
            return;
        };
        // a filter with a field of its own may have been written among the others
        let elsewhere = field.filter().filter(|_| typed.text(field.key).is_empty());
        let key = elsewhere.map_or(field.key, |(table, _)| table);
        self.refused.push((key, finding.text.clone()));
    }
}
