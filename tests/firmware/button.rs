//! The button is held: ten seconds free the box for another owner, thirty erase everything. The
//! lamps ask before.

use siembox::for_tests::status::{Condition, Signal};

use crate::board::Board;
use crate::claim::{claim, is_claimed};
use crate::finger::{answers, press_for_release, press_for_reset};
use crate::machine::{Machine, Options};
use crate::rhythm::shows;
use crate::stage::{Stage, arrive, told};
use crate::wait::until;

const CONNECTED: Signal = Signal::Condition(Condition::Connected);
const DATA: &str = "SIEMBOX-DATA";

#[test]
#[ignore = "needs the image of `make image`"]
fn held_for_ten_seconds_it_releases_the_claim_and_nothing_else() {
    if Board::meant() != Board::Aarch64 {
        return println!("{}: has no lamps", Board::meant().name());
    }
    let stage = Stage::new(Board::Aarch64, 10);
    stage.provision();
    let machine = &mut Machine::boot(Board::Aarch64, &stage.card, &Options::default());
    shows(machine, CONNECTED);
    claim(machine);

    // a short press
    machine.monitor().ask("system_powerdown");
    shows(machine, Signal::Identify);
    shows(machine, CONNECTED);
    // let go as soon as the lamps answer, after three seconds: that means nothing
    let mut finger = machine.finger();
    finger.down();
    answers(machine, &["red", "amber", "green"]);
    finger.up();
    drop(finger);
    shows(machine, CONNECTED);
    is_claimed(machine, true);
    let console = machine.console();
    assert!(!console.contains("claim:") && !console.contains("factory"));

    press_for_release(machine);
    is_claimed(machine, false);
    assert!(
        machine
            .get("/")
            .unwrap()
            .contains("This box has no administrator")
    );
    assert!(machine.console().contains("claim: released by the button"));
    shows(machine, CONNECTED);
    stage.add(48, 5);
    arrive(&stage, machine, 15);
    // and another one may come
    claim(machine);
}

#[test]
#[ignore = "needs the image of `make image`"]
fn held_for_thirty_seconds_it_erases_everything_even_if_the_plug_is_pulled_meanwhile() {
    if Board::meant() != Board::Aarch64 {
        return println!("{}: has no lamps", Board::meant().name());
    }
    let stage = Stage::new(Board::Aarch64, 10);
    stage.provision();
    let plain = Options {
        plain_card: true,
        ..Options::default()
    };
    let mut machine = Machine::boot(Board::Aarch64, &stage.card, &plain);
    arrive(&stage, &machine, 10);
    claim(&machine);
    let token = stage.cloud.token().as_bytes();
    let url = format!("https://10.0.2.2:{}", stage.cloud.addr().port());
    let secrets = [token, url.as_bytes()];
    for secret in secrets {
        until(
            "what is to be erased is there",
            || stage.card.holds(DATA, secret).then_some(()),
            || machine.console(),
        );
    }

    press_for_reset(&mut machine);
    says(&machine, "factory reset: requested by a file");
    machine.pull_the_plug();
    assert!(
        stage
            .card
            .names("/")
            .iter()
            .any(|name| name == "FACTORY-RESET")
    );

    let mut machine = Machine::boot(Board::Aarch64, &stage.card, &plain);
    says(&machine, "MB are erased");
    let words = [
        "made anew",
        "none is set up yet",
        "The box has no administrator",
    ];
    told(&stage, &machine, &words);
    shows(&mut machine, Signal::Condition(Condition::Created));
    is_claimed(&machine, false);
    for secret in secrets {
        assert!(!stage.card.holds(DATA, secret));
    }
    let names = stage.card.names("/");
    assert!(
        !names.iter().any(|name| name.starts_with("FACTORY")),
        "{names:?}"
    );
    for line in machine
        .console()
        .lines()
        .filter(|line| line.contains("factory"))
    {
        println!("{line}");
    }
    machine.pull_the_plug();
}

/// Waits until the console has said so.
fn says(machine: &Machine, words: &str) {
    until(
        words,
        || machine.console().contains(words).then_some(()),
        || machine.console(),
    );
}
