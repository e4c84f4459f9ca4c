//! Descriptions are HTML as the portal shows it, with marks of its templates left in; a SIEM wants the words.

use std::borrow::Cow;

use super::html_entities::entity;

/// Tags that go without a trace, and those that end a line. Only these count as tags: `<bob@contoso.com>` and
/// `a <b and c` are words.
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

/// The text of a description: tags taken out, entities decoded once, left-over template marks removed, no white
/// space at the ends. Lines stay lines. Borrowed where only the ends change.
pub(super) fn plain(html: &str) -> Cow<'_, str> {
    let bytes = html.as_bytes();
    let mut dirty = memchr::memchr3_iter(b'<', b'&', b'_', bytes);
    match dirty.find(|&at| bytes[at] != b'_' || bytes.get(at + 1) == Some(&b'_')) {
        None => Cow::Borrowed(html.trim()),
        Some(first) => Cow::Owned(cleaned(html, first)),
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

/// Length of the template mark (`__siteIcon__`) that the text begins with. It is a word by itself in camel case;
/// `__init__.py` and `__MACOSX` are names of files.
fn mark(text: &str) -> Option<usize> {
    let word = &text[..text.find(char::is_whitespace).unwrap_or(text.len())];
    let name = word.strip_prefix("__")?.strip_suffix("__")?;
    let camel = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.contains(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    camel.then_some(word.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn html_becomes_words() {
        for (html, words) in [
            ("Log on", "Log on"),
            ("  Log on\n", "Log on"),
            (
                "Download file: file <b>CC004.txt</b>",
                "Download file: file CC004.txt",
            ),
            ("<p>One</p>\n<p>Two<br/>Three</p>", "One\nTwo\nThree"),
            ("one <BR> two", "one\ntwo"),
            ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
            (
                "see <a href=\"#/subnet?a>b\">addresses</a>.",
                "see addresses.",
            ),
            ("line\n\nline", "line\n\nline"),
            ("a < b and b > c", "a < b and b > c"),
            ("a <b and b", "a <b and b"),
            ("a<b", "a<b"),
            ("<", "<"),
            ("Bob <bob@contoso.com>", "Bob <bob@contoso.com>"),
            ("x <!-- y --> z", "x  z"),
            (
                "&quot;Keep me&quot; &amp;lt; &#39;x&#x27;",
                "\"Keep me\" &lt; 'x'",
            ),
            ("&lt;b&gt;bold&lt;/b&gt;", "<b>bold</b>"),
            ("AT&T &bogus; & co", "AT&T &bogus; & co"),
            (
                "&Zcaron;i&zcaron;kov &rarr; &Scy;&acy;&shcy;&acy; &alpha;",
                "Žižkov → Саша α",
            ),
            ("'block' __siteIcon__ was matched", "'block' was matched"),
            ("__siteIcon__ was matched", "was matched"),
            ("was matched __siteIcon__", "was matched"),
            ("x\n__siteIcon__ y", "x\n y"),
            (
                "file __init__.py in __MACOSX or __main__",
                "file __init__.py in __MACOSX or __main__",
            ),
            ("a__siteIcon__b", "a__siteIcon__b"),
            ("当用漢字 <b>é</b>", "当用漢字 é"),
            ("&nbsp;", ""),
            ("", ""),
        ] {
            assert_eq!(plain(html), words, "{html}");
        }
    }

    #[test]
    fn borrows_what_is_clean() {
        assert!(matches!(plain(" Log on "), Cow::Borrowed("Log on")));
    }

    proptest! {
        #[test]
        fn never_panics_and_trims(html in "\\PC{0,60}|[<>/&#;_abpr xX0-9é\"'\n!-]{0,60}") {
            let text = plain(&html);
            prop_assert_eq!(text.trim(), &*text);
        }

        #[test]
        fn what_was_escaped_comes_back(words in "[<>&\"'a-z_ é]{0,40}") {
            let html = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            // template marks aside: the alphabet has no capitals
            prop_assert_eq!(plain(&html), words.trim());
        }
    }
}
