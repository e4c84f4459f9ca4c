//! Finds where the records of a list begin and end, by quotes and brackets alone. A page's JSON is
//! read once for that, and each record once more for its content, so this first reading has to be
//! cheap.
//!
//! 64 bytes at a time become bit masks, as simdjson does it (Langdale, Lemire: "Parsing Gigabytes
//! of JSON per Second", 2019, 3.1.1): which bytes are quotes, which of them are escaped, hence
//! which bytes are inside a text, and which brackets are not. A record of 1.8 KB costs about 5,000
//! instructions here, the check for UTF-8 included (tests/bench/budget).

use std::ops::ControlFlow;

use wide::u8x16;

use super::element::{Element, KEPT};
use super::scalars::Scalars;

/// Bytes that are looked at together.
const BLOCK: usize = 64;
/// The longest element that is handed over whole, bytes: a record of 10 MB still is.
pub(super) const MOST_ELEMENT: usize = 11 << 20;
/// How far the list has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It goes on.
    Open,
    /// It has ended; what stands behind it, from its closing bracket on.
    Ended(Vec<u8>),
    /// Who takes the elements wants no more.
    Stopped,
}

/// Splits a list, fed to it piece by piece. An element is handed over when its end has come; only
/// what is not handed over yet is kept, and of that no more than [`MOST_ELEMENT`].
#[derive(Debug, Default)]
pub(super) struct Splitter {
    within: Within,
    /// What stands between the elements in brackets.
    scalars: Scalars,
    /// What has come and may still be needed.
    text: Vec<u8>,
    /// How far `text` was looked at: whole blocks, counted from the list's begin.
    looked: usize,
    /// Brackets that are open.
    depth: usize,
    /// Where the open element begins.
    begin: usize,
    /// Bytes of the open element that are gone already, because it is longer than the bound.
    gone: u64,
    /// Up to here nothing is needed any more.
    done: usize,
}

/// Why a block was the last one.
enum Last {
    /// The list ends here.
    At(usize),
    /// Nobody wants more.
    Stopped,
}

// === impl Splitter ===

impl Splitter {
    /// Takes the next piece of the list, beginning behind its opening bracket.
    pub(super) fn feed(
        &mut self,
        piece: &[u8],
        mut each: impl FnMut(Element<'_>) -> ControlFlow<()>,
    ) -> Progress {
        self.text.extend_from_slice(piece);
        while let Some(block) = self.text[self.looked..].first_chunk() {
            match self.look(&{ *block }, &mut each) {
                None => {}
                Some(Last::At(end)) => return Progress::Ended(self.text.split_off(end)),
                Some(Last::Stopped) => return Progress::Stopped,
            }
        }
        self.forget();
        Progress::Open
    }

    /// Nothing more comes: what is left is looked at. [`Progress::Open`] where the list does not
    /// end.
    pub(super) fn end(mut self, mut each: impl FnMut(Element<'_>) -> ControlFlow<()>) -> Progress {
        let rest = &self.text[self.looked..];
        let mut block = [b' '; BLOCK];
        block[..rest.len()].copy_from_slice(rest);
        self.text.resize(self.looked + BLOCK, b' ');
        match self.look(&block, &mut each) {
            None => Progress::Open,
            Some(Last::At(end)) => {
                let mut behind = self.text.split_off(end);
                behind.truncate(behind.trim_ascii_end().len());
                Progress::Ended(behind)
            }
            Some(Last::Stopped) => Progress::Stopped,
        }
    }

    /// One block further. Says why it was the last, where it was.
    fn look(
        &mut self,
        block: &[u8; BLOCK],
        each: &mut impl FnMut(Element<'_>) -> ControlFlow<()>,
    ) -> Option<Last> {
        let mut brackets = self.within.brackets(block);
        while brackets != 0 {
            let nth = brackets.trailing_zeros() as usize;
            brackets &= brackets - 1;
            let place = self.looked + nth;
            let opens = matches!(block[nth], b'{' | b'[');
            let flow = match (opens, self.depth) {
                (true, 0) => {
                    (self.begin, self.depth, self.gone) = (place, 1, 0);
                    let between = &self.text[self.done..place];
                    self.scalars.last(between, each)
                }
                (true, _) => {
                    self.depth += 1;
                    ControlFlow::Continue(())
                }
                (false, 0) if block[nth] == b']' => {
                    let between = &self.text[self.done..place];
                    match self.scalars.last(between, each) {
                        ControlFlow::Continue(()) => return Some(Last::At(place)),
                        stop => stop,
                    }
                }
                // damage
                (false, 0) => ControlFlow::Continue(()),
                (false, 1) => {
                    (self.depth, self.done) = (0, place + 1);
                    each(self.element())
                }
                (false, _) => {
                    self.depth -= 1;
                    ControlFlow::Continue(())
                }
            };
            if flow.is_break() {
                return Some(Last::Stopped);
            }
        }
        self.looked += BLOCK;
        if self.depth == 0 {
            let between = &self.text[self.done..self.looked];
            self.done = self.looked;
            if self.scalars.feed(between, each).is_break() {
                return Some(Last::Stopped);
            }
        }
        None
    }

    /// The element that has just ended.
    fn element(&self) -> Element<'_> {
        let text = &self.text[self.begin..self.done];
        let bytes = self.gone + text.len() as u64;
        if bytes <= MOST_ELEMENT as u64 {
            return Element::Whole(text);
        }
        Element::TooLong {
            begin: &text[..text.len().min(KEPT)],
            bytes,
        }
    }

    /// Forgets what was handed over, and of an element that is too long all but its begin.
    fn forget(&mut self) {
        if self.depth > 0 && self.looked - self.begin > MOST_ELEMENT {
            let kept = self.begin + KEPT;
            self.gone += (self.looked - kept) as u64;
            self.text.drain(kept..self.looked);
            self.looked = kept;
            self.text.shrink_to(4 * KEPT);
        }
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
        // each bit becomes the parity of the quotes up to it: one inside a text, its first quote
        // included
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
mod tests;
