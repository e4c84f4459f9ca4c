//! Where the records of a list begin and end, told by quotes and brackets alone: the page's JSON is read once for that, and
//! each record once more for what is in it, so this first reading has to cost little.
//!
//! 64 bytes at a time become bit masks, as simdjson does it (Langdale, Lemire: "Parsing Gigabytes of JSON per Second", 2019,
//! 3.1.1): which bytes are quotes, which of them are escaped, hence which bytes are inside a text, and which brackets are not.
//! A record of 1.8 KB costs about 5,000 instructions here, the check for UTF-8 included (tests/bench/budget).

use serde_json::value::RawValue;
use wide::u8x16;

/// Bytes that are looked at together.
const BLOCK: usize = 64;

/// Splits a list, fed to it piece by piece. An element is handed over when its end has come; only what is not handed over yet
/// is kept.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    within: Within,
    /// What has come and may still be needed.
    text: Vec<u8>,
    /// How far `text` was looked at: whole blocks, counted from the list's begin.
    looked: usize,
    /// Brackets that are open.
    depth: usize,
    /// Where the open element begins.
    begin: usize,
    /// Where the last element ended.
    done: usize,
}

// === impl Splitter ===

impl Splitter {
    /// Takes the next piece of the list, beginning behind its opening bracket. Once the list has ended, gives back what stands
    /// behind it, from its closing bracket on.
    pub(super) fn feed(&mut self, piece: &[u8], mut each: impl FnMut(&[u8])) -> Option<Vec<u8>> {
        self.text.extend_from_slice(piece);
        while let Some(block) = self.text[self.looked..].first_chunk() {
            if let Some(end) = self.look(&{ *block }, &mut each) {
                return Some(self.text.split_off(end));
            }
        }
        self.forget();
        None
    }

    /// Nothing more comes: what is left is looked at. `None` where the list does not end.
    pub(super) fn end(mut self, mut each: impl FnMut(&[u8])) -> Option<Vec<u8>> {
        let rest = &self.text[self.looked..];
        let mut block = [b' '; BLOCK];
        block[..rest.len()].copy_from_slice(rest);
        let end = self.look(&block, &mut each)?;
        Some(self.text.split_off(end))
    }

    /// One block further. Says where the list ends, where it does in it.
    fn look(&mut self, block: &[u8; BLOCK], each: &mut impl FnMut(&[u8])) -> Option<usize> {
        let mut brackets = self.within.brackets(block);
        while brackets != 0 {
            let nth = brackets.trailing_zeros() as usize;
            brackets &= brackets - 1;
            let place = self.looked + nth;
            let opens = matches!(block[nth], b'{' | b'[');
            match (opens, self.depth) {
                (true, 0) => {
                    between(&self.text[self.done..place], each);
                    (self.begin, self.depth) = (place, 1);
                }
                (true, _) => self.depth += 1,
                (false, 0) if block[nth] == b']' => {
                    between(&self.text[self.done..place], each);
                    return Some(place);
                }
                // damage
                (false, 0) => {}
                (false, 1) => {
                    (self.depth, self.done) = (0, place + 1);
                    each(&self.text[self.begin..self.done]);
                }
                (false, _) => self.depth -= 1,
            }
        }
        self.looked += BLOCK;
        None
    }

    /// Lets go of what was handed over.
    fn forget(&mut self) {
        let gone = if self.depth == 0 {
            self.done
        } else {
            self.begin
        };
        self.text.drain(..gone);
        self.looked -= gone;
        self.begin = 0;
        self.done = self.done.saturating_sub(gone);
    }
}

/// Hands over what stands between two elements and is a value all the same: a number, a text, nothing. Damage is passed over.
fn between(bytes: &[u8], each: &mut impl FnMut(&[u8])) {
    let blank = |byte: &u8| matches!(byte, b',' | b' ' | b'\n' | b'\r' | b'\t');
    if bytes.iter().all(blank) {
        return;
    }
    let text = String::from_utf8_lossy(bytes);
    let list = format!("[{}]", text.trim().trim_matches(','));
    if let Ok(values) = serde_json::from_str::<Vec<&RawValue>>(&list) {
        values.iter().for_each(|value| each(value.get().as_bytes()));
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
    /// The brackets of a block that stand outside texts, a bit for each byte.
    fn brackets(&mut self, block: &[u8; BLOCK]) -> u64 {
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
        brackets & !texts
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

    use super::*;

    /// The elements of a list, fed in pieces of this size; `None` where it does not end.
    fn elements(text: &str, piece: usize) -> Option<Vec<String>> {
        let (mut splitter, mut found) = (Splitter::default(), Vec::new());
        let mut each = |element: &[u8]| found.push(String::from_utf8_lossy(element).into_owned());
        let mut pieces = text.as_bytes()[1.min(text.len())..].chunks(piece);
        let ended = pieces.any(|piece| splitter.feed(piece, &mut each).is_some());
        (ended || splitter.end(&mut each).is_some()).then_some(found)
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
            ("[{},7, null]", Some(vec!["{}", "7", "null"])),
            ("[\"a,b\",{}]", Some(vec!["\"a,b\"", "{}"])),
            ("[{}}, {}tru]", Some(vec!["{}", "{}"])),
            (r#"[{\"}]"#, Some(vec![r#"{\"}"#])),
            ("[{}", None),
            ("[{]", None),
            ("[}", None),
            ("", None),
        ] {
            let expected = expected.map(|all| all.into_iter().map(str::to_owned).collect());
            assert_eq!(elements(text, 7), expected, "{text}");
        }
    }

    #[test]
    fn across_the_edges_of_blocks_and_pieces() {
        for fill in 0..200 {
            for tail in ["\\\\", "\\\"", "\\\\\\\"}", "é"] {
                let one = format!("{{\"{}{tail}\":[1]}}", "x".repeat(fill));
                let text = format!("[{one},{one}]");
                let expected = Some(vec![one.clone(), one]);
                assert_eq!(elements(&text, 1 + fill % 90), expected, "{text}");
            }
        }
    }

    #[test]
    fn keeps_only_what_is_open() {
        let mut splitter = Splitter::default();
        let record = format!("{{\"a\":\"{}\"}},", "x".repeat(1000));
        for _ in 0..1000 {
            assert_eq!(splitter.feed(record.as_bytes(), |_| {}), None);
            assert!(splitter.text.len() < 2 * record.len());
        }
        assert_eq!(splitter.feed(b"],\"a\"", |_| {}), None);
        assert_eq!(splitter.end(|_| {}).unwrap(), b"],\"a\"");
    }

    proptest! {
        #[test]
        fn agrees_with_a_parser(
            values in prop::collection::vec(json(), 0..6), blanks in "[ \n]{0,3}", piece in 1_usize..200
        ) {
            let texts: Vec<String> = values.iter().map(|value| format!("{{\"v\":{value}}}")).collect();
            let text = format!("[{}{blanks}]", texts.join(&format!(",{blanks}")));
            let raw: Vec<&RawValue> = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(elements(&text, piece).unwrap(), raw.iter().map(|raw| raw.get()).collect::<Vec<_>>());
        }

        #[test]
        fn survives_anything(text in "\\[[\\[\\]{}\",\\\\ 1é]{0,200}", piece in 1_usize..80) {
            if let (Some(elements), Ok(raw)) = (elements(&text, piece), serde_json::from_str::<Vec<&RawValue>>(&text)) {
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
