//! The words that findings use for values and types.

use toml_edit::{Item, Value};

use super::finding::quoted;
use super::{Refusal, nearest};

/// `no such setting; did you mean …? allowed here: …`
///
/// Meant is rather what is not there yet: beside a `protocol`, `prot` is a mistyped `port`.
pub(super) fn unknown(
    what: &str,
    written: &str,
    allowed: &[&str],
    is_there: impl Fn(&str) -> bool,
) -> String {
    let mut allowed = allowed.to_vec();
    allowed.sort_unstable();
    let absent = allowed.iter().copied().filter(|word| !is_there(word));
    let meant = nearest(written, absent)
        .or_else(|| nearest(written, allowed.iter().copied()))
        .map(|word| format!(" did you mean `{word}`?"))
        .unwrap_or_default();
    format!("{what};{meant} allowed here: {}", allowed.join(", "))
}

/// One of a few words, or a refusal with the nearest of them.
pub(super) fn one_of<T: Copy>(text: &str, words: &[(&'static str, T)]) -> Result<T, Refusal> {
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        return Ok(*value);
    }
    let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let meant = nearest(text, names.iter().copied())
        .map(|word| format!("; did you mean \"{word}\"?"))
        .unwrap_or_default();
    Err(Refusal::found(
        text,
        format!("\"{}\"{meant}", names.join("\", \"")),
    ))
}

/// What stands in the file, in words.
pub(super) fn shown(item: &Item) -> String {
    match item {
        Item::None => "nothing".to_owned(),
        Item::Value(value) => shown_value(value),
        Item::Table(_) => "a table".to_owned(),
        Item::ArrayOfTables(_) => "a list of tables".to_owned(),
    }
}

/// As [`shown`], for a value.
pub(super) fn shown_value(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text.value()),
        Value::Integer(number) => number.value().to_string(),
        Value::Float(number) => format!("{:?}", number.value()),
        Value::Boolean(flag) => flag.value().to_string(),
        Value::Datetime(date) => format!("the date {}", date.value()),
        Value::Array(_) => "a list".to_owned(),
        Value::InlineTable(_) => "a table".to_owned(),
    }
}

/// A key as it would have to be written: in quotes where it is no plain word.
pub(super) fn key_shown(key: &str) -> String {
    let plain = !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if plain { key.to_owned() } else { quoted(key) }
}

/// Keys with points between them, each as [`key_shown`] has it.
pub(super) fn path_shown(path: &str) -> String {
    let parts: Vec<String> = path.split('.').map(key_shown).collect();
    parts.join(".")
}

/// `agent[2].siem` as it stands in the file: `agent.siem`.
pub(super) fn plain_path(path: &str) -> String {
    path.split('.')
        .map(|part| part.split('[').next().unwrap_or(part))
        .collect::<Vec<_>>()
        .join(".")
}
