//! Removes a value, a table, or a whole agent.

use toml_edit::{InlineTable, Item, Table, Value};

use super::inline;
use super::layout::{
    Layout, Leaf, agent as agent_at, indent, leaves, line_begin, line_end, parsed,
};

/// Takes out the agent of this place, from 0, with its tables and the comments that belong to them.
pub(super) fn agent(text: &str, place: usize) -> String {
    let Some(document) = parsed(text) else {
        return text.to_owned();
    };
    match document.get("agent") {
        Some(Item::ArrayOfTables(tables)) => match tables.get(place) {
            Some(table) => tables_of(text, document.as_table(), table),
            None => text.to_owned(),
        },
        Some(Item::Value(Value::Array(list))) if agent_at(document.as_table(), place).is_some() => {
            let ends: Vec<usize> = list
                .iter()
                .filter_map(|one| Some(one.span()?.end))
                .collect();
            match list.span() {
                Some(whole) => inline::cut(text, &whole, &ends, place),
                None => text.to_owned(),
            }
        }
        _ => text.to_owned(),
    }
}

/// Takes out a table with a header and all below it.
pub(super) fn tables_of(text: &str, top: &Table, table: &Table) -> String {
    let layout = Layout::of(text, top);
    let mut out = text.to_owned();
    // from below, so that the places above stay right
    let numbers = layout.numbers(table);
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            // nothing stays between two that go
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    for (first, last) in runs.into_iter().rev() {
        let begin = layout.begin(first);
        out.replace_range(begin..layout.end(last), "");
        close_seam(&mut out, begin);
    }
    out
}

/// At the place where something was taken out, two blank lines become one, and at an end of the
/// file none.
fn close_seam(text: &mut String, at: usize) {
    let above = text[..at].trim_end_matches([' ', '\t', '\r', '\n']).len();
    let above = if above == 0 {
        0
    } else {
        line_end(text, above).min(at)
    };
    let is_blank_above = above < at || at == 0;
    let mut end = at;
    while end < text.len() {
        let next = line_end(text, end);
        if !text[end..next].trim().is_empty() {
            break;
        }
        end = next;
    }
    if end == text.len() {
        text.truncate(above);
    } else if is_blank_above {
        text.replace_range(at..end, "");
    }
}

/// Takes out a value with its key: in a table, its line (a comment behind it stays); between
/// brackets, with its comma.
pub(super) fn leaf(text: &str, leaf: &Leaf, brackets: Option<&InlineTable>) -> String {
    let Some((table, whole)) = brackets.and_then(|table| Some((table, table.span()?))) else {
        return line(text, leaf);
    };
    let leaves = leaves(table);
    let ends: Vec<usize> = leaves.iter().map(|leaf| leaf.value.end).collect();
    match leaves.iter().position(|one| one == leaf) {
        Some(entry) => inline::cut(text, &whole, &ends, entry),
        None => text.to_owned(),
    }
}

fn line(text: &str, leaf: &Leaf) -> String {
    let begin = line_begin(text, leaf.key.start);
    let end = line_end(text, leaf.value.end);
    let behind = &text[leaf.value.end..end];
    let mut out = text.to_owned();
    if behind.trim().is_empty() {
        out.replace_range(begin..end, "");
    } else {
        let comment = leaf.value.end + behind.find('#').unwrap_or(0);
        let begin = begin + indent(text, begin).len();
        out.replace_range(begin..comment, "");
    }
    out
}
