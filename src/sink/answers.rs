//! The receiver's acknowledgements and refusals of lines, by their numbers. Only RELP has such
//! answers.

use crate::spool::LineSet;

/// What was answered since the sink was last asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// Numbers of the lines that the receiver has accepted, in whatever order it did.
    pub accepted: LineSet,
    /// Lines that it does not take, in the order of its answers.
    pub refused: Vec<ReceiverRefusal>,
}

/// A line that the receiver does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiverRefusal {
    /// The line's number in the spool.
    pub line: u64,
    /// The receiver's code and text, fit for a log.
    pub words: String,
}
