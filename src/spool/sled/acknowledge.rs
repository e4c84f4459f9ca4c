//! Releases lines that the sink has proved.

use std::sync::{PoisonError, TryLockError};

use super::peek::BatchReader;
use super::recovery::PROGRESS;
use super::segments::{self, SegmentId};
use super::{SledSpool, held};
use crate::spool::SpoolError;

/// How far the SIEM has come is written when it has come so many lines further.
const NOTE_EVERY: u64 = 2048;

impl SledSpool {
    pub(super) fn take_word(&self, before: u64, note: &[u8]) -> Result<(), SpoolError> {
        let mut reader = held(&self.reader);
        let (drained, first, empty) = {
            let mut tally = held(&self.tally);
            tally.acknowledge(before, note);
            (
                tally.take_drained(),
                tally.progress.first,
                tally.waiting() == 0,
            )
        };
        // a note must not fall behind lines that are gone, so it is written before they go
        let due = !drained.is_empty()
            || first >= reader.noted + NOTE_EVERY
            || (empty && first > reader.noted);
        let noted = if due {
            self.write_note(&mut reader)
        } else {
            Ok(())
        };
        self.delete(&mut reader, &drained)?;
        noted
    }

    /// Deletes stores that are no longer in the chain.
    pub(super) fn delete(
        &self,
        reader: &mut BatchReader,
        drained: &[SegmentId],
    ) -> Result<(), SpoolError> {
        for &id in drained {
            if reader.tail.as_ref().is_some_and(|tail| tail.id == id)
                && let Some(tail) = reader.tail.take()
            {
                tail.store.close();
            }
            segments::delete(&self.folder, id).map_err(self.io("delete a store in"))?;
        }
        let passed = held(&self.tally).take_passed();
        for id in passed {
            segments::forget_lost(&self.folder, id).map_err(self.io("tidy up"))?;
        }
        Ok(())
    }

    /// Writes how far the SIEM has come. Where a page is being written, that does it, or the next
    /// acknowledgement.
    fn write_note(&self, reader: &mut BatchReader) -> Result<(), SpoolError> {
        let mut writer = match self.writer.try_lock() {
            Ok(writer) => writer,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(()),
        };
        let head = self.head.read().unwrap_or_else(PoisonError::into_inner);
        let Some(head) = head.as_ref().filter(|_| writer.fit) else {
            return Ok(());
        };
        let progress = held(&self.tally).progress.clone();
        let noted = head
            .store
            .set(PROGRESS, progress.encode())
            .and_then(|()| head.store.flush());
        if let Err(trouble) = noted {
            writer.fit = false;
            writer.starve(&trouble, 0);
            return Err(trouble.at(head.store.path(), "write"));
        }
        reader.noted = progress.first;
        Ok(())
    }
}
