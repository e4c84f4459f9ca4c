//! QEMU's Raspberry Pi 3: the same firmware with Debian's kernel and device tree, on the board's
//! own GPIO and SD controller. Its network is an adapter at its USB, and it has no clock that goes
//! on without power.

use siembox::for_tests::status::{Condition, Signal};

use crate::board::Board;
use crate::machine::{Machine, Options};
use crate::rhythm::shows;
use crate::stage::{Stage, told};

#[test]
#[ignore = "needs the image of `make image BOARD=raspberry-pi-3`"]
fn a_raspberry_pi_shows_its_state_by_its_own_lamp_and_forwards() {
    let board = Board::RaspberryPi3;
    if Board::meant() != Board::Aarch64 {
        return println!("{}: is tried along with qemu-aarch64", board.name());
    }
    let stage = Stage::new(board, 50);
    let unplugged = Options {
        unplugged: true,
        ..Options::default()
    };
    let mut machine = Machine::boot(board, &stage.card, &unplugged);
    shows(&mut machine, Signal::Condition(Condition::Created));
    let words = [
        "on Raspberry Pi 3",
        "STATE: Created",
        "clock: not set yet",
        "no address yet (usb0)",
        // see Board::command
        "There is no hardware watchdog (bcm2835_wdt should drive it)",
    ];
    told(&stage, &machine, &words);
    machine.pull_the_plug();

    stage.provision();
    let mut machine = Machine::boot(board, &stage.card, &Options::default());
    machine.wait("all lines are proved", |status| {
        status["agents"][0]["lines"]["proved"] == 50
    });
    assert_eq!(stage.siem.wait_for(50).len(), 50);
    shows(&mut machine, Signal::Condition(Condition::Connected));

    let console = machine.console();
    println!("{console}");
    // by its own marks, and not only because the image was built for it
    assert!(console.contains("raspberrypi,model-zero-2-w"));
    // it was switched on twice, and has not started anew in between
    assert!(console.matches("on Raspberry Pi 3").count() <= 2);
    // see Board::command
    let refused = console
        .lines()
        .filter(|line| line.contains("cannot be loaded"));
    let refused: Vec<&str> = refused
        .filter(|line| !line.contains("bcm2835_wdt"))
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert!(
        !console.contains("cannot be marked"),
        "nothing counts its tries"
    );
    machine.pull_the_plug();
}
