//! Splits what stands between the bracketed elements of a list: numbers, texts, `null`. No API
//! sends such records. A source that does so is told what it sent, one by one, and no more than one
//! of them is in memory.

use std::ops::ControlFlow;

use serde::de::IgnoredAny;

use super::element::{Element, KEPT};

/// The longest that is handed over whole, bytes.
const MOST: usize = 1 << 20;

/// Takes such elements apart at their commas.
#[derive(Debug, Default)]
pub(super) struct Scalars {
    /// What has come of the open one.
    token: Vec<u8>,
    /// Bytes of it that were not kept, because it is longer than the bound.
    gone: u64,
    in_text: bool,
    escaped: bool,
}

impl Scalars {
    /// Takes the next bytes between two elements in brackets.
    pub(super) fn feed(
        &mut self,
        bytes: &[u8],
        each: &mut impl FnMut(Element<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        for &byte in bytes {
            match (self.in_text, byte) {
                (true, _) => {
                    self.in_text = self.escaped || byte != b'"';
                    self.escaped = byte == b'\\' && !self.escaped;
                }
                (false, b',') => {
                    self.close(each)?;
                    continue;
                }
                (false, b' ' | b'\n' | b'\r' | b'\t') if self.token.is_empty() => continue,
                (false, b'"') => self.in_text = true,
                (false, _) => {}
            }
            if self.token.len() < MOST {
                self.token.push(byte);
            } else {
                self.gone += 1;
            }
        }
        ControlFlow::Continue(())
    }

    /// The same; a bracket stands behind them.
    pub(super) fn last(
        &mut self,
        bytes: &[u8],
        each: &mut impl FnMut(Element<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.feed(bytes, each)?;
        self.close(each)
    }

    /// The open one has ended: it is handed over where it is one. Damage is passed over.
    fn close(&mut self, each: &mut impl FnMut(Element<'_>) -> ControlFlow<()>) -> ControlFlow<()> {
        // as between any two records
        if self.token.is_empty() {
            return ControlFlow::Continue(());
        }
        let token = self.token.trim_ascii_end();
        let flow = if self.gone > 0 {
            each(Element::TooLong {
                begin: &token[..token.len().min(KEPT)],
                bytes: self.gone + token.len() as u64,
            })
        } else if serde_json::from_slice::<IgnoredAny>(token).is_ok() {
            each(Element::Whole(token))
        } else {
            ControlFlow::Continue(())
        };
        *self = Self::default();
        flow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(bytes: &[u8]) -> Vec<(usize, u64)> {
        let mut found = Vec::new();
        let mut scalars = Scalars::default();
        let mut each = |element: Element<'_>| {
            found.push(match element {
                Element::Whole(whole) => (whole.len(), whole.len() as u64),
                Element::TooLong { begin, bytes } => (begin.len(), bytes),
            });
            ControlFlow::Continue(())
        };
        let (first, second) = bytes.split_at(bytes.len() / 2);
        assert!(scalars.feed(first, &mut each).is_continue());
        assert!(scalars.last(second, &mut each).is_continue());
        found
    }

    #[test]
    fn commas_inside_texts_part_nothing() {
        assert_eq!(
            elements(br#" 1 , "a,\",b" ,nul, null"#),
            [(1, 1), (8, 8), (4, 4)]
        );
        assert_eq!(elements(b" \n"), []);
    }

    #[test]
    fn a_text_beyond_the_bound_is_told_by_its_begin() {
        let long = format!("1,\"{}\",2", "x,".repeat(MOST));
        let length = 2 * MOST as u64 + 2;
        assert_eq!(elements(long.as_bytes()), [(1, 1), (KEPT, length), (1, 1)]);
    }
}
