//! The form of the other source: the fields of its kind, as the wizard asks for them.

use maud::html;

use super::{ChangeStep, Changing, address, page};
use crate::settings::Needs;
use crate::settings::edit::EditError;
use crate::web::manual;
use crate::web::setup::fields::{SetupStep, about};
use crate::web::setup::form_state::{FormState, FormSubject, RefusedForm};
use crate::web::setup::forms::Which;
use crate::web::setup::step::summary;
use crate::web::setup::validate::Validated;
use crate::web::setup::{Question, Reply, Setup, render};

impl Setup {
    /// `/setup/agent/NAME/change/connection` and `…/data`.
    pub(super) fn other_source(
        &self,
        ask: Question,
        changing: Changing<'_>,
        step: SetupStep,
    ) -> Result<Reply, EditError> {
        let Changing {
            name,
            draft,
            source,
            has_other,
        } = changing;
        let which = Which {
            session: ask.session().to_owned(),
            agent: Some(name.to_owned()),
            subject: FormSubject::OtherSource,
        };
        let begin = || Ok::<_, EditError>(FormState::of_other_source(&draft, name));
        let (mut typed, staging) = self.forms.open(&which, begin)?;
        if typed.source() == source {
            // the two have changed places meanwhile
            self.forms.close(&which);
            (typed, _) = self.forms.open(&which, begin)?;
            let why = "The agent's source was changed while this form was open. These are the \
                settings of its second source as they are now.";
            return Ok(self.other_step(ask, &typed, step, &[], &[why.to_owned()]));
        }
        if !ask.is_form() {
            return Ok(self.other_step(ask, &typed, step, &[], &[]));
        }
        let act = ask.text("act");
        if act == "leave" {
            self.forms.close(&which);
            return Ok(Reply::See("/setup".to_owned()));
        }
        let mut refused = typed.take(step, &ask.ask.form, &staging, &draft)?;
        self.forms.keep(&which, typed.clone());
        let judged = self.judge(&typed, draft.clone(), Needs::Stream);
        let of_other = typed.source();
        let of_step = |(key, _): &&RefusedForm| {
            act == "save" || about(of_other, key).is_some_and(|(of, _)| of == step)
        };
        refused.extend(judged.refused.iter().filter(of_step).cloned());
        if let Some((first, _)) = refused.first() {
            let at = about(of_other, first).map_or(step, |(of, _)| of);
            return Ok(self.other_step(ask, &typed, at, &refused, &[]));
        }
        match act {
            "save" if !judged.elsewhere.is_empty() => {
                Ok(self.other_step(ask, &typed, step, &[], &judged.elsewhere))
            }
            "save" if *draft.revision() != typed.revision => {
                typed.revision = draft.revision().clone();
                self.forms.keep(&which, typed.clone());
                let why = "The settings file was changed while this form was open. Your input is \
                    kept: check it and save again.";
                Ok(self.other_step(ask, &typed, step, &[], &[why.to_owned()]))
            }
            "save" => {
                self.write_down(&typed, draft)?;
                self.forms.close(&which);
                self.actions.settings_changed();
                let done = if has_other { "changed" } else { "added" };
                let word = of_other.word();
                self.note(ask, &format!("agent {name}: second source {word} {done}"));
                let next = address(name, ChangeStep::Compare);
                Ok(Reply::See(format!("{next}?done={done}")))
            }
            "check" => Ok(self.check_other(ask, &typed, step, judged)),
            _ => Ok(Reply::See(address(name, ChangeStep::Form(SetupStep::Data)))),
        }
    }

    /// A check of what was typed, before it is saved.
    fn check_other(
        &self,
        ask: Question,
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
            return self.other_step(ask, typed, step, &[], &why);
        };
        match self.start_trial(ask, "check", settings, agent) {
            Ok(number) => {
                let here = address(typed.name(), ChangeStep::Form(step));
                Reply::See(format!("{here}?job={number}#job"))
            }
            Err(why) => self.other_step(ask, typed, step, &[], &[why]),
        }
    }

    fn other_step(
        &self,
        ask: Question,
        typed: &FormState,
        step: SetupStep,
        refused: &[RefusedForm],
        why: &[String],
    ) -> Reply {
        let this = ChangeStep::Form(step);
        let job = self.asked_job(ask);
        let offer = typed.source().offer();
        let content = html! {
            (summary(typed.source(), refused, why))
            form.card method="post" action=(address(typed.name(), this)) {
                (ask.token())
                // what Enter does
                button.unseen name="act" value="next" tabindex="-1" aria-hidden="true" {}
                h2 { (this.title()) ": " (offer.words) }
                @if step == SetupStep::Connection {
                    div.about-source {
                        p { (offer.needs) }
                        p.hint {
                            "siembox does not read it until you say so in the last step. What one \
                                source has sent the other does not send again: "
                            a href=(manual::MIGRATE) { "Changing the source" } " (manual)."
                        }
                        p {
                            a href=(manual::SOURCE) { "What to click in Microsoft's portals" }
                            " (manual)"
                        }
                    }
                }
                (render::fields(step, typed, refused))
                div.buttons {
                    @if step == SetupStep::Connection {
                        button.main name="act" value="next" { "Next" }
                    }
                    button.main[step == SetupStep::Data] name="act" value="save" { "Save" }
                    button name="act" value="check" { "Check the connection" }
                    button.quiet name="act" value="leave" formnovalidate { "Discard" }
                }
            }
            @if let Some(job) = &job { (job.markup) }
        };
        let runs = job.is_some_and(|job| job.runs);
        page(typed.name(), this, &content, runs)
    }
}
