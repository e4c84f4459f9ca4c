//! Fields with a few things to choose from, all of them in sight.

use maud::{Markup, html};

use super::About;
use crate::web::manual;
use crate::web::setup::fields::{FieldKind, Offer, SetupField, TickList};
use crate::web::setup::form_state::FormState;

/// Such a field; `None` where it is none.
pub(super) fn of(field: &SetupField, typed: &FormState, about: About) -> Option<Markup> {
    match field.kind {
        FieldKind::Picks(_, all) => Some(picks(field, all, typed, about)),
        FieldKind::Ticks(list) => Some(ticks(field, list, typed, about)),
        FieldKind::Offers(all) if typed.of.is_some() => Some(settled(field, all, typed)),
        FieldKind::Offers(all) => Some(offers(field, all, typed, about)),
        _ => None,
    }
}

fn picks(field: &SetupField, all: &[(&str, &str)], typed: &FormState, about: About) -> Markup {
    let picked: Vec<&str> = typed.text(field.key).split_ascii_whitespace().collect();
    html! {
        fieldset.picks id=(field.key) aria-describedby=[about.described] {
            legend { (field.label) }
            @for (value, words) in all { (tick(field, value, words, picked.contains(value))) }
        }
    }
}

fn ticks(field: &SetupField, list: &'static TickList, typed: &FormState, about: About) -> Markup {
    let ticked = typed.ticked(field.key, list);
    let known = |value: &str| list.known.iter().any(|(known, _)| *known == value);
    // values of the file that the page does not know stay what they are
    let others = ticked
        .iter()
        .filter(|value| !known(value) && **value != TickList::ALL);
    html! {
        fieldset.picks.ticks id=(field.key) aria-describedby=[about.described] {
            legend { (field.label) }
            @for (value, words) in list.known {
                (tick(field, value, words, ticked.contains(value)))
            }
            @for value in others { (tick(field, value, value, true)) }
            @if let Some(words) = list.all {
                (tick(field, TickList::ALL, words, ticked.contains(&TickList::ALL)))
            }
        }
    }
}

fn tick(field: &SetupField, value: &str, words: &str, is_ticked: bool) -> Markup {
    html! {
        label {
            input type="checkbox" name=(field.key) value=(value) checked[is_ticked];
            " " (words)
        }
    }
}

fn offers(field: &SetupField, all: &[Offer], typed: &FormState, about: About) -> Markup {
    let chosen = chosen(field, all, typed).map(|offer| offer.value);
    html! {
        fieldset.picks.offers id=(field.key) aria-describedby=[about.described] {
            legend { (field.label) }
            @for offer in all {
                @let (id, needs) = (
                    format!("{}.{}", field.key, offer.value),
                    format!("{}.{}-needs", field.key, offer.value),
                );
                div.offer {
                    input type="radio" id=(id) name=(field.key) value=(offer.value)
                        checked[chosen == Some(offer.value)] aria-describedby=(needs);
                    label for=(id) { (offer.words) }
                    p.hint id=(needs) { (offer.needs) }
                }
            }
        }
        (what_to_click())
    }
}

/// Of an agent that there is already.
fn settled(field: &SetupField, all: &[Offer], typed: &FormState) -> Markup {
    html! {
        @if let Some(offer) = chosen(field, all, typed) {
            p id=(field.key) { (field.label) ": " b { (offer.words) } }
            p.hint { (offer.needs) }
        }
        @if let Some(name) = &typed.of {
            p { a.button href={ "/setup/agent/" (name) "/change" } { "Change the source" } }
        }
        p.hint {
            "Without a gap, and without sending a record twice: "
            a href=(manual::MIGRATE) { "Changing the source" } " (manual)."
        }
        (what_to_click())
    }
}

fn chosen<'o>(field: &SetupField, all: &'o [Offer], typed: &FormState) -> Option<&'o Offer> {
    let text = typed.text(field.key);
    let named = all.iter().find(|offer| offer.value == text);
    named.or(all.first())
}

fn what_to_click() -> Markup {
    html! {
        p { a href=(manual::SOURCE) { "What to click in Microsoft's portals" } " (manual)" }
    }
}
