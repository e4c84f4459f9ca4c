#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn pid(number: i32) -> Pid {
    Pid::from_raw(number).unwrap()
}

fn two() -> Supervisor {
    let mut siembox = Child::new("siembox", "/bin/siembox");
    siembox.stops_first = true;
    siembox.stop_within = at(30);
    Supervisor::new([Child::new("clock", "/bin/siembox"), siembox])
}

fn started(actions: &[Action]) -> Vec<&'static str> {
    let names = actions.iter().filter_map(|action| match action {
        Action::Start(child) => Some(child.name),
        _ => None,
    });
    names.collect()
}

#[test]
fn a_child_that_dies_comes_back_later_and_later() {
    let mut supervisor = two();
    let actions = supervisor.step(ServiceEvent::Tick, at(0));
    assert_eq!(started(&actions), ["clock", "siembox"]);
    supervisor.step(ServiceEvent::Started("clock", pid(10)), at(0));
    assert!(
        supervisor.step(ServiceEvent::Tick, at(100)).is_empty(),
        "once"
    );
    let (mut now, mut waits) = (0, Vec::new());
    for round in 0..9 {
        supervisor.step(ServiceEvent::Started("siembox", pid(20 + round)), at(now));
        let said = supervisor.step(
            ServiceEvent::Died(pid(20 + round), Death::Code(64)),
            at(now),
        );
        assert!(matches!(&said[1], Action::Say(text) if text.contains("exit code 64")));
        let next = supervisor.next().unwrap();
        waits.push(next.as_secs() - now);
        assert_eq!(
            started(&supervisor.step(ServiceEvent::Tick, next - at(1))),
            [""; 0]
        );
        assert_eq!(
            started(&supervisor.step(ServiceEvent::Tick, next)),
            ["siembox"]
        );
        now = next.as_secs();
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    supervisor.step(ServiceEvent::Started("siembox", pid(40)), at(now));
    supervisor.step(
        ServiceEvent::Died(pid(40), Death::Signal(11)),
        at(now + 600),
    );
    assert_eq!(
        supervisor.next(),
        Some(at(now + 601)),
        "a long life forgives"
    );
}

#[test]
fn one_that_cannot_be_started_is_tried_again() {
    let mut supervisor = two();
    supervisor.step(ServiceEvent::Tick, at(0));
    let said = supervisor.step(
        ServiceEvent::NotStarted("siembox", "no such file".into()),
        at(0),
    );
    assert!(matches!(&said[..], [Action::Say(text)] if text.contains("no such file")));
    assert_eq!(
        started(&supervisor.step(ServiceEvent::Tick, at(1))),
        ["siembox"]
    );
}

#[test]
fn one_that_is_stuck_is_killed_and_comes_back() {
    let mut supervisor = two();
    supervisor.step(ServiceEvent::Tick, at(0));
    supervisor.step(ServiceEvent::Started("siembox", pid(20)), at(0));
    let actions = supervisor.step(
        ServiceEvent::Stuck("siembox", "no answer for 30 s".into()),
        at(100),
    );
    assert_eq!(actions[1..], [Action::Kill(pid(20))]);
    supervisor.step(ServiceEvent::Died(pid(20), Death::Signal(9)), at(100));
    assert_eq!(
        started(&supervisor.step(ServiceEvent::Tick, at(101))),
        ["siembox"]
    );
    let again = supervisor.step(ServiceEvent::Stuck("siembox", "late".into()), at(102));
    assert!(again.is_empty(), "it does not run yet");
}

#[test]
fn the_stream_ends_first_and_has_its_time() {
    let mut supervisor = two();
    supervisor.step(ServiceEvent::Tick, at(0));
    supervisor.step(ServiceEvent::Started("clock", pid(10)), at(0));
    supervisor.step(ServiceEvent::Started("siembox", pid(20)), at(0));
    assert_eq!(
        supervisor.step(ServiceEvent::Stop, at(50)),
        [Action::Ask(pid(20))]
    );
    assert!(supervisor.step(ServiceEvent::Tick, at(79)).is_empty());
    let late = supervisor.step(ServiceEvent::Tick, at(80));
    assert_eq!(late[1..], [Action::Kill(pid(20))]);
    assert!(!supervisor.is_over());
    let after = supervisor.step(ServiceEvent::Died(pid(20), Death::Signal(9)), at(80));
    assert_eq!(after[1..], [Action::Ask(pid(10))]);
    supervisor.step(ServiceEvent::Died(pid(10), Death::Code(0)), at(81));
    assert!(supervisor.is_over());
    assert_eq!(supervisor.next(), None);
}

#[test]
fn what_waits_is_not_started_any_more() {
    let mut supervisor = two();
    supervisor.step(ServiceEvent::Tick, at(0));
    supervisor.step(ServiceEvent::NotStarted("clock", String::new()), at(0));
    supervisor.step(ServiceEvent::Stop, at(0));
    assert!(!supervisor.is_over(), "siembox is being started");
    let actions = supervisor.step(ServiceEvent::Started("siembox", pid(20)), at(1));
    assert_eq!(actions, [Action::Ask(pid(20))]);
    supervisor.step(ServiceEvent::Died(pid(20), Death::Code(0)), at(2));
    assert!(supervisor.is_over());
}

#[test]
fn an_orphan_changes_nothing() {
    let mut supervisor = two();
    assert_eq!(
        started(&supervisor.step(ServiceEvent::Died(pid(99), Death::Code(1)), at(0))).len(),
        2
    );
    assert!(
        supervisor
            .step(ServiceEvent::Died(pid(98), Death::Code(1)), at(0))
            .is_empty()
    );
}

proptest! {
    /// Whatever happens, a child runs once at most, and after Stop and their deaths all is over.
    #[test]
    fn never_two_of_one_kind(
        deaths in prop::collection::vec((any::<bool>(), 0_u64..2_000), 1..60),
    ) {
        let mut supervisor = two();
        let (mut now, mut next_pid) = (0, 100);
        let mut alive: Vec<(&'static str, Pid)> = Vec::new();
        let mut carry = |supervisor: &mut Supervisor,
                         actions: Vec<Action>,
                         now: u64,
                         alive: &mut Vec<(&'static str, Pid)>| {
            let mut actions = actions;
            while let Some(action) = actions.pop() {
                if let Action::Start(child) = action {
                    assert!(alive.iter().all(|(name, _)| *name != child.name));
                    next_pid += 1;
                    alive.push((child.name, pid(next_pid)));
                    actions.extend(
                        supervisor.step(ServiceEvent::Started(child.name, pid(next_pid)), at(now)),
                    );
                }
            }
        };
        for (first, pause) in deaths {
            let actions = supervisor.step(ServiceEvent::Tick, at(now));
            carry(&mut supervisor, actions, now, &mut alive);
            now += pause;
            if !alive.is_empty() {
                let (_, dead) = alive.swap_remove(if first { 0 } else { alive.len() - 1 });
                let actions = supervisor.step(ServiceEvent::Died(dead, Death::Code(1)), at(now));
                carry(&mut supervisor, actions, now, &mut alive);
            }
        }
        supervisor.step(ServiceEvent::Stop, at(now));
        for (_, dead) in alive {
            supervisor.step(ServiceEvent::Died(dead, Death::Code(0)), at(now));
        }
        prop_assert!(supervisor.is_over());
    }
}

#[test]
fn children_are_exchanged_once_the_old_ones_have_ended() {
    let mut supervisor = two();
    supervisor.step(ServiceEvent::Tick, at(0));
    supervisor.step(ServiceEvent::Started("clock", pid(10)), at(0));
    supervisor.step(ServiceEvent::Started("siembox", pid(11)), at(0));
    let names: &[&str] = &["clock", "dhcp"];
    let new = Child::new("clock", "/bin/siembox").with(["new"]);
    let dhcp = Child::new("dhcp", "/bin/busybox");
    let actions = supervisor.step(
        ServiceEvent::Exchange(names, vec![new.clone(), dhcp]),
        at(5),
    );
    // the one that is new can begin, the other one waits for its predecessor
    assert_eq!(started(&actions), ["dhcp"]);
    assert!(actions.contains(&Action::Ask(pid(10))));
    supervisor.step(ServiceEvent::Started("dhcp", pid(12)), at(5));
    let actions = supervisor.step(ServiceEvent::Died(pid(10), Death::Code(0)), at(6));
    assert!(actions.contains(&Action::Start(new)), "at once");
    supervisor.step(ServiceEvent::Started("clock", pid(13)), at(6));

    // a fixed address needs no DHCP client
    let clock = Child::new("clock", "/bin/siembox");
    let actions = supervisor.step(ServiceEvent::Exchange(names, vec![clock]), at(7));
    assert!(actions.contains(&Action::Ask(pid(12))));
    let actions = supervisor.step(ServiceEvent::Died(pid(12), Death::Signal(15)), at(8));
    assert_eq!(started(&actions), [""; 0]);
    assert_eq!(supervisor.running("dhcp"), None);
    assert!(supervisor.running("siembox").is_some());
}
