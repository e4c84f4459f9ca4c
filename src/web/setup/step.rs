//! The page of a step around its fields: errors, buttons, and the summary at the end.

use maud::{Markup, html};

use super::fields::{FieldKind, SetupSource, SetupStep, about};
use super::form_state::{FormState, RefusedForm};
use super::validate::Validated;

/// Address of a step.
pub(super) fn address(agent: Option<&str>, step: SetupStep) -> String {
    match agent {
        None => format!("/setup/new/{}", step.name()),
        Some(name) => format!("/setup/agent/{name}/{}", step.name()),
    }
}

/// What is wrong, above the form, where a screen reader says it at once.
pub(super) fn summary(source: SetupSource, refused: &[RefusedForm], why: &[String]) -> Markup {
    html! {
        @if !refused.is_empty() || !why.is_empty() {
            div.trouble role="alert" {
                @for why in why { p { (why) } }
                @if !refused.is_empty() {
                    p { "These fields need a change:" }
                    ul {
                        @for (key, _) in refused {
                            @let label = about(source, key).map_or(*key, |(_, field)| field.label);
                            li { a href={ "#" (key) } { (label) } }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn buttons(step: SetupStep, edits: bool) -> Markup {
    let trial = match step {
        SetupStep::Source | SetupStep::General => None,
        SetupStep::Siem => Some(("test", "Send a test line")),
        SetupStep::Data | SetupStep::Finish => Some(("preview", "Preview results")),
        SetupStep::Connection => Some(("check", "Check the connection")),
    };
    html! {
        div.buttons {
            @if step != SetupStep::Finish { button.main[!edits] name="act" value="next" { "Next" } }
            @if edits || step == SetupStep::Finish {
                button.main name="act" value="save" { @if edits { "Save" } @else { "Add agent" } }
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
            @let field = about(typed.source(), key);
            @let step = field.map_or(SetupStep::General, |(step, _)| step);
            @let label = field.map_or(*key, |(_, field)| field.label);
            p.error { a href={ (address(typed.of.as_deref(), step)) "#" (key) } { (label) } ": " (why) }
        }
        @for why in &judged.elsewhere { p.error { (why) } }
        @for warning in &judged.warnings { p.warning { (warning) } }
        dl.summary {
            @for step in SetupStep::ALL {
                @for field in step.fields(typed.source()) {
                    @if let Some(words) = in_words(typed, field.key, field.kind) {
                        dt { (field.label) }
                        dd { (words) }
                    }
                }
            }
        }
        @if typed.of.is_none() {
            p.hint { "The agent's state is Created until both cloud and SIEM have answered." }
        } @else {
            p.hint { "Changes take effect at once, without losing or repeating a record." }
        }
    }
}

/// What a person chose, where it is not what holds anyway.
fn in_words(typed: &FormState, key: &str, kind: FieldKind) -> Option<String> {
    match kind {
        FieldKind::Secret | FieldKind::Pem => typed.kept(key).map(|_| "set".to_owned()),
        FieldKind::Switch(default) => {
            let on = typed.is_on(key, default);
            // whether a stream is sent at all
            let always = key.ends_with(".enabled");
            (always || on != default).then(|| if on { "on" } else { "off" }.to_owned())
        }
        FieldKind::Choice(all) => {
            let chosen = all
                .iter()
                .find(|(value, _)| *value == typed.text(key) && !value.is_empty());
            chosen.map(|(_, words)| (*words).to_owned())
        }
        FieldKind::Offers(all) => {
            let chosen = all.iter().find(|offer| offer.value == typed.text(key));
            chosen.or(all.first()).map(|offer| offer.words.to_owned())
        }
        FieldKind::Picks(_, all) => {
            let picked: Vec<&str> = typed.text(key).split_ascii_whitespace().collect();
            let words = all.iter().filter(|(value, _)| picked.contains(value));
            let words: Vec<&str> = words.map(|(_, words)| *words).collect();
            (!words.is_empty()).then(|| words.join(", "))
        }
        FieldKind::Ticks(list) => {
            let words = typed
                .ticked(key, list)
                .into_iter()
                .map(|word| list.words(word));
            Some(Vec::from_iter(words).join(", "))
        }
        _ => {
            let text = typed.text(key);
            (!text.is_empty()).then(|| text.replace('\n', ", "))
        }
    }
}
