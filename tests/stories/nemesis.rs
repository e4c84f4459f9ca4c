//! Everything at once: kills, receiver deaths, API faults, changed settings, replays, clock jumps,
//! and a relay whose connections live for 10 kB to 10 MB, over a backlog of more than ten windows.
//! Counted by identity.

use std::path::PathBuf;
use std::time::Duration;

use siembox_support::cloud::{Cloud, Fault, Target, Unreadable};
use siembox_support::dice::Dice;
use siembox_support::pki::Authority;
use siembox_support::receiver::relay::Relay;
use siembox_support::receiver::{Receiver, collector, rsyslog};
use siembox_support::{records, soak};

use crate::arrivals::Wanted;
use crate::expected;
use crate::receiver_process;
use crate::siembox::{Plan, Siembox};

/// The last wait: everything that is left, through short connections.
const PATIENCE: Duration = Duration::from_secs(400);

/// What happens to the stream next.
fn strike(
    dice: &mut Dice,
    siembox: &mut Siembox,
    receiver: &mut Receiver,
    cloud: &Cloud,
    plan: &Plan,
    clock: Option<&PathBuf>,
) {
    match dice.below(8) {
        0 => {
            siembox.kill();
            siembox.start();
        }
        1 => {
            siembox.stop();
            siembox.start();
        }
        2 | 3 => {
            receiver.kill();
            receiver.start();
        }
        4 => {
            // not Repeat: the simulator would give the stream the last answer of a replay, which no
            // API does
            let faults = [
                Fault::Status(500),
                Fault::ResetInBody,
                Fault::Unordered,
                Fault::HtmlPage,
                Fault::Unreadable(Unreadable::WrongTypes),
            ];
            let fault = dice.pick(&faults).clone();
            cloud.clear_faults();
            cloud.fault(
                fault
                    .for_ever()
                    .on(Target::Activities)
                    .chance(0.3, dice.throw()),
            );
        }
        5 => {
            let mut plan = plan.clone();
            plan.activities = format!("page_size = {}\n", 500 + dice.below(1_500));
            siembox.set(&plan);
        }
        6 => {
            // it may be refused, or find nothing missing: it must only do no harm
            let _ = siembox.output("replay", &["--since", "2h"]);
        }
        _ => {
            if let Some(clock) = clock {
                let ahead = [-7200, -600, 0, 600, 7200][dice.below(5) as usize];
                crate::clock::set(clock, ahead);
            }
        }
    }
}

fn story(
    name: &str,
    receiver: &mut Receiver,
    protocol: &str,
    siem: &str,
    authority: Option<&Authority>,
) {
    let (rounds, count) = (soak::size(6, 60), soak::size(12_000, 60_000));
    let mut dice = Dice::new(soak::seed());
    let relay = Relay::start(receiver.port(), dice.throw());
    let cloud = Cloud::builder()
        .requests_per_minute(60_000)
        .activities(records::activities(95, usize::try_from(count).unwrap()))
        .start();
    let mut plan = Plan::new(&cloud, relay.port(), protocol);
    plan.siem.push_str(siem);
    let mut siembox = Siembox::new(&cloud, &plan);
    if let Some(authority) = authority {
        let _ = authority.write(siembox.path("siembox.toml").parent().unwrap());
    }
    let clock = crate::clock::library().map(|library| {
        let clock = siembox.path("clock");
        crate::clock::set(&clock, 0);
        crate::clock::fake(&mut siembox, &library, &clock);
        clock
    });
    let story = soak::story(name);
    let trickle = cloud.trickle(20.0, 96);
    siembox.start();
    for _ in 0..rounds {
        // any moment will do; none makes the test right or wrong
        std::thread::sleep(Duration::from_millis(200 + dice.below(1_500)));
        strike(
            &mut dice,
            &mut siembox,
            receiver,
            &cloud,
            &plan,
            clock.as_ref(),
        );
    }
    drop(trickle);
    cloud.clear_faults();
    if let Some(clock) = &clock {
        crate::clock::set(clock, 0);
    }
    let lines = expected::lines(&cloud, &siembox);
    let wanted = Wanted::new(&lines);
    let total = wanted.len();
    let status = siembox.wait_within(PATIENCE, "everything is read and proved", |status| {
        let sums = &status.agents[0].ledger.sums;
        sums.spooled >= total && sums.proved + sums.refused == sums.spooled
    });
    siembox.stop();
    receiver.stop();
    let arrivals = wanted.compare(&receiver.file());
    let sums = &status.agents[0].ledger.sums;
    soak::Row {
        rounds,
        records: total,
        lost: arrivals.lost,
        duplicated: arrivals.repeated,
        also: format!(
            "{} connections; {} read, {} again",
            cloud.connections(),
            sums.read,
            sums.again
        ),
        ..story.done()
    }
    .told();
    assert_eq!((arrivals.lost, sums.refused), (0, 0), "{arrivals:?}");
    assert!(
        status.agents[0].ledger.adds_up,
        "{:?}",
        status.agents[0].ledger
    );
}

#[test]
fn over_tcp() {
    let mut receiver = receiver_process::start(&collector::Plan::default());
    story(
        "Nemesis, TCP",
        &mut receiver,
        "tcp",
        "replay_window_mb = 1\n",
        None,
    );
}

#[test]
fn over_tls() {
    let authority = Authority::new("Lab CA");
    let plan = collector::Plan {
        tls: Some(authority.issue(&["127.0.0.1"])),
        ..collector::Plan::default()
    };
    let mut receiver = receiver_process::start(&plan);
    let siem = "replay_window_mb = 1\nca_file = \"ca.pem\"\nframing = \"lf\"\n";
    story("Nemesis, TLS", &mut receiver, "tls", siem, Some(&authority));
}

#[test]
fn over_relp() {
    let mut receiver = rsyslog::relp_direct();
    story("Nemesis, RELP", &mut receiver, "relp", "", None);
}
