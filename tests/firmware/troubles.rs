//! First boots that go wrong: each time STATUS.TXT or the page says what is wrong and how to mend
//! it, and the box comes up.

use siembox::for_tests::status::{Condition, Signal};

use crate::board::Board;
use crate::machine::{Machine, Options};
use crate::rhythm::agree;
use crate::stage::{Stage, told};

#[test]
#[ignore = "needs the image of `make image`"]
fn without_settings_the_card_says_where_to_set_it_up() {
    let board = Board::meant();
    let stage = Stage::new(board, 1);
    let mut machine = Machine::boot(board, &stage.card, &Options::default());
    told(&stage, &machine, &["https://10.0.2.15/", "password"]);
    agree(&mut machine, Signal::Condition(Condition::Created));
    let page = machine.get("/").unwrap();
    assert!(page.contains("This box has no administrator") && page.contains("No agent is set up"));
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
    agree(&mut machine, Signal::Condition(Condition::Interrupted));
    machine.monitor().ask("set_link port on");
    told(&stage, &machine, &["10.0.2.15"]);
    machine.pull_the_plug();
}
