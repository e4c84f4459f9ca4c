//! 1 to 6 boxes share a backlog in a hub of 8 partitions. What bounds a box is its SIEM, which takes
//! no more than so many lines a second: the processors of one machine would bound all of them
//! together, which boxes of their own are not.

use std::time::{Duration, Instant};

use serde_json::Value;
use siembox_support::pki::Authority;

use crate::Life;
use crate::event_hubs::{PARTITIONS, PATIENCE, fill, namespace};

const LINES_PER_SECOND: u32 = 300;
const MOST: usize = 6;

pub fn run(messages: u64) {
    println!("| boxes | lines a second | of one box | largest share, partitions |");
    println!("|--:|--:|--:|--:|");
    let mut of_one = None;
    for boxes in 1..=MOST {
        let rate = rate_of(boxes, messages);
        let one = *of_one.get_or_insert(rate);
        let share = usize::try_from(PARTITIONS).unwrap().div_ceil(boxes);
        println!("| {boxes} | {rate:.0} | {:.2} | {share} |", rate / one);
    }
}

/// Lines that the SIEMs take a second, from the moment at which all boxes read.
fn rate_of(boxes: usize, messages: u64) -> f64 {
    let authority = Authority::new("hub");
    let namespace = namespace(&authority);
    namespace.fill(PARTITIONS, &[]);
    let lives: Vec<Life> = (0..boxes)
        .map(|_| Life::of_hub(&namespace, &authority))
        .collect();
    for life in &lives {
        life.receiver.slow(LINES_PER_SECOND);
    }
    let end = Instant::now() + PATIENCE;
    while !is_shared_out(&lives) {
        assert!(Instant::now() < end, "each box has a share");
        std::thread::sleep(Duration::from_millis(200));
    }
    let (want, _) = fill(&namespace, messages);
    let begin = Instant::now();
    let taken = || {
        lives
            .iter()
            .map(|life| life.receiver.count())
            .sum::<usize>()
    };
    while taken() < want.len() {
        assert!(Instant::now() < end, "all arrive");
        std::thread::sleep(Duration::from_millis(10));
    }
    f64::from(u32::try_from(messages).unwrap()) / begin.elapsed().as_secs_f64()
}

/// Each partition has its box, and each box a share.
fn is_shared_out(lives: &[Life]) -> bool {
    let shares: Vec<usize> = lives.iter().map(share_of).collect();
    !shares.contains(&0) && shares.iter().sum::<usize>() == usize::try_from(PARTITIONS).unwrap()
}

fn share_of(life: &Life) -> usize {
    let status: Value = serde_json::from_str(&life.status_json()).unwrap_or_default();
    let streams = status["agents"][0]["streams"].as_array();
    let mut groups = streams.into_iter().flatten().map(|stream| &stream["group"]);
    let group = groups.find(|group| group.is_object());
    group
        .and_then(|group| group["partitions"].as_array())
        .map_or(0, Vec::len)
}
