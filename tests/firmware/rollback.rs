//! A newer firmware file is put beside the one that runs, as an update by hand does: one that does
//! well is kept, one that does not is taken back by itself.

use crate::board::Board;
use crate::efi_program::EfiProgram;
use crate::machine::{Machine, Options};
use crate::stage::{Stage, told};
use crate::wait::until;

const FOLDER: &str = "/EFI/Linux";
/// The last and the one before it: as long as the real version's name.
const NEW: &str = "9.9.8";
const NEWER: &str = "9.9.9";
const GIVEN_UP: &str = "siembox_9.9.9+0-3.efi";
/// What STATUS.TXT says of it.
const WORDS: &str = "A newer firmware, 9.9.9, failed 3 starts";

#[test]
#[ignore = "needs the image of `make image`"]
fn an_update_is_kept_and_one_that_panics_is_taken_back() {
    let board = Board::meant();
    let stage = kept(board);

    drop_beside(&stage, NEW, &named(board, NEW));
    stage.add(42, 10);
    let machine = Machine::boot(board, &stage.card, &Options::default());
    is_kept(&stage, &machine, NEW);
    told(
        &stage,
        &machine,
        &["siembox 9.9.8 on", "contoso: Connected"],
    );
    arrive(&stage, &machine, 20);
    machine.pull_the_plug();

    drop_beside(&stage, NEWER, &named(board, NEWER).without_initramfs());
    stage.add(43, 10);
    let machine = Machine::boot(board, &stage.card, &Options::default());
    // three panics, each with a new start of its own
    arrive(&stage, &machine, 30);
    let old = "so the older one, 9.9.8, runs. Remove EFI/Linux/siembox_9.9.9+0-3.efi";
    told(&stage, &machine, &[WORDS, old, "contoso: Connected"]);
    let names = stage.card.names(FOLDER);
    assert!(names.iter().any(|name| name == GIVEN_UP), "{names:?}");
    let page = machine.get("/").unwrap();
    assert!(page.contains(WORDS), "{page}");
    machine.pull_the_plug();
}

#[test]
#[ignore = "needs the image of `make image`"]
fn an_update_in_which_siembox_never_comes_up_is_taken_back_too() {
    let board = Board::meant();
    if board != Board::Aarch64 {
        return println!(
            "{}: half an hour has to pass, and only QEMU's aarch64 is quick about it",
            board.name()
        );
    }
    let stage = kept(board);
    drop_beside(&stage, NEWER, &sick(board));
    stage.add(42, 10);
    let rushed = Options {
        rushed: true,
        ..Options::default()
    };
    let machine = Machine::boot(board, &stage.card, &rushed);
    let lost = "firmware: 9.9.9 did not become healthy within 10 min: the box restarts";
    for times in 1..=3 {
        until(
            &format!("it has given itself up {times} times"),
            || (machine.console().matches(lost).count() == times).then_some(()),
            || format!("{:?}\n{}", stage.card.names(FOLDER), machine.console()),
        );
    }
    let older = format!("siembox {} on", env!("CARGO_PKG_VERSION"));
    until(
        "the older one starts",
        || {
            let said = machine.console();
            let (_, last) = said.rsplit_once(lost)?;
            last.contains(&older).then_some(())
        },
        || machine.console(),
    );
    machine.pull_the_plug();
    let names = stage.card.names(FOLDER);
    assert!(names.iter().any(|name| name == GIVEN_UP), "{names:?}");

    // at the world's own pace
    let machine = Machine::boot(board, &stage.card, &Options::default());
    arrive(&stage, &machine, 20);
    told(&stage, &machine, &[WORDS, "contoso: Connected"]);
    machine.pull_the_plug();
}

/// A card whose firmware has forwarded ten lines and been marked good.
fn kept(board: Board) -> Stage {
    let stage = Stage::new(board, 10);
    stage.provision();
    let machine = Machine::boot(board, &stage.card, &Options::default());
    arrive(&stage, &machine, 10);
    is_kept(&stage, &machine, env!("CARGO_PKG_VERSION"));
    machine.pull_the_plug();
    stage
}

/// The firmware of the image, which says of itself that it is of another version.
fn named(board: Board, version: &str) -> EfiProgram {
    let about = about(board, version);
    EfiProgram::of(board)
        .called(version)
        .with(&[("etc/siembox/firmware.toml", &about)])
}

/// The same, but its siembox ends as soon as it is started. PID 1, which is the same program, does
/// not.
fn sick(board: Board) -> EfiProgram {
    let about = about(board, NEWER);
    let init = "#!/bin/busybox sh\n/bin/busybox mkdir /well\n/bin/busybox mv /bin/siembox /well/init\n\
        /bin/busybox mv /bin/sick /bin/siembox\nexec /well/init\n";
    EfiProgram::of(board).called(NEWER).with(&[
        ("etc/siembox/firmware.toml", &about),
        ("bin/sick", "#!/bin/busybox sh\necho I am sick\nexit 1\n"),
        ("init", init),
    ])
}

fn about(board: Board, version: &str) -> String {
    let name = board.name();
    format!(
        "board = \"{name}\"\nversion = \"{version}\"\nbuilt = \"2026-11-26T00:00:00Z\"\ndebug = false\n"
    )
}

/// As a person does: with three tries.
fn drop_beside(stage: &Stage, version: &str, program: &EfiProgram) {
    let name = format!("{FOLDER}/siembox_{version}+3.efi");
    stage.card.put(&name, program.bytes());
}

fn is_kept(stage: &Stage, machine: &Machine, version: &str) {
    let good = format!("siembox_{version}.efi");
    until(
        &format!("{good} is marked good"),
        || stage.card.names(FOLDER).contains(&good).then_some(()),
        || format!("{:?}\n{}", stage.card.names(FOLDER), machine.console()),
    );
}

fn arrive(stage: &Stage, machine: &Machine, lines: usize) {
    until(
        &format!("{lines} lines proved"),
        || (stage.arrived() == lines).then_some(()),
        || machine.console(),
    );
}
