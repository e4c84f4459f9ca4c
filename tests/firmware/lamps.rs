//! What the lamps say in each state, read from the registers of the board's GPIO controller through
//! QEMU's monitor, and that a box that hangs does not go on saying that all is well.

use siembox::for_tests::status::{Condition, Signal};

use crate::board::Board;
use crate::machine::{Machine, Options};
use crate::rhythm::shows;
use crate::stage::Stage;
use crate::wait::until;

#[test]
#[ignore = "needs the image of `make image`"]
fn each_state_has_its_lamp_and_rhythm() {
    if Board::meant() != Board::Aarch64 {
        return println!("{}: has no lamps", Board::meant().name());
    }
    let mut stage = Stage::new(Board::Aarch64, 20);
    let machine = &mut Machine::boot(Board::Aarch64, &stage.card, &Options::default());
    // nobody has set anything up
    shows(machine, Signal::Condition(Condition::Created));
    let set_up = |stage: &Stage| stage.provision();
    machine.monitor().ask("quit");
    set_up(&stage);
    let machine = &mut Machine::boot(Board::Aarch64, &stage.card, &Options::default());
    shows(machine, Signal::Condition(Condition::Connected));

    // a short press of the button: here I am
    machine.monitor().ask("system_powerdown");
    shows(machine, Signal::Identify);
    shows(machine, Signal::Condition(Condition::Connected));

    stage.siem.kill();
    stage.add(43, 5);
    shows(machine, Signal::Condition(Condition::Interrupted));
    shows(machine, Signal::Condition(Condition::ConnectionError));
    shows(machine, Signal::Condition(Condition::Disconnected));
    stage.siem.start();
    shows(machine, Signal::Condition(Condition::Connected));
    assert_eq!(stage.siem.wait_for(25).len(), 25);
}

#[test]
#[ignore = "needs the debug image of `make image-debug`"]
fn a_frozen_process_loses_its_lamp_and_is_started_again() {
    if Board::meant() != Board::Aarch64 {
        return println!("{}: has no lamps", Board::meant().name());
    }
    let stage = Stage::debug(Board::Aarch64, 20);
    stage.provision();
    let machine = &mut Machine::boot(Board::Aarch64, &stage.card, &Options::default());
    shows(machine, Signal::Condition(Condition::Connected));
    let pid = machine.status().unwrap()["pid"].as_u64().unwrap();
    machine.type_in(&format!("kill -STOP {pid}"));
    shows(machine, Signal::Fault);
    let again = until(
        "another process",
        || {
            let now = machine.status()?["pid"].as_u64()?;
            (now != pid).then_some(now)
        },
        || machine.console(),
    );
    println!("process {pid} was frozen, {again} took its place");
    shows(machine, Signal::Condition(Condition::Connected));
    stage.add(44, 5);
    assert_eq!(stage.siem.wait_for(25).len(), 25, "nothing lost");
}
