//! The walls of the house: each room of `src` uses only what its row in the docs of `src/lib.rs`
//! names, no folder holds modules that use each other in a circle, a public type's name means one
//! thing, and what other modules see has a document.
//!
//! Paths are read from the tokens of each file (`use` trees, paths in code and in macros), and
//! resolved to modules. What stands under `#[cfg(test)]` counts for nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod broken;
mod for_tests;
mod judge;
mod paths;
mod public;
mod rows;
mod tree;

use std::path::Path;

use judge::faults;
use rows::Rows;
use tree::Tree;

#[test]
fn each_room_uses_what_its_row_names_without_circles_and_no_name_means_two_things() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rows = Rows::read(&std::fs::read_to_string(src.join("lib.rs")).unwrap());
    let faults = faults(&house(), &rows);
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn what_other_modules_see_has_a_document() {
    let bare = house().undocumented;
    assert!(
        bare.is_empty(),
        "no document says what these are: {bare:#?}"
    );
}

/// This crate.
fn house() -> Tree {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    Tree::read(&|path| std::fs::read_to_string(src.join(path)).ok())
}

#[test]
fn what_is_public_for_tests_is_used_by_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = std::fs::read_to_string(root.join("src/for_tests.rs")).unwrap();
    let unused = for_tests::unused(&list, &for_tests::texts(&root.join("tests")));
    assert!(unused.is_empty(), "{unused:?}");
}

/// A module lies in `name.rs`, its children in `name/`, its tests beside its code or in
/// `name/tests.rs`.
#[test]
fn modules_and_their_tests_are_laid_out_in_one_way() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![src];
    let mut odd = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else if name == "mod.rs" || name.ends_with("_tests.rs") && name != "for_tests.rs" {
                odd.push(entry.path());
            }
        }
    }
    assert!(odd.is_empty(), "{odd:?}");
}
