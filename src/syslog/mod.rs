//! Header variants and framing.

pub mod frame;
