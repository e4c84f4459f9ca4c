use std::net::IpAddr;
use std::time::Duration;

use super::plain::LONGEST;
use super::*;
use crate::network::{Lease, Setting};
use crate::orphan::Orphan;
use crate::status::{Status, Thresholds};
use crate::timekeeping::{ClockSource, ClockState};
use proptest::prelude::*;

fn facts() -> BoxFacts {
    BoxFacts {
        version: "0.1.0".to_owned(),
        board: "QEMU, virt machine (aarch64)".to_owned(),
        at_ms: 1_795_651_200_000,
        state: "Connected".to_owned(),
        means: "Records come in and go out. Nothing is to be done.".to_owned(),
        network: Some(Setting {
            hostname: "siembox".to_owned(),
            interface: Some("eth0".to_owned()),
            mdns: true,
            ..Setting::default()
        }),
        lease: Some(Lease {
            interface: "eth0".to_owned(),
            address: "10.0.2.15/24".to_owned(),
            router: Some(std::net::Ipv4Addr::new(10, 0, 2, 2)),
            dns: vec![IpAddr::from([10, 0, 2, 3])],
            ntp: Vec::new(),
            domain: None,
            server: None,
            seconds: Some(86_400),
        }),
        http_port: Some(80),
        https_port: Some(443),
        fingerprint: ["AB"; 32].join(":"),
        claimed: Some(false),
        has_button: true,
        clock: ClockState {
            source: ClockSource::Sntp,
            server: Some("ntp.example".to_owned()),
            ..ClockState::default()
        },
        data: DataFacts {
            size: 7_000_000_000,
            free: 6_900_000_000,
            damage: None,
        },
        agents: vec![AgentFacts {
            name: "contoso".to_owned(),
            state: "Connection error".to_owned(),
            troubles: vec!["siem.example:514: connection refused (next retry in 8 s)".to_owned()],
        }],
        card: Some((
            ProvisionResult::Settings {
                files: vec!["token".to_owned(), "siembox.toml".to_owned()],
                warnings: Vec::new(),
            },
            1_795_651_100_000,
        )),
        troubles: Vec::new(),
    }
}

#[test]
fn says_what_a_person_without_network_needs() {
    let text = text(&facts());
    for part in [
        "siembox 0.1.0 on QEMU, virt machine (aarch64)\r\nWritten 2026-11-26T00:00:00Z",
        "\r\nSTATE: Connected\r\nRecords come in and go out.",
        "applied 2026-11-25T23:58:20Z, and wiped here: token, siembox.toml",
        "eth0 has 10.0.2.15/24 by DHCP, router 10.0.2.2",
        "  https://10.0.2.15/\r\n  https://siembox.local/\r\n  http://10.0.2.15/\r\n",
        "The box has no administrator yet",
        "clock: set from the time server ntp.example",
        "data partition: 7000 MB, 6900 MB free\r\n",
        "  contoso: Connection error\r\n    siem.example:514: connection refused (next retry in 8 \
            s)\r\n",
        "Put siembox.toml here",
    ] {
        assert!(text.contains(part), "{part}\n---\n{text}");
    }
}

#[test]
fn a_refused_file_is_answered_line_by_line() {
    let refused = BoxFacts {
        card: Some((
            ProvisionResult::Refused {
                why:
                    "siembox.toml:7:1: agent[1].siem.hots: unknown setting\nsiembox.toml:9:1: more"
                        .to_owned(),
            },
            0,
        )),
        network: None,
        lease: None,
        data: DataFacts::default(),
        agents: Vec::new(),
        clock: ClockState::default(),
        ..facts()
    };
    let text = text(&refused);
    for part in [
        "NOT APPLIED\r\n  siembox.toml:7:1: agent[1].siem.hots: unknown setting\r\n  siembox.toml:9:1: more\r\n  Nothing was changed.",
        "the network is not up yet",
        "data partition: none",
        "none is set up yet",
        "clock: not set yet, possibly wrong",
    ] {
        assert!(text.contains(part), "{part}\n---\n{text}");
    }
}

#[test]
fn only_what_means_something_is_a_change() {
    let old = facts();
    let with = |change: &dyn Fn(&mut BoxFacts)| {
        let mut new = facts();
        change(&mut new);
        changed(&old, &new)
    };
    assert!(!with(&|new| new.at_ms += 1));
    assert!(!with(&|new| new.data.free -= 1_000_000));
    assert!(!with(&|new| new.agents[0].troubles[0] =
        "siem.example:514: connection refused (next retry in 15 s)"
            .to_owned()));
    assert!(!with(
        &|new| new.clock.server = Some("other.example".to_owned())
    ));
    assert!(!with(&|new| new.clock.asked = vec!["a".to_owned()]));
    assert!(with(&|new| new.data.free = 1_000_000));
    assert!(with(&|new| new.data.damage = Some("repaired".to_owned())));
    assert!(with(&|new| new.state = "Disconnected".to_owned()));
    assert!(with(&|new| new.agents[0].troubles.clear()));
    assert!(with(&|new| new.agents.clear()));
    assert!(with(&|new| new.lease = None));
    assert!(with(&|new| new.clock.source = ClockSource::Floor));
    assert!(with(&|new| new.claimed = Some(true)));
    assert!(with(&|new| new.card = None));
}

proptest! {
    #[test]
    fn whatever_others_say_it_stays_a_small_plain_text(
        said in "\\PC{0,900}|[\\x00-\\x1f\\x7f a-z]{0,900}",
        many in 0_usize..40,
    ) {
        let mut facts = facts();
        facts.board.clone_from(&said);
        facts.means.clone_from(&said);
        facts.agents = vec![
            AgentFacts {
                name: said.clone(),
                state: said.clone(),
                troubles: vec![said.clone(); 3]
            };
            many
        ];
        facts.troubles = vec![said.clone(); many];
        facts.card = Some((
            ProvisionResult::Refused {
                why: vec![said.clone(); many].join("\n"),
            },
            0,
        ));
        facts.data.damage = Some(said.clone());
        facts.fingerprint = said;
        let text = text(&facts);
        prop_assert!(text.len() <= LONGEST);
        prop_assert!(
            text.bytes()
                .all(|b| b == b'\r' || b == b'\n' || (b' '..=b'~').contains(&b))
        );
        prop_assert_eq!(text.matches("\r\n").count(), text.matches('\n').count());
        prop_assert_eq!(text.matches("\r\n").count(), text.matches('\r').count());
    }
}

#[test]
fn a_spool_without_an_agent_stands_beside_the_agents() {
    let thresholds = Thresholds {
        connection_error: Duration::from_secs(7200),
        disconnected: Duration::from_secs(43_200),
    };
    let now = crate::clock::Moment {
        steady: Duration::ZERO,
        wall_ms: 0,
    };
    let status = Status::new(thresholds, now);
    let orphan = Orphan {
        name: "old".to_owned(),
        waiting: 7,
        ..Orphan::default()
    };
    assert_eq!(status.orphans(vec![orphan], now).len(), 1);
    let [old] = &AgentFacts::all(&status.snapshot(now))[..] else {
        panic!("one")
    };
    assert_eq!((&*old.name, &*old.state), ("old", "an orphaned spool"));
    assert!(old.troubles[0].contains("7 lines wait"), "{old:?}");
}
