//! What is shipped: binaries, packages and images. Each test needs what `make` builds first.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod image;
mod package;
mod release;
