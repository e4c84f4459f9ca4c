//! The program as people call it, and the README that tells them how.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod cli;
mod documents;
mod readme;
mod successors;
