//! How the page looks: what axe-core says of it, whether it fits, and pictures for people (`make
//! screenshots`).

use std::path::Path;

use siembox::for_tests::orphan::Orphan;
use siembox::for_tests::status::{
    AgentReport, LedgerReport, LinkState, PartitionReport, Snapshot, Topic,
};

use crate::cast::{
    DAY, HOUR, MINUTE, agent, group_of, member, notice, over, snapshot, without_siem,
};
use crate::driver::Browser;
use crate::still;

pub const WIDTHS: [u32; 3] = [360, 768, 1440];
pub const SCHEMES: [&str; 2] = ["light", "dark"];

/// Everything that a page may have to show, by name.
pub fn scenes() -> Vec<(&'static str, Snapshot)> {
    vec![
        ("connected", connected()),
        ("interrupted", interrupted()),
        ("disconnected", disconnected()),
        ("created", created()),
        ("paused", paused()),
        ("no-agent", snapshot(vec![], vec![])),
        ("orphaned", orphaned()),
        ("unclaimed", unclaimed()),
        ("many", many()),
        ("long", long()),
        ("no-partition", of_member(0)),
        ("four-partitions", of_member(4)),
        ("all-partitions", of_member(32)),
        ("share-in-doubt", in_doubt()),
        ("long-hubs", long_hubs()),
    ]
}

pub fn connected() -> Snapshot {
    let (_, away) = without_siem("contoso", 2 * HOUR);
    snapshot(vec![agent("contoso")], vec![over(away, 110 * MINUTE)])
}

pub fn interrupted() -> Snapshot {
    let (agent, away) = without_siem("contoso", 14 * MINUTE);
    let aside = notice(
        "contoso",
        Topic::SetAside,
        "Record set aside",
        "activities: record \"97134000_15600_0001\" cannot be read and is set aside: no timestamp",
        7 * HOUR,
    );
    snapshot(vec![agent], vec![away, aside])
}

fn disconnected() -> Snapshot {
    let (agent, away) = without_siem("contoso", 3 * DAY);
    snapshot(vec![agent], vec![away])
}

fn unclaimed() -> Snapshot {
    let mut new = snapshot(vec![], vec![]);
    new.page.push("https://127.0.0.1:8515/".to_owned());
    new.unclaimed = true;
    new
}

fn created() -> Snapshot {
    let mut new = agent("contoso");
    (new.cloud.state, new.siem.state) = (LinkState::Created, LinkState::Created);
    (new.cloud.contact_ms, new.siem.contact_ms) = (None, None);
    (new.last_read_ms, new.last_proved_ms) = (None, None);
    new.since_ms = crate::cast::NOW - 40_000;
    new.ledger = LedgerReport::default();
    new.depths = Default::default();
    snapshot(vec![new], vec![])
}

fn paused() -> Snapshot {
    let mut agent = agent("contoso");
    agent.paused = true;
    agent.cloud.state = LinkState::Created;
    snapshot(vec![agent], vec![])
}

/// An agent was renamed while lines waited.
pub fn orphaned() -> Snapshot {
    let orphan = Orphan {
        name: "contoso-old".to_owned(),
        waiting: 1_000,
        waiting_bytes: 812_000,
        oldest_ms: Some(crate::cast::NOW - 3 * HOUR),
        disk_bytes: 5_100_000,
        aside: 2,
        ..Orphan::default()
    };
    let title = "A spool is orphaned";
    let told = notice(
        "contoso-old",
        Topic::Orphan,
        title,
        &orphan.in_words(),
        HOUR,
    );
    let mut snapshot = snapshot(vec![agent("contoso")], vec![told]);
    snapshot.orphans.push(orphan);
    snapshot
}

/// One of several boxes reads so many of 32 partitions.
pub fn of_member(partitions: i32) -> Snapshot {
    snapshot(vec![member(partitions)], vec![])
}

/// One that is paused, one whose namespace does not answer.
fn in_doubt() -> Snapshot {
    let mut paused = member(0);
    paused.name = "fabrikam".to_owned();
    paused.paused = true;
    group_of(&mut paused).held = false;
    let mut away = member(4);
    group_of(&mut away).held = false;
    away.cloud.trouble = Some("the service ended the connection".to_owned());
    snapshot(vec![away, paused], vec![])
}

/// As many hubs and partitions as there can be, with names as long as they can be.
pub fn long_hubs() -> Snapshot {
    let mut one = member(0);
    let group = &mut group_of(&mut one).report;
    group.group = "g".repeat(256);
    group.member = "m".repeat(256);
    (group.generation, group.rebalances) = (i32::MAX, u64::MAX);
    (group.total_partitions, group.other_records) = (320, u64::MAX);
    group.partitions = (0..320)
        .map(|number| PartitionReport {
            hub: format!(
                "{}{}",
                "insights-logs-advancedhunting".repeat(8),
                number / 32
            ),
            number: if number == 0 { i32::MAX } else { number % 32 },
            next: 0,
            committed: None,
            latest: Some(i64::MAX - i64::from(number)),
            newest_ms: None,
        })
        .collect();
    snapshot(vec![one], vec![])
}

fn many() -> Snapshot {
    let tenants = [
        "contoso",
        "fabrikam",
        "northwind",
        "adatum",
        "litware",
        "proseware",
        "tailspin",
        "wingtip",
        "wideworld",
        "alpine-ski-house",
        "bellows",
        "blueyonder",
        "city-power",
        "coho",
        "consolidated",
        "datum",
        "fourthcoffee",
        "graphic-design",
        "humongous",
        "lucerne",
    ];
    let mut notices = Vec::new();
    let agents: Vec<AgentReport> = tenants
        .into_iter()
        .enumerate()
        .map(|(index, name)| {
            let mut one = match index {
                4 => {
                    let (one, away) = without_siem(name, 5 * HOUR);
                    notices.push(away);
                    one
                }
                11 => {
                    let (one, away) = without_siem(name, 4 * MINUTE);
                    notices.push(away);
                    one
                }
                _ => agent(name),
            };
            one.cloud.to = format!("https://{name}.eu2.portal.cloudappsecurity.com");
            one
        })
        .collect();
    snapshot(agents, notices)
}

/// Names and texts as long as they can be, and with markup in them.
pub fn long() -> Snapshot {
    let name = "a-name-as-long-as-somebody-may-want-it-0123456789-0123456789-0123456789-0123456789-0123456789";
    let (mut one, mut away) = without_siem(name, 26 * MINUTE);
    let wild = "<script>alert(1)</script> \"'><img src=x onerror=alert(1)> & \u{202e}desrever ";
    one.cloud.to = format!("https://{}.example/{}", "x".repeat(63), "path/".repeat(20));
    one.siem.to = format!("tls://{}:65535", "siem.".repeat(45));
    one.siem.trouble = Some(wild.repeat(12));
    one.spool.full = true;
    one.spool.aside = 1_234_567;
    one.spool.damaged_lines = 98_765;
    one.spool.waiting = 123_456_789_012;
    one.spool.waiting_bytes = 98_765_432_109_876;
    away.text = format!("{}\n{}", wild.repeat(12), "0123456789abcdef".repeat(80));
    away.title = wild.to_owned();
    snapshot(vec![one], vec![away])
}

#[test]
fn every_scene_fits_and_passes_the_accessibility_checker() {
    let mut browser = Browser::start();
    let mut wrong = Vec::new();
    for (name, status) in scenes() {
        let url = still::serve(status);
        for width in WIDTHS {
            for scheme in SCHEMES {
                assert_eq!(browser.open(&url, width, scheme), 200);
                browser.tell("for (const details of document.querySelectorAll('details')) details.open = true");
                let found = browser.axe();
                wrong.extend(
                    found
                        .iter()
                        .map(|found| format!("{name} {width} {scheme}: {found}")),
                );
                let wide = browser.tell("document.documentElement.scrollWidth");
                if wide.as_u64() > Some(width.into()) {
                    wrong.push(format!("{name} {width}: {wide} px wide"));
                }
                let complaints = browser.complaints();
                assert!(complaints.is_empty(), "{name}: {complaints:?}");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `make screenshots`
#[test]
#[ignore = "makes pictures: make screenshots"]
fn screenshots() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    let mut browser = Browser::start();
    for (name, status) in scenes() {
        let url = still::serve(status);
        for width in WIDTHS {
            for scheme in SCHEMES {
                browser.open(&url, width, scheme);
                let path = folder.join(format!("{name}-{width}-{scheme}.png"));
                browser.shot(&path);
                println!("{}", path.display());
            }
        }
    }
}
