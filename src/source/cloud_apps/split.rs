//! Where the records of a list begin and end, told by quotes and brackets alone: the page's JSON is read once for that, and
//! each record once more for what is in it, so this first reading has to cost little.
//!
//! 64 bytes at a time become bit masks, as simdjson does it (Langdale, Lemire: "Parsing Gigabytes of JSON per Second", 2019,
//! 3.1.1): which bytes are quotes, which of them are escaped, hence which bytes are inside a text, and which brackets are not.
//! A record of 1.8 KB costs about 5,000 instructions here, the check for UTF-8 included (tests/bench/budget).

use std::ops::Range;

use wide::u8x16;

/// Bytes that are looked at together.
const BLOCK: usize = 64;

/// The elements of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Split {
    /// The objects and lists in it, as places in the text.
    pub(super) elements: Vec<Range<usize>>,
    /// Where the list's closing bracket stands.
    pub(super) end: usize,
}

/// Splits the list whose opening bracket stands right before `start`. `None` where that takes a closer look: the list does not
/// close, holds anything but objects and lists, or is no JSON.
pub(super) fn split(text: &str, start: usize) -> Option<Split> {
    let bytes = text.as_bytes();
    let mut within = Within::default();
    let (mut elements, mut depth, mut begin, mut done) = (Vec::new(), 0_usize, 0, start);
    let mut at = start;
    while at < bytes.len() {
        let mut brackets = within.brackets(&block(bytes, at))?;
        while brackets != 0 {
            let place = at + brackets.trailing_zeros() as usize;
            brackets &= brackets - 1;
            let opens = matches!(bytes[place], b'{' | b'[');
            match (opens, depth) {
                (true, 0) => {
                    between(&bytes[done..place])?;
                    (begin, depth) = (place, 1);
                }
                (true, _) => depth += 1,
                (false, 0) => {
                    between(&bytes[done..place])?;
                    return (bytes[place] == b']').then_some(Split {
                        elements,
                        end: place,
                    });
                }
                (false, 1) => {
                    (depth, done) = (0, place + 1);
                    elements.push(begin..done);
                }
                (false, _) => depth -= 1,
            }
        }
        at += BLOCK;
    }
    None
}

/// What may stand between two elements.
fn between(bytes: &[u8]) -> Option<()> {
    let passes = |byte: &u8| matches!(byte, b',' | b' ' | b'\n' | b'\r' | b'\t');
    bytes.iter().all(passes).then_some(())
}

/// The block that begins at `at`, filled up with blanks at the end of the text.
fn block(bytes: &[u8], at: usize) -> [u8; BLOCK] {
    let rest = &bytes[at..];
    match rest.first_chunk() {
        Some(block) => *block,
        None => {
            let mut block = [b' '; BLOCK];
            block[..rest.len()].copy_from_slice(rest);
            block
        }
    }
}

/// What the blocks before leave for the next one.
#[derive(Debug, Default)]
struct Within {
    /// All ones inside a text, else zero.
    text: u64,
    /// One where the block before ended in a backslash that escapes the first byte of the next.
    escape: u64,
}

impl Within {
    /// The brackets of a block that stand outside texts, a bit for each byte. `None` where a backslash stands outside a text:
    /// that is no JSON.
    fn brackets(&mut self, block: &[u8; BLOCK]) -> Option<u64> {
        let (mut quotes, mut backslashes, mut brackets) = (0, 0, 0);
        let (sixteens, _) = block.as_chunks::<16>();
        for (nth, bytes) in sixteens.iter().enumerate() {
            let bytes = u8x16::new(*bytes);
            let mask = |found: u8x16| u64::from(found.to_bitmask()) << (16 * nth);
            let is = |byte: u8| bytes.simd_eq(u8x16::splat(byte));
            quotes |= mask(is(b'"'));
            backslashes |= mask(is(b'\\'));
            // `[` and `{`, `]` and `}` differ in one bit
            let lower = bytes | u8x16::splat(0x20);
            brackets |= mask(lower.simd_eq(u8x16::splat(b'{')) | lower.simd_eq(u8x16::splat(b'}')));
        }
        let escaped = self.escaped(backslashes);
        // each bit becomes the parity of the quotes up to it: one inside a text, its first quote included
        let mut texts = quotes & !escaped;
        for shift in [1, 2, 4, 8, 16, 32] {
            texts ^= texts << shift;
        }
        texts ^= self.text;
        self.text = 0_u64.wrapping_sub(texts >> 63);
        (backslashes & !texts == 0).then_some(brackets & !texts)
    }

    /// The bytes that a backslash before them escapes.
    fn escaped(&mut self, backslashes: u64) -> u64 {
        let mut escaped = std::mem::take(&mut self.escape);
        let mut escaping = backslashes & !escaped;
        while escaping != 0 {
            let next = escaping.trailing_zeros() + 1;
            if next == 64 {
                self.escape = 1;
                break;
            }
            escaped |= 1 << next;
            // up to the byte that is escaped: a backslash there escapes nothing
            escaping &= (!0_u64 << next) << 1;
        }
        escaped
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    fn elements(text: &str) -> Option<Vec<&str>> {
        let split = split(text, 1)?;
        Some(
            split
                .elements
                .into_iter()
                .map(|place| &text[place])
                .collect(),
        )
    }

    #[test]
    fn by_brackets_outside_texts() {
        for (text, expected) in [
            ("[]", Some(vec![])),
            ("[ \n]", Some(vec![])),
            (r#"[{"a":1}, [2,{}]]"#, Some(vec![r#"{"a":1}"#, "[2,{}]"])),
            (
                r#"[{"a":"}]\\\"}"},{}]"#,
                Some(vec![r#"{"a":"}]\\\"}"}"#, "{}"]),
            ),
            (r#"[{"a":tru}]"#, Some(vec![r#"{"a":tru}"#])),
            ("[{},7]", None),
            ("[null]", None),
            ("[{}\"x\"]", None),
            (r#"[{\"}]"#, None),
            ("[{}", None),
            ("[{]", None),
            ("[}", None),
            ("", None),
        ] {
            assert_eq!(elements(text), expected, "{text}");
        }
    }

    #[test]
    fn across_the_edges_of_blocks() {
        for fill in 0..200 {
            for tail in ["\\\\", "\\\"", "\\\\\\\"}", "é"] {
                let one = format!("{{\"{}{tail}\":[1]}}", "x".repeat(fill));
                let text = format!("[{one},{one}]");
                assert_eq!(elements(&text), Some(vec![&*one, &*one]), "{text}");
            }
        }
    }

    proptest! {
        #[test]
        fn agrees_with_a_parser(values in prop::collection::vec(json(), 0..6), blanks in "[ \n]{0,3}") {
            let texts: Vec<String> = values.iter().map(|value| format!("{{\"v\":{value}}}")).collect();
            let text = format!("[{}{blanks}]", texts.join(&format!(",{blanks}")));
            let raw: Vec<&RawValue> = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(elements(&text).unwrap(), raw.iter().map(|raw| raw.get()).collect::<Vec<_>>());
        }

        #[test]
        fn survives_anything(text in "[\\[\\]{}\",\\\\ 1é]{0,200}") {
            if let (Some(elements), Ok(raw)) = (elements(&text), serde_json::from_str::<Vec<&RawValue>>(&text)) {
                prop_assert_eq!(elements, raw.iter().map(|raw| raw.get()).collect::<Vec<_>>());
            }
        }
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            any::<i32>().prop_map(serde_json::Value::from),
            "[\\[\\]{}\",\\\\ aé\n]{0,80}".prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
                prop::collection::hash_map("[a-c\"\\\\]{0,4}", inner, 0..4)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }
}
