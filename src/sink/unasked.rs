//! Data that a receiver sends without being asked.

use std::fmt;

use crate::foreign::ForeignText;

/// What a peer said that has nothing to say. Shown fit for a log line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unasked {
    /// What a TLS receiver says to a plain line.
    TlsAlert,
    /// The beginning of anything else.
    Words(ForeignText),
}

impl fmt::Display for Unasked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TlsAlert => f.write_str("a TLS alert"),
            Self::Words(words) => words.fmt(f),
        }
    }
}
