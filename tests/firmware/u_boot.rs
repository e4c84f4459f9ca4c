//! U-Boot instead of UEFI firmware, as on the Rockchip and Allwinner boards: Debian's for QEMU's
//! machine, with what those boards' images have on their FAT side. Their own U-Boot, device trees
//! and drivers are not tried here: QEMU has no such board.

use crate::board::Board;
use crate::machine::{Machine, Options};
use crate::stage::{Stage, told};
use crate::wait::until;

#[test]
#[ignore = "needs the image of `make image`"]
fn under_u_boot_a_card_becomes_a_box_that_forwards() {
    let board = Board::UBoot;
    if Board::meant() != Board::Aarch64 {
        return println!("U-Boot is tried along with qemu-aarch64");
    }
    let stage = Stage::new(board, 10);
    stage.provision();
    // the images of these boards have no count in it (image/build/boot.py): U-Boot can't rename a
    // file
    let version = env!("CARGO_PKG_VERSION");
    let (counted, bare) = (
        format!("/EFI/Linux/siembox_{version}+3.efi"),
        format!("siembox_{version}.efi"),
    );
    stage.card.rename(&counted, &bare);
    let machine = Machine::boot(board, &stage.card, &Options::default());
    until(
        "10 lines have arrived",
        || (stage.arrived() == 10).then_some(()),
        || machine.console(),
    );
    told(
        &stage,
        &machine,
        &["https://10.0.2.15/", "contoso: Connected"],
    );
    assert!(machine.console().contains("U-Boot 20"));
    assert_eq!(stage.card.names("/EFI/Linux"), [bare]);
    machine.pull_the_plug();
}
