//! What lies on the data partition is damaged, unreadable, too much, or no longer wanted.

use siembox::for_tests::status::{Condition, Signal};

use crate::board::Board;
use crate::card::Card;
use crate::machine::{Machine, Options};
use crate::rhythm::agree;
use crate::stage::{Stage, arrive, told};

const DATA: &str = "SIEMBOX-DATA";

#[test]
#[ignore = "needs the image of `make image`"]
fn a_damaged_data_partition_is_repaired_or_told() {
    let board = Board::meant();
    let stage = Stage::in_use(board);

    // its primary superblock is gone: e2fsck finds a copy
    stage.card.overwrite(DATA, 0, &[0xa5; 4096]);
    stage.add(45, 5);
    let machine = Machine::boot(board, &stage.card, &Options::default());
    // what was not proved when the plug was pulled comes again
    arrive(&stage, &machine, 15);
    machine.pull_the_plug();

    // all of it is gone
    let size = stage.card.partition(DATA).size;
    let megabyte = vec![0xa5; 1 << 20];
    for at in (0..size - (1 << 20)).step_by(1 << 20) {
        stage.card.overwrite(DATA, at, &megabyte);
    }
    let mut machine = Machine::boot(board, &stage.card, &Options::default());
    let words = ["made anew", "none is set up yet", "password"];
    told(&stage, &machine, &words);
    agree(&mut machine, Signal::Condition(Condition::Created));
    machine.pull_the_plug();
}

#[test]
#[ignore = "needs the image of `make image`"]
fn a_file_on_the_card_asks_for_a_factory_reset() {
    let board = Board::meant();
    let stage = Stage::in_use(board);
    let token = stage.cloud.token().as_bytes();
    assert!(stage.card.holds(DATA, token));
    stage.card.put("FACTORY-RESET", "");
    let machine = Machine::boot(board, &stage.card, &Options::default());
    let words = ["made anew", "none is set up yet", "password"];
    told(&stage, &machine, &words);
    let names = stage.card.names("/");
    assert!(
        !names.iter().any(|name| name.starts_with("FACTORY")),
        "{names:?}"
    );
    assert!(!stage.card.holds(DATA, token));
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
    agree(&mut machine, Signal::Condition(Condition::Connected));
    machine.pull_the_plug();
}

#[test]
#[ignore = "needs the image of `make image`"]
fn a_data_partition_that_cannot_be_repaired_is_left_alone_until_somebody_gives_it_up() {
    let board = Board::meant();
    let stage = Stage::in_use(board);
    let token = stage.cloud.token().as_bytes();
    let changed = from_the_future(&stage.card);
    assert!(changed > 1, "its copies too");
    let before = stage.card.fingerprint(DATA);

    let mut machine = Machine::boot(board, &stage.card, &Options::default());
    let words = [
        "STATE: Fault of the box",
        "DAMAGED, in RAM for now: e2fsck:",
        "cannot be repaired",
        "an empty file named FACTORY-RESET",
        "none is set up yet",
    ];
    told(&stage, &machine, &words);
    agree(&mut machine, Signal::Fault);
    machine.wait("the page says it too", |status| {
        let notices = status["notices"].as_array().into_iter().flatten();
        let mut texts = notices.filter_map(|notice| notice["text"].as_str());
        texts.any(|text| text.contains("damaged and cannot be repaired"))
    });
    machine.pull_the_plug();
    assert_eq!(
        stage.card.fingerprint(DATA),
        before,
        "not a byte was touched"
    );
    assert!(stage.card.holds(DATA, token));

    stage.card.put("FACTORY-RESET.txt", "");
    let mut machine = Machine::boot(board, &stage.card, &Options::default());
    told(
        &stage,
        &machine,
        &["made anew", "none is set up yet", "password"],
    );
    agree(&mut machine, Signal::Condition(Condition::Created));
    assert!(!stage.card.holds(DATA, token));
    machine.pull_the_plug();

    // and it is a box as any other
    stage.provision();
    let machine = Machine::boot(board, &stage.card, &Options::default());
    arrive(&stage, &machine, 10);
    machine.pull_the_plug();
}

/// Gives the file system a feature that no e2fsck knows yet, in its superblock and all copies of
/// it; how many these are.
fn from_the_future(card: &Card) -> usize {
    const LENGTH: usize = 1024;
    const INCOMPATIBLE: usize = 0x60;
    const SUM: usize = 0x3fc;
    let group = 32_768 * 4_096;
    let size = card.partition(DATA).size;
    let mut places: Vec<u64> = (1..size / group).map(|number| number * group).collect();
    places.push(1024);
    let mut changed = 0;
    for at in places {
        let mut block = card.read(DATA, at, LENGTH);
        if block[0x38..0x3a] != [0x53, 0xef] {
            continue;
        }
        assert_eq!(block[SUM..], crc32c(&block[..SUM]).to_le_bytes());
        block[INCOMPATIBLE + 3] |= 0x40;
        let sum = crc32c(&block[..SUM]).to_le_bytes();
        block[SUM..].copy_from_slice(&sum);
        card.overwrite(DATA, at, &block);
        changed += 1;
    }
    changed
}

/// As ext4 has it: begun with all ones, and not turned over at the end.
fn crc32c(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ if sum & 1 == 1 { POLYNOMIAL } else { 0 }
        })
    })
}
