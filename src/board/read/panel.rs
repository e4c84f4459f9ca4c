//! Reads the lamps and the button of a board profile: which line each is wired to.

use super::kinds::{number, required, some_text, word};
use crate::board::profile::{
    Button, ButtonWiring, GpioLine, LampColour, LampWiring, Lamps, Wiring,
};
use crate::settings::Section;

const COLOURS: [(&str, LampColour); 5] = [
    ("green", LampColour::Green),
    ("blue", LampColour::Blue),
    ("amber", LampColour::Amber),
    ("red", LampColour::Red),
    ("white", LampColour::White),
];
/// Lamps of a board.
const MOST_LAMPS: usize = 3;

/// `[lamps]`
pub fn lamps(top: &Section) -> Lamps {
    let rgb = top.flag("rgb").unwrap_or(false);
    let sections = top.tables("lamp");
    let written = sections.len();
    let each: Vec<LampWiring> = sections.into_iter().filter_map(lamp).collect();
    if written > MOST_LAMPS {
        top.refuse(
            "lamp",
            &format!("found {written} lamps; allowed: at most {MOST_LAMPS}"),
        );
    }
    let has = |colour| each.iter().any(|lamp| lamp.colour == colour);
    let three = [LampColour::Red, LampColour::Green, LampColour::Blue];
    if rgb && each.len() == written && !(written == MOST_LAMPS && three.into_iter().all(has)) {
        top.refuse(
            "rgb",
            "found true; allowed: only with three lamps, one red, one green, one blue",
        );
    }
    Lamps { rgb, each }
}

fn lamp(section: Section) -> Option<LampWiring> {
    let colour = word(&section, "colour", &COLOURS);
    let class = section.text("led", some_text).map(Wiring::Class);
    let line = gpio(&section);
    let wiring = either(&section, ["gpio", "led"], line.map(Wiring::Line), class);
    section.close();
    Some(LampWiring {
        colour: colour?,
        wiring: wiring?,
    })
}

/// `[button]`
pub fn button(section: Section) -> Option<Button> {
    // KEY_MAX of the kernel
    let key = section.number("key", 1..=0x2ff).map(ButtonWiring::Key);
    let line = gpio(&section);
    let press = either(&section, ["gpio", "key"], line.map(ButtonWiring::Line), key);
    section.close();
    Some(Button { press: press? })
}

/// Exactly one of two keys.
fn either<T>(
    section: &Section,
    keys: [&'static str; 2],
    first: Option<T>,
    second: Option<T>,
) -> Option<T> {
    let [one, other] = keys;
    match (section.has(one), section.has(other)) {
        (true, true) => {
            section.refuse(
                other,
                &format!("found together with {one}; allowed: one of {one} and {other}"),
            );
            None
        }
        (false, false) => {
            section.refuse(one, &format!("missing; allowed: one of {one} and {other}"));
            None
        }
        _ => first.or(second),
    }
}

fn gpio(section: &Section) -> Option<GpioLine> {
    let written = section.has("gpio");
    written.then(|| line(section.table("gpio"))).flatten()
}

fn line(section: Section) -> Option<GpioLine> {
    let chip = required(&section, "chip", some_text);
    let line = number(&section, "line", 0..=1023);
    let active_low = section.flag("active_low").unwrap_or(false);
    section.close();
    Some(GpioLine {
        chip: chip?,
        line: line?,
        active_low,
    })
}
