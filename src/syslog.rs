//! Header variants and framing.

pub mod frame;
mod header;

pub use header::{Header, Priority, TimeFormat};
