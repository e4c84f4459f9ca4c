//! Which records became lines, by id: so that a window of time can be fetched again and nothing is sent twice.
//!
//! ```text
//! agents/contoso/ids/ activities-2026110110   8 bytes for each record of that hour that became a line: its fingerprint
//!                     alerts-2026110110       the hour is that of the time by which the stream is read
//!                     pending-0               ids of the page that is being written to the spool just now
//!                     forgotten               the latest hour that had to go to keep the bound of size
//! ```
//!
//! Bounded by age and by size; nothing is held in memory. The rules:
//! - **No id without its line.** Ids go into the hours only when their page is durable: else a page that never landed would
//!   be left out when it is fetched again, and be lost.
//! - **A line without its id** would come twice. So the page's ids are laid down beside the hours before the page is written
//!   ([`Scribe::intend`]), and at the next start the spool's own word, the newest ids it holds, tells whether the page landed.
//! - Damage is never an error: of a torn file the whole ids count, a file that can't be read knows nothing. The worst is a
//!   repeated line.

mod hour;
mod page;
mod scribe;

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use hour::Hour;
pub use scribe::{Change, Scribe};

use crate::own_file;
use crate::source::Stream;

/// A file takes at least so much of the disk.
const BLOCK: u64 = 4096;
/// Hours are kept so much longer than asked for, so that "the last 30 days" are still there while somebody asks for them.
const GRACE: Duration = Duration::from_secs(2 * 3600);
/// The latest hour that was forgotten for want of room.
const FORGOTTEN: &str = "forgotten";

/// The id of a record that became a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// The hour of the time by which its stream is read.
    pub hour: Hour,
    /// [`fingerprint`](crate::source::fingerprint) of its id.
    pub print: u64,
}

/// How much is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Counted back from now; zero remembers nothing.
    pub remember: Duration,
    /// Of all files together, bytes on disk.
    pub most_bytes: u64,
}

/// The files can't be used.
#[derive(Debug, thiserror::Error)]
#[error("the ids of what was sent at {}: {cause}: make room on the disk, or let this user write there", path.display())]
pub struct SentIdsError {
    path: PathBuf,
    cause: io::Error,
}

/// The ids of one agent.
#[derive(Debug)]
pub struct SentIds {
    folder: PathBuf,
    bounds: Bounds,
    writing: Mutex<Writing>,
}

/// What a writer knows of the files.
#[derive(Debug, Default)]
struct Writing {
    /// What they take, once they were counted.
    bytes: Option<u64>,
    /// Where each stream was last written: left behind, that hour is worth an fsync.
    last: [Option<Hour>; 2],
}

// === impl SentIds ===

impl SentIds {
    /// Ids in this folder, which is made when the first comes. Touches nothing.
    #[must_use]
    pub fn new(folder: PathBuf, bounds: Bounds) -> Self {
        Self {
            folder,
            bounds,
            writing: Mutex::default(),
        }
    }

    /// Is anything remembered at all?
    #[must_use]
    pub fn on(&self) -> bool {
        !self.bounds.remember.is_zero()
    }

    /// From here on it is known what was sent; what lies before was forgotten.
    #[must_use]
    pub fn since_ms(&self, now_ms: i64) -> i64 {
        let aged = now_ms - ms(self.bounds.remember) - ms(GRACE) / 2;
        let forgotten = fs::read_to_string(self.folder.join(FORGOTTEN))
            .ok()
            .and_then(|text| Hour::named(text.trim()));
        forgotten.map_or(aged, |hour| aged.max(hour.end_ms()))
    }

    /// Which of these became lines already. One hour is read at a time, in small pieces; what can't be read is told to
    /// `trouble` and knows nothing.
    pub fn known(
        &self,
        stream: Stream,
        ids: &[Id],
        mut trouble: impl FnMut(SentIdsError),
    ) -> HashSet<Id> {
        let mut asked = ids.to_vec();
        asked.sort_unstable();
        let mut known = HashSet::new();
        for of_hour in asked.chunk_by(|one, other| one.hour == other.hour) {
            let path = self.path(stream, of_hour[0].hour);
            let read = each_print(&path, |print| {
                if let Ok(at) = of_hour.binary_search_by_key(&print, |id| id.print) {
                    known.insert(of_hour[at]);
                }
            });
            if let Err(cause) = read {
                trouble(SentIdsError { path, cause });
            }
        }
        known
    }

    /// Adds ids whose lines are durable, and forgets what passes the bounds.
    fn add(&self, stream: Stream, ids: &mut [Id], now_ms: i64) -> Result<(), SentIdsError> {
        ids.sort_unstable_by_key(|id| id.hour);
        let oldest = self.oldest(now_ms);
        let ids = &ids[ids.partition_point(|id| id.hour < oldest)..];
        let mut writing = self.writing();
        let mut new_file = writing.bytes.is_none();
        for of_hour in ids.chunk_by(|one, other| one.hour == other.hour) {
            let path = self.path(stream, of_hour[0].hour);
            let bytes: Vec<u8> = of_hour
                .iter()
                .flat_map(|id| id.print.to_le_bytes())
                .collect();
            let before = append(&path, &bytes).map_err(|cause| SentIdsError { path, cause })?;
            new_file |= before == 0;
            let grown = cost(before + bytes.len() as u64) - cost(before);
            writing.bytes = writing.bytes.map(|all| all + grown);
        }
        if let (Some(first), Some(last)) = (ids.first(), ids.last()) {
            let place = usize::from(stream.number());
            if let Some(left) = writing.last[place].filter(|left| *left != first.hour) {
                // the worst of a failure is a repeated line after a power cut
                let _ = File::open(self.path(stream, left)).and_then(|file| file.sync_data());
            }
            writing.last[place] = Some(last.hour);
        }
        if new_file
            || writing
                .bytes
                .is_some_and(|all| all > self.bounds.most_bytes)
        {
            let swept = self.sweep(now_ms).map_err(|cause| SentIdsError {
                path: self.folder.clone(),
                cause,
            });
            writing.bytes = Some(swept?);
        }
        Ok(())
    }

    /// Forgets what is too old, then the oldest hours until the rest fits. Returns what the rest takes.
    fn sweep(&self, now_ms: i64) -> io::Result<u64> {
        let oldest = self.oldest(now_ms);
        let mut kept = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(hour) = name
                .to_str()
                .and_then(|name| name.rsplit_once('-'))
                .and_then(|(_, digits)| Hour::named(digits))
            else {
                continue;
            };
            if hour < oldest {
                fs::remove_file(entry.path())?;
            } else {
                kept.push((hour, cost(entry.metadata()?.len()), entry.path()));
            }
        }
        kept.sort_unstable();
        let mut all: u64 = kept.iter().map(|(_, bytes, _)| bytes).sum();
        let mut forgotten = None;
        for (hour, bytes, path) in kept {
            if all <= self.bounds.most_bytes {
                break;
            }
            fs::remove_file(path)?;
            (all, forgotten) = (all - bytes, Some(hour));
        }
        if let Some(hour) = forgotten {
            let hour = hour.to_string();
            own_file::create(&self.folder.join(FORGOTTEN), 0o640)?.write_all(hour.as_bytes())?;
        }
        Ok(all)
    }

    /// Hours before this one are forgotten.
    fn oldest(&self, now_ms: i64) -> Hour {
        Hour::of(now_ms - ms(self.bounds.remember) - ms(GRACE))
    }

    fn path(&self, stream: Stream, hour: Hour) -> PathBuf {
        self.folder.join(format!("{stream}-{hour}"))
    }

    fn writing(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Appends in one piece, behind the last whole id. Returns how many bytes were there before.
fn append(path: &Path, bytes: &[u8]) -> io::Result<u64> {
    let open = || own_file::append(path, 0o640);
    let mut file = match open() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = path.parent().unwrap_or(Path::new("."));
            own_file::make_folder(folder, 0o750)?;
            open()?
        }
        opened => opened?,
    };
    let long = file.metadata()?.len();
    let whole = long - long % 8;
    if whole != long {
        file.set_len(whole)?;
    }
    file.write_all(bytes)?;
    Ok(whole)
}

/// Gives all whole fingerprints of a file; of one that is not there, none.
fn each_print(path: &Path, mut take: impl FnMut(u64)) -> io::Result<()> {
    let mut file = match own_file::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    let (mut piece, mut held) = (vec![0; 64 * 1024], 0);
    loop {
        let read = file.read(&mut piece[held..])?;
        if read == 0 {
            return Ok(());
        }
        let filled = held + read;
        let (words, rest) = piece[..filled].as_chunks::<8>();
        words
            .iter()
            .for_each(|word| take(u64::from_le_bytes(*word)));
        held = rest.len();
        piece.copy_within(filled - held..filled, 0);
    }
}

/// What a file of so many bytes takes on disk.
fn cost(bytes: u64) -> u64 {
    bytes.div_ceil(BLOCK) * BLOCK
}

fn ms(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests;
