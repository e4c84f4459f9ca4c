//! What each room may use, as the docs of `src/lib.rs` say it.
//!
//! A room is an item of the list there: "- `name`: what it holds. Uses `one` `another`." Instead of
//! names stand "the ground floor", which others may use without naming it, or "nothing".

use std::collections::{BTreeMap, BTreeSet};

/// The rows.
#[derive(Default)]
pub struct Rows {
    /// What each room may use; none of them stands for "nothing".
    pub rooms: BTreeMap<String, Option<BTreeSet<String>>>,
    /// What every room may use that uses anything.
    pub ground: BTreeSet<String>,
}

impl Rows {
    /// Reads them from the text of `lib.rs`.
    pub fn read(text: &str) -> Self {
        let mut rows = Self::default();
        let docs = text.lines().map_while(|line| line.strip_prefix("//!"));
        let mut items: Vec<String> = vec![String::new()];
        for line in docs {
            match line.trim() {
                "" => items.push(String::new()),
                line if line.starts_with("- `") => items.push(line.to_owned()),
                line => {
                    let item = items.last_mut().unwrap();
                    item.push(' ');
                    item.push_str(line);
                }
            }
        }
        for item in items {
            if let Some(row) = item.strip_prefix("- `") {
                let (name, rest) = row.split_once('`').unwrap();
                let (_, uses) = rest.rsplit_once("Uses ").unwrap_or_else(|| {
                    panic!("the row of `{name}` in src/lib.rs does not say what it uses")
                });
                let uses = (uses != "nothing.").then(|| names(uses));
                rows.rooms.insert(name.to_owned(), uses);
            } else if let Some((_, ground)) = item.split_once("The ground floor is ") {
                rows.ground = names(ground);
            }
        }
        rows
    }
}

/// The names between backticks.
fn names(text: &str) -> BTreeSet<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}
