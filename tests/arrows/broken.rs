//! Each kind of arrow broken on purpose in a small house: the rules see it.

use crate::judge::faults;
use crate::rows::Rows;
use crate::tree::Tree;

const LIB: &str = "//! The ground floor is `clock`.
//!
//! - `agent`: asks. Uses `source`.
//! - `clock`: tells the time. Uses nothing.
//! - `event`: what there is. Uses nothing.
//! - `source`: answers. Uses `event`.
pub mod agent;
pub mod clock;
pub mod event;
pub mod source;
";

/// The house, with other files in place of its own.
fn house(others: &[(&str, &str)]) -> Vec<String> {
    let files = [
        ("lib.rs", LIB),
        (
            "agent.rs",
            "use crate::source::Source; use crate::clock::now;",
        ),
        ("clock.rs", "pub fn now() {}"),
        ("event.rs", "pub struct Event;"),
        (
            "source/mod.rs",
            "pub mod cursor; pub mod reader; use crate::event::Event;",
        ),
        ("source/cursor.rs", "pub struct Cursor;"),
        ("source/reader.rs", "use super::cursor::Cursor;"),
    ];
    let file = |path: &str| {
        let all = others.iter().chain(&files);
        let text = all.into_iter().find(|(name, _)| *name == path);
        text.map(|(_, text)| (*text).to_owned())
    };
    faults(&Tree::read(&file), &Rows::read(&file("lib.rs").unwrap()))
}

#[test]
fn a_house_in_order_is_green() {
    assert_eq!(house(&[]), [""; 0]);
}

#[test]
fn an_arrow_that_no_row_names_is_red_however_it_is_written() {
    for text in [
        "use crate::{source::Source, event::Event};",
        "use crate::source::Source; fn f() { crate::event::Event; }",
        "use crate::source::Source; fn f() { format!(\"{}\", crate::event::NAME); }",
        "use crate::source::Source; use super::event::Event;",
        "use crate::source::Source; pub use crate::event as other;",
    ] {
        let wrong = "agent uses event, which the row of agent does not name";
        assert_eq!(house(&[("agent.rs", text)]), [wrong], "{text}");
    }
}

#[test]
fn a_room_that_uses_nothing_may_not_even_use_the_ground_floor() {
    let faults = house(&[("event.rs", "use crate::clock::now;")]);
    assert_eq!(
        faults,
        ["event uses clock, which the row of event does not name"]
    );
}

#[test]
fn an_arrow_that_runs_back_up_is_red() {
    let faults = house(&[("source/cursor.rs", "use crate::agent::Agent;")]);
    assert_eq!(
        faults,
        [
            "source/cursor uses agent, which the row of source does not name",
            "src/: agent, source use each other in a circle",
        ]
    );
}

#[test]
fn a_circle_within_a_room_is_red() {
    let faults = house(&[("source/cursor.rs", "use super::reader::Reader;")]);
    assert_eq!(
        faults,
        ["src/source: cursor, reader use each other in a circle"]
    );
}

#[test]
fn what_tests_use_counts_for_nothing() {
    let text = "pub struct Event; #[cfg(test)] mod tests { use crate::agent::Agent; }";
    assert_eq!(house(&[("event.rs", text)]), [""; 0]);
}

#[test]
fn rows_are_kept_up_to_date() {
    let lib = LIB.replace("pub mod event;", "pub mod event; pub mod sink;");
    let faults = house(&[("lib.rs", &lib), ("sink.rs", "")]);
    assert_eq!(faults, ["sink has no row in the docs of src/lib.rs"]);
    let lib = LIB.replace("Uses `source`", "Uses `event` `source` `web`");
    let faults = house(&[("lib.rs", &lib)]);
    assert_eq!(
        faults,
        [
            "the row of agent names event, which it does not use",
            "the row of agent names web, which it does not use",
        ]
    );
    let lib = LIB.replace("- `clock`", "- `sink`: gone. Uses nothing.\n//! - `clock`");
    let faults = house(&[("lib.rs", &lib)]);
    assert_eq!(
        faults,
        ["sink has a row in the docs of src/lib.rs and is not there"]
    );
}

#[test]
fn an_adapter_that_another_room_than_wiring_names_is_red() {
    let lib = LIB
        .replace("pub mod source;", "pub mod source; pub mod wiring;")
        .replace(
            "- `source`",
            "- `wiring`: chooses. Uses `source`.\n//! - `source`",
        );
    let files = [
        ("lib.rs", lib.as_str()),
        (
            "source/mod.rs",
            "pub mod cursor; pub mod http; use crate::event::Event;",
        ),
        ("source/http.rs", "pub struct Http;"),
        ("wiring.rs", "use crate::source::http::Http;"),
    ];
    assert_eq!(house(&files), [""; 0]);
    let agent = ("agent.rs", "use crate::source::http::Http;");
    let faults = house(&[&files[..], &[agent]].concat());
    assert_eq!(
        faults,
        ["agent names source/http, an adapter: its door is wiring"]
    );
}

#[test]
fn a_public_type_whose_name_another_one_has_is_red_and_a_private_one_is_not() {
    let wrong = "Cursor is a public type in source/cursor and in event";
    for text in ["pub(crate) enum Cursor {}", "pub trait Cursor {}"] {
        let event = format!("pub struct Event; {text}");
        assert_eq!(house(&[("event.rs", &event)]), [wrong], "{text}");
    }
    let private = "pub struct Event; struct Cursor;";
    assert_eq!(house(&[("event.rs", private)]), [""; 0]);
}

#[test]
fn time_and_randomness_by_another_door_are_red() {
    for (text, wrong) in [
        (
            "use std::time::{Duration, Instant};",
            "event names Instant: its door is clock",
        ),
        (
            "fn f() { tokio::time::Instant::now() }",
            "event names Instant: its door is clock",
        ),
        (
            "use std::hash::RandomState;",
            "event names RandomState: its door is random",
        ),
        (
            "use ring::rand::SystemRandom;",
            "event names SystemRandom: its door is random",
        ),
    ] {
        let event = format!("pub struct Event; {text}");
        assert_eq!(house(&[("event.rs", &event)]), [wrong], "{text}");
    }
    let clock = "use std::time::Instant; pub fn now() {}";
    assert_eq!(house(&[("clock.rs", clock)]), [""; 0]);
}
