//! Which of the lamps take part in a colour. Pure.
//!
//! One lamp takes part in everything: its rhythm tells. Of a lamp of three colours, those take part
//! that mix to the colour. Of two or three lamps, it is the one of the colour; where there is none,
//! the nearest of the same kind (green and blue: all is as wanted; amber and red: it is not); where
//! that is missing too, one whose colour says nothing, or else the first.

use crate::board::{LampColour, Lamps};
use crate::status::Colour;

/// For each lamp: is it lit while the rhythm says on?
pub(super) fn taking_part(lamps: &Lamps, colour: Colour) -> Vec<bool> {
    let each = &lamps.each;
    if each.len() == 1 || colour == Colour::White {
        return vec![true; each.len()];
    }
    let choose = |lit: &[LampColour]| each.iter().map(|lamp| lit.contains(&lamp.colour)).collect();
    if lamps.rgb {
        return choose(mixed_of(colour));
    }
    let of = |wanted: &LampColour| each.iter().position(|lamp| lamp.colour == *wanted);
    let chosen = nearest(colour).iter().find_map(of).unwrap_or(0);
    (0..each.len()).map(|place| place == chosen).collect()
}

/// What one lamp of three colours mixes it of.
const fn mixed_of(colour: Colour) -> &'static [LampColour] {
    match colour {
        Colour::Green => &[LampColour::Green],
        Colour::Blue => &[LampColour::Blue],
        Colour::Amber => &[LampColour::Red, LampColour::Green],
        Colour::Red => &[LampColour::Red],
        Colour::White => &[LampColour::Red, LampColour::Green, LampColour::Blue],
    }
}

/// Which lamps can speak for a colour, the best first.
const fn nearest(colour: Colour) -> &'static [LampColour] {
    use LampColour::{Amber, Blue, Green, Red, White};
    match colour {
        Colour::Green => &[Green, Blue, White],
        Colour::Blue => &[Blue, Green, White],
        Colour::Amber => &[Amber, Red, White],
        Colour::Red => &[Red, Amber, White],
        Colour::White => &[White],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::{LampWiring, Wiring};

    fn lamps(rgb: bool, colours: &[LampColour]) -> Lamps {
        let lamp = |colour: &LampColour| LampWiring {
            colour: *colour,
            wiring: Wiring::Class(colour.to_string()),
        };
        Lamps {
            rgb,
            each: colours.iter().map(lamp).collect(),
        }
    }

    #[test]
    fn the_lamp_of_the_colour_is_lit_or_the_one_that_comes_nearest() {
        use LampColour::{Amber, Blue, Green, Red, White};
        for (rgb, colours, colour, lit) in [
            (false, &[Red][..], Colour::Green, &[true][..]),
            (false, &[Green, Red], Colour::Green, &[true, false]),
            (false, &[Green, Red], Colour::Blue, &[true, false]),
            (false, &[Green, Red], Colour::Amber, &[false, true]),
            (false, &[Green, Red], Colour::White, &[true, true]),
            (
                false,
                &[Green, Amber, Red],
                Colour::Amber,
                &[false, true, false],
            ),
            (false, &[Green, Blue], Colour::Red, &[true, false]),
            (false, &[Green, White], Colour::Red, &[false, true]),
            (
                true,
                &[Red, Green, Blue],
                Colour::Amber,
                &[true, true, false],
            ),
            (
                true,
                &[Red, Green, Blue],
                Colour::Blue,
                &[false, false, true],
            ),
            (
                true,
                &[Red, Green, Blue],
                Colour::White,
                &[true, true, true],
            ),
        ] {
            assert_eq!(
                taking_part(&lamps(rgb, colours), colour),
                lit,
                "{colour:?} on {colours:?}"
            );
        }
    }
}
