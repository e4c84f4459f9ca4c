//! Which arrows break a rule.

use std::collections::{BTreeMap, BTreeSet};

use crate::rows::Rows;
use crate::tree::{Module, Tree};

/// What only one module names: the doors to time and to randomness.
const DOORS: [(&str, &str); 3] = [
    ("Instant", "clock"),
    ("RandomState", "random"),
    ("SystemRandom", "random"),
];

/// What stands behind a port: only its own room and [`WIRING`] name it.
const ADAPTERS: [[&str; 2]; 5] = [
    ["source", "cloud_apps"],
    ["source", "event_hubs"],
    ["source", "http"],
    ["spool", "sled"],
    ["sink", "wire"],
];
/// Where adapters are chosen.
const WIRING: &str = "wiring";

/// All that is wrong, a line each.
pub fn faults(tree: &Tree, rows: &Rows) -> Vec<String> {
    let mut faults = Vec::new();
    let mut used: BTreeSet<(String, String)> = BTreeSet::new();
    for (module, others) in &tree.uses {
        let Some(room) = module.first() else { continue };
        let Some(row) = rows.rooms.get(room) else {
            faults.push(format!("{room} has no row in the docs of src/lib.rs"));
            continue;
        };
        for other in others.iter().filter_map(|other| other.first()) {
            let allowed = row
                .as_ref()
                .is_some_and(|row| row.contains(other) || rows.ground.contains(other));
            if other != room && !allowed {
                let from = module.join("/");
                faults.push(format!(
                    "{from} uses {other}, which the row of {room} does not name"
                ));
            }
            used.insert((room.clone(), other.clone()));
        }
    }
    for (room, row) in &rows.rooms {
        if !tree.uses.contains_key(std::slice::from_ref(room)) {
            faults.push(format!(
                "{room} has a row in the docs of src/lib.rs and is not there"
            ));
        }
        for other in row.iter().flatten() {
            if !used.contains(&(room.clone(), other.clone())) {
                faults.push(format!(
                    "the row of {room} names {other}, which it does not use"
                ));
            }
        }
    }
    faults.extend(circles(tree));
    faults.extend(names_twice(tree));
    faults.extend(other_doors(tree));
    faults.extend(adapters(tree));
    faults.sort();
    faults.dedup();
    faults
}

/// Circles among the modules of one folder, each of them with all that lies below it.
fn circles(tree: &Tree) -> Vec<String> {
    let folders: BTreeSet<&[String]> = tree
        .uses
        .keys()
        .filter_map(|module| module.split_last().map(|(_, folder)| folder))
        .collect();
    let mut found = Vec::new();
    for folder in folders {
        let child = |module: &Module| match module.strip_prefix(folder) {
            Some([first, ..]) => Some(first.clone()),
            _ => None,
        };
        let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (module, others) in &tree.uses {
            let Some(from) = child(module) else { continue };
            let to = others.iter().filter_map(child).filter(|to| *to != from);
            arrows.entry(from.clone()).or_default().extend(to);
        }
        let circle: Vec<String> = arrows
            .keys()
            .filter(|name| reaches(&arrows, name, name))
            .cloned()
            .collect();
        if !circle.is_empty() {
            let folder = ["src", &folder.join("/")].join("/");
            found.push(format!(
                "{folder}: {} use each other in a circle",
                circle.join(", ")
            ));
        }
    }
    found
}

/// Does a way lead from one to the other?
fn reaches(arrows: &BTreeMap<String, BTreeSet<String>>, from: &str, to: &str) -> bool {
    let (mut seen, mut waiting) = (BTreeSet::new(), vec![from]);
    while let Some(at) = waiting.pop() {
        for next in arrows.get(at).into_iter().flatten() {
            if next == to {
                return true;
            }
            if seen.insert(next) {
                waiting.push(next);
            }
        }
    }
    false
}

/// Public types whose name means another thing elsewhere.
fn names_twice(tree: &Tree) -> impl Iterator<Item = String> {
    let twice = tree.types.iter().filter(|(_, homes)| homes.len() > 1);
    twice.map(|(name, homes)| {
        let homes: Vec<String> = homes.iter().map(|module| module.join("/")).collect();
        format!("{name} is a public type in {}", homes.join(" and in "))
    })
}

/// Modules that reach time or randomness by another door.
fn other_doors(tree: &Tree) -> impl Iterator<Item = String> {
    tree.words.iter().flat_map(|(module, words)| {
        let module = module.join("/");
        let other = DOORS
            .iter()
            .filter(|(word, door)| words.contains(*word) && module != *door);
        let fault =
            |(word, door): &(&str, &str)| format!("{module} names {word}: its door is {door}");
        other.map(fault).collect::<Vec<_>>()
    })
}

/// Rooms that name what stands behind another one's port.
fn adapters(tree: &Tree) -> impl Iterator<Item = String> {
    tree.uses.iter().flat_map(|(module, others)| {
        let room = module.first().cloned().unwrap_or_default();
        let is_adapter = |other: &&Module| {
            let of = |adapter: &[&str; 2]| other.len() >= 2 && other[..2] == adapter[..];
            room != WIRING && room != other[0] && ADAPTERS.iter().any(of)
        };
        let fault = |other: &Module| {
            let (module, other) = (module.join("/"), other.join("/"));
            format!("{module} names {other}, an adapter: its door is {WIRING}")
        };
        (others
            .iter()
            .filter(|other| !other.is_empty())
            .filter(is_adapter))
        .map(fault)
        .collect::<Vec<_>>()
    })
}
