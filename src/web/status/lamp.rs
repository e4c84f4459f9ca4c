//! The lamp as the board shows it, drawn: colour and rhythm of the meaning table, and a shape of
//! its own for each condition, so that neither colour nor movement has to be seen.

use maud::{Markup, PreEscaped, html};

use crate::status::{Blink, Colour, Condition};

/// Defines each shape once; all lamps of the page use them.
pub(super) fn symbols() -> Markup {
    html! {
        svg.defs width="0" height="0" aria-hidden="true" {
            @for condition in Condition::ALL {
                symbol id=(id(condition)) viewBox="0 0 24 24" { (PreEscaped(shape(condition))) }
            }
        }
    }
}

/// The lamp in its rim, large.
pub(super) fn large(condition: Condition) -> Markup {
    html! {
        span.lamp.(colour(condition)).(rhythm(condition)) {
            svg viewBox="0 0 24 24" width="88" height="88" aria-hidden="true" {
                use href={ "#" (id(condition)) } {}
            }
        }
    }
}

/// The shape beside its words, small.
pub(super) fn badge(condition: Condition) -> Markup {
    html! {
        span.badge.(colour(condition)) {
            svg viewBox="0 0 24 24" width="16" height="16" aria-hidden="true" {
                use href={ "#" (id(condition)) } {}
            }
            (condition.meaning().words)
        }
    }
}

fn id(condition: Condition) -> &'static str {
    match condition {
        Condition::Connected => "s-connected",
        Condition::Paused => "s-paused",
        Condition::Created => "s-created",
        Condition::Interrupted => "s-interrupted",
        Condition::ConnectionError => "s-connection-error",
        Condition::Disconnected => "s-disconnected",
    }
}

/// A disc with a tick, one with two bars, a ring with dots, a triangle, a diamond, a square with a
/// cross. `ink` is what lies on the colour.
fn shape(condition: Condition) -> &'static str {
    match condition {
        Condition::Connected => {
            r#"<circle cx="12" cy="12" r="10"/><path class="ink" d="m7.5 12.4 3 3 6-6.4"/>"#
        }
        Condition::Paused => {
            r#"<circle cx="12" cy="12" r="10"/><path class="ink" d="M9.3 8v8M14.7 8v8"/>"#
        }
        Condition::Created => {
            r#"<circle class="ring" cx="12" cy="12" r="8.8"/><path class="dots" d="M7.9 12h.01M12 12h.01M16.1 12h.01"/>"#
        }
        Condition::Interrupted => {
            r#"<path d="M12 2.6 22.4 20.6H1.6Z" stroke-linejoin="round"/><path class="ink" d="M12 9v5.2M12 17.4v.01"/>"#
        }
        Condition::ConnectionError => {
            r#"<path d="M12 1.4 22.6 12 12 22.6 1.4 12Z"/><path class="ink" d="M12 7v6M12 16.6v.01"/>"#
        }
        Condition::Disconnected => {
            r#"<rect x="2.6" y="2.6" width="18.8" height="18.8" rx="3"/><path class="ink" d="m8 8 8 8M16 8l-8 8"/>"#
        }
    }
}

fn colour(condition: Condition) -> &'static str {
    tint(condition.meaning().lamp.colour)
}

/// The style sheet's class for it.
pub(super) fn tint(colour: Colour) -> &'static str {
    match colour {
        Colour::Green => "green",
        Colour::Blue => "blue",
        Colour::Amber => "amber",
        Colour::Red => "red",
        Colour::White => "white",
    }
}

/// Class of the rhythm in the style sheet. The page plays no rhythm that only the firmware has.
fn rhythm(condition: Condition) -> &'static str {
    match condition.meaning().lamp.rhythm {
        Blink::Slow => "slow",
        Blink::Single => "single",
        Blink::Double => "double",
        Blink::Triple => "triple",
        Blink::Fast => "fast",
        _ => "steady",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_has_a_movement_of_its_own() {
        let style = include_str!("../siembox.css");
        let moving = Condition::ALL
            .into_iter()
            .filter(|condition| *condition != Condition::Connected);
        for class in moving.map(rhythm) {
            assert!(
                style.contains(&format!("\n  .{class} svg {{ animation")),
                "{class}"
            );
        }
    }
}
