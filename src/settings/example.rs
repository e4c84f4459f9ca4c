//! The commented settings that `siembox example` prints and the package installs.

/// A whole settings file with every key and its default.
pub const EXAMPLE: &str = include_str!("example.toml");
