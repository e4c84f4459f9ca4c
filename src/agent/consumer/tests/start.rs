//! Where reading starts: after a hub was created again, in a partition that was empty, and after
//! pages without a line.

use std::collections::BTreeSet;
use std::time::Duration;

use super::SiemBox;
use super::group::{LARGE, all, fill, one_box, run};
use super::hub::partition;
use crate::clock::Time;

/// It is empty when the box sees it again, and has more messages than before when the box comes
/// back: those are not taken for the old ones.
#[test]
fn a_hub_that_was_created_again_while_nobody_looked_is_read_whole() {
    let (mut siembox, hub) = one_box(40);
    run(&mut siembox, 60);
    hub.lock().unwrap().recreate();
    hub.lock().unwrap().expel("one");
    run(&mut siembox, 10);
    siembox.process = None;
    fill(&hub, 100);
    siembox.start(&hub, LARGE);
    // the rows of the sample have the ids of the old hub's
    siembox.process.as_mut().unwrap().state.seen = crate::source::Seen::default();
    run(&mut siembox, 200);
    assert_eq!(siembox.ids().len(), 140);
    let titles = siembox.titles();
    let told = titles
        .iter()
        .filter(|it| *it == "An event hub was created again");
    assert_eq!(told.count(), 1, "{titles:?}");
}

/// Another box has begun to read the new hub: the offsets of the old one say nothing.
#[test]
fn a_hub_that_another_box_has_read_since_goes_on_where_that_one_was() {
    let (mut one, hub) = one_box(40);
    run(&mut one, 60);
    one.process = None;
    {
        let mut hub = hub.lock().unwrap();
        hub.recreate();
        hub.expel("one");
        for (at, of) in hub.partitions.iter_mut().enumerate() {
            of.extend((0..30).map(|number| format!("new{at}-{number}")));
        }
    }
    let mut two = SiemBox::new("two");
    two.start(&hub, LARGE);
    run(&mut two, 8);
    let read = two.ids();
    assert!((1..100).contains(&read.len()), "{}", read.len());
    hub.lock().unwrap().expel("two");
    one.start(&hub, LARGE);
    run(&mut one, 300);
    let both: BTreeSet<String> = read.into_iter().chain(one.ids()).collect();
    let new: BTreeSet<String> = all(&hub);
    assert_eq!(new.difference(&both).count(), 0);
}

/// The start offset was committed by the box itself: so a kill before the next commit repeats
/// nothing, also where the ids of the records say nothing.
#[test]
fn a_box_that_took_over_and_was_killed_repeats_nothing() {
    let (mut two, hub) = one_box(80);
    run(&mut two, 6);
    hub.lock().unwrap().expel("one");
    let mut one = SiemBox::new("three");
    one.start(&hub, LARGE);
    while one.ids().is_empty() {
        one.step();
    }
    one.process = None;
    one.start(&hub, LARGE);
    one.process.as_mut().unwrap().state.seen = crate::source::Seen::default();
    run(&mut one, 200);
    let ids = one.ids();
    let once: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(once.len(), ids.len());
}

/// The same where the broker does not say who has committed.
#[test]
fn a_box_that_was_killed_repeats_nothing_where_commits_have_no_names() {
    let (mut siembox, hub) = one_box(80);
    hub.lock().unwrap().forgets_committers = true;
    while siembox.ids().is_empty() {
        siembox.step();
    }
    siembox.process = None;
    siembox.start(&hub, LARGE);
    siembox.process.as_mut().unwrap().state.seen = crate::source::Seen::default();
    run(&mut siembox, 200);
    assert_eq!(siembox.ids().len(), 80);
}

/// Its start offset is kept: what comes while the box is off is not older than the look back.
#[test]
fn a_partition_that_was_empty_at_first_is_read_from_there() {
    let (mut siembox, hub) = one_box(0);
    hub.lock().unwrap().starts_at_latest = true;
    run(&mut siembox, 10);
    siembox.process = None;
    fill(&hub, 8);
    siembox.start(&hub, LARGE);
    run(&mut siembox, 40);
    assert_eq!(siembox.ids().len(), 8);
    let hub = hub.lock().unwrap();
    assert!((0..4).all(|at| hub.committed[&partition(at)].0 == 2));
}

/// Pages without a line reach flash too, so that no gap is told of what was read.
#[test]
fn what_brought_no_line_is_no_gap_after_a_restart() {
    let (mut siembox, hub) = one_box(8);
    run(&mut siembox, 40);
    for number in 0..40 {
        hub.lock().unwrap().partitions[1].push(format!("other{number}"));
        run(&mut siembox, 2);
        siembox.time.sleep(Duration::from_secs(20));
    }
    // nothing more comes, and those that came are gone when the box is back
    siembox.time.sleep(Duration::from_secs(60));
    run(&mut siembox, 4);
    siembox.process = None;
    hub.lock().unwrap().earliest[1] = 42;
    siembox.start(&hub, LARGE);
    run(&mut siembox, 40);
    assert_eq!(siembox.aside(), [""; 0]);
    assert_eq!(siembox.ids().len(), 8);
}
