//! Writes a page.

use std::sync::PoisonError;

use super::checkpoint::{self, Checkpoint};
use super::checkpoint_file;
use super::error::StoreError;
use super::index::SegmentLink;
use super::record_reader::RecordReader;
use super::recovery::slot;
use super::segments::{self, SegmentId};
use super::store::{SHEAF, Store, UNSYNCED};
use super::write_batch::{TooLong, WriteBatch};
use super::{Head, SledSpool, held};
use crate::spool::batch::Encoder;
use crate::spool::state::SpoolState;
use crate::spool::{DeadLetter, SpoolError, SpoolPage};

/// A store is followed by another one when it has so many pieces of its own: sled rewrites its list
/// of trees with each new tree.
const MOST_PIECES: u32 = 256 * SHEAF;
/// What opening the two stores may add on disk: each is filled up to the end of a segment, and gets
/// an index.
pub(super) const OPENING: u64 = 3 << 20;

/// The writing side.
pub(super) struct Writer {
    /// As it last became durable.
    pub(super) state: SpoolState,
    /// Is the newest store as `state` says? After an error it may hold half a page, and sled takes
    /// no more.
    pub(super) fit: bool,
    /// Why the newest store could not be opened again. It stays so until the spool is opened anew.
    pub(super) lost: Option<String>,
    /// The disk was full when so many bytes were needed. Nothing is tried until there is that much
    /// room.
    pub(super) starved: u64,
    pub(super) encoder: Encoder,
    /// When the copy of the cursors was last made by this process.
    pub(super) copied_ms: Option<i64>,
}

/// Is what is written held against the bound of the settings?
#[derive(PartialEq, Eq)]
enum Room {
    Bounded,
    /// A single record of bounded size, without which the spool would never empty.
    Always,
}

impl Writer {
    /// Remembers how much room was missing, where it was that.
    pub(super) fn starve(&mut self, trouble: &StoreError, bytes: u64) {
        if trouble.is_full() {
            self.starved = bytes + OPENING;
        }
    }
}

impl SledSpool {
    pub(super) fn write_page(&self, page: &SpoolPage<'_>, now_ms: i64) -> Result<(), SpoolError> {
        self.write(now_ms, |draft, encoder| {
            draft.page(page, now_ms, encoder)?;
            Ok(Room::Bounded)
        })
    }

    /// Writes a record set aside that belongs to no page.
    pub(super) fn write_aside(&self, aside: &DeadLetter, now_ms: i64) -> Result<(), SpoolError> {
        self.write(now_ms, |draft, _| {
            draft.set_aside(std::slice::from_ref(aside))?;
            Ok(Room::Always)
        })
    }

    fn write(
        &self,
        now_ms: i64,
        content: impl FnOnce(&mut WriteBatch, &mut Encoder) -> Result<Room, TooLong>,
    ) -> Result<(), SpoolError> {
        let mut writer = held(&self.writer);
        if self.is_gone() {
            return Err(SpoolError::Gone {
                path: self.folder.clone(),
            });
        }
        held(&self.tally).now_ms = now_ms;
        self.make_fit(&mut writer)?;
        self.copy_if_due(&mut writer, now_ms);

        let (kept, progress, head) = {
            let tally = held(&self.tally);
            (
                tally.asides.clone(),
                tally.progress.clone(),
                tally.chain.back().copied(),
            )
        };
        let Some(head) = head else {
            return Err(self.closed());
        };
        let own = writer.state.pieces - writer.state.inherited.min(writer.state.pieces);
        let inheritance = if head.bytes >= self.bounds.store_bytes || own >= MOST_PIECES {
            Some(self.with_head(writer.state.pieces, |shelf| {
                Checkpoint::of(shelf, &writer.state, &kept)
            })?)
        } else {
            None
        };

        let mut draft = match &inheritance {
            Some(inheritance) => {
                WriteBatch::heir(inheritance).map_err(|unfit| self.unfit(&unfit))?
            }
            None => WriteBatch::behind(&writer.state, &kept),
        };
        draft.state.progress = progress;
        let written = content(&mut draft, &mut writer.encoder)
            .and_then(|room| Ok((room, draft.sealed_state()?)));
        let (room, sealed) = written.map_err(|unfit| self.unfit(&unfit))?;
        if room == Room::Bounded {
            self.check_room(&draft)?;
        }

        match &inheritance {
            None => self.add(&mut writer, &draft, sealed)?,
            Some(inheritance) => {
                let id = SegmentId {
                    number: head.id.number + 1,
                    first: writer.state.next,
                };
                let store = self.found(id, &draft, sealed).map_err(|trouble| {
                    writer.starve(&trouble, draft.bytes);
                    trouble.at(&segments::path(&self.folder, id), "make")
                })?;
                let end = writer.state.pieces;
                self.take_over(Head { id, store }, &draft, Some(end));
                if checkpoint_file::write(&self.folder, inheritance).is_ok() {
                    writer.copied_ms = Some(now_ms);
                }
            }
        }
        writer.state = draft.state;
        Ok(())
    }

    /// Adds a page to the newest store.
    fn add(
        &self,
        writer: &mut Writer,
        draft: &WriteBatch,
        sealed: Vec<u8>,
    ) -> Result<(), SpoolError> {
        let head = self.head.read().unwrap_or_else(PoisonError::into_inner);
        let Some(head) = head.as_ref() else {
            return Err(self.closed());
        };
        if let Err(trouble) = fill(&head.store, draft, sealed) {
            writer.fit = false;
            writer.starve(&trouble, draft.bytes);
            return Err(trouble.at(head.store.path(), "write"));
        }
        let mut tally = held(&self.tally);
        tally.follow(&draft.state, &draft.asides);
        if let Some(link) = tally.chain.back_mut() {
            link.bytes = link.bytes.max(head.store.bytes());
        }
        Ok(())
    }

    /// Makes a store that holds this draft, durable, under its own name.
    pub(super) fn found(
        &self,
        id: SegmentId,
        draft: &WriteBatch,
        sealed: Vec<u8>,
    ) -> Result<Store, StoreError> {
        let fresh = self.folder.join(segments::FRESH);
        let path = segments::path(&self.folder, id);
        let make = || {
            segments::remove(&fresh).map_err(StoreError::Io)?;
            let mut store = Store::open(&fresh)?;
            let settled = fill(&store, draft, sealed).and_then(|()| {
                std::fs::File::open(fresh.join("conf"))
                    .and_then(|conf| conf.sync_all())
                    .and_then(|()| segments::sync_folder(&fresh))
                    .and_then(|()| std::fs::rename(&fresh, &path))
                    .and_then(|()| segments::sync_folder(&self.folder))
                    .map_err(StoreError::Io)
            });
            match settled {
                Ok(()) => {
                    store.moved(path.clone());
                    Ok(store)
                }
                Err(trouble) => {
                    store.close();
                    Err(trouble)
                }
            }
        };
        make().inspect_err(|_| {
            // Where the name was given and could not be made durable, the page must not be there
            // after all.
            let _ = std::fs::rename(&path, &fresh);
            let _ = segments::remove(&fresh);
        })
    }

    /// Puts a store that was just made in the place of the newest. The one before stays open for
    /// the reader where it is the only other one with lines that wait. `end`: how many pieces count
    /// in it.
    pub(super) fn take_over(&self, new: Head, draft: &WriteBatch, end: Option<u32>) {
        let mut reader = held(&self.reader);
        let id = new.id;
        let bytes = segments::disk_bytes(new.store.path());
        let old = {
            let mut head = self.head.write().unwrap_or_else(PoisonError::into_inner);
            head.replace(new)
        };
        let drained = {
            let mut tally = held(&self.tally);
            tally.chain.push_back(SegmentLink { id, bytes });
            tally.follow(&draft.state, &draft.asides);
            tally.take_drained()
        };
        if let Some(old) = old {
            let wanted = reader.tail.is_none() && !drained.contains(&old.id);
            match end.filter(|_| wanted) {
                Some(pieces) => reader.keep_open(old.id, old.store, pieces),
                None => old.store.close(),
            }
        }
        // The page is durable, whatever comes of this. What is left is deleted with the next start.
        let _ = self.delete(&mut reader, &drained);
    }

    /// Full comes before the bound is passed. Where nothing waits there is nothing to wait for, and
    /// the page is taken whatever its size.
    fn check_room(&self, draft: &WriteBatch) -> Result<(), SpoolError> {
        // sled adds a header to each piece, fills up segments, and rewrites its list of trees.
        let growth = draft.bytes + draft.bytes / 16 + 128 * 1024;
        let other = held(&self.ballast).bytes()
            + self.attic.bytes()
            + segments::disk_bytes(&checkpoint_file::path(&self.folder));
        let mut tally = held(&self.tally);
        tally.other_bytes = other;
        if tally.waiting() > 0 && tally.disk_bytes() + growth + OPENING > self.bounds.max_bytes {
            return Err(SpoolError::Full {
                limit: self.bounds.max_bytes,
            });
        }
        Ok(())
    }

    /// Makes the copy of the cursors where nothing waits and the last one is old.
    fn copy_if_due(&self, writer: &mut Writer, now_ms: i64) {
        let due = writer
            .copied_ms
            .is_none_or(|ms| ms.abs_diff(now_ms) >= checkpoint_file::EVERY_MS);
        if !due || held(&self.tally).waiting() > 0 || writer.state.seq == 0 {
            return;
        }
        let mut state = writer.state.clone();
        state.progress = held(&self.tally).progress.clone();
        let seen = self.with_head(state.pieces, |shelf: RecordReader<'_>| {
            checkpoint::all_seen(shelf, &state)
        });
        let Ok(seen) = seen else {
            return;
        };
        let copy = Checkpoint {
            state,
            seen,
            asides: Vec::new(),
        };
        // It is a precaution; the page goes on without it.
        if checkpoint_file::write(&self.folder, &copy).is_ok() {
            writer.copied_ms = Some(now_ms);
        }
    }

    pub(super) fn unfit(&self, unfit: &TooLong) -> SpoolError {
        SpoolError::Store {
            path: self.folder.clone(),
            reason: unfit.to_string(),
        }
    }
}

/// Writes a draft into a store and makes it durable: the pieces, then the state that makes them
/// count.
pub(super) fn fill(store: &Store, draft: &WriteBatch, sealed: Vec<u8>) -> Result<(), StoreError> {
    let mut unsynced = 0;
    for (index, piece) in (draft.begin..).zip(&draft.pieces) {
        if unsynced + piece.len() > UNSYNCED {
            store.sync()?;
            unsynced = 0;
        }
        unsynced += piece.len();
        store.put(index, piece)?;
    }
    store.set(slot(draft.state.seq), sealed)?;
    store.sync()
}
