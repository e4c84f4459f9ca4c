//! Escapes values, so that no value ends its field or its line.
//!
//! CEF has `\|` and `\\` in the header, `\=`, `\\`, `\n` and `\r` in the extension, and nothing for
//! the other control characters: each of those becomes a blank, so that a word boundary stays one
//! and nothing acts on the receiver's terminal or ends its C string (C0, DEL, C1). U+0085, U+2028
//! and U+2029 break lines in many readers (Python's `splitlines` among them), so they count as line
//! breaks.
//!
//! What parsers make of the escapes (tried; `tests/cef_parsers.rs` keeps trying):
//! - pycef 1.11 undoes none of them, so a value with `=`, `\` or a line break comes back changed
//!   whatever one writes; a `\` or `=` in the header makes it lose name and severity.
//! - cefp 0.0.2 undoes all of them, and drops a single `\`.
//! - Others cut a value at `\=` (reference: peers.md, lesson 5).
//!
//! Hence the portable profile, which writes what would need an escape in another way:
//! percent-encoded, line breaks as a blank. A `%3D` that was in the record stays as it is; the two
//! are not told apart.

/// What to write for each character that can't stand as it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Escapes {
    pub backslash: &'static str,
    pub equals: &'static str,
    pub bar: &'static str,
    /// LF, and the line breaks of Unicode.
    pub newline: &'static str,
    /// CR. Where it is a blank, CR LF is one blank.
    pub carriage_return: &'static str,
}

/// Header by the standard.
pub(super) const HEADER: Escapes = Escapes {
    backslash: "\\\\",
    equals: "=",
    bar: "\\|",
    newline: " ",
    carriage_return: " ",
};

/// Extension by the standard.
pub(super) const EXTENSION: Escapes = Escapes {
    backslash: "\\\\",
    equals: "\\=",
    bar: "|",
    newline: "\\n",
    carriage_return: "\\r",
};

/// Extension without a backslash.
pub(super) const PORTABLE: Escapes = Escapes {
    backslash: "%5C",
    equals: "%3D",
    bar: "|",
    newline: " ",
    carriage_return: " ",
};

/// Header without a backslash.
pub(super) const PORTABLE_HEADER: Escapes = Escapes {
    bar: "%7C",
    ..PORTABLE
};

impl Escapes {
    /// Appends the text.
    pub fn write(&self, text: &str, out: &mut String) {
        let bytes = text.as_bytes();
        let (mut copied, mut at) = (0, 0);
        while at < bytes.len() {
            if !SPECIAL[bytes[at] as usize] {
                at += 1;
                continue;
            }
            let (width, instead) = self.instead(&bytes[at..]);
            if let Some(instead) = instead {
                out.push_str(&text[copied..at]);
                out.push_str(instead);
                copied = at + width;
            }
            at += width;
        }
        out.push_str(&text[copied..]);
    }

    /// Length of the character at the beginning, and what to write for it where it can't stand.
    fn instead(&self, bytes: &[u8]) -> (usize, Option<&'static str>) {
        match *bytes {
            [b'\\', ..] => (1, Some(self.backslash)),
            [b'=', ..] => (1, Some(self.equals)),
            [b'|', ..] => (1, Some(self.bar)),
            [b'\r', b'\n', ..] if self.carriage_return == " " => (2, Some(" ")),
            [b'\r', ..] => (1, Some(self.carriage_return)),
            [b'\n', ..] => (1, Some(self.newline)),
            [0..0x20 | 0x7f, ..] => (1, Some(" ")),
            [0xc2, 0x85, ..] | [0xe2, 0x80, 0xa8 | 0xa9, ..] => {
                (if bytes[0] == 0xc2 { 2 } else { 3 }, Some(self.newline))
            }
            [0xc2, 0x80..=0x9f, ..] => (2, Some(" ")),
            _ => (1, None),
        }
    }
}

/// Bytes that a character in need of attention begins with.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut control = 0;
    while control < 0x20 {
        special[control] = true;
        control += 1;
    }
    special[0x7f] = true;
    special[b'\\' as usize] = true;
    special[b'=' as usize] = true;
    special[b'|' as usize] = true;
    special[0xc2] = true; // C1 controls
    special[0xe2] = true; // U+2028, U+2029
    special
};

#[cfg(test)]
mod tests {
    use super::*;

    fn written(escapes: &Escapes, text: &str) -> String {
        let mut out = String::new();
        escapes.write(text, &mut out);
        out
    }

    #[test]
    fn each_has_its_way() {
        let text = "a|b\\c=d\ne\r\nf\tg\0h\u{85}i\u{2028}j\u{9b}k\u{7f}lé…|";
        for (escapes, expected) in [
            (HEADER, "a\\|b\\\\c=d e f g h i j k lé…\\|"),
            (EXTENSION, "a|b\\\\c\\=d\\ne\\r\\nf g h\\ni\\nj k lé…|"),
            (PORTABLE, "a|b%5Cc%3Dd e f g h i j k lé…|"),
            (PORTABLE_HEADER, "a%7Cb%5Cc%3Dd e f g h i j k lé…%7C"),
        ] {
            assert_eq!(written(&escapes, text), expected);
        }
    }
}
