//! The forms in which a peer may repeat a secret, kept as fingerprints of its parts and not as
//! text.
//!
//! A form is cut into pieces of 12 bytes, one at each place: so a part of a secret is found as
//! well, as where the peer has cut it off. Of a form that can be told by its alphabet (base64,
//! hexadecimal) only each eighth piece is kept: what stands around a piece that is found goes with
//! it.

use std::hash::BuildHasher;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::view::canonical;
use crate::random::HashKeys;

/// Bytes of a piece. Of a secret that is shorter, all of it is the piece.
pub(super) const PIECE: usize = 12;
/// A shorter secret is none: it would be found in any text.
const SHORTEST: usize = 4;
/// Between two pieces of an encoded form.
const STRIDE: usize = 8;

/// One way of writing a secret.
#[derive(Debug, Clone)]
pub(super) struct SecretForms {
    /// Bytes of a piece.
    pub(super) piece: usize,
    /// Fingerprints of the pieces, in order.
    prints: Vec<u64>,
    /// Is it written in letters and digits alone, so that those around a piece belong to it?
    pub(super) is_encoded: bool,
}

// === impl Form ===

impl SecretForms {
    /// All ways of writing this secret; none where it is too short to be one.
    pub(super) fn all(secret: &[u8], keys: &HashKeys) -> Vec<Self> {
        let plain = canonical(secret);
        if plain.len() < SHORTEST {
            return Vec::new();
        }
        let mut hex = Vec::with_capacity(2 * secret.len());
        for byte in secret {
            hex.extend_from_slice(format!("{byte:02x}").as_bytes());
        }
        let mut forms = vec![Self::of(&plain, false, keys), Self::of(&hex, true, keys)];
        // base64 of a longer text in which it stands (`user:password`) depends on where it stands,
        // modulo 3
        for before in 0..3 {
            let core = canonical(&base64_core(secret, before));
            if core.len() >= SHORTEST {
                forms.push(Self::of(&core, true, keys));
            }
        }
        forms
    }

    fn of(canonical: &[u8], is_encoded: bool, keys: &HashKeys) -> Self {
        let piece = canonical.len().min(PIECE);
        let stride = if is_encoded { STRIDE } else { 1 };
        let pieces = canonical.windows(piece).step_by(stride);
        let last = canonical.windows(piece).last();
        let mut prints: Vec<u64> = pieces.chain(last).map(|it| keys.hash_one(it)).collect();
        prints.sort_unstable();
        prints.dedup();
        Self {
            piece,
            prints,
            is_encoded,
        }
    }

    pub(super) fn holds(&self, print: u64) -> bool {
        self.prints.binary_search(&print).is_ok()
    }
}

/// The characters of base64 that this secret alone decides, with so many bytes before it and any
/// after it.
fn base64_core(secret: &[u8], before: usize) -> Vec<u8> {
    let mut padded = vec![0; before];
    padded.extend_from_slice(secret);
    let text = STANDARD_NO_PAD.encode(&padded).into_bytes();
    let first = (8 * before).div_ceil(6);
    let end = 8 * padded.len() / 6;
    text[first..end].to_vec()
}
