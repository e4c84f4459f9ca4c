//! Decodes HTML entities once: `&amp;lt;` is the text `&lt;`.

/// The names of HTML and what they stand for, a line each, sorted by the bytes of the names: the
/// HTML standard's list (13.5, "named character references") without those of no semicolon. As text
/// it takes 26 kB of the binary; a crate's table of the same takes 200 kB, which is more than half
/// of what is left of the binary's budget.
const NAMED: &str = include_str!("entities.txt");
/// The longest name has 31 letters; a number has 7 digits at most, and leading zeros are allowed.
const LONGEST: usize = 33;

/// What `&#128;` to `&#159;` mean: the characters of windows-1252 (the HTML standard, "numeric
/// character reference end state").
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Appends what the entity stands for that the text, which begins with `&`, begins with. Gives the
/// entity's length in bytes.
pub(super) fn entity(text: &str, out: &mut String) -> Option<usize> {
    let end = text.bytes().take(LONGEST).position(|byte| byte == b';')?;
    let name = &text[1..end];
    match name.strip_prefix('#') {
        Some(number) => out.push(numbered(number)?),
        None => match named(name)? {
            // white space of any width becomes a blank
            wide if wide.chars().all(|c| c.is_whitespace() && !c.is_control()) => out.push(' '),
            characters => out.push_str(characters),
        },
    }
    Some(end + 1)
}

fn named(name: &str) -> Option<&'static str> {
    match name {
        "amp" => return Some("&"),
        "lt" => return Some("<"),
        "gt" => return Some(">"),
        "quot" => return Some("\""),
        "NewLine" => return Some("\n"),
        _ => {}
    }
    // halves until a line is left
    let mut rows = NAMED;
    while !rows.is_empty() {
        let middle = rows.floor_char_boundary(rows.len() / 2);
        let begin = rows[..middle].rfind('\n').map_or(0, |at| at + 1);
        let end = begin + rows[begin..].find('\n')?;
        let (row, characters) = rows[begin..end].split_once(' ')?;
        rows = match name.cmp(row) {
            std::cmp::Ordering::Equal => return Some(characters),
            std::cmp::Ordering::Less => &rows[..begin],
            std::cmp::Ordering::Greater => &rows[end + 1..],
        };
    }
    None
}

fn numbered(number: &str) -> Option<char> {
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    Some(match u32::from_str_radix(digits, radix) {
        Ok(code @ 0x80..=0x9f) => WINDOWS_1252[code as usize - 0x80],
        Ok(0xa0) => ' ',
        Ok(0) | Err(_) => char::REPLACEMENT_CHARACTER,
        Ok(code) => char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_name_of_the_table_is_found() {
        let rows: Vec<(&str, &str)> = (NAMED.lines())
            .map(|row| row.split_once(' ').unwrap())
            .collect();
        assert!(rows.len() > 2_100 && rows.is_sorted_by(|a, b| a.0 < b.0));
        for (name, characters) in rows {
            assert_eq!(named(name), Some(characters), "{name}");
            assert!(name.len() + 2 <= LONGEST, "{name}");
        }
        for none in ["", "A", "zzz", "amp ", "Aacute \u{c1}", "\n"] {
            assert_eq!(named(none), None, "{none}");
        }
    }

    #[test]
    fn entities() {
        for (text, expected) in [
            ("&quot;x", Some(("\"", 6))),
            ("&amp;lt;", Some(("&", 5))),
            ("&#39;", Some(("'", 5))),
            ("&#x2019;s", Some(("’", 8))),
            ("&#146;", Some(("’", 6))),
            ("&#xD83D;", Some(("\u{fffd}", 8))),
            ("&#0;", Some(("\u{fffd}", 4))),
            ("&#99999999999;", Some(("\u{fffd}", 14))),
            ("&#000000000000000039;", Some(("'", 21))),
            ("&#00000000000000000000000000000000000039;", None),
            ("&nbsp;", Some((" ", 6))),
            ("&emsp;", Some((" ", 6))),
            ("&NewLine;", Some(("\n", 9))),
            ("&scaron;", Some(("š", 8))),
            ("&Lstrok;&oacute;", Some(("Ł", 8))),
            ("&zhcy;", Some(("ж", 6))),
            ("&CounterClockwiseContourIntegral;", Some(("∳", 33))),
            ("&NotEqualTilde;", Some(("≂\u{338}", 15))),
            ("&rarr;", Some(("→", 6))),
            ("&", None),
            ("&;", None),
            ("&#;", None),
            ("&#x;", None),
            ("&#+1;", None),
            ("&bogus;", None),
            ("&é;", None),
            ("& b;", None),
        ] {
            let mut out = String::new();
            let width = entity(text, &mut out);
            assert_eq!(width.map(|width| (&*out, width)), expected, "{text}");
            assert!(width.is_some() || out.is_empty(), "{text}");
        }
    }
}
