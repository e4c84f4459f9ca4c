//! The size of a chunk: how much of a page an agent holds in memory before it writes it to flash.

use std::ops::ControlFlow;

use crate::source::Unreadable;
use crate::spool::{DeadLetter, MOST_ASIDE_BYTES};

/// A page whose lines have become so many bytes, compressed, is cut: the rest is asked for again.
/// Lines of real records become an eighth, so that it holds 15,000 of them, more than the largest
/// page has. All pollers may hold such a page at once.
const MOST_PACKED: usize = 2 << 20;
/// The same of what is not compressed: events and records set aside.
const MOST_PAGE: usize = 16 << 20;
/// The longest line, bytes: that of a record of 10 MB fits. A longer one is set aside with its
/// record.
pub const MOST_LINE: usize = 12 << 20;
/// What a record takes beside its text.
pub const OVERHEAD: usize = 256;

/// Is there room for more than these bytes of compressed lines, and of what is not compressed?
pub fn room_beside(packed: usize, plain: usize) -> ControlFlow<()> {
    if packed < MOST_PACKED && plain < MOST_PAGE {
        ControlFlow::Continue(())
    } else {
        ControlFlow::Break(())
    }
}

/// A record set aside, with as many of its bytes as are kept.
pub fn aside(unreadable: Unreadable, text: &[u8], at_ms: i64) -> DeadLetter {
    DeadLetter {
        id: unreadable.id.unwrap_or_default(),
        reason: unreadable.reason,
        at_ms,
        bytes: text[..text.len().min(MOST_ASIDE_BYTES)].to_vec(),
    }
}

/// Why a record is set aside whose line is longer than [`MOST_LINE`].
pub fn line_too_long(id: &str, cursor_ms: i64) -> Unreadable {
    Unreadable {
        id: Some(id.to_owned()),
        cursor_ms: Some(cursor_ms),
        reason: format!("its line would be longer than {} MB", MOST_LINE >> 20),
    }
}
