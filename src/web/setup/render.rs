//! A step of the wizard as a page: its fields with what was typed, and the reasons beside those
//! that can't be.

use maud::{Markup, html};

mod choices;

use super::fields::{FieldKind, Group, SetupField, SetupStep};
use super::form_state::{FormState, RefusedForm, StoredSecret};

/// The fields of a step.
pub(super) fn fields(step: SetupStep, typed: &FormState, refused: &[RefusedForm]) -> Markup {
    let all = step.fields(typed.source());
    html! {
        @for (group, heading) in groups(all) {
            @let of_group = all.iter().filter(|field| field.group == group);
            @match group {
                Group::Main => (run(of_group, typed, refused)),
                Group::Of(_) => fieldset {
                    legend { (heading) }
                    (run(of_group, typed, refused))
                },
                Group::More(_) => {
                    @let touched = all
                        .iter()
                        .any(|field| field.group == group && is_touched(field, typed, refused));
                    details.more open[touched] {
                        summary { (heading) }
                        (run(of_group, typed, refused))
                    }
                },
            }
        }
    }
}

/// The groups of these fields, in their order, with their headings.
fn groups(fields: &[SetupField]) -> Vec<(Group, &'static str)> {
    let mut groups: Vec<(Group, &'static str)> = Vec::new();
    for field in fields {
        let heading = match field.group {
            Group::Main => "",
            Group::Of(heading) | Group::More(heading) => heading,
        };
        if !groups.iter().any(|(group, _)| *group == field.group) {
            groups.push((field.group, heading));
        }
    }
    groups
}

/// Is there something in it that a person should see without opening it?
fn is_touched(field: &SetupField, typed: &FormState, refused: &[RefusedForm]) -> bool {
    let typed_in = match field.kind {
        FieldKind::Switch(default) => typed.is_on(field.key, default) != default,
        FieldKind::Choice(all) => {
            let text = typed.text(field.key);
            !text.is_empty() && all.first().is_none_or(|(first, _)| *first != text)
        }
        FieldKind::Secret | FieldKind::Pem => typed.kept(field.key).is_some(),
        FieldKind::Ticks(list) => typed.ticked(field.key, list) != list.usual,
        _ => !typed.text(field.key).is_empty(),
    };
    typed_in || refused.iter().any(|(key, _)| *key == field.key)
}

fn run<'a>(
    fields: impl Iterator<Item = &'a SetupField>,
    typed: &FormState,
    refused: &[RefusedForm],
) -> Markup {
    html! {
        @for field in fields {
            @let why: Vec<&str> = refused
                .iter()
                .filter(|(key, _)| *key == field.key)
                .map(|(_, why)| why.as_str())
                .collect();
            (one(field, typed, &why))
        }
    }
}

fn one(field: &SetupField, typed: &FormState, why: &[&str]) -> Markup {
    let (hint, error) = (
        format!("{}-hint", field.key),
        format!("{}-error", field.key),
    );
    let mut described = Vec::new();
    if !field.hint.is_empty() {
        described.push(hint.as_str());
    }
    if !why.is_empty() {
        described.push(error.as_str());
    }
    let described = described.join(" ");
    let about = About {
        described: (!described.is_empty()).then_some(described.as_str()),
        invalid: (!why.is_empty()).then_some("true"),
    };
    let is_switch = matches!(field.kind, FieldKind::Switch(_));
    html! {
        div.field.switch[is_switch] {
            @if let Some(choices) = choices::of(field, typed, about) {
                (choices)
            } @else if is_switch {
                (input(field, typed, about))
                label for=(field.key) { (field.label) }
            } @else {
                label for=(field.key) { (field.label) }
                (input(field, typed, about))
            }
            @if !field.hint.is_empty() { p.hint id=(hint) { (field.hint) } }
            @if !why.is_empty() {
                p.error id=(error) {
                    @for one in why { span { (one) } }
                }
            }
        }
    }
}

/// What tells a screen reader more about an input.
#[derive(Clone, Copy)]
struct About<'a> {
    described: Option<&'a str>,
    invalid: Option<&'a str>,
}

fn input(field: &SetupField, typed: &FormState, about: About) -> Markup {
    let (key, text) = (field.key, typed.text(field.key));
    let About { described, invalid } = about;
    match field.kind {
        FieldKind::Switch(default) => html! {
            input type="checkbox" role="switch" id=(key) name=(key) checked[typed.is_on(key, default)] aria-describedby=[described];
        },
        FieldKind::Choice(all) => html! {
            select id=(key) name=(key) aria-describedby=[described] aria-invalid=[invalid] {
                @for (value, words) in all {
                    option value=(value) selected[*value == text] { (words) }
                }
                // a value of the file that the page does not know stays what it is
                @if !text.is_empty() && !all.iter().any(|(value, _)| *value == text) {
                    option value=(text) selected { (text) }
                }
            }
        },
        FieldKind::Values(_) | FieldKind::OtherFilters => html! {
            textarea id=(key) name=(key) rows=(rows(text, 1)) spellcheck="false" aria-describedby=[described] aria-invalid=[invalid] {
                // the first line feed of a text area is not its content
                "\n" (text)
            }
        },
        FieldKind::Secret | FieldKind::Pem => kept(field, typed, about),
        // of these, some are choices and not asked for here
        FieldKind::Text
        | FieldKind::Number
        | FieldKind::List(_)
        | FieldKind::Picks(..)
        | FieldKind::Ticks(_)
        | FieldKind::Offers(_) => {
            let fixed = field.is_fixed() && typed.of.is_some();
            let mode = if field.kind == FieldKind::Number {
                "numeric"
            } else {
                "text"
            };
            html! {
                input type="text" inputmode=(mode) id=(key) name=(key) value=(text) readonly[fixed] autocomplete="off" spellcheck="false"
                    aria-describedby=[described] aria-invalid=[invalid];
            }
        }
    }
}

/// An input whose content never comes back: it says whether there is one.
fn kept(field: &SetupField, typed: &FormState, about: About) -> Markup {
    let key = field.key;
    let About { described, invalid } = about;
    let state = match typed.kept(key) {
        Some(StoredSecret::InSettings) => Some("Set. Enter a value only to replace it."),
        Some(StoredSecret::Staged(_)) => Some("Entered. Enter a value only to replace it."),
        Some(StoredSecret::Dropped) => Some("Will be removed."),
        None => None,
    };
    let is_there = matches!(
        typed.kept(key),
        Some(StoredSecret::InSettings | StoredSecret::Staged(_))
    );
    let one_line = field.kind == FieldKind::Secret && !key.ends_with("key_file");
    html! {
        @if one_line {
            input type="password" id=(key) name=(key) autocomplete="off" spellcheck="false" placeholder=[state]
                aria-describedby=[described] aria-invalid=[invalid];
        } @else {
            textarea id=(key) name=(key) rows="3" spellcheck="false" autocomplete="off" placeholder=(state.unwrap_or("-----BEGIN …"))
                aria-describedby=[described] aria-invalid=[invalid] {}
        }
        @if is_there {
            label.drop { input type="checkbox" name={ "drop:" (key) }; " Remove" }
        }
    }
}

fn rows(text: &str, least: usize) -> usize {
    text.lines().count().clamp(least, 12)
}
