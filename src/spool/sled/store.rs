//! One sled database, used as an array of pieces that only grows, beside a few small values.
//!
//! What sled does well is used, what it does badly is kept away from it:
//!
//! - **Nine pieces to a tree.** sled writes a value as a link to its page; the tenth link, and a
//!   split at the seventeenth entry, write the whole page again. In one large tree each value so
//!   goes to the device four times (measured: 0.66 bytes written per byte of text, 0.16 with nine
//!   to a tree). Trees are named by their number; piece 30 is in tree 3.
//! - **Nothing is removed.** Removed keys make sled move pages about and use segments again; what
//!   it believes to be on disk at that moment is not (see `sync`). A store is deleted as a whole
//!   instead.
//! - **No sled batch.** sled's log is recovered up to the first gap, so what is written last is
//!   recovered last: a page counts when its state, the last write, is there and fits (see `state`).
//!   A batch would add nothing to that, and has a path of its own on which an error of the disk is
//!   noted and nobody is woken (`Log::exit_reservation` of 0.34.7).

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use super::error::{StoreError, contained};
use crate::own_file;
use crate::spool::fragment;

/// sled's unit of writing, bytes. Larger ones only cost memory.
const SEGMENT: usize = 1 << 20;
/// sled keeps what was touched in memory, whatever this says; a store's size is what bounds it.
const CACHE: u64 = 1 << 18;
/// Pieces in a tree. The tenth link to a page would make sled write the page as a whole.
pub(super) const SHEAF: u32 = 9;
/// More than a store can have; a name above this is not ours.
const MOST_SHEAVES: usize = 1 << 20;
/// So many bytes are written between two syncs at the most.
pub(super) const UNSYNCED: usize = SEGMENT;

// What goes to a file of its own, unsynced, is larger than this.
const INLINE: usize = SEGMENT / 4 - 20 - 32;
const _: () = assert!(SHEAF as usize * (fragment::HEAD + fragment::MOST + 32) < INLINE);
const _: () = assert!(2 * crate::spool::state::MOST + 1024 < INLINE);

/// An open store.
pub(super) struct Store {
    path: PathBuf,
    db: ::sled::Db,
    /// The trees of nine, by their numbers.
    sheaves: RwLock<Vec<Option<::sled::Tree>>>,
    /// The same file that sled writes, to sync it.
    file: File,
}

/// sled opens its files by their paths, and would follow a link in the place of one.
fn expect_no_links(path: &Path) -> io::Result<()> {
    if path.is_symlink() {
        return Err(own_file::is_a_link(path));
    }
    if let Some(folder) = path.parent().filter(|folder| folder.is_dir()) {
        own_file::Folder::open(folder)?;
    }
    let entries = match fs::read_dir(path) {
        // sled makes it
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_symlink() {
            return Err(own_file::is_a_link(&entry.path()));
        }
        if kind.is_dir() {
            expect_no_links(&entry.path())?;
        }
    }
    Ok(())
}

impl Store {
    /// Makes or opens the store in this folder, once, without repair: see `mend`.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        expect_no_links(path).map_err(StoreError::Io)?;
        let config = ::sled::Config::new()
            .path(path)
            .segment_size(SEGMENT)
            .cache_capacity(CACHE)
            .flush_every_ms(None);
        contained(|| {
            let db = config.open()?;
            let mut sheaves = Vec::new();
            for name in db.tree_names() {
                let Ok(number) = <[u8; 4]>::try_from(&name[..]).map(u32::from_be_bytes) else {
                    continue;
                };
                let number = number as usize;
                if number > MOST_SHEAVES {
                    continue;
                }
                if number >= sheaves.len() {
                    sheaves.resize_with(number + 1, || None);
                }
                sheaves[number] = Some(db.open_tree(&name)?);
            }
            Ok(Self {
                path: path.to_owned(),
                file: own_file::read(&path.join("db"))?,
                sheaves: RwLock::new(sheaves),
                db,
            })
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder was renamed.
    pub(super) fn moved(&mut self, path: PathBuf) {
        self.path = path;
    }

    /// Writes a piece. It counts when a state that says so was written after it.
    pub(super) fn put(&self, index: u32, piece: &[u8]) -> Result<(), StoreError> {
        let number = (index / SHEAF) as usize;
        let known = self.sheaf(number);
        contained(|| {
            let tree = match known {
                Some(tree) => tree,
                None => self.make_sheaf(number)?,
            };
            tree.insert(index.to_be_bytes(), piece)?;
            Ok(())
        })
    }

    /// A piece; `None` where there is none.
    pub(super) fn piece(&self, index: u32) -> Result<Option<::sled::IVec>, StoreError> {
        match self.sheaf((index / SHEAF) as usize) {
            Some(tree) => contained(|| tree.get(index.to_be_bytes())),
            None => Ok(None),
        }
    }

    /// How many pieces there are at the most, whatever the state says.
    pub(super) fn extent(&self) -> u32 {
        let sheaves = self.sheaves.read().unwrap_or_else(PoisonError::into_inner);
        u32::try_from(sheaves.len())
            .unwrap_or(u32::MAX)
            .saturating_mul(SHEAF)
    }

    /// Writes a small value.
    pub(super) fn set(&self, key: &[u8], value: Vec<u8>) -> Result<(), StoreError> {
        contained(|| self.db.insert(key, value).map(drop))
    }

    /// A small value.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<::sled::IVec>, StoreError> {
        contained(|| self.db.get(key))
    }

    /// Hands everything to the system: it survives the end of the process, not a power cut.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        let flushed = contained(|| self.db.flush().map(drop));
        free_written_buffers();
        flushed
    }

    /// Makes everything durable. `flush` alone is not: it ends in `sync_file_range`.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        self.flush()?;
        self.file.sync_data().map_err(StoreError::Io)
    }

    /// Bytes of the file that grows.
    pub(super) fn bytes(&self) -> u64 {
        self.file.metadata().map_or(0, |meta| meta.len())
    }

    /// Closes the store. sled flushes and syncs then, and panics if it can't.
    pub(super) fn close(self) {
        let _ = contained(move || {
            drop(self);
            free_written_buffers();
            Ok(())
        });
    }

    fn sheaf(&self, number: usize) -> Option<::sled::Tree> {
        let sheaves = self.sheaves.read().unwrap_or_else(PoisonError::into_inner);
        sheaves.get(number)?.clone()
    }

    fn make_sheaf(&self, number: usize) -> ::sled::Result<::sled::Tree> {
        let name = u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
        let tree = self.db.open_tree(name)?;
        let mut sheaves = self.sheaves.write().unwrap_or_else(PoisonError::into_inner);
        if number >= sheaves.len() {
            sheaves.resize_with(number + 1, || None);
        }
        sheaves[number] = Some(tree.clone());
        Ok(tree)
    }
}

/// sled leaves each segment that it has written, a buffer of [`SEGMENT`] bytes, to the collector
/// that it shares with this process. Left alone, each thread keeps up to 64 of them before it hands
/// them over to be freed.
fn free_written_buffers() {
    crossbeam_epoch::pin().flush();
}
