//! Tests of a whole agent, and what the tests of its parts have in common.
pub(super) mod parts;
mod third_stream;
