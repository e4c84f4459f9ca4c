//! The layout of a settings file: where each table and value begins and ends.

use std::ops::Range;

use toml_edit::{Document, Item, Table, TableLike, Value};

use super::gap::Gap;

/// The text with the places of all that is in it; none where it is no TOML, which a draft never is.
pub(super) fn parsed(text: &str) -> Option<Document<&str>> {
    Document::parse(text).ok()
}

/// The lines of one table with a header: from the header's to that of its last value. Header and
/// key belong to nobody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub from: usize,
    pub to: usize,
}

/// All of a file, from above; the first is what stands before any header.
pub(super) struct Layout<'a> {
    text: &'a str,
    pub blocks: Vec<Block>,
}

// === impl Layout ===

impl<'a> Layout<'a> {
    pub(super) fn of(text: &'a str, top: &Table) -> Self {
        let mut blocks = Vec::new();
        for table in below(top) {
            blocks.extend(block(text, table));
        }
        blocks.sort_by_key(|block| block.from);
        let to = last_end(top).map_or(0, |end| line_end(text, end));
        blocks.insert(0, Block { from: 0, to });
        Self { text, blocks }
    }

    /// What lies between this block and the next, or the end.
    pub(super) fn gap(&self, block: usize) -> (Range<usize>, Gap) {
        let from = self.blocks[block].to;
        let next = self.blocks.get(block + 1);
        let to = next.map_or(self.text.len(), |next| next.from);
        let range = from.min(to)..to;
        let gap = Gap::of(&self.text[range.clone()], next.is_some());
        (range, gap)
    }

    /// Where a block ends with the comments that belong to it.
    pub(super) fn end(&self, block: usize) -> usize {
        let (range, gap) = self.gap(block);
        range.start + gap.tail
    }

    /// Where it begins with the comments that belong to it.
    pub(super) fn begin(&self, block: usize) -> usize {
        let Some(before) = block.checked_sub(1) else {
            return 0;
        };
        let (range, gap) = self.gap(before);
        range.start + gap.lead
    }

    /// The number of the block with this table's header.
    pub(super) fn number(&self, table: &Table) -> Option<usize> {
        let at = line_begin(self.text, table.span()?.start);
        self.blocks
            .iter()
            .enumerate()
            .skip(1)
            .find(|(_, block)| block.from == at)
            .map(|(number, _)| number)
    }

    /// The numbers of the blocks of a table and all below it, from above.
    pub(super) fn numbers(&self, table: &Table) -> Vec<usize> {
        let tables = std::iter::once(table).chain(below(table));
        let mut numbers: Vec<usize> = tables.filter_map(|table| self.number(table)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}

fn block(text: &str, table: &Table) -> Option<Block> {
    let header = (!table.is_dotted() && !table.is_implicit()).then_some(table.span()?)?;
    let end = last_end(table).unwrap_or(header.end).max(header.end);
    Some(Block {
        from: line_begin(text, header.start),
        to: line_end(text, end),
    })
}

/// All tables below one, however deep.
fn below(table: &Table) -> Vec<&Table> {
    let mut all = Vec::new();
    for (_, item) in table.iter() {
        let tables: Vec<&Table> = match item {
            Item::Table(table) => vec![table],
            Item::ArrayOfTables(tables) => tables.iter().collect(),
            _ => continue,
        };
        for table in tables {
            all.push(table);
            all.extend(below(table));
        }
    }
    all
}

// --- values

/// The values that stand in a table itself or behind dotted keys in it, from above.
pub(super) fn leaves(table: &dyn TableLike) -> Vec<Leaf> {
    let mut all = Vec::new();
    for (key, item) in table.iter() {
        match item {
            Item::Table(dotted) if dotted.is_dotted() => all.extend(leaves(dotted)),
            Item::Value(Value::InlineTable(dotted)) if dotted.is_dotted() => {
                all.extend(leaves(dotted));
            }
            Item::Value(value) => {
                let key = table.key(key).and_then(toml_edit::Key::span);
                all.extend(
                    key.zip(value.span())
                        .map(|(key, value)| Leaf { key, value }),
                );
            }
            _ => {}
        }
    }
    all.sort_by_key(|leaf| leaf.value.start);
    all
}

/// One key with its value. Of a dotted key, the last part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf {
    pub key: Range<usize>,
    pub value: Range<usize>,
}

/// Where the last of them ends.
pub(super) fn last_end(table: &dyn TableLike) -> Option<usize> {
    leaves(table).last().map(|leaf| leaf.value.end)
}

// --- agents

/// The agent of this place, from 0.
pub(super) fn agent(top: &Table, place: usize) -> Option<&dyn TableLike> {
    match top.get("agent")? {
        Item::ArrayOfTables(tables) => tables.get(place).map(|table| table as &dyn TableLike),
        Item::Value(Value::Array(list)) => {
            let table = list.get(place)?.as_inline_table()?;
            Some(table as &dyn TableLike)
        }
        _ => None,
    }
}

pub(super) fn agent_names(top: &Table) -> Vec<String> {
    let name = |table: &dyn TableLike| {
        let name = table.get("name").and_then(Item::as_str);
        name.unwrap_or_default().to_owned()
    };
    let mut names = Vec::new();
    while let Some(agent) = agent(top, names.len()) {
        names.push(name(agent));
    }
    names
}

// --- lines

pub(super) fn line_begin(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Behind the line's line feed, or the end of the text.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..]
        .find('\n')
        .map_or(text.len(), |newline| at + newline + 1)
}

/// The white space before the first word of the line in which this byte is.
pub(super) fn indent(text: &str, at: usize) -> &str {
    let line = &text[line_begin(text, at)..];
    let word = line.find(|c| c != ' ' && c != '\t').unwrap_or(line.len());
    &line[..word]
}

/// How this file ends its lines.
pub(super) fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}
