//! Compresses the lines of a page as they come, batch by batch: a page of 5,000 lines takes 0.8 MB
//! of memory instead of 6, until it goes to flash as a whole.
//!
//! The streams of an agent share one, whose tables and buffers take more than the lines of a batch.

use std::sync::{Arc, Mutex, PoisonError};

use super::batch::{Encoder, MOST_LINES, MOST_TEXT, PackedLines};
use crate::lines::Lines;

/// Compresses batches of lines. Cloning shares it.
#[derive(Clone, Default)]
pub struct Packer(Arc<Mutex<Option<Encoder>>>);

// === impl Packer ===

impl Packer {
    /// Takes a batch out of the lines once they fill one. Where zstd has no memory they stay as
    /// they are: whoever writes the page says so.
    pub fn take_full(&self, lines: &mut Lines) -> Option<PackedLines> {
        if lines.len() < MOST_LINES && lines.bytes() < MOST_TEXT {
            return None;
        }
        // the last line may be a long one, and then makes a batch of its own
        let last = match lines.bytes() > MOST_TEXT && lines.len() > 1 {
            true => lines.split_off(lines.len() - 1),
            false => Lines::default(),
        };
        let mut encoder = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if encoder.is_none() {
            *encoder = Encoder::new().ok();
        }
        let packed = encoder
            .as_mut()
            .and_then(|encoder| encoder.pack(lines).ok());
        match packed {
            Some(packed) => {
                lines.clear();
                lines.shrink_to(2 * MOST_TEXT);
                lines.append(&last);
                Some(packed)
            }
            None => {
                lines.append(&last);
                None
            }
        }
    }
}

impl std::fmt::Debug for Packer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packer").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The packed batches, and what is left.
    fn packed(of: impl IntoIterator<Item = String>) -> (Vec<PackedLines>, Lines) {
        let (packer, mut lines, mut batches) = (Packer::default(), Lines::default(), Vec::new());
        for (tag, line) in (0..).zip(of) {
            lines.push_with(tag, |text| text.push_str(&line));
            batches.extend(packer.take_full(&mut lines));
        }
        (batches, lines)
    }

    /// All lines and tags, in order.
    fn all((batches, rest): &(Vec<PackedLines>, Lines)) -> Vec<(String, u32)> {
        let unpacked = batches.iter().map(|batch| batch.unpack().unwrap());
        let parts: Vec<Lines> = unpacked.chain([rest.clone()]).collect();
        let with_tag = |lines: &Lines| {
            let lines = lines.iter().zip(lines.tags());
            lines
                .map(|(line, tag)| (line.to_owned(), *tag))
                .collect::<Vec<_>>()
        };
        parts.iter().flat_map(with_tag).collect()
    }

    #[test]
    fn each_line_is_there_once_in_its_place() {
        for length in [0, 1, 700, 5_000, 200_000] {
            let lines: Vec<String> = (0..300)
                .map(|n| format!("{n} {}", "x".repeat(length)))
                .collect();
            let packed = packed(lines.iter().cloned());
            let want: Vec<(String, u32)> = lines.into_iter().zip(0..).collect();
            assert_eq!(all(&packed), want, "{length}");
            for batch in &packed.0 {
                let text = batch.text_bytes() as usize;
                let count = batch.count() as usize;
                assert!(count <= MOST_LINES);
                assert!(text <= MOST_TEXT || count == 1, "{count} {text}");
            }
            assert!(packed.1.len() < MOST_LINES && packed.1.bytes() < MOST_TEXT + 200_010);
        }
    }

    #[test]
    fn a_long_line_goes_alone_and_its_memory_goes_back() {
        let mut lines = vec!["short".to_owned(), "x".repeat(10 << 20)];
        lines.extend((0..200).map(|n| format!("line {n}")));
        let packed = packed(lines);
        let counts: Vec<u32> = packed.0.iter().map(PackedLines::count).collect();
        assert_eq!(counts, [1, 1, 128]);
        let bytes: usize = packed.0.iter().map(PackedLines::bytes).sum();
        assert!(bytes < 20_000, "{bytes}");
        assert!(
            packed.1.held_bytes() < 512 << 10,
            "{}",
            packed.1.held_bytes()
        );
    }
}
