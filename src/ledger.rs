//! The completeness ledger: for each stream and hour of the records' own time, what became of the
//! records, so that anybody can see that nothing is missing, and where it is.
//!
//! ```text
//!   API's total      read = seen + left out + set aside + spooled      spooled ≥ sent ≥ proved
//!      named     ≤          ╰──────── unique ────────╯                 spooled = proved + refused + waiting + lost
//! ```
//!
//! The counts survive a kill at any moment ([`Books`]); what they cost is a few bytes in what is
//! written anyway, and a small file now and then. At idle nothing is written. This file is the rim:
//! locks and the file; all else is pure.

mod audit;
mod books;
mod codec;
mod counts;
mod flash;
mod key;
mod report;
mod row;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

pub use audit::{Audit, AuditOutcome, Audited, Horizon};
pub use books::{Books, LedgerFound, LedgerRepair, Release, Stock};
pub use counts::PageCounts;
pub use flash::NAME;
pub use key::{HOUR_MS, LedgerKey, begin_of, hour_of};
pub use row::Row;

use crate::clock::in_words;
use crate::spool::{Spool, SpoolError};
use crate::status::LedgerReport;

/// The ledger of one agent.
pub struct Ledger {
    books: Mutex<Books>,
    /// Held for reading while a writer brings its tail to flash, for writing while a checkpoint is
    /// taken: no tail may be on its way then.
    gate: RwLock<()>,
    /// The agent's state folder.
    folder: PathBuf,
    /// Hours that are kept one by one.
    keep: u32,
}

// === impl Ledger ===

impl Ledger {
    /// Opens the ledger of the agent in this folder beside its spool; `streams` are the numbers of
    /// those that it reads. Says what had to be put right; a damaged ledger begins anew and stops
    /// nobody.
    ///
    /// # Errors
    /// When the spool can't be read.
    pub fn open(
        folder: &Path,
        keep: Duration,
        spool: &impl Spool,
        streams: impl IntoIterator<Item = u8>,
    ) -> Result<(Self, Vec<String>), SpoolError> {
        let mut words = Vec::new();
        let checkpoint = flash::load(folder).unwrap_or_else(|error| {
            let kept = match flash::put_aside(folder) {
                Ok(()) => format!("it is kept as {}", flash::DAMAGED),
                Err(error) => format!("it could not be moved: {error}"),
            };
            words.push(format!(
                "{} cannot be used: {error}; {kept}",
                folder.join(NAME).display()
            ));
            None
        });
        let mut found = LedgerFound {
            delivery: flash::from_note(&spool.note()),
            ..LedgerFound::default()
        };
        for stream in streams {
            let cursor = spool.recall(stream)?.cursor.unwrap_or_default();
            found
                .streams
                .extend(flash::tail_of(&cursor).map(|tail| (stream, tail)));
        }
        let (books, mended) = Books::restore(checkpoint, found, stock(spool));
        let ledger = Self {
            books: Mutex::new(books),
            gate: RwLock::new(()),
            folder: folder.to_owned(),
            keep: u32::try_from(keep.as_secs() / 3600)
                .unwrap_or(u32::MAX)
                .max(1),
        };
        words.extend(mended.iter().map(mended_in_words));
        if !mended.is_empty()
            && let Err(error) = ledger.save()
        {
            words.push(error.to_string());
        }
        Ok((ledger, words))
    }

    /// Counts a page that `write` brings to flash; it is handed the cursor with the tail in it, and
    /// may fail and be called again.
    ///
    /// # Errors
    /// Those of `write`; nothing is counted then.
    pub fn append<E>(
        &self,
        stream: u8,
        counts: &PageCounts,
        cursor: &[u8],
        write: impl FnOnce(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let _pass = self.pass();
        let tail = self.books().tail_with(stream, counts.rows());
        write(&flash::cursor_with(cursor, &tail))?;
        self.books().count(stream, counts.rows());
        Ok(())
    }

    /// Counts a page that brought nothing worth a write. It reaches flash with the next one that
    /// does.
    pub fn count(&self, stream: u8, counts: &PageCounts) {
        self.books().count(stream, counts.rows());
    }

    /// Everything up to this time was read, milliseconds since 1970.
    pub fn reached(&self, at_ms: i64) {
        self.books().reached(at_ms);
    }

    /// Lines from number `first` on were handed to the system; `tags` are theirs.
    pub fn sent(&self, first: u64, tags: &[u32]) {
        self.books().sent(first, tags);
    }

    /// Lines leave the spool: `write` takes the spool's acknowledgement, in several parts where one
    /// note would not hold it all.
    ///
    /// # Errors
    /// Those of `write`.
    pub fn acknowledge<E>(
        &self,
        release: &Release,
        mut write: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            // so that the note can hold it; what the disk refuses here it is asked for again by the
            // next one
            if self.books().delivery_due() {
                let _ = self.save();
            }
            let pass = self.pass();
            let step = self.books().step(release);
            let (tail, marks) = self.books().note_with(&step);
            let written = write(step.before, &flash::note(&tail, marks));
            // the spool has let them go in memory, also where the disk refused
            self.books().proved(&step);
            drop(pass);
            written?;
            if step.before >= release.before {
                return Ok(());
            }
        }
    }

    /// Takes a checkpoint where one is due; to be called after something was written, never at
    /// idle.
    ///
    /// # Errors
    /// When the disk refuses: nothing is lost, it is tried again.
    pub fn tidy(&self) -> Result<(), LedgerError> {
        if self.books().due() {
            self.save()
        } else {
            Ok(())
        }
    }

    /// Takes a checkpoint where the file does not have all, at an orderly stop.
    ///
    /// # Errors
    /// When the disk refuses: the tails on flash still hold it.
    pub fn settle(&self) -> Result<(), LedgerError> {
        if self.books().changed {
            self.save()
        } else {
            Ok(())
        }
    }

    fn save(&self) -> Result<(), LedgerError> {
        let _gate = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        let (checkpoint, undo) = self.books().close(self.keep);
        flash::save(&self.folder, &checkpoint).map_err(|cause| {
            self.books().reopen(undo);
            LedgerError {
                path: self.folder.join(NAME),
                cause,
            }
        })
    }

    // --- the audit

    /// A stream begins under these filters; everything up to `read_to_ms` was read before.
    pub fn begin(&self, stream: u8, filters: u64, read_to_ms: Option<i64>) {
        let mut books = self.books();
        let audited = books.audited.entry(stream).or_default();
        books.changed |= audited.under(filters, read_to_ms.unwrap_or(i64::MIN));
    }

    /// What the API was asked about this stream.
    #[must_use]
    pub fn audited(&self, stream: u8) -> Audited {
        self.books()
            .audited
            .get(&stream)
            .cloned()
            .unwrap_or_default()
    }

    /// The hours of this stream of which the API counted more than was read.
    #[must_use]
    pub fn short(&self, stream: u8) -> Vec<(u32, u64)> {
        let rows = self.books().rows();
        let hours = rows.keys().filter(|key| key.stream() == Some(stream));
        hours
            .filter_map(|key| Some((key.hour()?, report::missing(&rows, *key))))
            .filter(|(_, missing)| *missing > 0)
            .collect()
    }

    /// The API counts so many records in this hour. Returns how many of them were never read.
    pub fn named(&self, key: LedgerKey, named: u64) -> u64 {
        let mut books = self.books();
        books.named(key, named);
        let untimed = books.row(LedgerKey::untimed(key.stream().unwrap_or(u8::MAX)));
        report::beyond(books.row(key).missing(), untimed)
    }

    /// Keeps what was asked.
    pub fn keep_audited(&self, stream: u8, audited: Audited) {
        self.books().audited.insert(stream, audited);
    }

    // --- looking

    /// For the status. Waits for no writer.
    #[must_use]
    pub fn report(&self, spool: &impl Spool) -> LedgerReport {
        // the spool's figures and ours fit together only while nobody writes
        let quiet = self.gate.try_write().ok();
        let stock = stock(spool);
        let (rows, balance) = {
            let books = self.books();
            (books.rows(), books.balance(stock))
        };
        let balance = quiet.map(|_gate| balance);
        report::report(&rows, balance, stock)
    }

    /// A row that does not add up by itself, which is never so but for an error of ours.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let rows = self.books().rows();
        let (key, fault) = rows
            .iter()
            .find_map(|(key, row)| Some((key, row.fault()?)))?;
        let hour = key.hour().map(|hour| in_words(begin_of(hour)));
        let hour = hour.unwrap_or_else(|| "of no hour".to_owned());
        Some(format!(
            "the ledger's row {hour} (stream {:?}) does not add up: {fault}; this is an error in \
                siembox: report it with the output of siembox status --json",
            key.stream()
        ))
    }

    /// The rows of one hour, all streams.
    #[must_use]
    pub fn hour(&self, hour: u32) -> Row {
        let mut sum = Row::default();
        for (key, row) in self.books().rows() {
            if key.hour() == Some(hour) {
                sum += &row;
            }
        }
        sum
    }

    fn pass(&self) -> RwLockReadGuard<'_, ()> {
        self.gate.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        // a panic elsewhere leaves counts behind that the next start puts right
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The checkpoint could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the ledger {} cannot be written: {cause}; nothing is lost, siembox \
    retries", path.display())]
pub struct LedgerError {
    /// The file.
    path: PathBuf,
    /// What the system said.
    cause: std::io::Error,
}

fn stock(spool: &impl Spool) -> Stock {
    let stats = spool.stats();
    Stock {
        first: spool.first(),
        next: stats.next,
        waiting: stats.waiting,
        damaged: stats.damaged_lines,
    }
}

fn mended_in_words(mended: &LedgerRepair) -> String {
    match mended {
        LedgerRepair::Anew => "the ledger starts from zero: its file is missing or older than the \
            spool; nothing else is affected"
            .to_owned(),
        LedgerRepair::Vanished(lines) => format!(
            "the ledger counts {lines} lines that are neither proved nor in the spool, for example \
                after a power cut on a disk that lost confirmed writes. They are in the row \
                \"unattributed\"; the records of the last page are read again"
        ),
        LedgerRepair::Adopted(lines) => format!(
            "the spool holds {lines} lines that are not in the \
            ledger; they are now in the row \"unattributed\""
        ),
    }
}
