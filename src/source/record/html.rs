//! Turns a description, which is HTML with marks of the portal's templates, into plain text.

use std::borrow::Cow;

use super::html_entities::entity;

/// Tags that go without a trace, and those that end a line. Only these count as tags:
/// `<bob@contoso.com>` and `a <b and c` are words.
const INLINE: &[&str] = &[
    "a", "b", "big", "button", "code", "em", "font", "i", "img", "input", "label", "mark", "s",
    "small", "span", "strike", "strong", "sub", "sup", "svg", "u", "wbr",
];
const BREAKING: &[&str] = &[
    "blockquote",
    "body",
    "br",
    "dd",
    "div",
    "dl",
    "dt",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "hr",
    "html",
    "li",
    "ol",
    "p",
    "pre",
    "script",
    "section",
    "style",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "ul",
];

/// The text of a description: tags taken out, entities decoded once, left-over template marks
/// removed, no white space at the ends. Lines stay lines. Borrowed where only the ends change.
pub(in crate::source) fn plain(html: &str) -> Cow<'_, str> {
    let bytes = html.as_bytes();
    let mut dirty = memchr::memchr3_iter(b'<', b'&', b'_', bytes);
    match dirty.find(|&at| bytes[at] != b'_' || bytes.get(at + 1) == Some(&b'_')) {
        None => Cow::Borrowed(html.trim()),
        Some(first) => Cow::Owned(cleaned(html, first)),
    }
}

/// [`plain`] that borrows on where it can.
pub(in crate::source) fn plain_of(html: Cow<'_, str>) -> Cow<'_, str> {
    match html {
        Cow::Borrowed(html) => plain(html),
        Cow::Owned(html) => Cow::Owned(plain(&html).into_owned()),
    }
}

/// Like [`plain`]; nothing before `first` is of interest.
fn cleaned(html: &str, first: usize) -> String {
    let mut text = String::with_capacity(html.len());
    text.push_str(&html[..first]);
    let mut rest = &html[first..];
    while let Some(next) = rest.chars().next() {
        match next {
            '<' => {
                if let Some((breaks, width)) = tag(rest) {
                    if breaks && !text.is_empty() && !text.ends_with('\n') {
                        text.truncate(text.trim_end_matches(' ').len());
                        text.push('\n');
                    }
                    rest = &rest[width..];
                    if breaks {
                        rest = rest.trim_start();
                    }
                    continue;
                }
            }
            '&' => {
                if let Some(width) = entity(rest, &mut text) {
                    rest = &rest[width..];
                    continue;
                }
            }
            '_' if text.is_empty() || text.ends_with(char::is_whitespace) => {
                if let Some(width) = mark(rest) {
                    rest = &rest[width..];
                    if text.is_empty() || text.ends_with(' ') {
                        rest = rest.strip_prefix(' ').unwrap_or(rest);
                    }
                    continue;
                }
            }
            _ => {}
        }
        text.push(next);
        rest = &rest[next.len_utf8()..];
    }
    let end = text.trim_end().len();
    text.truncate(end);
    text.drain(..text.len() - text.trim_start().len());
    text
}

/// Whether the tag or comment that the text begins with ends a line, and its length in bytes.
fn tag(text: &str) -> Option<(bool, usize)> {
    if text.starts_with("<!--") {
        return text.find("-->").map(|end| (false, end + 3));
    }
    let name = text[1..].strip_prefix('/').unwrap_or(&text[1..]);
    let width = name.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let (name, behind) = name.split_at(width);
    if !behind.starts_with(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/') {
        return None;
    }
    let is = |known: &&str| name.eq_ignore_ascii_case(known);
    let breaks = BREAKING.iter().any(is);
    if !breaks && !INLINE.iter().any(is) {
        return None;
    }
    let end = closing(behind)?;
    Some((breaks, text.len() - behind.len() + end + 1))
}

/// Where the `>` is that closes a tag: not inside a quoted attribute, not behind another `<`.
fn closing(attributes: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in attributes.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'<') => return None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

/// Length of the template mark (`__siteIcon__`) that the text begins with. It is a word by itself
/// in camel case; `__init__.py` and `__MACOSX` are names of files.
fn mark(text: &str) -> Option<usize> {
    let word = &text[..text.find(char::is_whitespace).unwrap_or(text.len())];
    let name = word.strip_prefix("__")?.strip_suffix("__")?;
    let camel = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.contains(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    camel.then_some(word.len())
}

#[cfg(test)]
mod tests;
