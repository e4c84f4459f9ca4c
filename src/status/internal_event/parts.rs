//! What several internal events are made of: a question, a line, a page.

/// What a stream asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// From when on, milliseconds since 1970.
    pub from_ms: i64,
    /// Until when, where not until now.
    pub to_ms: Option<i64>,
    /// So many records at most.
    pub limit: u32,
}

/// What an API says of records that come late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LateRecords {
    /// It tells when each record came: each poll asks for those that came late.
    AreAsked,
    /// It says nothing about it.
    Untold,
    /// It refuses the question, for this reason.
    Refused(String),
}

/// A line that the receiver does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineTrouble {
    /// Its number in the spool.
    pub number: u64,
    /// Its record's id, where the line has one.
    pub id: String,
    /// Does the receiver answer that it does not take it, or does it end connections at it?
    pub refused: bool,
    /// The receiver's words, or how connections end.
    pub words: String,
    /// How often it was sent by now.
    pub tries: u8,
}

/// What a page brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRead {
    /// Its name.
    pub stream: &'static str,
    /// Records in the page.
    pub records: u64,
    /// Of them, read before.
    pub repeats: u64,
    /// Left out by a setting.
    pub left_out: u64,
    /// Set aside.
    pub set_aside: u64,
    /// Became lines.
    pub lines: u64,
    /// Everything up to here has been read.
    pub read_up_to_ms: Option<i64>,
    /// More follows at once.
    pub more: bool,
}
