//! A record that a source has read: its event, or why it cannot be forwarded.

mod html;
mod html_entities;
mod read_one;
mod salvage;
mod time;

use crate::event::{Event, Names};
pub(in crate::source) use html::plain_of;
pub(in crate::source) use read_one::ReadOne;
pub(in crate::source) use salvage::{RecordKeys, Spoiled, complete, read_or_repair};
pub(in crate::source) use time::{RecordTime, first_time};

/// Reads a record's text. The names are those that the settings add to the tables.
pub type ReadRecord = for<'r> fn(&'r str, &Names) -> Result<Record<'r>, Unreadable>;

/// A record that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Record<'a> {
    /// What is forwarded.
    pub event: Event<'a>,
    /// What the stream's cursor goes by, milliseconds since 1970.
    pub cursor_ms: i64,
}

impl Record<'_> {
    /// The same, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Record<'static> {
        Record {
            event: self.event.into_owned(),
            cursor_ms: self.cursor_ms,
        }
    }
}

/// A record that can't be forwarded: not an object, without an id, or without a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unreadable {
    /// The record's id, where it could be found.
    pub id: Option<String>,
    /// What the stream's cursor goes by, as in [`Record`], where it could be found.
    pub cursor_ms: Option<i64>,
    /// Why, in words.
    pub reason: String,
}
