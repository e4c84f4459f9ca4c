//! The plug is pulled at random moments while records stream.

use std::time::Duration;

use siembox_support::dice::Dice;

use crate::board::Board;
use crate::machine::{Machine, Options};
use crate::stage::Stage;
use crate::wait::until;

/// How often, unless CUTS says otherwise: `make image-soak` pulls it 50 times.
const CUTS: u64 = 2;
/// Records for each time that the plug is pulled.
const RECORDS: usize = 2000;

#[test]
#[ignore = "needs the image of `make image`"]
fn whenever_the_plug_is_pulled_the_box_comes_up_by_itself_and_nothing_is_lost() {
    let cuts = std::env::var("CUTS").ok();
    let cuts = cuts.and_then(|cuts| cuts.parse().ok()).unwrap_or(CUTS);
    let board = Board::meant();
    let all = RECORDS * usize::try_from(cuts).unwrap();
    let stage = Stage::new(board, all);
    stage.provision();
    let mut dice = Dice::new(cuts);
    for cut in 1..=cuts {
        let before = stage.siem.lines().len();
        let machine = Machine::boot(board, &stage.card, &Options::default());
        // half of them while it starts or takes its settings in, the others while it streams
        if dice.below(2) == 0 {
            until(
                "lines stream",
                || (stage.siem.lines().len() > before || stage.arrived() >= all).then_some(()),
                || machine.console(),
            );
            std::thread::sleep(Duration::from_millis(dice.below(8000)));
        } else {
            std::thread::sleep(Duration::from_millis(4000 + dice.below(12_000)));
        }
        machine.pull_the_plug();
        println!(
            "cut {cut} of {cuts}: {} of {all} lines have arrived",
            stage.arrived()
        );
    }
    let machine = Machine::boot(board, &stage.card, &Options::default());
    until(
        "all lines have arrived",
        || (stage.arrived() == all).then_some(()),
        || format!("{} of {all}\n{}", stage.arrived(), machine.console()),
    );
    let lines = stage.siem.lines().len();
    println!(
        "{cuts} cuts, {all} records: lost 0, {} repeated",
        lines - all
    );
    machine.pull_the_plug();
}
