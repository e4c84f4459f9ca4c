//! An element of a JSON list: whole, or the beginning of one that is too long.

/// What is kept of a longer one, bytes.
pub(super) const KEPT: usize = 256 << 10;

/// An element of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element<'e> {
    /// As it stands there.
    Whole(&'e [u8]),
    /// One that is longer than the bound.
    TooLong {
        /// How it begins.
        begin: &'e [u8],
        /// How long it is.
        bytes: u64,
    },
}
