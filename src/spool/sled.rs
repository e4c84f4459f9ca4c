//! The spool on sled: a chain of segments, small stores that are deleted when the SIEM has all of
//! their lines.
//!
//! ```text
//! <folder>/lock                                 one process at a time
//!          store-000007-00000000000000412330/   the oldest: read from
//!          store-000008-00000000000000493120/   closed
//!          store-000009-00000000000000574201/   the newest: written to; holds the cursors of all streams
//!          copy                                 the cursors once more: see `copy`
//!          ballast                              4 MB of room: see `ballast`
//!          damaged/                             what could not be read: see `attic`
//! ```
//!
//! **Why a chain.** sled keeps what it touched in memory and gives room on disk back unwillingly. A
//! chain bounds both by the size of a store, of which at most two are open, and deleting a folder
//! is the surest way to get room back.
//!
//! **A page is whole or not there.** Its pieces are written first, its state last, then everything
//! is synced; a state counts when everything that it covers is there with the right checksum, else
//! the state before it holds. When a store is full the next one is begun under another name with
//! all cursors, fingerprints and records set aside, and gets its own name in the one moment in
//! which it takes over. What is deleted is never the newest.
//!
//! **An acknowledgement is a number.** It is written (not synced) every 2,048 lines and when
//! nothing waits, so that after a crash a few lines come again; the next page's sync makes it
//! durable.
//!
//! Measured with `cargo bench --bench spool` on a shared machine of 2 cores while it built other
//! things, ext4, lines of 800 bytes, glibc told to give memory back
//! (`MALLOC_MMAP_THRESHOLD_=131072`, as `allocator.rs` does it, and `MALLOC_ARENA_MAX=1`); B/B is
//! bytes written to the device for each byte of text, RSS the peak of the whole program (6 MB of it
//! its page):
//!
//! | lines, a durable step each | SIEM | append/s | drain/s | CPU s per million | B/B | RSS MB | disk MB, left |
//! |---|---|---|---|---|---|---|---|
//! | 500,000, 5,000 lines | takes all at once | 503 k | 1,464 k | 1.6 | 0.16 | 14 | 7, 7 |
//! | 500,000, 5,000 lines | down until the end | 340 k | 652 k | 1.3 + 0.7 | 0.21 | 17 | 62, 7 |
//! | 3,000,000, 5,000 lines | down until the end | 419 k | 1,066 k | 1.5 + 0.8 | 0.21 | 16 | 352, 7 |
//! | 200,000, 100 lines | takes all at once | 154 k | 450 k | 4.1 | 0.25 | 8 | 6, 5 |
//!
//! Stores of 4 MB instead of 2: 0.15 to 0.17 B/B and 21 MB; memory is what a small board has less
//! of. With glibc left alone RSS is 39 MB (of 4 MB), most of it kept by its allocator. Tried
//! before, with the same 3,000,000 lines and glibc told to give memory back:
//!
//! | layout | B/B | RSS MB | disk MB, left |
//! |---|---|---|---|
//! | one store, one tree, removed when acknowledged | 1.04 | 62 | 610, **612** |
//! | one store, nine pieces to a tree, each tree dropped when acknowledged | 0.44 | 63 | 395, **397** |
//! | the same, nothing dropped | 0.17 | 121 | 395, **395** |
//! | **a chain of stores of 4 MB, nine pieces to a tree, nothing dropped but stores** | **0.15** | **21** | 348, **3** |
//!
//! **Locks**, always taken in this order: `writer` (one page at a time, held through its sync),
//! `reader` (one peek at a time), `head` (shared by both, exclusive only to put another store in
//! its place), `tally` (moments).

mod acknowledge;
mod append;
mod ballast;
mod checkpoint;
mod checkpoint_file;
mod error;
mod index;
mod lock;
mod mend;
mod open;
mod peek;
mod probe;
mod quarantine;
mod record_reader;
mod recovery;
mod reopen;
mod segments;
mod store;
mod write_batch;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

pub use super::dead_letter::MOST_BYTES as ASIDE_BYTES;
use super::{Batch, DeadLetter, Memory, Repair, Spool, SpoolError, SpoolPage, Stats};
use crate::still_there::is_absence;
pub use error::contained_here;

use append::Writer;
use ballast::Ballast;
use index::Index;
use lock::Lock;
use peek::BatchReader;
use quarantine::Quarantine;
use record_reader::RecordReader;
use segments::SegmentId;
use store::Store;

/// What the spool may take. [`SpoolBounds::new`] for all uses but tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpoolBounds {
    /// Bytes on disk, everything included. A page that would not fit waits until the SIEM has taken
    /// something.
    pub max_bytes: u64,
    /// A store that has grown to this many bytes is followed by another one; so about twice as many
    /// are kept in memory.
    pub store_bytes: u64,
    /// Bytes kept back for opening stores on a full disk.
    pub ballast_bytes: u64,
}

impl SpoolBounds {
    /// Bounds for so many bytes on disk.
    #[must_use]
    pub fn new(max_bytes: u64) -> Self {
        Self {
            max_bytes,
            store_bytes: 2 << 20,
            ballast_bytes: 4 << 20,
        }
    }

    /// Bytes for damaged pieces: three stores and their like, an eighth of a small spool.
    fn attic_bytes(&self) -> u64 {
        (self.max_bytes / 8).min(4 * self.store_bytes)
    }
}

/// The spool of one agent.
pub struct SledSpool {
    folder: PathBuf,
    bounds: SpoolBounds,
    writer: Mutex<Writer>,
    reader: Mutex<BatchReader>,
    head: RwLock<Option<Head>>,
    tally: Mutex<Index>,
    ballast: Mutex<Ballast>,
    attic: Quarantine,
    /// Dropped last.
    lock: Lock,
}

/// Does a spool lie in this folder? Nothing is opened for that.
#[must_use]
pub fn is_spool(folder: &Path) -> bool {
    segments::list(folder).is_ok_and(|stores| !stores.is_empty())
}

/// The newest store.
struct Head {
    id: SegmentId,
    store: Store,
}

impl SledSpool {
    /// Opens the spool in this folder, and makes it where there is none. What had to be repaired is
    /// in [`Spool::repairs`] then.
    ///
    /// # Errors
    /// [`SpoolError::InUse`]; or when the system refuses. Damage is never an error.
    pub fn open(folder: &Path, bounds: SpoolBounds, now_ms: i64) -> Result<Self, SpoolError> {
        open::open(folder, bounds, now_ms)
    }
}

impl Spool for SledSpool {
    fn append(&self, page: &SpoolPage<'_>, now_ms: i64) -> Result<(), SpoolError> {
        self.write_page(page, now_ms)
    }

    fn peek(&self, from: u64) -> Result<Option<Batch>, SpoolError> {
        self.hand_out(from)
    }

    fn acknowledge(&self, before: u64, note: &[u8]) -> Result<(), SpoolError> {
        self.take_word(before, note)
    }

    fn set_aside(&self, aside: &DeadLetter, now_ms: i64) -> Result<(), SpoolError> {
        self.write_aside(aside, now_ms)
    }

    fn note(&self) -> Vec<u8> {
        held(&self.tally).progress.note.clone()
    }

    fn recall(&self, stream: u8) -> Result<Memory, SpoolError> {
        let writer = held(&self.writer);
        let Some(stream) = writer.state.streams.iter().find(|known| known.id == stream) else {
            return Ok(Memory::default());
        };
        let seen = self.with_head(writer.state.pieces, |shelf| {
            checkpoint::seen_of(shelf, stream)
        })?;
        Ok(Memory {
            cursor: Some(stream.cursor.clone()),
            seen,
            seen_next: stream.seen_next,
        })
    }

    fn first(&self) -> u64 {
        held(&self.tally).progress.first
    }

    fn stats(&self) -> Stats {
        held(&self.tally).stats()
    }

    fn aside(&self, most: usize) -> Result<Vec<DeadLetter>, SpoolError> {
        let (kept, pieces) = {
            let tally = held(&self.tally);
            (
                tally.asides.iter().copied().collect::<Vec<_>>(),
                tally.pieces,
            )
        };
        self.with_head(pieces, |shelf| checkpoint::read_asides(shelf, &kept, most))
    }

    fn is_lost(&self) -> bool {
        held(&self.writer).lost.is_some() || self.is_gone()
    }

    fn repairs(&self) -> Vec<Repair> {
        held(&self.tally).take_repairs()
    }
}

impl SledSpool {
    /// Was its folder, or the newest store in it, removed or moved while it was open? What is open
    /// goes on working then, for nobody.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        let newest = {
            let head = self.head.read().unwrap_or_else(PoisonError::into_inner);
            head.as_ref().map(|head| head.store.path().to_owned())
        };
        let is_absent =
            |path: PathBuf| std::fs::symlink_metadata(path).is_err_and(|error| is_absence(&error));
        !self.lock.is_there() || newest.is_some_and(is_absent)
    }

    /// Reads from the newest store.
    fn with_head<T>(
        &self,
        pieces: u32,
        read: impl FnOnce(RecordReader<'_>) -> Result<T, error::StoreError>,
    ) -> Result<T, SpoolError> {
        let head = self.head.read().unwrap_or_else(PoisonError::into_inner);
        let Some(head) = head.as_ref() else {
            return Err(self.closed());
        };
        let store = &head.store;
        read(RecordReader { store, pieces }).map_err(|trouble| trouble.at(store.path(), "read"))
    }

    /// The newest store is closed and could not be opened again.
    fn closed(&self) -> SpoolError {
        SpoolError::Store {
            path: self.folder.clone(),
            reason: "the newest segment is closed after a disk error; it is opened again with the \
                next page"
                .into(),
        }
    }

    fn io(&self, action: &'static str) -> impl FnOnce(std::io::Error) -> SpoolError {
        let path = self.folder.clone();
        move |cause| SpoolError::Io {
            path,
            action,
            cause,
        }
    }
}

impl Drop for SledSpool {
    /// An orderly end repeats nothing: how far the SIEM has come is written and synced.
    fn drop(&mut self) {
        let progress = held(&self.tally).progress.clone();
        let head = self
            .head
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let reader = self
            .reader
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        let tail = reader.tail.take().map(|tail| tail.store);
        // where the newest store is lost, the one before it may be what the next life begins from
        if let Some(newest) = head.as_ref().map(|head| &head.store).or(tail.as_ref()) {
            let _ = newest.set(recovery::PROGRESS, progress.encode());
        }
        for store in head.map(|head| head.store).into_iter().chain(tail) {
            store.close();
        }
    }
}

/// A lock, whatever happened to its last holder: no holder leaves things half done.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
