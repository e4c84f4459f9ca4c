//! Adding an agent, or changing one: five steps, each a form. What is typed is kept by the box until it is saved, so that no
//! error loses it; every value is judged by the settings' own reader, and the reason stands beside its field.

use std::path::{Path, PathBuf};

use maud::{Markup, html};

use super::fields::{Kind, Step, about};
use super::forms::Which;
use super::typed::{Refused, Typed};
use super::{Question, Reply, Setup, render};
use crate::settings::edit::{Draft, EditError, put_secret};
use crate::settings::{AgentSettings, Finding, Loaded, Needs, Overrides, Secret, Settings};

/// What the typed settings come to.
struct Judged {
    /// What the reader refuses, of the whole file; what is about a field of the wizard stands in `refused`.
    refused: Vec<Refused>,
    elsewhere: Vec<String>,
    warnings: Vec<String>,
    /// The settings, where they hold, with the agent's own.
    whole: Option<(Settings, AgentSettings)>,
}

impl Setup {
    /// `/setup/new/STEP` and `/setup/agent/NAME/STEP`.
    pub(super) fn wizard(&self, ask: Question, agent: Option<&str>, step: Step) -> Reply {
        match self.try_wizard(ask, agent, step) {
            Ok(reply) => reply,
            Err(error) => Reply::trouble("The settings cannot be changed", &error.to_string()),
        }
    }

    fn try_wizard(
        &self,
        ask: Question,
        agent: Option<&str>,
        step: Step,
    ) -> Result<Reply, EditError> {
        let draft = Draft::open(&self.file)?;
        if agent.is_some_and(|name| draft.place(name).is_none()) {
            return Ok(Reply::Missing);
        }
        let which = Which {
            session: ask.session().to_owned(),
            agent: agent.map(str::to_owned),
        };
        let begin = || -> Result<Typed, EditError> {
            Ok(match agent {
                Some(name) => Typed::of_agent(&draft, name),
                None => Typed::new(draft.revision().clone()),
            })
        };
        let (mut typed, staging) = self.forms.open(&which, begin)?;
        if !ask.is_form() {
            return Ok(self.step(ask, &typed, step, &[], &[]));
        }
        let act = ask.text("act");
        if act == "leave" {
            self.forms.close(&which);
            return Ok(Reply::See("/setup".to_owned()));
        }
        let mut refused = typed.take(step, &ask.ask.form, &staging)?;
        self.forms.keep(&which, typed.clone());
        let needs = match act {
            "test" => Needs::Lines,
            "preview" => Needs::Cloud,
            _ => Needs::Stream,
        };
        let judged = self.judge(&typed, draft, needs);
        let of_step =
            |(key, _): &&Refused| act == "save" || about(key).is_some_and(|(of, _)| of == step);
        refused.extend(judged.refused.iter().filter(of_step).cloned());
        if !refused.is_empty() {
            let at = about(refused[0].0).map_or(step, |(of, _)| of);
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

    /// Holds what was typed against the settings' own reader. Files are read where they are staged.
    fn judge(&self, typed: &Typed, mut draft: Draft, needs: Needs) -> Judged {
        let mut judged = Judged {
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
            let why = format!(
                "found {name:?}, which is the name of another agent already; allowed: another name"
            );
            judged.refused.push(("name", why));
            return judged;
        }
        judged.refused = typed.write(&mut draft, |_, staged| staged.to_owned());
        let place = draft.place(name).unwrap_or_default();
        let given = Overrides {
            needs,
            ..self.given.clone()
        };
        match draft.read(&given) {
            Ok(Loaded { settings, warnings }) => {
                judged.warnings = warnings
                    .iter()
                    .map(|finding| finding.text.clone())
                    .collect();
                let agent = settings.agents.get(place.wrapping_sub(1)).cloned();
                judged.whole = agent.map(|agent| (settings, agent));
            }
            Err(findings) => findings
                .iter()
                .for_each(|finding| judged.take(finding, place)),
        }
        judged
    }

    /// A check, a preview or a test line with what was typed, before it is saved.
    fn try_out(
        &self,
        ask: Question,
        act: &str,
        typed: &Typed,
        step: Step,
        judged: Judged,
    ) -> Reply {
        let Some((settings, agent)) = judged.whole else {
            let missing = judged.refused.first().map(|(key, why)| {
                let field = about(key).map_or(*key, |(_, field)| field.label);
                format!("First fill in the other steps: {field}: {why}")
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
        mut typed: Typed,
        step: Step,
    ) -> Result<Reply, EditError> {
        let mut draft = Draft::open(&self.file)?;
        if *draft.revision() != typed.revision {
            typed.revision = draft.revision().clone();
            self.forms.keep(which, typed.clone());
            let why = "The settings file was changed by somebody else while this form was open. What you typed is kept: look whether it \
                       still fits, and save again."
                .to_owned();
            return Ok(self.step(ask, &typed, step, &[], &[why]));
        }
        let name = typed.name().to_owned();
        let folder = self.file.parent().unwrap_or(Path::new(".")).to_owned();
        let mut failed = None;
        let _ = typed.write(&mut draft, |field, staged| {
            let file = field.file_of(&name);
            let put = std::fs::read_to_string(staged)
                .map_err(|source| EditError::Read {
                    path: staged.to_owned(),
                    source,
                })
                .and_then(|secret| put_secret(&folder, &file, &Secret::new(&secret)));
            if let Err(error) = put {
                failed = Some(error);
            }
            PathBuf::from(file)
        });
        if let Some(error) = failed {
            return Err(error);
        }
        draft.save()?;
        self.forms.close(which);
        self.hands.settings_changed();
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

    /// The page of a step.
    fn step(
        &self,
        ask: Question,
        typed: &Typed,
        step: Step,
        refused: &[Refused],
        why: &[String],
    ) -> Reply {
        let title = match &typed.of {
            None => "Add SIEM agent".to_owned(),
            Some(name) => format!("Edit {name}"),
        };
        let of = typed.of.as_deref();
        let judged = (step == Step::Finish).then(|| self.judged_now(typed));
        let body = html! {
            nav aria-label="Steps" {
                ol.steps {
                    @for one in Step::ALL {
                        li { a href=(address(of, one)) aria-current=[(one == step).then_some("step")] { (one.title()) } }
                    }
                }
            }
            (summary(refused, why))
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

    fn judged_now(&self, typed: &Typed) -> Judged {
        match Draft::open(&self.file) {
            Ok(draft) => self.judge(typed, draft, Needs::Stream),
            Err(error) => Judged {
                refused: Vec::new(),
                elsewhere: vec![error.to_string()],
                warnings: Vec::new(),
                whole: None,
            },
        }
    }
}

impl Judged {
    /// A finding is shown beside its field, or, about something that the wizard has none for, above all.
    fn take(&mut self, finding: &Finding, place: usize) {
        let own = finding.key.strip_prefix(&format!("agent[{place}]."));
        match own.and_then(about) {
            Some((_, field)) => self.refused.push((field.key, finding.text.clone())),
            None => self.elsewhere.push(finding.to_string()),
        }
    }
}

/// Where a step stands.
pub(super) fn address(agent: Option<&str>, step: Step) -> String {
    match agent {
        None => format!("/setup/new/{}", step.name()),
        Some(name) => format!("/setup/agent/{name}/{}", step.name()),
    }
}

/// What is wrong, above the form, where a screen reader says it at once.
fn summary(refused: &[Refused], why: &[String]) -> Markup {
    html! {
        @if !refused.is_empty() || !why.is_empty() {
            div.trouble role="alert" {
                @for why in why { p { (why) } }
                @if !refused.is_empty() {
                    p { "Not taken yet:" }
                    ul {
                        @for (key, _) in refused {
                            @let label = about(key).map_or(*key, |(_, field)| field.label);
                            li { a href={ "#" (key) } { (label) } }
                        }
                    }
                }
            }
        }
    }
}

fn buttons(step: Step, edits: bool) -> Markup {
    let trial = match step {
        Step::General => None,
        Step::Siem => Some(("test", "Send a test line")),
        Step::Data | Step::Finish => Some(("preview", "Preview results")),
        Step::Connection => Some(("check", "Check the connection")),
    };
    html! {
        div.buttons {
            @if step != Step::Finish { button.main[!edits] name="act" value="next" { "Next" } }
            @if edits || step == Step::Finish {
                button.main name="act" value="save" { @if edits { "Save" } @else { "Add this agent" } }
            }
            @if let Some((act, words)) = trial { button name="act" value=(act) { (words) } }
            button.quiet name="act" value="leave" formnovalidate { "Discard" }
        }
    }
}

/// All at a glance, before it is saved.
fn finish(typed: &Typed, judged: &Judged) -> Markup {
    html! {
        @for (key, why) in &judged.refused {
            @let (step, label) = about(key).map_or((Step::General, *key), |(step, field)| (step, field.label));
            p.error { a href={ (address(typed.of.as_deref(), step)) "#" (key) } { (label) } ": " (why) }
        }
        @for why in &judged.elsewhere { p.error { (why) } }
        @for warning in &judged.warnings { p.warning { (warning) } }
        dl.summary {
            @for step in Step::ALL {
                @for field in step.fields() {
                    @if let Some(words) = in_words(typed, field.key, field.kind) {
                        dt { (field.label) }
                        dd { (words) }
                    }
                }
            }
        }
        @if typed.of.is_none() {
            p.hint { "The agent stands in the table as Created until cloud and SIEM have answered." }
        } @else {
            p.hint { "Changes take effect in the running stream. Nothing is lost or sent twice by them." }
        }
    }
}

/// What a person chose, where it is not what holds anyway.
fn in_words(typed: &Typed, key: &str, kind: Kind) -> Option<String> {
    match kind {
        Kind::Secret | Kind::Pem => typed.kept(key).map(|_| "set".to_owned()),
        Kind::Switch(default) => {
            let on = typed.is_on(key, default);
            let always = matches!(key, "alerts.enabled" | "activities.enabled");
            (always || on != default).then(|| if on { "on" } else { "off" }.to_owned())
        }
        Kind::Choice(all) => {
            let chosen = all
                .iter()
                .find(|(value, _)| *value == typed.text(key) && !value.is_empty());
            chosen.map(|(_, words)| (*words).to_owned())
        }
        Kind::Picks(all) => {
            let picked: Vec<&str> = typed.text(key).split_ascii_whitespace().collect();
            let words = all
                .iter()
                .filter(|(number, _)| picked.contains(&number.to_string().as_str()));
            let words: Vec<&str> = words.map(|(_, words)| *words).collect();
            (!words.is_empty()).then(|| words.join(", "))
        }
        _ => {
            let text = typed.text(key);
            (!text.is_empty()).then(|| text.replace('\n', ", "))
        }
    }
}
