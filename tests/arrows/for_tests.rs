//! What `src/for_tests.rs` lists is used by a test, a fuzz target or a benchmark outside of the
//! crate: a name that is not would keep dead code alive.

use std::collections::BTreeSet;
use std::path::Path;

use quote::ToTokens;
use syn::{Item, UseTree};

/// The names listed that stand nowhere in these texts.
pub fn unused(list: &str, texts: &[String]) -> Vec<String> {
    let mut names = BTreeSet::new();
    of_items(&syn::parse_file(list).unwrap().items, &mut names);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let words: BTreeSet<&str> = (texts.iter())
        .flat_map(|text| text.split(|c| !is_word(c)))
        .collect();
    names.retain(|name| !words.contains(name.as_str()));
    names.into_iter().collect()
}

/// All Rust files below a folder, but for those of this test.
pub fn texts(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "arrows" {
            texts.extend(self::texts(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            texts.push(std::fs::read_to_string(path).unwrap());
        }
    }
    texts
}

fn of_items(items: &[Item], names: &mut BTreeSet<String>) {
    for item in items {
        match item {
            Item::Mod(module) => {
                let (_, items) = module.content.as_ref().unwrap();
                of_items(items, names);
            }
            Item::Use(list) => of_tree(&list.tree, names),
            other => panic!("only names are listed: {}", other.to_token_stream()),
        }
    }
}

fn of_tree(tree: &UseTree, names: &mut BTreeSet<String>) {
    match tree {
        UseTree::Path(path) => of_tree(&path.tree, names),
        UseTree::Group(group) => group.items.iter().for_each(|tree| of_tree(tree, names)),
        UseTree::Name(name) => drop(names.insert(name.ident.to_string())),
        UseTree::Rename(name) => drop(names.insert(name.rename.to_string())),
        UseTree::Glob(_) => panic!("each name is listed by itself"),
    }
}

#[test]
fn a_name_that_no_test_uses_is_found() {
    let list = "pub mod a { pub use crate::a::{B, c::D}; pub mod e { pub use crate::e::f as g; } }";
    let texts = ["use siembox::for_tests::a::{B, e::g};".to_owned()];
    assert_eq!(unused(list, &texts), ["D"]);
}
