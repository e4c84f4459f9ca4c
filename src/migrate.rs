//! `siembox migrate`: an agent changes its source.
//!
//! An agent has its source in `[agent.source]` and may have another one of the same records in
//! `[agent.other_source]`. The two are compared over a stretch of time: which records both hold,
//! which only one, and how their lines differ, field by field. Then they change places in the
//! settings, as often as is wanted: what one has sent the other does not send again.

mod compare;
mod fields;
mod show;
mod swap;
mod window;

pub use compare::compare;
pub use show::{example_section, in_words};
pub use swap::swap;
pub use window::{MigrateError, MigrateWindow, MostLines, SourceLines, read};
