//! Sets or removes one key of a settings file.
//!
//! A key that is there has its value replaced where it stands. One that is not goes where a person
//! would write it: below the last key of its table; dotted, between brackets, or below a header of
//! its own, as the file has it already.

use toml_edit::{Document, InlineTable, Item, Table, TableLike, Value};

use super::layout::{Layout, Leaf, agent, indent, last_end, leaves, line_end, newline, parsed};
use super::removal;

/// A key and where its path begins.
#[derive(Debug, Clone)]
pub(super) struct SettingKey<'k> {
    pub base: Base,
    /// At least one part.
    pub path: Vec<&'k str>,
}

/// Where the path of a key begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// The top of the file.
    Top,
    /// An agent, by its place from 0.
    Agent(usize),
}

/// How far a path leads in the file, and through what.
struct Walk<'d> {
    /// The table with a header (the top of the file counts as one), as long as it goes through no
    /// brackets.
    header: Option<(&'d Table, usize)>,
    /// The last brackets, and how many parts of the path lead to them.
    brackets: Option<(&'d InlineTable, usize)>,
    /// The last table of all.
    table: &'d dyn TableLike,
    /// How many parts of the path lead to it.
    depth: usize,
}

/// Gives the key this value, or takes it out.
pub(super) fn set(text: &str, key: &SettingKey<'_>, value: Option<Value>) -> String {
    let Some(value) = value else {
        return take_out(text, key);
    };
    let value = value.decorated("", "").to_string();
    if let Some(document) = parsed(text)
        && let Some(Item::Value(there)) = written(&document, key)
        && !there.as_inline_table().is_some_and(InlineTable::is_dotted)
        && let Some(span) = there.span()
    {
        let mut out = text.to_owned();
        out.replace_range(span, &value);
        return out;
    }
    // what stands in the way: a table of this name, or a value where a table has to be
    let mut cleared = text.to_owned();
    for parts in 1..=key.path.len() {
        let part = SettingKey {
            base: key.base,
            path: key.path[..parts].to_vec(),
        };
        let in_the_way = parsed(&cleared).is_some_and(|document| {
            let item = written(&document, &part);
            item.is_some_and(|item| parts == key.path.len() || !item.is_table_like())
        });
        if in_the_way {
            cleared = take_out(&cleared, &part);
        }
    }
    add(&cleared, key, &value).unwrap_or(cleared)
}

/// Adds an agent that has a name and nothing else.
pub(super) fn add_agent(text: &str, name: &str) -> String {
    let name = Value::from(name).to_string();
    let name = name.trim();
    let mut text = text.to_owned();
    let list = parsed(&text).and_then(|document| {
        let list = document.get("agent")?.as_array()?;
        let last = list.iter().last().and_then(Value::span);
        Some((list.span()?, last))
    });
    match list {
        Some((whole, Some(last))) => {
            let is_in_lines = text[whole.start..last.start].contains('\n');
            let between = match is_in_lines {
                true => format!(",{}{}", newline(&text), indent(&text, last.start)),
                false => ", ".to_owned(),
            };
            text.insert_str(last.end, &format!("{between}{{ name = {name} }}"));
            return text;
        }
        // `agent = []`
        Some((_, None)) => {
            let path = vec!["agent"];
            text = take_out(
                &text,
                &SettingKey {
                    base: Base::Top,
                    path,
                },
            );
        }
        None => {}
    }
    let nl = newline(&text);
    let at = text.len();
    section(&text, at, &format!("[[agent]]{nl}name = {name}{nl}"), false)
}

fn written<'d>(document: &'d Document<&str>, key: &SettingKey<'_>) -> Option<&'d Item> {
    let walk = walk(document.as_table(), key)?;
    let rest = &key.path[walk.depth..];
    (rest.len() == 1).then(|| walk.table.get(rest[0])).flatten()
}

/// As far as there are tables, at most to that of the last part.
fn walk<'d>(top: &'d Table, key: &SettingKey<'_>) -> Option<Walk<'d>> {
    let mut walk = match key.base {
        Base::Top => Walk {
            header: Some((top, 0)),
            brackets: None,
            table: top,
            depth: 0,
        },
        Base::Agent(place) => {
            let table = agent(top, place)?;
            let list = top.get("agent")?;
            let header = list.as_array_of_tables().and_then(|list| list.get(place));
            let inline = list.as_array().and_then(|list| list.get(place));
            Walk {
                header: header.map(|table| (table, 0)),
                brackets: inline
                    .and_then(Value::as_inline_table)
                    .map(|table| (table, 0)),
                table,
                depth: 0,
            }
        }
    };
    for part in &key.path[..key.path.len() - 1] {
        let depth = walk.depth + 1;
        match walk.table.get(part) {
            Some(Item::Table(table)) => {
                if !table.is_dotted() {
                    walk.header = Some((table, depth));
                }
                walk.table = table;
            }
            Some(Item::Value(Value::InlineTable(table))) => {
                if !table.is_dotted() {
                    walk.brackets = Some((table, depth));
                }
                walk.table = table;
            }
            _ => break,
        }
        walk.depth = depth;
    }
    Some(walk)
}

/// Takes out what stands at the key: a value, or a table however it is written.
fn take_out(text: &str, key: &SettingKey<'_>) -> String {
    let mut text = text.to_owned();
    // dotted keys go one by one; each time there is one less
    while let Some(less) = take_one(&text, key).filter(|less| *less != text) {
        text = less;
    }
    text
}

fn take_one(text: &str, key: &SettingKey<'_>) -> Option<String> {
    let document = parsed(text)?;
    let item = written(&document, key)?;
    let brackets = walk(document.as_table(), key)?
        .brackets
        .map(|(table, _)| table);
    let leaf: Leaf = match item {
        Item::Table(table) if !table.is_dotted() => {
            return Some(removal::tables_of(text, document.as_table(), table));
        }
        Item::ArrayOfTables(tables) => {
            let last = tables.iter().last()?;
            return Some(removal::tables_of(text, document.as_table(), last));
        }
        Item::Value(Value::InlineTable(dotted)) if dotted.is_dotted() => leaves(dotted).pop()?,
        Item::Table(dotted) => leaves(dotted).pop()?,
        _ => {
            let span = item.span()?;
            let table = walk(document.as_table(), key)?.table;
            leaves(table).into_iter().find(|leaf| leaf.value == span)?
        }
    };
    Some(removal::leaf(text, &leaf, brackets))
}

/// Writes a key that is not there.
fn add(text: &str, key: &SettingKey<'_>, value: &str) -> Option<String> {
    let document = parsed(text)?;
    let top = document.as_table();
    let walk = walk(top, key)?;
    if let Some((brackets, depth)) = walk.brackets {
        return between(text, brackets, depth, &walk, key, value);
    }
    let (header, depth) = walk.header?;
    let layout = Layout::of(text, top);
    let rest = &key.path[walk.depth..];
    let is_top = key.base == Base::Top && depth == 0;
    let is_dotted = walk.depth > depth;
    let goes_here = rest.len() == 1 || depth > 0 || (!is_top && prefers_dots(header));
    if is_dotted || (goes_here && !header.is_implicit()) {
        let line = format!("{} = {value}", key.path[depth..].join("."));
        let block = if is_top { 0 } else { layout.number(header)? };
        let last = match is_dotted {
            true => last_end(walk.table),
            false => last_end(header),
        };
        let at = match last {
            Some(end) => line_end(text, end),
            None => layout.blocks[block].to,
        };
        let begin = leaves(header)
            .last()
            .map_or(layout.blocks[block].from, |leaf| leaf.key.start);
        let line = format!("{}{line}{}", indent(text, begin), newline(text));
        return Some(with_line(text, at, &line));
    }
    // below a header of its own; one part of the path names it, or as many as there are tables
    // below it already
    let parts = walk.depth.max(1);
    let name = key.path[..parts].join(".");
    let nl = newline(text);
    let line = format!("{} = {value}{nl}", key.path[parts..].join("."));
    match key.base {
        Base::Top => {
            let agents = top.get("agent").and_then(Item::as_array_of_tables);
            let first = agents.and_then(|agents| layout.number(agents.get(0)?));
            let at = first.map_or(text.len(), |first| layout.begin(first));
            Some(section(text, at, &format!("[{name}]{nl}{line}"), false))
        }
        Base::Agent(place) => {
            let table = top.get("agent")?.as_array_of_tables()?.get(place)?;
            let numbers = layout.numbers(table);
            let last = *numbers.last()?;
            let from = layout.blocks[last].from;
            // as close together as its others
            let close =
                numbers.len() > 1 && !text[..layout.begin(last)].ends_with(&format!("{nl}{nl}"));
            let indent = indent(text, from);
            let words = format!("{indent}[agent.{name}]{nl}{indent}{line}");
            Some(section(text, layout.end(last), &words, close))
        }
    }
}

/// Does this agent write `siem.port` instead of `[agent.siem]`?
fn prefers_dots(agent: &Table) -> bool {
    let tables = || agent.iter().filter_map(|(_, item)| item.as_table());
    tables().any(Table::is_dotted) && !tables().any(|table| !table.is_dotted())
}

/// Writes a key between brackets.
fn between(
    text: &str,
    brackets: &InlineTable,
    depth: usize,
    walk: &Walk<'_>,
    key: &SettingKey<'_>,
    value: &str,
) -> Option<String> {
    let mut out = text.to_owned();
    // `siem.port = 1` beside other dotted keys of siem, else `siem = { port = 1 }`
    let dotted = key.path[depth..walk.depth]
        .iter()
        .map(|part| format!("{part}."));
    let mut entry: String = dotted.collect();
    let rest = &key.path[walk.depth..];
    entry.push_str(&rest.join(" = { "));
    entry.push_str(&format!(" = {value}{}", " }".repeat(rest.len() - 1)));
    match last_end(walk.table).or_else(|| last_end(brackets)) {
        Some(last) => out.insert_str(last, &format!(", {entry}")),
        None => out.replace_range(brackets.span()?, &format!("{{ {entry} }}")),
    }
    Some(out)
}

/// Puts a whole line at the beginning of one.
fn with_line(text: &str, at: usize, line: &str) -> String {
    let mut out = text.to_owned();
    let ends_open = at > 0 && !text[..at].ends_with('\n');
    let begin = if ends_open { newline(text) } else { "" };
    out.insert_str(at, &format!("{begin}{line}"));
    out
}

/// Puts a table at the beginning of a line, a blank line above it and below.
fn section(text: &str, at: usize, words: &str, close: bool) -> String {
    let nl = newline(text);
    let above = &text[..at];
    let mut out = above.to_owned();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push_str(nl);
    }
    let last = out.lines().next_back().unwrap_or_default();
    if !close && !last.trim().is_empty() {
        out.push_str(nl);
    }
    out.push_str(words);
    let below = &text[at..];
    let next = below.lines().next().unwrap_or_default();
    if !below.is_empty() && !next.trim().is_empty() && !close {
        out.push_str(nl);
    }
    out.push_str(below);
    out
}
