//! The legend of the lamps: every signal, its pattern drawn as four seconds of light.

use maud::{Markup, html};

use super::lamp::tint;
use crate::status::{Blink, Colour, Lamp, Signal};

/// Milliseconds that are drawn.
const DRAWN: u32 = 4000;

pub(super) fn section() -> Markup {
    html! {
        section #lamps aria-labelledby="lamps-title" {
            details {
                summary { h2 #lamps-title { "Meaning of the lamps" } }
                p.hint { "Each strip shows four seconds. A box with one lamp uses the blink \
                    pattern alone." }
                ul.signals {
                    @for signal in Signal::ALL {
                        @let meaning = signal.meaning();
                        li {
                            (strip(meaning.lamp))
                            div {
                                b { (meaning.words) }
                                " " span.hint { (colour(meaning.lamp.colour)) ", " (meaning.lamp.rhythm.in_words()) }
                                p { (meaning.means) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn strip(lamp: Lamp) -> Markup {
    let lit: String = lit(lamp.rhythm)
        .map(|(from, to)| format!("M{from} 0H{to}V9H{from}Z"))
        .collect();
    html! {
        svg.strip.(tint(lamp.colour)) viewBox={ "0 0 " (DRAWN) " 9" } preserveAspectRatio="none" aria-hidden="true" { path d=(lit) {} }
    }
}

/// From when to when it is lit, milliseconds.
fn lit(rhythm: Blink) -> impl Iterator<Item = (u32, u32)> {
    let beats = rhythm.beats();
    let steady = beats.is_empty().then_some((0, DRAWN));
    let mut at = 0;
    let edges = beats.iter().cycle().map(move |beat| {
        at += u32::from(*beat);
        (at - u32::from(*beat), at.min(DRAWN))
    });
    let begun = edges.take_while(|(from, _)| *from < DRAWN);
    steady.into_iter().chain(begun.step_by(2))
}

const fn colour(colour: Colour) -> &'static str {
    match colour {
        Colour::Green => "green",
        Colour::Blue => "blue",
        Colour::Amber => "amber",
        Colour::Red => "red",
        Colour::White => "all lamps",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rhythm_is_drawn_as_it_is_played() {
        let drawn = |rhythm| lit(rhythm).collect::<Vec<_>>();
        assert_eq!(drawn(Blink::Steady), [(0, 4000)]);
        assert_eq!(
            drawn(Blink::Double),
            [(0, 200), (400, 600), (2000, 2200), (2400, 2600)]
        );
        assert_eq!(drawn(Blink::Breathing), [(0, 3000)]);
        assert_eq!(drawn(Blink::LongShort).last(), Some(&(3700, 3900)));
    }
}
