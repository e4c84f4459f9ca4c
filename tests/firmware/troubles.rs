//! First boots that go wrong: each time STATUS.TXT or the page says what is wrong and how to mend it, and the box comes up.

use siembox::status::{Condition, Signal};

use crate::board::Board;
use crate::machine::{Machine, Options};
use crate::rhythm::shows;
use crate::stage::{Stage, told};
use crate::wait::until;

#[test]
#[ignore = "needs the image of `make image`"]
fn without_settings_the_card_says_where_to_set_it_up() {
    let board = Board::meant();
    let stage = Stage::new(board, 1);
    let mut machine = Machine::boot(board, &stage.card, &Options::default());
    told(&stage, &machine, &["https://10.0.2.15/", "password"]);
    lamps(&mut machine, Signal::Condition(Condition::Created));
    let page = machine.get("/").unwrap();
    assert!(page.contains("This box is nobody") && page.contains("No agent is set up"));
    machine.pull_the_plug();
}

#[test]
#[ignore = "needs the image of `make image`"]
fn a_broken_settings_file_is_named_line_by_line_and_taken_in_once_mended() {
    let board = Board::meant();
    let stage = Stage::new(board, 10);
    stage.provision();
    let broken = stage.settings().replace("port = ", "prot = ");
    stage.card.put("siembox.toml", &broken);
    let machine = Machine::boot(board, &stage.card, &Options::default());
    told(
        &stage,
        &machine,
        &["siembox.toml:18:1", "prot", "did you mean `port`"],
    );
    assert!(
        stage
            .card
            .names("/")
            .iter()
            .any(|name| name.eq_ignore_ascii_case("siembox.toml"))
    );
    machine.pull_the_plug();
    stage.card.put("siembox.toml", stage.settings());
    let machine = Machine::boot(board, &stage.card, &Options::default());
    assert_eq!(stage.siem.wait_for(10).len(), 10);
    machine.pull_the_plug();
}

#[test]
#[ignore = "needs the image of `make image`"]
fn without_a_network_the_card_says_so() {
    let board = Board::meant();
    let stage = Stage::new(board, 1);
    stage.provision();
    let unplugged = Options {
        unplugged: true,
        ..Options::default()
    };
    let mut machine = Machine::boot(board, &stage.card, &unplugged);
    told(&stage, &machine, &["cable"]);
    lamps(&mut machine, Signal::Condition(Condition::Interrupted));
    machine.monitor().ask("set_link port on");
    told(&stage, &machine, &["10.0.2.15"]);
    machine.pull_the_plug();
}

#[test]
#[ignore = "needs the image of `make image`"]
fn a_clock_of_1970_and_no_time_server_is_said_and_waited_for_but_not_for_ever() {
    let board = Board::meant();
    let stage = Stage::new(board, 10);
    stage.provision();
    let options = Options {
        clock: Some("1970-01-01T00:00:00"),
        ..Options::default()
    };
    let machine = Machine::boot(board, &stage.card, &options);
    told(
        &stage,
        &machine,
        &[
            "not set yet, may be far off",
            "no answer from 0.pool.ntp.org",
        ],
    );
    // TLS judges certificates by the day of the build at worst: after two minutes the box goes on with it
    arrive(&stage, &machine, 10);
    machine.pull_the_plug();
}

#[test]
#[ignore = "needs the image of `make image`"]
fn a_damaged_data_partition_is_repaired_or_told() {
    let board = Board::meant();
    let stage = in_use(board);

    // its primary superblock is gone: e2fsck finds a copy
    stage.card.overwrite("SIEMBOX-DATA", 0, &[0xa5; 4096]);
    stage.add(45, 5);
    let machine = Machine::boot(board, &stage.card, &Options::default());
    // what was not proved when the plug was pulled comes again
    arrive(&stage, &machine, 15);
    machine.pull_the_plug();

    // all of it is gone
    let size = stage.card.partition("SIEMBOX-DATA").size;
    let megabyte = vec![0xa5; 1 << 20];
    for at in (0..size - (1 << 20)).step_by(1 << 20) {
        stage.card.overwrite("SIEMBOX-DATA", at, &megabyte);
    }
    let mut machine = Machine::boot(board, &stage.card, &Options::default());
    let words = ["made anew", "none is set up yet", "password"];
    told(&stage, &machine, &words);
    lamps(&mut machine, Signal::Condition(Condition::Created));
    machine.pull_the_plug();
}

#[test]
#[ignore = "needs the image of `make image`"]
fn a_file_on_the_card_asks_for_a_factory_reset() {
    let board = Board::meant();
    let stage = in_use(board);
    stage.card.put("FACTORY-RESET", "");
    let machine = Machine::boot(board, &stage.card, &Options::default());
    let words = ["made anew", "none is set up yet", "password"];
    told(&stage, &machine, &words);
    let names = stage.card.names("/");
    assert!(
        !names.iter().any(|name| name.starts_with("FACTORY")),
        "{names:?}"
    );
    machine.pull_the_plug();
}

#[test]
#[ignore = "needs the debug image of `make image-debug`"]
fn a_full_data_partition_is_told_and_nothing_is_lost() {
    let board = Board::meant();
    let stage = Stage::debug(board, 10);
    stage.provision();
    let mut machine = Machine::boot(board, &stage.card, &Options::default());
    machine.wait("all lines are proved", |status| {
        status["agents"][0]["lines"]["proved"] == 10
    });
    // all but what is kept for root
    machine.ask("fallocate -l $(df -k /data | awk 'END {print $4 * 1024}') /data/fill");
    told(&stage, &machine, &["FULL: reading waits"]);
    stage.add(46, 2000);
    machine.wait("the page says that the disk is full", |status| {
        let notices = status["notices"].as_array();
        notices.is_some_and(|notices| {
            notices
                .iter()
                .any(|notice| notice["over_ms"].is_null() && notice["topic"] == "box")
        })
    });
    machine.ask("rm /data/fill");
    arrive(&stage, &machine, 2010);
    lamps(&mut machine, Signal::Condition(Condition::Connected));
    machine.pull_the_plug();
}

/// The lamps agree, where the board has some.
fn lamps(machine: &mut Machine, signal: Signal) {
    if Board::meant() == Board::Aarch64 {
        shows(machine, signal);
    }
}

/// A card of a box that has forwarded ten lines, when its plug was pulled.
fn in_use(board: Board) -> Stage {
    let stage = Stage::new(board, 10);
    stage.provision();
    let machine = Machine::boot(board, &stage.card, &Options::default());
    assert_eq!(stage.siem.wait_for(10).len(), 10);
    machine.pull_the_plug();
    stage
}

/// Waits until so many different lines have arrived.
fn arrive(stage: &Stage, machine: &Machine, lines: usize) {
    until(
        &format!("{lines} lines have arrived"),
        || (stage.arrived() == lines).then_some(()),
        || machine.console(),
    );
}
