//! What a comparison of two sources has found, as a part of a page.

use maud::{Markup, html};

use crate::comparison::{ClassComparison, ComparedSource, OnlyThere, shown, shown_ids};
use crate::foreign::ForeignText;

/// What was found of a class of records.
pub(super) fn found(found: &ClassComparison) -> Markup {
    let (source, other) = (&found.source, &found.other);
    let comparison = &found.comparison;
    html! {
        h3 { (capitalised(found.class)) }
        ul.counted {
            li { b { (comparison.in_both) } " in both" }
            (only(source.name, &comparison.only_in_source))
            (only(other.name, &comparison.only_in_other))
        }
        @for source in [source, other] { (remarks(source)) }
        @if comparison.in_both > 0 && comparison.fields.is_empty() {
            p { "The lines of those in both are the same." }
        }
        @if !comparison.fields.is_empty() {
            ul.differences {
                @for (name, difference) in &comparison.fields {
                    li {
                        p {
                            b { (ForeignText::new(name)) }
                            " differs in " (difference.lines) " of " (comparison.in_both)
                        }
                        dl {
                            dt { (source.name) }
                            dd { (shown(difference.source.as_deref())) }
                            dt { (other.name) }
                            dd { (shown(difference.other.as_deref())) }
                        }
                        p.hint { "First in " (ForeignText::new(&difference.id)) }
                    }
                }
            }
        }
    }
}

fn only(name: &str, only: &OnlyThere) -> Markup {
    html! {
        li {
            "only in " (name) ": " b { (only.count) }
            @if only.count > 0 { " " span.hint { "(" (shown_ids(only)) ")" } }
        }
    }
}

/// What of a source could not be compared.
fn remarks(source: &ComparedSource) -> Markup {
    let name = source.name;
    html! {
        @if source.unreadable > 0 {
            p.warning { (source.unreadable) " records of " (name) " cannot be read" }
        }
        @if let Some(most) = source.cut_at {
            p.warning {
                (name) " holds more than " (most) " records: the records behind them are not \
                    compared. Choose a shorter time, or use " code { "siembox migrate" } "."
            }
        }
    }
}

fn capitalised(class: &str) -> String {
    let mut letters = class.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
