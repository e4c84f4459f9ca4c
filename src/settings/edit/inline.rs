//! Removes an entry of `{ a = 1, b = 2 }` or `[ {…}, {…} ]` together with its comma.

use std::ops::Range;

/// Takes an entry out of an inline table or list. `whole` is the text from bracket to bracket,
/// `ends` are the ends of all entries, `entry` is one of them.
pub(super) fn cut(text: &str, whole: &Range<usize>, ends: &[usize], entry: usize) -> String {
    let before = match entry {
        0 => whole.start + 1,
        later => ends[later - 1],
    };
    let begin = past(text, before, whole.end, &[',']);
    let end = ends[entry];
    let comma_behind = comma(text, end, whole.end);
    let nothing = end..end;
    let mut cuts = match comma_behind {
        // with the blanks up to the next entry
        Some(comma) => {
            let blanks = text[comma + 1..].find(|c| c != ' ' && c != '\t');
            let next = comma + 1 + blanks.unwrap_or(0);
            if text[end..comma].trim().is_empty() {
                [begin..next, next..next]
            } else {
                [begin..end, comma..next]
            }
        }
        None => match (entry > 0).then(|| comma(text, before, begin)).flatten() {
            Some(comma) if text[comma + 1..begin].trim().is_empty() => [comma..end, nothing],
            Some(comma) => [comma..comma + 1, begin..end],
            None => [begin..end, nothing],
        },
    };
    if ends.len() == 1 && text[whole.start + 1..begin].trim().is_empty() {
        let inner = whole.start + 1..whole.end - 1;
        let behind = comma_behind.map_or(end, |comma| comma + 1);
        if text[behind..inner.end].trim().is_empty() {
            let end = inner.end;
            cuts = [inner, end..end];
        }
    }
    let mut out = text.to_owned();
    for cut in cuts.into_iter().rev() {
        let at = cut.start;
        out.replace_range(cut, "");
        drop_blank_line(&mut out, at);
    }
    out
}

/// A line of which nothing is left goes; not where the entry began behind something else.
fn drop_blank_line(text: &mut String, at: usize) {
    let begin = super::layout::line_begin(text, at);
    let end = super::layout::line_end(text, at);
    let is_whole = text[begin..end].ends_with('\n');
    if is_whole && begin > 0 && text[begin..end].trim().is_empty() {
        text.replace_range(begin..end, "");
    }
}

/// The first byte from `at` on that is neither white space, nor a comment, nor one of these.
fn past(text: &str, at: usize, limit: usize, also: &[char]) -> usize {
    let mut comment = false;
    for (offset, c) in text[at..limit].char_indices() {
        match c {
            '\n' => comment = false,
            '#' => comment = true,
            _ if comment || c.is_whitespace() || also.contains(&c) => {}
            _ => return at + offset,
        }
    }
    limit
}

/// The comma that comes next, before anything else.
fn comma(text: &str, at: usize, limit: usize) -> Option<usize> {
    let next = past(text, at, limit, &[]);
    text[next..limit].starts_with(',').then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_goes_with_one_comma() {
        for (text, ends, entry, expected) in [
            ("{ a = 1, b = 2 }", &[7, 14][..], 0, "{ b = 2 }"),
            ("{ a = 1, b = 2 }", &[7, 14], 1, "{ a = 1 }"),
            ("{ a = 1 }", &[7], 0, "{}"),
            ("{ a = 1 , b = 2}", &[7, 15], 0, "{ b = 2}"),
            ("[\n  1, # one\n  2,\n]", &[5, 16], 1, "[\n  1, # one\n]"),
            ("[\n  1, # one\n  2,\n]", &[5, 16], 0, "[\n  # one\n  2,\n]"),
        ] {
            let whole = 0..text.len();
            assert_eq!(cut(text, &whole, ends, entry), expected, "{text} {entry}");
        }
    }
}
