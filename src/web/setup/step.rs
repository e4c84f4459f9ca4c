//! What stands on a step's page beside its fields: what is wrong, the buttons, and at the end all at a glance.

use maud::{Markup, html};

use super::fields::{Kind, Step, about};
use super::form_state::{FormState, Refused};
use super::validate::Validated;

/// Where a step stands.
pub(super) fn address(agent: Option<&str>, step: Step) -> String {
    match agent {
        None => format!("/setup/new/{}", step.name()),
        Some(name) => format!("/setup/agent/{name}/{}", step.name()),
    }
}

/// What is wrong, above the form, where a screen reader says it at once.
pub(super) fn summary(refused: &[Refused], why: &[String]) -> Markup {
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

pub(super) fn buttons(step: Step, edits: bool) -> Markup {
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
pub(super) fn finish(typed: &FormState, judged: &Validated) -> Markup {
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
fn in_words(typed: &FormState, key: &str, kind: Kind) -> Option<String> {
    match kind {
        Kind::Secret | Kind::Pem => typed.kept(key).map(|_| "set".to_owned()),
        Kind::Switch(default) => {
            let on = typed.is_on(key, default);
            // whether a stream is sent at all
            let always = key.ends_with(".enabled");
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
