//! Settings files: right, wrong, doubtful, and the commented example.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod example;
mod files;
mod load;
