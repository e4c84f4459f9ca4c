//! What must hold for siembox whatever comes in: a cloud's answer, a record, a settings file, bytes
//! from flash, a receiver's answer.
//!
//! Each target is a function over any bytes that panics where something does not hold. The fuzzer
//! calls it (`make fuzz T=…`), and a plain test calls it with everything that the fuzzer found
//! worth keeping (`replay.rs`).

pub mod http;
pub mod page;
pub mod record;
pub mod relp;
pub mod settings;
pub mod spool;

/// A target: its name, which is also that of its folders under `corpus` and `crashes`, and what it
/// does.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 6] = [
    ("page", page::run),
    ("record", record::run),
    ("settings", settings::run),
    ("spool", spool::run),
    ("http", http::run),
    ("relp", relp::run),
];
