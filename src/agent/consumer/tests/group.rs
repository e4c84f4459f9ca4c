//! A group of boxes, and one box alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::SiemBox;
use super::hub::{Hub, PAGE, partition};
use crate::clock::Time;
use crate::source::HubPartition;

pub(super) const LARGE: u64 = 1 << 30;
const PARTITIONS: usize = 4;

pub(super) fn one_box(messages: usize) -> (SiemBox, Arc<Mutex<Hub>>) {
    let hub = Hub::new(PARTITIONS, 7);
    fill(&hub, messages);
    let mut siembox = SiemBox::new("one");
    siembox.start(&hub, LARGE);
    (siembox, hub)
}

/// So many messages more come to the partitions in turn.
pub(super) fn fill(hub: &Arc<Mutex<Hub>>, messages: usize) {
    let mut hub = hub.lock().unwrap();
    for number in 0..messages {
        let of = &mut hub.partitions[number % PARTITIONS];
        let at = of.len();
        of.push(format!("r{}-{at}", number % PARTITIONS));
    }
}

pub(super) fn all(hub: &Arc<Mutex<Hub>>) -> BTreeSet<String> {
    let hub = hub.lock().unwrap();
    let all = hub.partitions.iter().flatten();
    all.filter(|id| !id.starts_with("poison"))
        .cloned()
        .collect()
}

pub(super) fn run(siembox: &mut SiemBox, steps: usize) {
    for _ in 0..steps {
        siembox.step();
    }
}

#[test]
fn one_box_reads_each_message_once_over_restarts() {
    let (mut siembox, hub) = one_box(100);
    for life in 0..10 {
        run(&mut siembox, 7);
        fill(&hub, 20);
        siembox.process = None;
        if life % 2 == 0 {
            hub.lock().unwrap().expel("one");
        }
        siembox.start(&hub, LARGE);
    }
    run(&mut siembox, 200);
    let ids = siembox.ids();
    assert_eq!(ids.len(), 300);
    assert_eq!(ids.into_iter().collect::<BTreeSet<_>>(), all(&hub));
    let hub = hub.lock().unwrap();
    for number in 0..PARTITIONS {
        assert_eq!(hub.committed[&partition(number)].0, 75);
    }
}

#[test]
fn what_comes_again_is_no_second_line_and_poison_is_set_aside_with_its_place() {
    let (mut siembox, hub) = one_box(8);
    hub.lock().unwrap().partitions[1].extend(["r0-0".to_owned(), "poison".to_owned()]);
    fill(&hub, 8);
    run(&mut siembox, 60);
    let ids = siembox.ids();
    assert_eq!(ids.len(), 16);
    assert_eq!(siembox.aside(), ["defender/1 3"]);
    let report = siembox.status.snapshot(siembox.time.now());
    let counts = &report.agents[0].streams[0].counts;
    assert_eq!(
        (
            counts.read,
            counts.repeats,
            counts.set_aside,
            counts.spooled
        ),
        (18, 1, 1, 16)
    );
    let group = report.agents[0].streams[0].group.as_ref().unwrap();
    assert_eq!((group.rebalances, group.total_partitions), (1, 4));
    assert!(group.partitions.iter().all(|of| of.lag() == Some(0)));
}

#[test]
fn a_gap_is_told_and_kept_and_reading_goes_on_behind_it() {
    let (mut siembox, hub) = one_box(40);
    run(&mut siembox, 60);
    siembox.process = None;
    fill(&hub, 40);
    hub.lock().unwrap().earliest[2] = 15;
    siembox.start(&hub, LARGE);
    run(&mut siembox, 60);
    let ids: BTreeSet<String> = siembox.ids().into_iter().collect();
    assert_eq!(ids.len(), 75);
    assert!(!ids.contains("r2-14") && ids.contains("r2-15"));
    assert_eq!(siembox.aside(), ["defender/2 10 to 14"]);
    assert!(
        siembox
            .titles()
            .contains(&"Not everything was read".to_owned())
    );

    // and while it reads
    hub.lock().unwrap().fails = false;
    fill(&hub, 40);
    hub.lock().unwrap().earliest[0] = 25;
    run(&mut siembox, 60);
    assert_eq!(
        siembox.aside(),
        ["defender/0 20 to 24", "defender/2 10 to 14"]
    );
    assert_eq!(siembox.ids().len(), 110);
}

#[test]
fn a_hub_that_was_made_anew_is_read_from_its_beginning() {
    let (mut siembox, hub) = one_box(40);
    run(&mut siembox, 60);
    siembox.process = None;
    {
        let mut hub = hub.lock().unwrap();
        hub.committed.clear();
        hub.partitions = (0..PARTITIONS)
            .map(|at| vec![format!("new-{at}")])
            .collect();
    }
    siembox.start(&hub, LARGE);
    run(&mut siembox, 30);
    let ids = siembox.ids();
    assert_eq!(ids.len(), 44);
    assert!(siembox.aside().is_empty());
}

/// What the disk has lost is read again, though the group knows it as read.
#[test]
fn records_that_the_spool_has_lost_are_read_again() {
    let (mut siembox, hub) = one_box(40);
    run(&mut siembox, 10);
    siembox.process = None;
    let before = tempfile::tempdir().unwrap();
    copy(siembox.folder.path(), before.path());
    siembox.start(&hub, LARGE);
    run(&mut siembox, 60);
    assert_eq!(siembox.ids().len(), 40);
    siembox.process = None;
    siembox.folder = before;
    siembox.start(&hub, LARGE);
    run(&mut siembox, 60);
    let ids = siembox.ids();
    assert_eq!(ids.len(), 40);
    assert_eq!(ids.into_iter().collect::<BTreeSet<_>>(), all(&hub));
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => {
                std::fs::create_dir(&to).unwrap();
                copy(&entry.path(), &to);
            }
            false => drop(std::fs::copy(entry.path(), to).unwrap()),
        }
    }
}

/// The group knows a page before its partition is read further, so that whoever takes it over
/// repeats no more than that page.
#[test]
fn a_box_that_is_gone_leaves_a_page_of_a_partition_untold_at_most() {
    for steps in (5..40).step_by(6) {
        let (mut gone, hub) = one_box(200);
        run(&mut gone, steps);
        hub.lock().unwrap().expel("one");
        let mut other = SiemBox::new("other");
        other.start(&hub, LARGE);
        run(&mut other, 400);
        let (before, behind) = (gone.ids(), other.ids());
        let both: BTreeSet<String> = before.iter().chain(&behind).cloned().collect();
        assert_eq!(both, all(&hub));
        for number in 0..PARTITIONS {
            let begin = format!("r{number}-");
            let again = before
                .iter()
                .filter(|id| id.starts_with(&begin) && behind.contains(id));
            let again = again.count();
            assert!(
                again <= PAGE,
                "partition {number}: {again} after {steps} steps"
            );
        }
    }
}

/// What happens, one after the other.
#[derive(Debug, Clone)]
enum Act {
    /// A box makes a step.
    Step(usize),
    /// Its process is killed, and the next one begins; or the box stays away for a while.
    Kill(usize, bool),
    /// The group takes it for gone.
    Expel(usize),
    Fill(usize),
    /// A message that nobody understands.
    Poison(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        20 => (0..3_usize).prop_map(Act::Step),
        1 => (0..3_usize, any::<bool>()).prop_map(|(at, back)| Act::Kill(at, back)),
        1 => (0..3_usize).prop_map(Act::Expel),
        2 => (1..12_usize).prop_map(Act::Fill),
        1 => (0..PARTITIONS).prop_map(Act::Poison),
    ];
    proptest::collection::vec(act, 40..200)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        max_shrink_iters: 40,
        ..ProptestConfig::default()
    })]

    #[test]
    fn boxes_lose_nothing_and_repeat_a_page_of_a_partition_that_moves(
        acts in acts(),
        seed in 1..u64::MAX,
    ) {
        let hub = Hub::new(PARTITIONS, seed);
        hub.lock().unwrap().fails = true;
        hub.lock().unwrap().forgets_committers = seed % 2 == 0;
        fill(&hub, 30);
        let mut boxes = ["one", "two", "three"].map(SiemBox::new);
        for act in acts {
            match act {
                Act::Step(at) => {
                    if boxes[at].process.is_none() {
                        boxes[at].start(&hub, LARGE);
                    }
                    boxes[at].step();
                }
                Act::Kill(at, back) => {
                    boxes[at].process = None;
                    if back {
                        boxes[at].start(&hub, LARGE);
                    }
                }
                Act::Expel(at) => hub.lock().unwrap().expel(&boxes[at].name),
                Act::Fill(count) => fill(&hub, count),
                Act::Poison(at) => {
                    let of = &mut hub.lock().unwrap().partitions[at];
                    of.push(format!("poison{}", of.len()));
                }
            }
        }
        // whoever is left reads the rest
        hub.lock().unwrap().fails = false;
        for siembox in &mut boxes {
            if siembox.process.is_none() {
                siembox.start(&hub, LARGE);
            }
        }
        for _ in 0..150 {
            boxes.iter_mut().for_each(SiemBox::step);
        }
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        for siembox in &boxes {
            let ids = siembox.ids();
            let once: BTreeSet<&String> = ids.iter().collect();
            prop_assert_eq!(once.len(), ids.len(), "{} repeats itself", siembox.name);
            for id in ids {
                *times.entry(id).or_default() += 1;
            }
        }
        let read: BTreeSet<String> = times.keys().cloned().collect();
        prop_assert_eq!(read, all(&hub));
        let hub = hub.lock().unwrap();
        for at in 0..PARTITIONS {
            let of: HubPartition = partition(at);
            let moves = hub.moves.get(&of).copied().unwrap_or(0);
            let ids = hub.partitions[at].iter();
            let repeats: usize = ids.map(|id| times.get(id).map_or(0, |times| times - 1)).sum();
            prop_assert!(repeats <= moves * PAGE, "{of}: {repeats} repeats, {moves} moves");
            prop_assert_eq!(
                hub.committed.get(&of).map_or(0, |(next, _)| *next),
                i64::try_from(hub.partitions[at].len()).unwrap()
            );
        }
    }
}

/// A spool that is full holds up the page and not the group: where the group is shared out anew, the
/// page belongs to whoever has its partitions then.
#[test]
fn a_full_spool_gives_a_page_back_where_its_partitions_move() {
    let hub = Hub::new(PARTITIONS, 7);
    fill(&hub, 8);
    let mut full = SiemBox::new("full");
    // takes one page
    full.start(&hub, 1);
    while full.ids().is_empty() {
        full.step();
    }
    let before = full.ids();
    fill(&hub, 40);
    hub.lock().unwrap().joins_after = Some(50);
    while hub.lock().unwrap().joins_after.is_some() {
        full.step();
    }
    assert_eq!(full.ids(), before);
    assert!(full.titles().contains(&"The spool is full".to_owned()));
    // what was given back is new if this box gets it again
    let seen = &full.process.as_ref().unwrap().state.seen;
    let known = all(&hub).into_iter().filter(|id| seen.knows(id));
    assert_eq!(known.count(), before.len());
    hub.lock().unwrap().expel("full");
    let mut other = SiemBox::new("other");
    other.start(&hub, LARGE);
    run(&mut other, 60);
    let read: Vec<String> = before.into_iter().chain(other.ids()).collect();
    assert_eq!(read.len(), 48, "{read:?}");
    assert_eq!(read.into_iter().collect::<BTreeSet<_>>(), all(&hub));
}
