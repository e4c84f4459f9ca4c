//! The network of a box that runs: settings that change it take effect at once.

use crate::board::Board;
use crate::machine::{Machine, Options};
use crate::stage::{Stage, told};

#[test]
#[ignore = "needs the debug image of `make image-debug`"]
fn another_address_is_taken_at_once_and_given_back() {
    let board = Board::meant();
    let stage = Stage::debug(board, 10);
    stage.provision();
    let machine = Machine::boot(board, &stage.card, &Options::default());
    machine.wait("all lines are proved", |status| {
        status["agents"][0]["lines"]["proved"] == 10
    });

    machine.ask(
        "cp -p /data/etc/siembox.toml /data/etc/before; \
         echo -e '[network]\\naddress = \"10.0.2.77/24\"\\ngateway = \"10.0.2.2\"\\ndns = \"10.0.2.3\"' >> /data/etc/siembox.toml",
    );
    told(&stage, &machine, &["https://10.0.2.77/"]);
    stage.add(47, 5);
    assert_eq!(stage.siem.wait_for(15).len(), 15);
    let addresses = machine.ask("ip -4 -o addr show dev eth0; pidof udhcpc");
    assert!(addresses.contains("10.0.2.77/24"), "{addresses}");
    assert!(!addresses.contains("10.0.2.15"), "{addresses}");
    assert_eq!(addresses.lines().count(), 1, "no DHCP client: {addresses}");

    machine.ask("mv /data/etc/before /data/etc/siembox.toml");
    told(&stage, &machine, &["https://10.0.2.15/"]);
    machine.wait("the page is back where it was", |status| {
        status["agents"][0]["lines"]["proved"] == 15
    });
    machine.pull_the_plug();
}
