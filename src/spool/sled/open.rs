//! Opens the spool from its folder, whatever has happened to the files.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::{Mutex, RwLock};

use super::append::Writer;
use super::ballast::Ballast;
use super::checkpoint::{self, Checkpoint};
use super::checkpoint_file;
use super::error::StoreError;
use super::index::{Index, KeptLetter, SegmentLink};
use super::lock::Lock;
use super::peek::BatchReader;
use super::quarantine::Quarantine;
use super::record_reader::RecordReader;
use super::recovery::{is_current, newest_state, progress_of, slot};
use super::segments::{self, SegmentId};
use super::store::Store;
use super::write_batch::WriteBatch;
use super::{Head, SledSpool, SpoolBounds, held};
use crate::own_file;
use crate::spool::batch::{Decoder, Encoder};
use crate::spool::state::{SpoolProgress, SpoolState};
use crate::spool::{Repair, SpoolError};

pub(super) fn open(
    folder: &Path,
    bounds: SpoolBounds,
    now_ms: i64,
) -> Result<SledSpool, SpoolError> {
    let io = |action| {
        move |cause| SpoolError::Io {
            path: folder.to_owned(),
            action,
            cause,
        }
    };
    make_folder(folder).map_err(io("make"))?;
    let lock = Lock::take(folder)?;
    segments::sweep(folder).map_err(io("tidy up"))?;
    let no_zstd = |error: crate::spool::batch::NoZstd| SpoolError::Store {
        path: folder.to_owned(),
        reason: error.to_string(),
    };
    let spool = SledSpool {
        folder: folder.to_owned(),
        bounds,
        writer: Mutex::new(Writer {
            state: SpoolState::default(),
            fit: true,
            lost: None,
            starved: 0,
            encoder: Encoder::new().map_err(no_zstd)?,
            copied_ms: None,
        }),
        reader: Mutex::new(BatchReader::new(Decoder::new().map_err(no_zstd)?, 0)),
        head: RwLock::new(None),
        tally: Mutex::new(Index::at(now_ms)),
        ballast: Mutex::new(Ballast::new(folder.join("ballast"), bounds.ballast_bytes)),
        attic: Quarantine::new(folder.join("damaged"), bounds.attic_bytes()),
        lock,
    };
    spool.find_head(now_ms)?;
    spool.settle_in();
    Ok(spool)
}

/// Lines are nobody's business but ours.
fn make_folder(folder: &Path) -> io::Result<()> {
    let is_there = folder.is_dir();
    own_file::make_folder(folder, 0o700)?;
    if is_there {
        return Ok(());
    }
    folder.parent().map_or(Ok(()), segments::sync_folder)
}

/// Stores that could not be opened, and the newest that could.
#[derive(Default)]
struct Search {
    ids: Vec<SegmentId>,
    lost: Vec<(SegmentId, String)>,
    found: Option<(SegmentId, Store, SpoolState)>,
}

impl SledSpool {
    /// Opens the newest store, or finds what to begin another one with.
    fn find_head(&self, now_ms: i64) -> Result<(), SpoolError> {
        let mut search = Search {
            ids: segments::list(&self.folder).map_err(self.io("list"))?,
            ..Search::default()
        };
        let newest = search.ids.last().copied();
        while search.found.is_none()
            && let Some(id) = search.ids.last().copied()
        {
            let path = segments::path(&self.folder, id);
            let trouble = match self.open_head(&path) {
                Ok((store, state)) => {
                    search.found = Some((id, store, state));
                    break;
                }
                Err(trouble) => trouble,
            };
            if !(trouble.is_damage() || trouble.is_disk()) {
                return Err(trouble.at(&path, "open"));
            }
            search.ids.pop();
            search.lost.push((id, trouble.words()));
        }
        let copied = checkpoint_file::read(&self.folder).unwrap_or_else(|_| {
            let path = checkpoint_file::path(&self.folder);
            // What cannot be removed either is in nobody's way.
            let _ = segments::remove(&path);
            held(&self.tally).repaired(Repair::MadeAgain { path });
            None
        });
        {
            let mut tally = held(&self.tally);
            for &id in &search.ids {
                let bytes = segments::disk_bytes(&segments::path(&self.folder, id));
                tally.chain.push_back(SegmentLink { id, bytes });
            }
            tally.lost = segments::list_lost(&self.folder).map_err(self.io("list"))?;
        }
        match search.found.take() {
            Some((id, store, state)) if search.lost.is_empty() => {
                self.take_up(Head { id, store }, state)
            }
            found => {
                let next_number = newest.map_or(0, |id| id.number + 1);
                self.begin(found, copied, &search.lost, next_number, now_ms)
            }
        }
    }

    fn open_head(&self, path: &Path) -> Result<(Store, SpoolState), StoreError> {
        let (store, mended) = self.open_with_room(path)?;
        match newest_state(&store) {
            Ok(Some((state, taken_back))) => {
                let mut tally = held(&self.tally);
                if mended {
                    tally.repaired(Repair::MadeAgain {
                        path: path.to_owned(),
                    });
                }
                if let Some(lines) = taken_back {
                    tally.repaired(Repair::PageTakenBack { lines });
                }
                Ok((store, state))
            }
            Ok(None) => {
                store.close();
                Err(StoreError::Damage("it names no cursors".into()))
            }
            Err(trouble) => {
                store.close();
                Err(trouble)
            }
        }
    }

    /// All is well: goes on with the newest store.
    fn take_up(&self, head: Head, state: SpoolState) -> Result<(), SpoolError> {
        let store = &head.store;
        let shelf = RecordReader {
            store,
            pieces: state.pieces,
        };
        let asides = checkpoint::asides_of(shelf, &state)
            .map_err(|trouble| trouble.at(store.path(), "read"))?;
        self.count(&state, asides, progress_of(store));
        let mut writer = held(&self.writer);
        if !is_current(store, state.seq) {
            // from here on an older version must refuse this spool, with the words it has for that
            let written = store.set(slot(state.seq), state.encode());
            writer.fit = written.and_then(|()| store.sync()).is_ok();
        }
        writer.state = state;
        drop(writer);
        *self
            .head
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(head);
        Ok(())
    }

    /// Begins a store: the first of all, or one in the place of those that are lost.
    ///
    /// The cursors come from the newest place before the lost stores, so that what waited in them
    /// is read again from the cloud. Its lines get the numbers that the lost ones had: whoever knew
    /// those was the process before this one.
    fn begin(
        &self,
        older: Option<(SegmentId, Store, SpoolState)>,
        copied: Option<Checkpoint>,
        lost: &[(SegmentId, String)],
        number: u64,
        now_ms: i64,
    ) -> Result<(), SpoolError> {
        let brand_new = older.is_none() && copied.is_none() && lost.is_empty();
        let mut inheritance = copied.unwrap_or_default();
        let mut progress = SpoolProgress {
            first: inheritance.state.next,
            ..SpoolProgress::default()
        };
        if let Some((id, store, state)) = older {
            progress = progress_of(&store);
            let left = self.leavings(&store, &state)?;
            held(&self.reader).keep_open(id, store, state.pieces);
            if left.state.seq >= inheritance.state.seq {
                inheritance = left;
            } else {
                inheritance.asides = left.asides;
                (inheritance.state.next, inheritance.state.text) = (state.next, state.text);
            }
        }
        let mut draft = WriteBatch::heir(&inheritance).map_err(|unfit| self.unfit(&unfit))?;
        draft.state.progress = std::mem::take(&mut draft.state.progress).max(progress);
        draft.state.progress.damaged_pieces += lost.len() as u64;
        let sealed = draft.sealed_state().map_err(|unfit| self.unfit(&unfit))?;
        let id = SegmentId {
            number,
            first: draft.state.next,
        };
        for (lost, reason) in lost.iter().rev() {
            let path = self
                .attic
                .take(&segments::path(&self.folder, *lost), now_ms)
                .map_err(self.io("move a damaged store in"))?;
            held(&self.tally).repaired(Repair::StoreSetAside {
                path,
                reason: reason.clone(),
                lines: 0,
            });
        }
        let store = self
            .found(id, &draft, sealed)
            .map_err(|trouble| trouble.at(&self.folder, "begin a store in"))?;
        self.count(&draft.state, draft.asides.clone(), SpoolProgress::default());
        self.take_over(Head { id, store }, &draft, None);
        if !brand_new {
            held(&self.tally).repaired(Repair::CursorWentBack {
                page: inheritance.state.seq,
            });
        }
        held(&self.writer).state = draft.state;
        Ok(())
    }

    /// What a store leaves to the next one.
    fn leavings(&self, store: &Store, state: &SpoolState) -> Result<Checkpoint, SpoolError> {
        let shelf = RecordReader {
            store,
            pieces: state.pieces,
        };
        checkpoint::asides_of(shelf, state)
            .and_then(|asides| Checkpoint::of(shelf, state, &asides))
            .map_err(|trouble| trouble.at(store.path(), "read"))
    }

    /// Starts the numbers.
    fn count(&self, state: &SpoolState, asides: VecDeque<KeptLetter>, progress: SpoolProgress) {
        let mut tally = held(&self.tally);
        tally.next = state.next;
        tally.text = state.text;
        tally.pieces = state.pieces;
        tally.asides = asides;
        tally.asides_gone = state.asides_gone;
        tally.progress = state.progress.clone().max(progress);
        let oldest = tally.chain.front().map_or(0, |link| link.id.first);
        tally.progress.first = tally.progress.first.max(oldest).min(state.next);
    }

    /// Drops what has arrived long ago, keeps room back, and has a look at the oldest line that
    /// waits.
    fn settle_in(&self) {
        let (drained, first) = {
            let mut tally = held(&self.tally);
            tally.lose_what_was_lost();
            (tally.take_drained(), tally.progress.first)
        };
        {
            let mut reader = held(&self.reader);
            reader.noted = first;
            let _ = self.delete(&mut reader, &drained);
        }
        // Where there is no room, the first page says so.
        let _ = held(&self.ballast).hold();
        let _ = self.hand_out(first);
        let other = held(&self.ballast).bytes()
            + self.attic.bytes()
            + segments::disk_bytes(&checkpoint_file::path(&self.folder));
        held(&self.tally).other_bytes = other;
    }
}
