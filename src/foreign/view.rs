//! A text in the forms in which a peer may have written it: percent-encoded, JSON-escaped, with
//! HTML's entities, folded over lines, in other letter case. Each byte of a view knows where in the
//! source it stands, so that what is found in the view can be taken out of the source.

use std::ops::Range;

/// Encodings in one another that are undone: a redirect's address inside an address, inside JSON.
const ROUNDS: usize = 3;

/// Bytes, and where each comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ForeignView {
    pub(super) bytes: Vec<u8>,
    /// For each byte: its place in the source.
    pub(super) places: Vec<Range<usize>>,
}

/// The source as it stands, and decoded once, twice and three times as far as that changes
/// anything; each of them [canonical].
pub(super) fn views(source: &[u8]) -> Vec<ForeignView> {
    let mut view = ForeignView {
        bytes: source.to_vec(),
        places: (0..source.len()).map(|at| at..at + 1).collect(),
    };
    let mut views = vec![view.squeezed()];
    for _ in 0..ROUNDS {
        let decoded = view.decoded();
        if decoded.bytes.len() == view.bytes.len() {
            break;
        }
        views.push(decoded.squeezed());
        view = decoded;
    }
    views
}

/// The one form in which secrets and texts are compared: without white space, controls and the two
/// signs that base64 has in two alphabets, in lower case.
pub(super) fn canonical(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter_map(kept).collect()
}

/// `None`: left out. `+` is also a space in a form; base64 has `+/` in one alphabet and `-_` in the
/// other.
fn kept(byte: u8) -> Option<u8> {
    match byte {
        0..=b' ' | 0x7f | b'+' | b'-' => None,
        b'_' => Some(b'/'),
        byte => Some(byte.to_ascii_lowercase()),
    }
}

// === impl View ===

impl ForeignView {
    fn squeezed(&self) -> Self {
        let mut squeezed = Self::with_room_for(self.bytes.len());
        for (byte, place) in self.bytes.iter().zip(&self.places) {
            if let Some(byte) = kept(*byte) {
                squeezed.push(&[byte], place.clone());
            }
        }
        squeezed
    }

    /// Every escape that stands in it, undone once.
    fn decoded(&self) -> Self {
        let mut decoded = Self::with_room_for(self.bytes.len());
        let mut at = 0;
        while at < self.bytes.len() {
            let rest = &self.bytes[at..];
            let (character, took) = match rest[0] {
                b'%' => percent(rest),
                b'\\' => backslash(rest),
                b'&' => entity(rest),
                _ => None,
            }
            .unwrap_or((Decoded::Byte(rest[0]), 1));
            let place = self.places[at].start..self.places[at + took - 1].end;
            match character {
                Decoded::Byte(byte) => decoded.push(&[byte], place),
                Decoded::Char(c) => decoded.push(c.encode_utf8(&mut [0; 4]).as_bytes(), place),
            }
            at += took;
        }
        decoded
    }

    fn with_room_for(bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            places: Vec::with_capacity(bytes),
        }
    }

    fn push(&mut self, bytes: &[u8], place: Range<usize>) {
        self.bytes.extend_from_slice(bytes);
        self.places.extend(bytes.iter().map(|_| place.clone()));
    }
}

/// What an escape stands for.
enum Decoded {
    Byte(u8),
    Char(char),
}

/// `%2B`
fn percent(rest: &[u8]) -> Option<(Decoded, usize)> {
    let byte = u8::try_from(number(rest.get(1..3)?, 16)?).ok()?;
    Some((Decoded::Byte(byte), 3))
}

/// `\u002b`, `\x2b`, `\/`, `\n` and the like.
fn backslash(rest: &[u8]) -> Option<(Decoded, usize)> {
    match rest.get(1)? {
        b'u' => {
            let c = char::from_u32(number(rest.get(2..6)?, 16)?)?;
            Some((Decoded::Char(c), 6))
        }
        b'x' => {
            let byte = u8::try_from(number(rest.get(2..4)?, 16)?).ok()?;
            Some((Decoded::Byte(byte), 4))
        }
        b'n' | b'r' | b't' | b'b' | b'f' => Some((Decoded::Byte(b' '), 2)),
        byte @ (b'"' | b'\'' | b'\\' | b'/') => Some((Decoded::Byte(*byte), 2)),
        _ => None,
    }
}

/// `&#43;`, `&#x2b;`, `&amp;`; other names stand for nothing that a secret holds.
fn entity(rest: &[u8]) -> Option<(Decoded, usize)> {
    let end = rest.iter().take(12).position(|byte| *byte == b';')?;
    let c = match &rest[1..end] {
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?)?,
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        _ => return None,
    };
    Some((Decoded::Char(c), end + 1))
}

/// Of digits alone: a sign is none.
fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok()?;
    if !digits.starts_with(|c: char| c.is_digit(radix)) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_and_know_their_places() {
        for (source, expected) in [
            (&b"A b"[..], vec!["ab"]),
            (b"a%2Fb", vec!["a%2fb", "a/b"]),
            (b"a%252Fb", vec!["a%252fb", "a%2fb", "a/b"]),
            (b"a\\u002Fb\\/", vec!["a\\u002fb\\/", "a/b/"]),
            (b"a&#47;b&#x2f;&amp;", vec!["a&#47;b&#x2f;&amp;", "a/b/&"]),
            (b"100% of \\d & so", vec!["100%of\\d&so"]),
            (b"%", vec!["%"]),
            (b"%+1\\u+123", vec!["%1\\u123"]),
        ] {
            let views = views(source);
            let texts: Vec<_> = views.iter().map(|view| view.bytes.clone()).collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|text| text.as_bytes().to_vec())
                .collect();
            assert_eq!(texts, expected, "{}", source.escape_ascii());
            for view in views {
                assert_eq!(view.bytes.len(), view.places.len());
                assert!(view.places.is_sorted_by_key(|place| place.start));
                assert!(view.places.iter().all(|place| place.end <= source.len()));
            }
        }
        let twice = views(b"xx%252F").pop();
        assert_eq!(twice.map(|view| view.places[2].clone()), Some(2..7));
    }
}
