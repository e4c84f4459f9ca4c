//! Repairs records that are almost JSON. Half of a surrogate pair (a name cut in the middle of an
//! emoji) or a raw control character inside a string stops a JSON parser, but costs one character,
//! not the record.

use std::borrow::Cow;

/// The text with each lone surrogate escape replaced by U+FFFD and each raw control character
/// inside a string escaped. Borrowed when there is nothing to repair.
pub(in crate::source) fn repair(raw: &str) -> Cow<'_, str> {
    let bytes = raw.as_bytes();
    let mut mended = String::new();
    let (mut copied, mut at) = (0, 0);
    let mut in_string = false;
    while at < bytes.len() {
        let (width, instead) = match bytes[at] {
            b'"' => {
                in_string = !in_string;
                (1, None)
            }
            b'\\' if in_string => escape(&bytes[at..]),
            byte if in_string && byte < b' ' => (1, Some(control(byte))),
            _ => (1, None),
        };
        if let Some(instead) = instead {
            mended.push_str(&raw[copied..at]);
            mended.push_str(instead);
            copied = at + width;
        }
        at += width;
    }
    if mended.is_empty() {
        return Cow::Borrowed(raw);
    }
    mended.push_str(&raw[copied..]);
    Cow::Owned(mended)
}

/// What stands for a raw control character. All but the ends of lines and the tab mean nothing in a
/// line, where they become a blank; written out as `\u0001` a record full of them would take six
/// times its memory.
fn control(byte: u8) -> &'static str {
    match byte {
        b'\n' => "\\n",
        b'\r' => "\\r",
        b'\t' => "\\t",
        _ => " ",
    }
}

/// The bytes to step over at a backslash, and what to write instead of them where they can't stay.
fn escape(bytes: &[u8]) -> (usize, Option<&'static str>) {
    match code_unit(bytes) {
        None => (escape_width(bytes), None),
        Some(0xD800..=0xDBFF) => match bytes.get(6..).and_then(code_unit) {
            Some(0xDC00..=0xDFFF) => (12, None),
            _ => (6, Some("\\ufffd")),
        },
        Some(0xDC00..=0xDFFF) => (6, Some("\\ufffd")),
        Some(_) => (6, None),
    }
}

/// A backslash and the character behind it, as far as that is one byte.
fn escape_width(bytes: &[u8]) -> usize {
    if bytes.get(1).is_some_and(u8::is_ascii) {
        2
    } else {
        1
    }
}

/// The code unit of `\uXXXX` where the bytes begin with one.
fn code_unit(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    let digits = std::str::from_utf8(digits).ok()?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_character_not_the_record() {
        for (broken, mended) in [
            (r#""a\ud83d""#, r#""a\ufffd""#),
            (r#""\ude00b""#, r#""\ufffdb""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ud83d\n""#, r#""\ufffd\n""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            ("[\"a\tb\",\n1]", "[\"a\\tb\",\n1]"),
            ("\"\\\"\u{1}\"", "\"\\\" \""),
            (r#"{"a":"\ud83d\ude00"}"#, r#"{"a":"\ud83d\ude00"}"#),
            (r#""\u12"#, r#""\u12"#),
            ("\"\\", "\"\\"),
        ] {
            assert_eq!(repair(broken), mended);
        }
        assert!(matches!(repair(r#"{"a":1}"#), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,40}|[\\\\u\"dD80cCfF\u{0}-\u{1f}é]{0,40}") {
            repair(&text);
        }

        #[test]
        fn cut_pairs_become_readable(units in proptest::collection::vec(any::<u16>(), 0..20)) {
            let escapes: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let json = format!("\"{escapes}\"");
            let read: String = serde_json::from_str(&repair(&json)).unwrap();
            prop_assert_eq!(read, String::from_utf16_lossy(&units));
        }
    }
}
