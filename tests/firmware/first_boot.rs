//! Flash it, plug it in, and it works.

use crate::board::Board;
use crate::machine::{Machine, Options};
use crate::stage::Stage;
use crate::wait::until;

#[test]
#[ignore = "needs the image of `make image`"]
fn a_card_with_settings_becomes_a_box_that_forwards() {
    let board = Board::meant();
    let stage = Stage::new(board, 300);
    stage.provision();
    assert!(
        stage
            .card
            .names("/EFI/Linux")
            .iter()
            .any(|name| name.contains("+3"))
    );
    let machine = Machine::boot(board, &stage.card, &Options::default());
    let status = machine.wait("all lines are proved", |status| {
        status["agents"][0]["lines"]["proved"] == 300
    });
    assert_eq!(status["condition"], "connected", "{status}");
    assert_eq!(stage.siem.wait_for(300).len(), 300);
    assert_eq!(stage.arrived(), 300);
    assert!(stage.cloud.url().starts_with("https:"));

    // what a person without a network reads on the card
    let told = until(
        "STATUS.TXT says Connected",
        || {
            stage
                .card
                .get("STATUS.TXT")
                .filter(|text| text.contains("Connected"))
        },
        || format!("{:?}\n{}", stage.card.get("STATUS.TXT"), machine.console()),
    );
    let fingerprint = status["page_fingerprint"].as_str().unwrap();
    for words in ["https://10.0.2.15/", "contoso: Connected"] {
        assert!(told.contains(words), "no {words} in:\n{told}");
    }
    // it stands in two lines there, to be compared by eye
    let bare: String = told.split_whitespace().collect();
    assert!(bare.contains(fingerprint), "{told}");

    // nothing that was taken in is left on the FAT side, not even as what a removed file leaves
    // behind
    let names = stage.card.names("/");
    for taken in ["token", "siembox.toml", "cloud-ca.pem"] {
        assert!(
            !names.iter().any(|name| name.eq_ignore_ascii_case(taken)),
            "{names:?}"
        );
    }
    assert!(
        !stage
            .card
            .holds("SIEMBOX-ESP", stage.cloud.token().as_bytes())
    );

    let page = machine.get("/").unwrap();
    assert!(page.contains("Connected") && page.contains("contoso"));
    // the firmware has proved itself, without asking anybody outside
    until(
        "the boot is marked good",
        || {
            let names = stage.card.names("/EFI/Linux");
            (!names.iter().any(|name| name.contains('+'))).then_some(())
        },
        || {
            format!(
                "{:?}\n{}",
                stage.card.names("/EFI/Linux"),
                machine.console()
            )
        },
    );
    machine.pull_the_plug();

    // and again: what it knows, it keeps
    stage.add(42, 20);
    let machine = Machine::boot(board, &stage.card, &Options::default());
    machine.wait("the new lines are proved", |status| {
        status["agents"][0]["lines"]["proved"] == 20
    });
    assert_eq!(stage.siem.wait_for(320).len(), 320, "nothing twice");
    machine.pull_the_plug();
}
