//! Do the rules of others go on working when the source changes? What public SIEM content reads on
//! the legacy line of an event it must read on the line of the same event from a successor, the
//! same value, or the table of differences says why not (`tests/consumers`).
//!
//! The events are of two sorts: written by hand, so that each published pattern finds what it was
//! written for, with the differences that each may show; and drawn, a few hundred, of which any
//! difference of the table may hold.

mod event;
mod judge;
mod reading;

use std::collections::{BTreeMap, BTreeSet};

use event::{Pair, drawn, written_by_hand};
use judge::{Tally, judge};
use reading::{Reading, read};

/// All that is needed to judge.
struct Proof {
    pairs: Vec<Pair>,
    reading: Reading,
}

fn proof(pairs: Vec<Pair>) -> Proof {
    let lines = pairs
        .iter()
        .flat_map(|pair| [&*pair.legacy, &*pair.successor]);
    let reading = read(&lines.collect::<Vec<_>>());
    Proof { pairs, reading }
}

fn told(proof: &Proof, what: &str) -> Tally {
    let tally = judge(&proof.pairs, &proof.reading);
    println!("{what}: {} pairs of lines", proof.pairs.len());
    println!("{tally}");
    assert!(tally.wrong.is_empty(), "{what}: see above");
    tally
}

#[test]
fn what_consumers_read_on_the_legacy_line_they_read_on_the_successors() {
    let proof = proof(written_by_hand());
    let tally = told(&proof, "events written by hand");
    // a pattern that no event exercises would be proved by nothing
    let consumers = proof.reading.consumers.iter().zip(&tally.consumers);
    let wrong: Vec<_> = consumers
        .flat_map(|(consumer, of)| consumer.patterns.iter().zip(&of.found))
        .filter(|(pattern, found)| (**found == 0) != pattern.matches_nothing)
        .map(|(pattern, _)| &pattern.regex)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    // an event names the differences that it shows, and no others
    let mut shown: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (about, difference) in &tally.shown {
        shown.entry(about).or_default().insert(difference);
    }
    for pair in &proof.pairs {
        let differs = pair.differs.as_ref().expect("by hand");
        let says: BTreeSet<&str> = differs.iter().map(String::as_str).collect();
        let shows = shown.get(&*pair.about).cloned().unwrap_or_default();
        assert_eq!(shows, says, "{}", pair.about);
    }
}

#[test]
fn of_drawn_events_too() {
    told(&proof(drawn()), "events that were drawn");
}

/// The manual tells each of the differences in the same words.
#[test]
fn the_manual_repeats_the_differences() {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = words(include_str!("../../image/manual/fields.md"));
    for difference in read(&[]).differences {
        let reason = words(&difference.reason);
        assert!(page.contains(&reason), "{}: {reason}", difference.id);
    }
}
