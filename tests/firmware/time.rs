//! The clock: no time server, a real one, and one that lies.

use siembox_support::chrony::Chrony;

use crate::board::Board;
use crate::machine::{Machine, Options};
use crate::stage::{Stage, arrive, told};

const NO_BATTERY: Options = Options {
    clock: Some("1970-01-01T00:00:00"),
    unplugged: false,
    plain_card: false,
    rushed: false,
    lan: None,
};

#[test]
#[ignore = "needs the image of `make image`"]
fn a_clock_of_1970_and_no_time_server_is_said_and_waited_for_but_not_for_ever() {
    let board = Board::meant();
    let stage = Stage::new(board, 10);
    stage.provision();
    let machine = Machine::boot(board, &stage.card, &NO_BATTERY);
    told(
        &stage,
        &machine,
        &["not set yet, possibly wrong", "no time from 0.pool.ntp.org"],
    );
    // TLS judges certificates by the day of the build at worst: after two minutes the box goes on
    // with it
    arrive(&stage, &machine, 10);
    machine.pull_the_plug();
}

#[test]
#[ignore = "needs the image of `make image`"]
fn a_clock_of_1970_is_set_by_a_time_server_and_the_box_polls_at_once() {
    let board = Board::meant();
    let Some(chrony) = Chrony::start(5, None) else {
        return;
    };
    let stage = asking(board, &chrony);
    let machine = Machine::boot(board, &stage.card, &NO_BATTERY);
    arrive(&stage, &machine, 10);
    let by = format!("clock: set from the time server 10.0.2.2:{}", chrony.port());
    let text = told(&stage, &machine, &[&by, "contoso: Connected"]);
    assert!(!text.contains("Written 1970"), "{text}");

    // the box's time, between two looks at ours
    let before = siembox::for_tests::clock::now_ms();
    let status = machine.wait("the page answers", |_| true);
    let after = siembox::for_tests::clock::now_ms();
    let theirs = status["at_ms"].as_i64().unwrap();
    println!("asked at {before}, answered at {after}: it says {theirs}");
    assert!((before - 2_000..=after + 2_000).contains(&theirs));
    machine.pull_the_plug();

    // what it knows by now is the least it begins with, where nobody tells the time any more
    drop(chrony);
    stage.add(47, 5);
    let machine = Machine::boot(board, &stage.card, &NO_BATTERY);
    told(&stage, &machine, &["not set yet, possibly wrong"]);
    machine.pull_the_plug();
}

#[test]
#[ignore = "needs the image of `make image`"]
fn a_time_server_that_is_two_years_late_is_not_believed() {
    let board = Board::meant();
    let Some(chrony) = Chrony::start(5, Some("-730d")) else {
        return;
    };
    let stage = asking(board, &chrony);
    let machine = Machine::boot(board, &stage.card, &Options::default());
    arrive(&stage, &machine, 10);
    let words = ["clock: set from the board's own clock; no time from 10.0.2.2"];
    told(&stage, &machine, &words);
    let status = machine.wait("the page answers", |_| true);
    let off = status["at_ms"].as_i64().unwrap() - siembox::for_tests::clock::now_ms();
    assert!(off.abs() < 3_600_000, "{off} ms");
    machine.pull_the_plug();
}

/// A stage whose box asks this time server only.
fn asking(board: Board, chrony: &Chrony) -> Stage {
    let stage = Stage::new(board, 10);
    stage.provision();
    let clock = format!("\n[clock]\nservers = [\"10.0.2.2:{}\"]\n", chrony.port());
    stage.card.put("siembox.toml", &(stage.settings() + &clock));
    stage
}
