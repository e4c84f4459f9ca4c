//! The hardware watchdog bites: whatever stands still for good, the box is started again from
//! outside, and goes on where it was.

use crate::board::Board;
use crate::machine::{Machine, Options};
use crate::stage::{Stage, arrive};
use crate::wait::until;

#[test]
#[ignore = "needs the debug image of `make image-debug`"]
fn a_kernel_that_stands_still_for_good_is_started_again() {
    let stage = Stage::debug(Board::meant(), 10);
    let machine = forwarding(&stage);
    // one that does not start again by itself after it has fallen
    machine.type_in("echo 0 > /proc/sys/kernel/panic");
    machine.type_last("echo c > /proc/sysrq-trigger");
    stage.add(49, 20);
    comes_up_again(&stage, &machine);
}

#[test]
#[ignore = "needs the debug image of `make image-debug`"]
fn a_first_process_that_stands_still_is_started_again_with_the_box() {
    let stage = Stage::debug(Board::meant(), 10);
    let machine = forwarding(&stage);
    // all its threads, and nothing else: no signal does that to process 1
    machine.type_in("mkdir /tmp/c && mount -t cgroup2 none /tmp/c && mkdir /tmp/c/one");
    machine.type_in("echo 1 > /tmp/c/one/cgroup.procs && echo 1 > /tmp/c/one/cgroup.freeze");
    let frozen = machine.ask("grep frozen /tmp/c/one/cgroup.events");
    assert_eq!(frozen, "frozen 1");
    // what it looks after goes on meanwhile
    stage.add(49, 20);
    arrive(&stage, &machine, 30);
    comes_up_again(&stage, &machine);
}

/// The box, with its ten lines proved.
fn forwarding(stage: &Stage) -> Machine {
    stage.provision();
    let machine = Machine::boot(Board::meant(), &stage.card, &Options::default());
    machine.wait("all lines are proved", |status| {
        status["agents"][0]["lines"]["proved"] == 10
    });
    machine
}

/// By itself, and nothing is lost.
fn comes_up_again(stage: &Stage, machine: &Machine) {
    let begun = std::time::Instant::now();
    until(
        "the second start",
        || (machine.console().matches(", recognised by its ").count() == 2).then_some(()),
        || machine.console(),
    );
    println!("started again after {} s", begun.elapsed().as_secs());
    stage.add(50, 5);
    arrive(stage, machine, 35);
    machine.wait("all is proved", |status| {
        status["agents"][0]["spool"]["waiting"] == 0
    });
}
