//! Tests of a whole agent.
mod third_stream;
