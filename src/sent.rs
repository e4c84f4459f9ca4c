//! The ids of the records that became lines, so that a window of time can be fetched again and
//! nothing is sent twice.
//!
//! ```text
//! agents/contoso/ids/ activities-2026110110.ids   8 bytes for each record of that hour that became a line: its fingerprint
//!                     alerts-2026110110.ids       the hour is that of the time by which the stream is read
//!                     alerts-2026110110           the same of an earlier version: read, and no longer written
//!                     alerts-2026110110.damaged   set aside; its sound blocks are in the file that has its place
//!                     pending-0                   ids of the page that is being written to the spool just now
//!                     forgotten                   the latest hour that had to go to keep the bound of size
//! ```
//!
//! Bounded by age and by size; nothing is held in memory. The rules:
//! - **No id without its line.** Ids go into the hours only when their page is durable: else a page
//!   that never landed would be left out when it is fetched again, and be lost.
//! - **A line without its id** would come twice. So the page's ids are laid down beside the hours
//!   before the page is written ([`SentRecorder::intend`]), and at the next start the spool's own
//!   word, the newest ids it holds, tells whether the page landed.
//! - Damage is told and never an error: of a torn or damaged file the sound blocks count, a file
//!   that can't be read knows nothing. The worst is a repeated line.

mod across;
mod file;
mod hour;
mod page;
mod recorder;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use across::AcrossSources;
pub use hour::Hour;
pub use recorder::{SentChange, SentRecorder};

use crate::own_file;
use crate::stream::{StreamId, StreamSpec};

/// A file takes at least so much of the disk.
const BLOCK: u64 = 4096;
/// Hours are kept so much longer than asked for, so that "the last 30 days" are still there while
/// somebody asks for them.
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
pub struct SentBounds {
    /// Counted back from now; zero remembers nothing.
    pub remember: Duration,
    /// Of all files together, bytes on disk.
    pub most_bytes: u64,
}

/// The files can't be used, or one was damaged.
#[derive(Debug, thiserror::Error)]
#[error("the IDs of sent records at {}: {fault}", path.display())]
pub struct SentIdsError {
    path: PathBuf,
    fault: Fault,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("{0}: free space on the disk, or give this user write access")]
    System(io::Error),
    #[error(
        "the file was damaged and is kept as {}; {kept} of its IDs are still valid: check the \
            disk", aside.display()
    )]
    Damaged { aside: PathBuf, kept: usize },
}

/// The ids of one agent.
#[derive(Debug)]
pub struct SentIds {
    folder: PathBuf,
    bounds: SentBounds,
    writing: Mutex<Writing>,
    /// What both sources of the agent have sent, where it has two.
    across: Option<AcrossSources>,
}

/// What a writer knows of the files.
#[derive(Debug, Default)]
struct Writing {
    /// What they take, once they were counted.
    bytes: Option<u64>,
    /// Where each stream was last written: left behind, that hour is worth an fsync.
    last: BTreeMap<StreamId, Hour>,
    /// How long the files are that were written last, where they are known to be whole.
    whole: HashMap<PathBuf, u64>,
}

/// So many files are known to be whole at once; what is read goes from hour to hour.
const MOST_WHOLE: usize = 64;

// === impl SentIds ===

impl SentIds {
    /// Ids in this folder, which is made when the first comes. Touches nothing.
    #[must_use]
    pub fn new(folder: PathBuf, bounds: SentBounds) -> Self {
        Self {
            folder,
            bounds,
            writing: Mutex::default(),
            across: None,
        }
    }

    /// Of two sources: what one of `streams` has sent, and is remembered, the other source's
    /// streams do not send again.
    #[must_use]
    pub fn across_sources(mut self, streams: impl IntoIterator<Item = StreamSpec>) -> Self {
        let across = AcrossSources::default();
        for stream in streams {
            across.note(stream, self.newest(stream, across::MOST));
        }
        self.across = Some(across);
        self
    }

    /// The fingerprints of the newest hours of this stream, oldest first: at least `most` of them,
    /// where there are so many. What can't be read knows nothing.
    fn newest(&self, stream: StreamSpec, most: usize) -> Vec<u64> {
        let prefix = format!("{stream}-");
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut hours: Vec<Hour> = entries
            .filter_map(|entry| {
                let name = entry.file_name();
                let hour = file::hour_of(name.to_str()?).strip_prefix(&prefix)?;
                Hour::named(hour)
            })
            .collect();
        hours.sort_unstable();
        hours.dedup();
        let mut chunks = Vec::new();
        let mut count = 0;
        for hour in hours.into_iter().rev() {
            if count >= most {
                break;
            }
            let mut prints = Vec::new();
            let _ = file::version_1::each(&self.old_path(stream, hour), |print| {
                prints.push(print);
            });
            let _ = file::read(&self.path(stream, hour), |block| {
                prints.extend(block.iter().map(|print| u64::from_le_bytes(*print)));
            });
            count += prints.len();
            chunks.push(prints);
        }
        chunks.into_iter().rev().flatten().collect()
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
        let forgotten = own_file::read(&self.folder.join(FORGOTTEN)).and_then(|file| {
            let mut text = String::new();
            file.take(64).read_to_string(&mut text)?;
            Ok(text)
        });
        let forgotten = forgotten.ok().and_then(|text| Hour::named(text.trim()));
        forgotten.map_or(aged, |hour| aged.max(hour.end_ms()))
    }

    /// Which of these became lines already. One hour is read at a time, in small pieces; what can't
    /// be read is told to `trouble` and knows nothing.
    pub fn known(
        &self,
        stream: StreamSpec,
        ids: &[Id],
        mut trouble: impl FnMut(SentIdsError),
    ) -> HashSet<Id> {
        let mut asked = ids.to_vec();
        asked.sort_unstable();
        let mut known = HashSet::new();
        for of_hour in asked.chunk_by(|one, other| one.hour == other.hour) {
            let mut take = |print: u64| {
                if let Ok(at) = of_hour.binary_search_by_key(&print, |id| id.print) {
                    known.insert(of_hour[at]);
                }
            };
            let old = self.old_path(stream, of_hour[0].hour);
            if let Err(cause) = file::version_1::each(&old, &mut take) {
                trouble(SentIdsError::system(old, cause));
            }
            let path = self.path(stream, of_hour[0].hour);
            let read = file::read(&path, |block| {
                block
                    .iter()
                    .for_each(|print| take(u64::from_le_bytes(*print)));
            });
            match read {
                Ok(found) if !found.is_damaged => {}
                Ok(_) => mended(path, &mut self.writing())
                    .into_iter()
                    .for_each(&mut trouble),
                Err(cause) => trouble(SentIdsError::system(path, cause)),
            }
        }
        known
    }

    /// Adds ids whose lines are durable, and forgets what passes the bounds.
    fn add(&self, stream: StreamSpec, ids: &mut [Id], now_ms: i64) -> Result<(), SentIdsError> {
        ids.sort_unstable_by_key(|id| id.hour);
        let oldest = self.oldest(now_ms);
        let ids = &ids[ids.partition_point(|id| id.hour < oldest)..];
        let mut writing = self.writing();
        let mut new_file = writing.bytes.is_none();
        let mut damage = None;
        for of_hour in ids.chunk_by(|one, other| one.hour == other.hour) {
            let path = self.path(stream, of_hour[0].hour);
            let prints: Vec<u64> = of_hour.iter().map(|id| id.print).collect();
            let added = append(&path, &prints, &mut writing);
            let (before, now, fault) = added.map_err(|cause| SentIdsError::system(path, cause))?;
            damage = damage.or(fault);
            new_file |= before == 0;
            let grown = cost(now) - cost(before);
            writing.bytes = writing.bytes.map(|all| all + grown);
        }
        if let (Some(first), Some(last)) = (ids.first(), ids.last()) {
            let left = writing.last.insert(stream.id, last.hour);
            if let Some(left) = left.filter(|left| *left != first.hour) {
                // the worst of a failure is a repeated line after a power cut
                let _ = own_file::read(&self.path(stream, left)).and_then(|file| file.sync_data());
            }
        }
        if new_file
            || writing
                .bytes
                .is_some_and(|all| all > self.bounds.most_bytes)
        {
            let swept = self.sweep(now_ms);
            let swept = swept.map_err(|cause| SentIdsError::system(self.folder.clone(), cause));
            writing.bytes = Some(swept?);
        }
        damage.map_or(Ok(()), Err)
    }

    /// Forgets what is too old, then the oldest hours until the rest fits. Returns what the rest
    /// takes.
    fn sweep(&self, now_ms: i64) -> io::Result<u64> {
        let oldest = self.oldest(now_ms);
        let mut kept = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(hour) = name
                .to_str()
                .and_then(|name| file::hour_of(name).rsplit_once('-'))
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

    fn path(&self, stream: StreamSpec, hour: Hour) -> PathBuf {
        file::named(&self.folder, &format!("{stream}-{hour}"))
    }

    /// As an earlier version wrote it.
    fn old_path(&self, stream: StreamSpec, hour: Hour) -> PathBuf {
        self.folder.join(format!("{stream}-{hour}"))
    }

    fn writing(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SentIdsError {
    fn system(path: PathBuf, cause: io::Error) -> Self {
        Self {
            path,
            fault: Fault::System(cause),
        }
    }
}

/// Appends to the file of an hour, behind its last whole block. Returns how long it was before and
/// is now, and what was wrong with it.
fn append(
    path: &Path,
    prints: &[u64],
    writing: &mut Writing,
) -> io::Result<(u64, u64, Option<SentIdsError>)> {
    let mut file = opened(path)?;
    let (long, mut fault) = (file.metadata()?.len(), None);
    let whole = match writing.whole.get(path) {
        Some(whole) if *whole == long => long,
        _ => {
            let mut found = file::walk(&file, |_| {})?;
            if found.is_damaged {
                fault = mended(path.to_owned(), writing);
                file = opened(path)?;
                found = file::walk(&file, |_| {})?;
            }
            found.whole
        }
    };
    let now = file::append(&mut file, whole, prints)?;
    if writing.whole.len() >= MOST_WHOLE {
        writing.whole.clear();
    }
    writing.whole.insert(path.to_owned(), now);
    Ok((whole, now, fault))
}

/// Puts a damaged file aside, while nobody else writes, and says so.
fn mended(path: PathBuf, writing: &mut Writing) -> Option<SentIdsError> {
    // what they all take is counted again
    (writing.bytes, writing.whole) = (None, HashMap::new());
    match file::mend(&path) {
        Ok(mended) => mended.map(|file::IdFileRepair { aside, kept }| SentIdsError {
            path,
            fault: Fault::Damaged { aside, kept },
        }),
        Err(cause) => Some(SentIdsError::system(path, cause)),
    }
}

/// Opens a file for appending, and makes its folder where there is none.
fn opened(path: &Path) -> io::Result<File> {
    let open = || own_file::append(path, 0o640);
    match open() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = path.parent().unwrap_or(Path::new("."));
            own_file::make_folder(folder, 0o750)?;
            open()
        }
        opened => opened,
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
