//! Three boxes and librdkafka in one group, under load, and what may happen to them in any order:
//! killed, stopped, standing still for longer than a session, back again; librdkafka joins and
//! leaves. No row is lost, and a hand-over repeats one batch of a partition at most.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use serde_json::json;
use siembox_support::dice::Dice;
use siembox_support::hub::Make;
use siembox_support::receiver::rsyslog;
use siembox_support::soak;

use super::boxes::SHARED_OUT;
use super::evidence::{Came, Rows, assert_repeats_are_batches};
use super::load::{Over, PARTITIONS, load};
use super::tenant::{GROUP, Tenant, group};
use crate::siembox::{Siembox, signal};

/// A box, and whether it takes part.
struct Member {
    siembox: Siembox,
    takes_part: bool,
}

impl Member {
    fn start(&mut self) {
        self.siembox.start();
        self.takes_part = true;
    }

    fn share(&self) -> usize {
        let status = self.siembox.status();
        let group = status.as_ref().and_then(group);
        group.map_or(0, |group| group.partitions.len())
    }
}

/// Each partition has its box.
fn wait_until_shared_out(members: &[Member]) {
    let end = Instant::now() + SHARED_OUT;
    let all = usize::try_from(PARTITIONS).unwrap();
    loop {
        let shares: Vec<usize> = (members.iter().filter(|it| it.takes_part))
            .map(Member::share)
            .collect();
        if shares.iter().sum::<usize>() == all && !shares.contains(&0) {
            return;
        }
        assert!(Instant::now() < end, "shares: {shares:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Something happens to a box, and later it is back.
fn strike(member: &mut Member, dice: &mut Dice) -> &'static str {
    member.takes_part = false;
    match dice.below(3) {
        0 => {
            member.siembox.kill();
            "killed"
        }
        1 => {
            member.siembox.stop();
            "stopped"
        }
        _ => {
            signal(member.siembox.pid(), "STOP");
            "stands still"
        }
    }
}

fn story(make: Make, rounds: u64) {
    let mut dice = Dice::new(soak::seed());
    let tenant = Tenant::start(make);
    let namespace = &tenant.namespace;
    namespace.fill(PARTITIONS, &[]);
    let story = soak::story(&format!("Event Hubs ({make:?}), three boxes at random"));
    let receivers = [rsyslog::tcp(), rsyslog::tcp(), rsyslog::tcp()];
    let mut members: Vec<Member> = (receivers.iter())
        .map(|receiver| Member {
            siembox: tenant.siembox(receiver.port()),
            takes_part: false,
        })
        .collect();
    let enough = AtomicBool::new(false);
    let mut by_librdkafka = Vec::new();
    let filled = std::thread::scope(|scope| {
        let filled = scope.spawn(|| load(namespace, &enough));
        let over = Over(&enough);
        members[0].start();
        members[1].start();
        wait_until_shared_out(&members);
        members[2].start();
        wait_until_shared_out(&members);
        for round in 0..rounds {
            if dice.percent(25) {
                let asked = json!({"group": GROUP, "seconds": 8});
                let (read, errors) = namespace.read(usize::MAX >> 1, &asked);
                assert_eq!(errors, [""; 0]);
                by_librdkafka.extend(read);
            } else {
                let at = usize::try_from(dice.below(3)).unwrap();
                let what = strike(&mut members[at], &mut dice);
                println!("round {round}: box {at} {what}");
                if dice.percent(70) {
                    // its session ends, and the others take over
                    wait_until_shared_out(&members);
                }
                match what {
                    "stands still" => {
                        signal(members[at].siembox.pid(), "CONT");
                        members[at].takes_part = true;
                    }
                    _ => members[at].start(),
                }
            }
            wait_until_shared_out(&members);
        }
        drop(over);
        filled.join().unwrap()
    });
    for member in &mut members {
        member
            .siembox
            .wait("all is read, and the group knows", |status| {
                let partitions = group(status).map_or(0, |group| group.partitions.len());
                super::tenant::has_read_all(status, partitions)
                    && status.agents[0].spool.waiting == 0
            });
        member.siembox.stop();
    }
    tenant.assert_all_committed();

    let rows = Rows::of(&filled);
    let came = Came::count(&rows, &receivers, &by_librdkafka);
    let lost = came.lost(&rows);
    soak::Row {
        rounds,
        records: rows.count(),
        lost: lost.len() as u64,
        duplicated: came.repeats(),
        ..story.done()
    }
    .told();
    assert_eq!(lost, [&(0, 0); 0]);
    let seen = namespace.face.seen();
    assert_repeats_are_batches(&seen, &rows, &came);
    assert_eq!(seen.complaints, [""; 0]);
}

#[test]
fn three_boxes_lose_nothing_whatever_happens() {
    story(Make::Noida, soak::size(3, 30));
}
