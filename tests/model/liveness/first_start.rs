//! A first start that is not answered: the stream looks back from the moment at which it was tried
//! first.

use std::sync::Arc;
use std::time::Duration;

use siembox::for_tests::source::Cursor;
use siembox::for_tests::spool::Spool;
use siembox_support::cloud::{Bound, Fault, Target};

use super::{MINUTE, Spot, plan};
use crate::case::{BEGIN_MS, Plan};
use crate::life::{limits, pollers, reporter, status};
use crate::spool::{TestSpool, held};
use crate::world::World;

/// A life of the process, until then; `each` sees the time before each step.
fn live(
    plan: &Plan,
    world: &Arc<World>,
    spool: &Arc<TestSpool>,
    until: Duration,
    mut each: impl FnMut(Duration),
) {
    {
        let mut inner = world.inner();
        inner.life += 1;
        inner.life_began = inner.at;
    }
    let mut pollers = pollers(plan, world, spool, &limits(plan), &reporter(&status()));
    while world.at() < until {
        for poller in &mut pollers {
            each(world.at());
            let wait = poller.step();
            poller.worker.liveness.rest();
            world.pass(wait.min(MINUTE / 2));
        }
    }
}

fn world(plan: &Plan) -> Arc<World> {
    let world = Arc::new(World::new(plan, plan.face.cloud(plan).tenant()));
    world.inner().calm = true;
    world
}

/// Looks back no farther than some minutes.
fn short() -> Plan {
    Plan {
        first_look_back_ms: 10 * 60_000,
        ..plan(Spot::Everything)
    }
}

/// All records from so long before the start on are lines, each once.
fn assert_all(plan: &Plan, spool: &TestSpool) {
    let book = held(&spool.book);
    for stream in &plan.streams {
        for planned in &stream.records {
            let since = planned.at_ms - (BEGIN_MS - plan.first_look_back_ms);
            let times = book.times_of(stream.spec, &planned.id);
            // the moment of the start is some seconds in
            if since > 15_000 {
                assert_eq!(times, 1, "{} of {since} ms", planned.id);
            }
        }
    }
}

#[test]
fn one_whose_first_page_is_never_answered_is_the_same_after_a_restart() {
    let plan = short();
    let world = world(&plan);
    // the question for the time is answered, for it holds no record
    let fault = Fault::Status(500).bound_to(Bound::Above(0));
    world.tenant.state().faults.add(fault.on(Target::Lists));
    let mut spool = Arc::new(TestSpool::new(&world, false, u64::MAX));
    live(&plan, &world, &spool, MINUTE, |_| ());
    for stream in 0..2 {
        let cursor = spool.recall(stream).unwrap().cursor.expect("on flash");
        let origin_ms = Cursor::from_bytes(&cursor).unwrap().origin_ms;
        assert!(origin_ms <= BEGIN_MS - plan.first_look_back_ms + 10_000);
    }
    spool = Arc::new(spool.killed());
    world.pass(15 * MINUTE);
    world.tenant.state().faults.clear();
    live(&plan, &world, &spool, 25 * MINUTE, |_| ());
    assert_all(&plan, &spool);
}

#[test]
fn one_that_is_not_answered_at_all_counts_from_its_first_try() {
    let plan = short();
    let world = world(&plan);
    let fault = Fault::Status(500).for_ever();
    world.tenant.state().faults.add(fault.on(Target::Lists));
    let spool = Arc::new(TestSpool::new(&world, false, u64::MAX));
    live(&plan, &world, &spool, 28 * MINUTE, |at| {
        if at > 16 * MINUTE {
            world.tenant.state().faults.clear();
        }
    });
    assert_all(&plan, &spool);
}
