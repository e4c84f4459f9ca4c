//! Kinds of values, and keys that must not be missing. `None` only where the report has the reason.

use toml_edit::Value;

use crate::settings::{Refusal, Section};

/// A text that must be there, parsed.
pub fn required<T>(
    section: &Section,
    key: &'static str,
    parse: impl FnOnce(&str) -> Result<T, Refusal>,
) -> Option<T> {
    demand(section, key, "a text in quotes");
    section.text(key, parse)
}

/// One of these words, which must be there.
pub fn word<T: Copy>(
    section: &Section,
    key: &'static str,
    words: &[(&'static str, T)],
) -> Option<T> {
    let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
    demand(section, key, &format!("\"{}\"", names.join("\", \"")));
    section.word(key, words)
}

/// A number within bounds, which must be there.
pub fn number(
    section: &Section,
    key: &'static str,
    bounds: std::ops::RangeInclusive<i64>,
) -> Option<u32> {
    demand(
        section,
        key,
        &format!("{} to {}", bounds.start(), bounds.end()),
    );
    section.number(key, bounds)
}

fn demand(section: &Section, key: &'static str, allowed: &str) {
    if !section.has(key) {
        section.refuse(key, &format!("missing; allowed: {allowed}"));
    }
}

/// A text on one line; it may be empty.
pub fn any_text(text: &str) -> Result<String, Refusal> {
    match text.contains(char::is_control) {
        false => Ok(text.to_owned()),
        true => Err(Refusal::found(text, "a text without control characters")),
    }
}

/// A text on one line that is not empty.
pub fn some_text(text: &str) -> Result<String, Refusal> {
    match text.trim() {
        "" => Err(Refusal::found(text, "a text that is not empty")),
        _ => any_text(text),
    }
}

/// A path that does not lead out of its folder.
pub fn relative_path(text: &str) -> Result<String, Refusal> {
    let plain = |part: &str| !matches!(part, "" | "." | "..");
    match text.split('/').all(plain) {
        true => some_text(text),
        false => Err(Refusal::found(
            text,
            "a path within the package, without \"..\"",
        )),
    }
}

/// The name of a kernel module.
pub fn module_name(text: &str) -> Result<String, Refusal> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    match !text.is_empty() && text.bytes().all(plain) {
        true => Ok(text.to_owned()),
        false => Err(Refusal::found(text, "a module's name, without .ko")),
    }
}

/// A text of an array.
pub fn text_of(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
