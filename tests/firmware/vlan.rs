//! A box on a managed switch, seen from the switch: its address in a VLAN, what else it says there,
//! its name, and what it lets in.

use std::net::{Ipv4Addr, TcpStream};

use crate::board::Board;
use crate::frame::{Frame, Way};
use crate::machine::{Machine, Options};
use crate::mdns;
use crate::stage::{Stage, told};
use crate::switch::Switch;
use crate::wait::until;

const VLAN: u16 = 42;
const PAGE: [u16; 2] = [80, 443];
/// What people and programs try at a box, and the page's port elsewhere.
const CLOSED: [u16; 3] = [22, 8080, 8514];

#[test]
#[ignore = "needs the image of `make image`"]
fn in_a_vlan_it_gets_an_address_forwards_says_its_name_and_lets_nobody_in() {
    if !Board::meant().is_heard() {
        return println!("{}: is not heard on its serial port", Board::meant().name());
    }
    let by_dhcp = Ipv4Addr::new(10, 0, 2, 15);
    let (stage, switch) = cabled(by_dhcp, "vlan = 42");
    let machine = boot(&stage, &switch);
    arrive(&stage, &machine);
    let words = [
        "vlan42 has 10.0.2.15/24 by DHCP, router 10.0.2.2",
        "Connected",
    ];
    told(&stage, &machine, &words);
    answers(&machine);
    answers_to_its_name(&switch, by_dhcp);
    lets_in_nothing_but_the_page(&switch, &machine);
    says_nothing_untagged(&switch);
    machine.pull_the_plug();
}

#[test]
#[ignore = "needs the image of `make image`"]
fn a_fixed_address_in_a_vlan_needs_no_dhcp() {
    if !Board::meant().is_heard() {
        return println!("{}: is not heard on its serial port", Board::meant().name());
    }
    let fixed = Ipv4Addr::new(10, 0, 2, 77);
    let network =
        "vlan = 42\naddress = \"10.0.2.77/24\"\ngateway = \"10.0.2.2\"\ndns = [\"10.0.2.3\"]";
    let (stage, switch) = cabled(fixed, network);
    let machine = boot(&stage, &switch);
    arrive(&stage, &machine);
    told(&stage, &machine, &["https://10.0.2.77/", "Connected"]);
    answers(&machine);
    answers_to_its_name(&switch, fixed);
    let asked = |frame: &Frame| frame.udp().is_some_and(|(_, to, _)| to == 67);
    assert!(
        !switch.seen(Way::Out).iter().any(asked),
        "it asked a DHCP server"
    );
    says_nothing_untagged(&switch);
    machine.pull_the_plug();
}

/// A card with these settings of the network, and a switch.
fn cabled(guest: Ipv4Addr, network: &str) -> (Stage, Switch) {
    let stage = Stage::new(Board::meant(), 10);
    stage.provision();
    let settings = format!("{}\n[network]\n{network}\n", stage.settings());
    stage.card.put("siembox.toml", settings);
    let folder = stage.card.path().parent().unwrap();
    let switch = Switch::start(folder, VLAN, guest, &[PAGE.as_slice(), &CLOSED].concat());
    (stage, switch)
}

fn boot(stage: &Stage, switch: &Switch) -> Machine {
    let options = Options {
        lan: Some(switch.lan()),
        ..Options::default()
    };
    let machine = Machine::boot(Board::meant(), &stage.card, &options);
    let ours = format!("siembox {} on", env!("CARGO_PKG_VERSION"));
    until(
        "siembox is the first process",
        || machine.console().contains(&ours).then_some(()),
        || machine.console(),
    );
    // UEFI has a network of its own, which knows nothing of our settings
    println!("untagged from UEFI itself: {:#?}", switch.untagged());
    switch.forget();
    machine
}

fn arrive(stage: &Stage, machine: &Machine) {
    until(
        "10 lines have arrived",
        || (stage.arrived() == 10).then_some(()),
        || machine.console(),
    );
}

fn answers(machine: &Machine) {
    let page = machine.get("/").unwrap();
    assert!(page.contains("contoso"), "{page}");
}

/// It says it by itself, and when it is asked.
fn answers_to_its_name(switch: &Switch, address: Ipv4Addr) {
    let said = |after: usize| {
        let frames = switch.seen(Way::Out);
        let said: Vec<String> = frames.iter().skip(after).flat_map(mdns::answers).collect();
        said
    };
    let host = format!("A siembox.local {address}");
    let announced = [
        &*host,
        "PTR _https._tcp.local siembox._https._tcp.local",
        "SRV siembox._https._tcp.local 443 siembox.local",
        "SRV siembox._http._tcp.local 80 siembox.local",
    ];
    let all = |said: &[String]| {
        announced
            .iter()
            .all(|word| said.iter().any(|is| is == word))
    };
    until(
        "it announces its name and its page",
        || all(&said(0)).then_some(()),
        || format!("{:#?}", said(0)),
    );
    for (owner, kind, answer) in [
        ("siembox.local", mdns::A, announced[0]),
        ("_https._tcp.local", mdns::PTR, announced[1]),
    ] {
        let before = switch.seen(Way::Out).len();
        until(
            &format!("it answers to {owner}"),
            || {
                // whoever is heard by nobody asks again
                switch.send(&mdns::question(owner, kind));
                std::thread::sleep(std::time::Duration::from_secs(1));
                said(before).iter().any(|is| is == answer).then_some(())
            },
            || format!("{:#?}", said(before)),
        );
    }
}

fn lets_in_nothing_but_the_page(switch: &Switch, machine: &Machine) {
    let knocks = |port: u16| {
        let frames = switch.seen(Way::In);
        let ports = frames.iter().filter_map(Frame::tcp);
        ports.filter(|(_, to)| *to == port).count()
    };
    let answered = |port: u16| {
        let frames = switch.seen(Way::Out);
        frames
            .iter()
            .filter_map(Frame::tcp)
            .any(|(from, _)| from == port)
    };
    let connect = |port: u16| TcpStream::connect(switch.forward(port)).unwrap();
    for port in PAGE {
        let _open = connect(port);
        until(
            &format!("port {port} answers"),
            || answered(port).then_some(()),
            || machine.console(),
        );
    }
    let _tried = CLOSED.map(connect);
    for port in CLOSED {
        until(
            &format!("port {port} is asked, and asked again because it is silent"),
            || (knocks(port) >= 2).then_some(()),
            || machine.console(),
        );
        assert!(!answered(port), "port {port} answers");
    }
}

/// Nothing of the box is to be had in the network that the switch's port has for untagged frames.
fn says_nothing_untagged(switch: &Switch) {
    let (untagged, all) = (switch.untagged(), switch.seen(Way::Out).len());
    println!(
        "{} of {all} frames came untagged: {untagged:#?}",
        untagged.len()
    );
    assert!(untagged.is_empty(), "{untagged:#?}");
}
