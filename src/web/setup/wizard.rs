//! Adding an agent, or changing one: six steps, each a form. What is typed is kept by the box
//! until it is saved, so that no error loses it; every value is judged by the settings' own reader,
//! and the reason stands beside its field.

use std::path::{Path, PathBuf};

use maud::html;

use super::fields::{SetupStep, about};
use super::form_state::{FormState, FormSubject, RefusedForm, source_of};
use super::forms::Which;
use super::step::{address, buttons, finish, summary};
use super::validate::Validated;
use super::{Question, Reply, Setup, files, render};
use crate::settings::edit::{
    EditError, MAX_EXPORT_BYTES, SettingsDraft, put_secret, remove_secret,
};
use crate::settings::{Needs, Secret};
use crate::text_file;

impl Setup {
    /// `/setup/new/STEP` and `/setup/agent/NAME/STEP`.
    pub(super) fn wizard(&self, ask: Question, agent: Option<&str>, step: SetupStep) -> Reply {
        match self.try_wizard(ask, agent, step) {
            Ok(reply) => reply,
            Err(error) => Reply::trouble("The settings cannot be changed", &error.to_string()),
        }
    }

    fn try_wizard(
        &self,
        ask: Question,
        agent: Option<&str>,
        step: SetupStep,
    ) -> Result<Reply, EditError> {
        let draft = SettingsDraft::open(&self.file)?;
        if agent.is_some_and(|name| draft.place(name).is_none()) {
            return Ok(Reply::Missing);
        }
        let which = Which {
            session: ask.session().to_owned(),
            agent: agent.map(str::to_owned),
            subject: FormSubject::Agent,
        };
        let begin = || -> Result<FormState, EditError> {
            Ok(match agent {
                Some(name) => FormState::of_agent(&draft, name),
                None => FormState::new(draft.revision().clone()),
            })
        };
        let (mut typed, staging) = self.forms.open(&which, begin)?;
        if let Some(name) = agent
            && source_of(&draft, name) != typed.source()
        {
            // it has other fields now, and what was typed is about those that it had
            self.forms.close(&which);
            (typed, _) = self.forms.open(&which, begin)?;
            let why = "The agent's source was changed while this form was open. These are its \
                settings as they are now.";
            return Ok(self.step(ask, &typed, step, &[], &[why.to_owned()]));
        }
        if !ask.is_form() {
            return Ok(self.step(ask, &typed, step, &[], &[]));
        }
        let act = ask.text("act");
        if act == "leave" {
            self.forms.close(&which);
            return Ok(Reply::See("/setup".to_owned()));
        }
        let mut refused = typed.take(step, &ask.ask.form, &staging, &draft)?;
        self.forms.keep(&which, typed.clone());
        let needs = match act {
            "test" => Needs::Lines,
            "preview" => Needs::Cloud,
            _ => Needs::Stream,
        };
        let judged = self.judge(&typed, draft, needs);
        let source = typed.source();
        let of_step = |(key, _): &&RefusedForm| {
            act == "save" || about(source, key).is_some_and(|(of, _)| of == step)
        };
        refused.extend(judged.refused.iter().filter(of_step).cloned());
        if !refused.is_empty() {
            let at = about(source, refused[0].0).map_or(step, |(of, _)| of);
            return Ok(self.step(ask, &typed, at, &refused, &[]));
        }
        match act {
            "save" if !judged.elsewhere.is_empty() => {
                Ok(self.step(ask, &typed, step, &[], &judged.elsewhere))
            }
            "save" => self.save(ask, &which, typed, step),
            "test" | "check" | "preview" => Ok(self.try_out(ask, act, &typed, step, judged)),
            _ => Ok(Reply::See(address(agent, step.next()))),
        }
    }

    /// A check, a preview or a test line with what was typed, before it is saved.
    fn try_out(
        &self,
        ask: Question,
        act: &str,
        typed: &FormState,
        step: SetupStep,
        judged: Validated,
    ) -> Reply {
        let Some((settings, agent)) = judged.whole else {
            let missing = judged.refused.first().map(|(key, why)| {
                let field = about(typed.source(), key).map_or(*key, |(_, field)| field.label);
                format!("Complete the other steps first: {field}: {why}")
            });
            let why: Vec<String> = missing.into_iter().chain(judged.elsewhere).collect();
            return self.step(ask, typed, step, &[], &why);
        };
        let started = self.start_trial(ask, act, settings, agent);
        match started {
            Ok(number) => Reply::See(format!(
                "{}?job={number}#job",
                address(typed.of.as_deref(), step)
            )),
            Err(why) => self.step(ask, typed, step, &[], &[why]),
        }
    }

    /// Writes the settings file, unless somebody else has meanwhile.
    fn save(
        &self,
        ask: Question,
        which: &Which,
        mut typed: FormState,
        step: SetupStep,
    ) -> Result<Reply, EditError> {
        let draft = SettingsDraft::open(&self.file)?;
        if *draft.revision() != typed.revision {
            typed.revision = draft.revision().clone();
            self.forms.keep(which, typed.clone());
            let why =
                "The settings file was changed while this form was open. Your input is kept: \
                check it and save again."
                    .to_owned();
            return Ok(self.step(ask, &typed, step, &[], &[why]));
        }
        self.write_down(&typed, draft)?;
        self.forms.close(which);
        self.actions.settings_changed();
        let name = typed.name();
        let what = match &typed.of {
            None => format!("agent {name} added"),
            Some(_) => format!("agent {name} changed"),
        };
        self.note(ask, &what);
        Ok(Reply::See(format!(
            "/setup?done={}",
            if typed.of.is_none() {
                "added"
            } else {
                "changed"
            }
        )))
    }

    /// Writes what was typed into the settings file and the files of the secrets; `draft` is the
    /// settings file as it is.
    pub(super) fn write_down(
        &self,
        typed: &FormState,
        mut draft: SettingsDraft,
    ) -> Result<(), EditError> {
        let name = typed.name().to_owned();
        let folder = self.file.parent().unwrap_or(Path::new(".")).to_owned();
        let before = draft.clone();
        let mut failed = None;
        let _ = typed.write(&mut draft, |field, staged| {
            let file_name = files::file_name(field.key).unwrap_or_default();
            let key = typed.subject.key(field.key);
            let there = before.value(&name, &key);
            let there = there.as_ref().and_then(|value| value.as_str());
            let taken = files::named(&before, &folder, (&name, &key));
            let file = files::fresh(&name, file_name, there, &taken, &folder);
            let put = text_file::read(staged, MAX_EXPORT_BYTES as u64)
                .map_err(EditError::File)
                .and_then(|secret| put_secret(&folder, &file, &Secret::new(&secret)));
            if let Err(error) = put {
                failed = Some(error);
            }
            PathBuf::from(file)
        });
        if let Some(error) = failed {
            return Err(error);
        }
        let kept = files::own(&draft, &name);
        draft.save()?;
        for gone in files::own(&before, &name) {
            if !kept.contains(&gone) {
                remove_secret(&folder, &gone)?;
            }
        }
        Ok(())
    }

    /// The page of a step.
    fn step(
        &self,
        ask: Question,
        typed: &FormState,
        step: SetupStep,
        refused: &[RefusedForm],
        why: &[String],
    ) -> Reply {
        let title = match &typed.of {
            None => "Add SIEM agent".to_owned(),
            Some(name) => format!("Edit {name}"),
        };
        let of = typed.of.as_deref();
        let judged = (step == SetupStep::Finish).then(|| self.judged_now(typed));
        let body = html! {
            nav aria-label="Steps" {
                ol.steps {
                    @for one in SetupStep::ALL {
                        li { a href=(address(of, one)) aria-current=[(one == step).then_some("step")] { (one.title()) } }
                    }
                }
            }
            (summary(typed.source(), refused, why))
            form.card method="post" action=(address(of, step)) {
                (ask.token())
                // what Enter does
                button.unseen name="act" value="next" tabindex="-1" aria-hidden="true" {}
                h2 { (step.title()) }
                @match judged {
                    Some(judged) => (finish(typed, &judged)),
                    None => (render::fields(step, typed, refused)),
                }
                (buttons(step, of.is_some()))
            }
            (self.job_panel(ask))
        };
        Reply::page(&title, body)
    }
}
