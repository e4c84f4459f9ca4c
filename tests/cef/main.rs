//! CEF lines against the old agent's and against other people's parsers.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod cases;
mod consumers;
mod dirt_of_successors;
mod dirty;
mod expected;
mod golden;
mod parsers;
mod successors;
