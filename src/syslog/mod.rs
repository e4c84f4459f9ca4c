//! Header variants and framing.

mod header;

pub use header::{Header, Priority, TimeFormat};
