//! A part of a stream that fails, while the rest is read.

use std::time::Duration;

use super::SiemBox;
use super::group::{fill, one_box, run};
use super::hub::partition;
use crate::clock::Time;

const TITLE: &str = "A part of a stream can't be read";

#[test]
fn a_partition_that_is_denied_holds_up_no_other_and_is_named() {
    let (mut siembox, hub) = one_box(0);
    hub.lock().unwrap().denied.insert(2);
    fill(&hub, 80);
    run(&mut siembox, 120);
    assert_eq!(siembox.ids().len(), 60);
    let (text, is_over) = notice(&siembox);
    assert!(text.contains("defender/2") && !is_over, "{text}");

    hub.lock().unwrap().denied.clear();
    run(&mut siembox, 400);
    assert_eq!(siembox.ids().len(), 80);
    assert!(notice(&siembox).1);
}

/// The service names a range, and refuses offsets within it: siembox asks seldom, and says so once.
#[test]
fn a_service_that_contradicts_itself_is_not_asked_in_a_circle() {
    let (mut siembox, hub) = one_box(40);
    hub.lock().unwrap().out_of_range.insert(1);
    run(&mut siembox, 100);
    assert_eq!(siembox.ids().len(), 30);
    let (begin, fetches) = (now(&siembox), hub.lock().unwrap().fetches);
    run(&mut siembox, 200);
    let seconds = (now(&siembox) - begin).as_secs();
    let fetches = hub.lock().unwrap().fetches - fetches;
    assert!(seconds >= 150, "{seconds} s for {fetches} fetches");
    let titles = siembox.titles();
    assert_eq!(titles.iter().filter(|it| *it == TITLE).count(), 1);
    hub.lock().unwrap().out_of_range.clear();
    run(&mut siembox, 400);
    assert_eq!(siembox.ids().len(), 40);
}

/// An answer has room for one partition's messages only: the others come next.
#[test]
fn each_partition_has_its_turn_where_an_answer_has_room_for_one() {
    let (mut siembox, hub) = one_box(800);
    hub.lock().unwrap().most = 1;
    // commits are due at once: the time between fetches is long
    for _ in 0..24 {
        siembox.step();
        siembox.time.sleep(Duration::from_secs(2));
    }
    let hub = hub.lock().unwrap();
    for at in 0..4 {
        let committed = hub.committed[&partition(at)].0;
        assert!(committed >= 4, "partition {at}: {committed} of 24");
    }
}

/// The text of the notice, and whether it is over.
fn notice(siembox: &SiemBox) -> (String, bool) {
    let notices = siembox.status.snapshot(siembox.time.now()).notices;
    let notice = notices.iter().find(|it| it.title == TITLE).unwrap();
    (notice.text.clone(), notice.over_ms.is_some())
}

fn now(siembox: &SiemBox) -> Duration {
    siembox.time.now().steady
}
