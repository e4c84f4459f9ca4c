//! Plain text for any editor: ASCII, lines of a screen's width, bounded.

use std::fmt::Write;

/// Bytes of the whole text.
pub(super) const LONGEST: usize = 4096;
/// Bounds of what others say, characters.
pub(super) const ONE_TROUBLE: usize = 400;
pub(super) const ONE_NAME: usize = 64;
const COLUMNS: usize = 76;

pub(super) fn heading(out: &mut String, title: &str) {
    let _ = writeln!(out, "\n{title}");
}

/// In lines of a screen's width, each behind `indent`.
pub(super) fn wrapped(out: &mut String, indent: &str, text: &str) {
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !line.is_empty() && indent.len() + line.len() + 1 + word.len() > COLUMNS {
            let _ = writeln!(out, "{indent}{line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        let _ = writeln!(out, "{indent}{line}");
    }
}

/// Plain ASCII of at most so many characters, in one line.
pub(super) fn tame(text: &str, longest: usize) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\u{2026}' => out.push_str("..."),
            '\u{2013}' | '\u{2014}' => out.push('-'),
            '\u{2018}' | '\u{2019}' => out.push('\''),
            '\u{201c}' | '\u{201d}' => out.push('"'),
            c if c.is_control() || c.is_whitespace() => out.push(' '),
            c if c.is_ascii() => out.push(c),
            _ => out.push('?'),
        }
        if out.len() > longest {
            out.truncate(longest.saturating_sub(3));
            out.push_str("...");
            break;
        }
    }
    out
}

/// With Windows' line ends, and cut where all together is too long.
pub(super) fn bounded(text: &str) -> String {
    const CUT: &str = "...\r\n";
    let mut out = String::with_capacity(LONGEST);
    for line in text.lines() {
        if out.len() + line.len() + 2 + CUT.len() > LONGEST {
            out.push_str(CUT);
            break;
        }
        out.push_str(line);
        out.push_str("\r\n");
    }
    out
}
