//! Errors of a source, divided by what to do about them.

use std::time::Duration;

use crate::foreign::without_secrets;

/// A page could not be had.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("{what}")]
pub struct SourceError {
    /// What to do about it.
    pub trouble: SourceErrorKind,
    /// What happened, for the operator: cause and cure, never a secret.
    pub what: String,
}

/// Kinds of trouble, by what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceErrorKind {
    /// 429: the whole tenant waits this long.
    Throttled(Duration),
    /// The API refuses our token.
    InvalidToken,
    /// No way in for another reason, e.g. no token, or Entra refuses the app: somebody has to do
    /// something; tried again slowly, and at once when the secret changes.
    Refused,
    /// Network, 5xx, torn answers: passes by itself, tried again with back-off.
    Passing,
    /// The answer is larger than the bound: ask for less.
    TooLarge,
    /// The answer did not end within the timeout: ask for less.
    TooSlow,
    /// 400: the question itself is refused, e.g. a filter, or a place that is too old.
    BadQuestion,
    /// What is asked for is not there, or not for us: a table that the tenant has not, a right that
    /// the app lacks. Of its stream alone; tried again rarely.
    Absent,
    /// The proxy can't be used as it is set.
    InvalidProxy,
    /// The settings or the machine stand in the way: certificate, clock, address.
    InTheWay,
    /// We were told to stop.
    Stopped,
}

impl SourceError {
    /// Puts the two together.
    ///
    /// What a peer said in it is a [`ForeignText`](crate::foreign::ForeignText); this is the net
    /// behind that door.
    pub fn new(trouble: SourceErrorKind, what: impl AsRef<str>) -> Self {
        Self {
            trouble,
            what: without_secrets(what.as_ref()).into_owned(),
        }
    }
}
