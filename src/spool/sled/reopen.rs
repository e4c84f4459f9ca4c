//! Continues after an error: opens segments on a full disk, opens the newest one again, moves lost
//! ones away.

use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;

use super::append::{OPENING, Writer};
use super::error::StoreError;
use super::index::{Hole, Whereabouts};
use super::mend;
use super::probe;
use super::recovery;
use super::segments;
use super::store::Store;
use super::{Head, SledSpool, held};
use crate::spool::{Repair, SpoolError};

/// How often a store is read that the disk does not give in full, and the time between; then it
/// never will.
const READS: u32 = 3;
const BETWEEN_READS: Duration = Duration::from_millis(100);

impl SledSpool {
    /// Opens a store; gives up the ballast where there is no room for that.
    pub(super) fn open_with_room(&self, path: &Path) -> Result<(Store, bool), StoreError> {
        for _ in 1..READS {
            self.wait_for_disk(path)?;
            match mend::open(path) {
                Err(trouble) if trouble.is_full() && held(&self.ballast).release() => {}
                // it may have been a moment's trouble
                Err(trouble) if trouble.is_disk() => std::thread::sleep(BETWEEN_READS),
                answer => return answer,
            }
        }
        mend::open(path)
    }

    /// sled takes an error of the disk while it opens a store for the end of its log, and writes on
    /// from there. So the disk is asked first: where it is gone, the store waits for it; where it
    /// has lost a place, sled may have the rest.
    fn wait_for_disk(&self, path: &Path) -> Result<(), StoreError> {
        for _ in 0..READS {
            match probe::read_through(&path.join("db")).map_err(StoreError::Io) {
                Err(trouble) if trouble.is_disk() => {
                    probe::disk_works(&self.folder).map_err(StoreError::Gone)?;
                    std::thread::sleep(BETWEEN_READS);
                }
                // a file that is not there, and what else there may be, is for sled to find
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    /// Makes the newest store ready to be written to, after an error as well.
    pub(super) fn make_fit(&self, writer: &mut Writer) -> Result<(), SpoolError> {
        {
            let mut ballast = held(&self.ballast);
            if writer.starved > 0 || !writer.fit {
                // As long as the disk takes nothing, the old handle serves the reader, and nothing
                // is tried in vain.
                let needed = writer.starved.max(OPENING);
                ballast.is_room_for(needed).map_err(self.io("write to"))?;
                writer.starved = 0;
            }
            ballast.hold().map_err(self.io("keep room in"))?;
        }
        if writer.fit {
            return Ok(());
        }
        if let Some(reason) = &writer.lost {
            return Err(self.lost(reason));
        }
        let id = held(&self.tally).chain.back().map(|link| link.id);
        let Some(id) = id else {
            return Err(self.closed());
        };
        let path = segments::path(&self.folder, id);
        let mut head = self.head.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = head.take() {
            old.store.close();
        }
        let trouble = match self.open_with_room(&path) {
            Ok((store, mended)) => match recovery::state_of(&store, writer.state.seq) {
                Ok(Some(state)) if state == writer.state => {
                    *head = Some(Head { id, store });
                    writer.fit = true;
                    if mended {
                        held(&self.tally).repaired(Repair::MadeAgain { path });
                    }
                    return Ok(());
                }
                Ok(_) => {
                    store.close();
                    StoreError::Damage("the state of its newest page is missing".into())
                }
                Err(trouble) => {
                    store.close();
                    trouble
                }
            },
            Err(trouble) => trouble,
        };
        drop(head);
        if !(trouble.is_damage() || trouble.is_disk()) {
            return Err(trouble.at(&path, "open"));
        }
        // What waited in it can be read again; but the cursors in the pollers' hands are beyond it.
        let reason = writer.lost.insert(trouble.words());
        Err(self.lost(reason))
    }

    fn lost(&self, reason: &str) -> SpoolError {
        SpoolError::Store {
            path: self.folder.clone(),
            reason: format!(
                "its newest part is lost ({reason}); the spool is opened again, and the lost \
                    records are read again from the cloud"
            ),
        }
    }

    /// Moves a store away that cannot be opened, and counts its lines as lost.
    pub(super) fn set_store_aside(
        &self,
        at: Whereabouts,
        trouble: &StoreError,
    ) -> Result<(), SpoolError> {
        let now_ms = held(&self.tally).now_ms;
        let kept = self
            .attic
            .take(&segments::path(&self.folder, at.id), now_ms)
            .map_err(self.io("move a damaged store in"))?;
        let marked = segments::mark_lost(&self.folder, at.id);
        let mut tally = held(&self.tally);
        tally.lost.extend(marked.is_ok().then_some(at.id));
        tally.chain.retain(|link| link.id != at.id);
        let first = at.id.first.max(tally.progress.first);
        let lines = at.end.saturating_sub(first);
        tally.lose(Hole {
            first,
            next: at.end,
            lines,
            pieces: 1,
        });
        tally.repaired(Repair::StoreSetAside {
            path: kept,
            reason: trouble.words(),
            lines,
        });
        Ok(())
    }
}
