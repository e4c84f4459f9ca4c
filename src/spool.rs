//! The spool: lines that wait on flash for the SIEM, and the cursor, in one place because both
//! change together.
//!
//! This file is the port. The files beside it are how things lie on flash, pure; [`sled`] is the
//! adapter that puts them there.

mod batch;
mod byte_reader;
mod dead_letter;
pub mod format_2;
mod fragment;
#[doc(hidden)]
pub mod fuzzing;
mod line_set;
mod packer;
mod record;
mod repair;
mod seen;
pub mod sled;
mod state;

pub use batch::{Encoder, Label, MOST_TEXT, PackedLines};
#[doc(hidden)] // measured by itself in tests/bench/budget
pub use dead_letter::MOST_BYTES as MOST_ASIDE_BYTES;
pub use line_set::LineSet;
pub use packer::Packer;
pub use repair::Repair;

use crate::lines::Lines;

use std::path::PathBuf;

/// One page of the cloud's answer, to be made durable as a whole or not at all.
#[derive(Debug)]
pub struct SpoolPage<'a> {
    /// Which stream of the agent it belongs to; each has its own cursor.
    pub stream: u8,
    /// The lines to forward, in order: those that were compressed as they came,
    pub packed: &'a [PackedLines],
    /// and those behind them.
    pub lines: &'a Lines,
    /// The stream's cursor behind this page; opaque here. Replaces the one before.
    pub cursor: &'a [u8],
    /// Fingerprints of the ids in this page; opaque here. Kept as a chunk of its own behind those
    /// of earlier pages, with the number that [`Memory::seen_next`] named, and one more each time.
    /// Where it is empty there is no chunk, and no number is used.
    pub seen: &'a [u8],
    /// Chunks of `seen` with a number below this may be forgotten. Those of this page are never
    /// among them.
    pub forget_seen: u64,
    /// Records that could not be read.
    pub aside: &'a [DeadLetter],
}

impl SpoolPage<'_> {
    /// All of its lines as text, for a spool that keeps them so. `None` where packed ones can't be
    /// read.
    #[must_use]
    pub fn unpacked(&self) -> Option<Lines> {
        let mut all = Lines::default();
        for packed in self.packed {
            all.append(&packed.unpack()?);
        }
        all.append(self.lines);
        Some(all)
    }
}

#[cfg(test)]
impl<'a> SpoolPage<'a> {
    /// These lines, and nothing beside them.
    pub fn of_lines(lines: &'a Lines) -> Self {
        Self {
            stream: 0,
            packed: &[],
            lines,
            cursor: b"",
            seen: b"",
            forget_seen: 0,
            aside: &[],
        }
    }
}

/// A record that could not be turned into a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The record's id where it could be found, else empty.
    pub id: String,
    /// Why it could not be read, in words.
    pub reason: String,
    /// When it was set aside, milliseconds since 1970.
    pub at_ms: i64,
    /// The record as it came, cut at a bound that the spool names.
    pub bytes: Vec<u8>,
}

/// What a stream left behind when it last wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// The cursor, if the stream ever wrote one.
    pub cursor: Option<Vec<u8>>,
    /// The chunks of `seen` with their numbers, oldest first.
    pub seen: Vec<(u64, Vec<u8>)>,
    /// The number that the next chunk of `seen` gets. It is never used twice, also when all chunks
    /// are forgotten.
    pub seen_next: u64,
}

/// Some lines that wait. Lines are numbered from 0 for as long as the spool lives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Number of the first line.
    pub first: u64,
    /// The lines.
    pub lines: Lines,
}

impl Batch {
    /// Number of the line after the last: where to peek next, and what to acknowledge.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    /// The lines at these places, with their numbers.
    #[must_use]
    pub fn part(&self, places: std::ops::Range<usize>) -> Self {
        Self {
            first: self.first + places.start as u64,
            lines: self.lines.part(places),
        }
    }
}

/// How full the spool is, and what it has been through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Lines that wait.
    pub waiting: u64,
    /// Bytes that they take as text.
    pub waiting_bytes: u64,
    /// When the oldest of them was appended, milliseconds since 1970.
    pub oldest_ms: Option<i64>,
    /// Number that the next appended line will get.
    pub next: u64,
    /// Bytes that the store takes on disk.
    pub disk_bytes: u64,
    /// Records set aside that are kept for inspection.
    pub aside: u64,
    /// Records set aside that had to make room for newer ones since the spool was made.
    pub aside_gone: u64,
    /// Lines that damage has cost since the spool was made; known only by their numbers.
    pub damaged_lines: u64,
    /// Damaged pieces that were set aside since the spool was made.
    pub damaged_pieces: u64,
}

/// Why the spool did not do as it was told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// The bound of the settings is reached: wait until the SIEM has taken something, then ask
    /// again.
    #[error("the spool is full ({limit} bytes): it waits for the SIEM")]
    Full {
        /// The bound, bytes.
        limit: u64,
    },
    /// The disk refused.
    #[error("the spool at {path} could not {action}: {cause}")]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What was tried: "write", "open", …
        action: &'static str,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Somebody took its folder away while it was open.
    #[error("the spool at {path} was removed or moved while siembox ran: siembox creates it again")]
    Gone {
        /// Folder of the spool.
        path: PathBuf,
    },
    /// Another process has it open.
    #[error(
        "another siembox{} uses the spool at {path}: stop it, or give this one its own state_dir",
        process.map(|id| format!(" (process {id})")).unwrap_or_default()
    )]
    InUse {
        /// Folder of the spool.
        path: PathBuf,
        /// The other process, where it could be found out.
        process: Option<u32>,
    },
    /// A newer version has written it.
    #[error(
        "the spool at {path} was written by a newer siembox (format {format}) and is left \
            unchanged: run that version again; or, to start over (first_look_back), move the \
            agent's folder away"
    )]
    Newer {
        /// Folder of the store.
        path: PathBuf,
        /// The format.
        format: u8,
    },
    /// The store could not be used, not even after repair.
    #[error("the spool at {path} cannot be used: {reason}")]
    Store {
        /// Folder of the store.
        path: PathBuf,
        /// In words.
        reason: String,
    },
}

/// The port: what an agent needs of a spool. All calls may be made from several threads.
pub trait Spool: Send + Sync {
    /// Makes the page durable, all of it or nothing. When this returns, a power cut costs nothing
    /// of it.
    ///
    /// # Errors
    /// [`SpoolError::Full`] until the SIEM has taken something; the others when the disk refuses.
    /// Nothing was written then.
    fn append(&self, page: &SpoolPage<'_>, now_ms: i64) -> Result<(), SpoolError>;

    /// The first batch that holds line `from` or a later one, without taking it away. `None` where
    /// nothing waits.
    ///
    /// # Errors
    /// When the disk refuses. A damaged batch is not an error: it is set aside, counted, and the
    /// next one comes.
    fn peek(&self, from: u64) -> Result<Option<Batch>, SpoolError>;

    /// All lines with a number below `before` have arrived at the SIEM and can go. `note` is
    /// remembered with that number, in one piece, in the place of the note before; at most 16 kB, a
    /// longer one is not taken.
    ///
    /// # Errors
    /// When the disk refuses; the lines then come again after a restart.
    fn acknowledge(&self, before: u64, note: &[u8]) -> Result<(), SpoolError>;

    /// Keeps a line that the receiver does not take with the records set aside, durably, before it
    /// is acknowledged. It is taken also where the spool is full: else a line that blocks it would
    /// block it for ever.
    ///
    /// # Errors
    /// When the disk refuses.
    fn set_aside(&self, aside: &DeadLetter, now_ms: i64) -> Result<(), SpoolError>;

    /// The note that fits [`first`](Self::first), or an older one after a power cut; empty where
    /// there never was one.
    fn note(&self) -> Vec<u8>;

    /// What the stream last wrote.
    ///
    /// # Errors
    /// When the disk refuses.
    fn recall(&self, stream: u8) -> Result<Memory, SpoolError>;

    /// Number of the oldest line that waits (or of the next, where none does): where to start
    /// peeking.
    fn first(&self) -> u64;

    /// How full, and what it has been through.
    fn stats(&self) -> Stats;

    /// The records set aside, newest first, at most `most`.
    ///
    /// # Errors
    /// When the disk refuses.
    fn aside(&self, most: usize) -> Result<Vec<DeadLetter>, SpoolError>;

    /// Was the newest part lost while it was open? Then nothing is taken in any more until the
    /// spool is opened anew: that sets the cursors back before what was lost, so that it is read
    /// again.
    fn is_lost(&self) -> bool {
        false
    }

    /// What had to be repaired since this was last asked, oldest first: each is worth a notice.
    fn repairs(&self) -> Vec<Repair> {
        Vec::new()
    }
}
