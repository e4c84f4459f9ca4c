//! The file of a request limit: when the last requests went out, and which silence the cloud asked
//! for, so that the next process does not begin a minute of its own.
//!
//! ```text
//! requests/hunting-5f3a96c1d07be824
//!   head   "siembox" | format, 1 byte | what is limited, 8 | time, 8 | silence, ms, 4 | CRC-32 of it, 4
//!   slots  6,000 of: time, 8 bytes | number of the request, 8 | CRC-32 of both, 4      zeros where empty
//! ```
//!
//! Numbers are little-endian, times milliseconds since 1970. A request has the slot of its number.
//!
//! The file has its whole size from the first request on, and a request overwrites the slot behind
//! that of the last one: no request needs more room on the disk. Nothing is flushed. A kill costs
//! nothing, as the kernel has what was written; a power cut costs what the kernel has not written
//! yet, and the restart after it takes a part of the minute by itself. What can't be read is told
//! and made anew, and where nothing can be written siembox reads on without it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ring::digest;

use crate::durable::{self, NewFile};
use crate::own_file::{self, Folder};
use crate::settings::MOST_REQUESTS_PER_MINUTE;
use crate::source::{PastRequests, RequestMemory, Silence};
use crate::still_there::{is_absence, is_still_there};

/// Name of the folder in the state folder.
const FOLDER: &str = "requests";
const MAGIC: &[u8; 8] = b"siembox\x01";
const HEAD: usize = 32;
const SLOT: usize = 20;
/// As many requests as a minute may have.
const SLOTS: u64 = MOST_REQUESTS_PER_MINUTE as u64;
const SIZE: usize = HEAD + SLOTS as usize * SLOT;
/// After a write that failed the next one is tried so much later, so that a full disk is not kept
/// busy.
const RETRY_MS: u64 = 60_000;
/// A file that nobody has written for so long says nothing any more, seconds.
const OLD_S: i64 = 3600;

/// The file of one limit.
#[derive(Debug)]
pub(super) struct RequestFile {
    path: PathBuf,
    /// What is limited, as the head names it.
    subject: [u8; 8],
    /// `None` before the first request, and where it can't be used.
    open: Option<OpenFile>,
    /// The last silence: it stands in the head of a file that is made anew.
    silence: Option<Silence>,
    /// When it could not be used, by the wall clock; the operator knows of it.
    failed_ms: Option<i64>,
}

#[derive(Debug)]
struct OpenFile {
    file: File,
    /// The number of the next request.
    next: u64,
}

/// What a file says.
#[derive(Debug, PartialEq, Eq)]
struct Content {
    past: PastRequests,
    /// The number of the next request.
    next: u64,
    is_damaged: bool,
}

// === impl RequestFile ===

impl RequestFile {
    /// That of this service of this tenant. Nothing is opened yet.
    pub(super) fn new(state_dir: &Path, service: &str, tenant: &str) -> Self {
        let text = format!("{service} {tenant}");
        let digest = digest::digest(&digest::SHA256, text.as_bytes());
        let mut subject = [0; 8];
        subject.copy_from_slice(&digest.as_ref()[..8]);
        let number = u64::from_be_bytes(subject);
        Self {
            path: state_dir
                .join(FOLDER)
                .join(format!("{service}-{number:016x}")),
            subject,
            open: None,
            silence: None,
            failed_ms: None,
        }
    }

    /// Does something with the open file, which is made where there is none.
    fn with_file(&mut self, at_ms: i64, act: impl FnOnce(&mut OpenFile) -> io::Result<()>) {
        let is_early = |failed: i64| failed.abs_diff(at_ms) < RETRY_MS;
        if self.open.is_none() && self.failed_ms.is_some_and(is_early) {
            return;
        }
        let is_there = |open: &OpenFile| is_still_there(&open.file, &self.path);
        let mut done = match self.open.take().filter(is_there) {
            Some(open) => Ok(open),
            None => self.make(&PastRequests {
                times_ms: Vec::new(),
                silence: self.silence,
            }),
        };
        if let Ok(open) = &mut done
            && let Err(error) = act(open)
        {
            done = Err(error);
        }
        match done {
            Ok(open) => {
                self.open = Some(open);
                self.failed_ms = None;
            }
            Err(error) => self.fail(&error, at_ms),
        }
    }

    fn fail(&mut self, error: &io::Error, at_ms: i64) {
        if self.failed_ms.replace(at_ms).is_none() {
            tracing::warn!(
                "{}: the times of requests cannot be written: {error}. siembox reads on; if it is \
                    restarted within a minute, it can send more requests a minute than the \
                    settings allow. Cure: free disk space, or give this user write access to the \
                    folder",
                self.path.display()
            );
        }
    }

    /// Makes the file anew, with this in it.
    fn make(&self, past: &PastRequests) -> io::Result<OpenFile> {
        if let Some(folder) = self.path.parent() {
            own_file::make_folder(folder, 0o750)?;
        }
        let name = durable::named(&self.path, "", ".new");
        let mut new = NewFile::beside(&self.path, name, 0o600, None)?;
        let (bytes, next) = encode(self.subject, past);
        new.file.write_all(&bytes)?;
        new.take_the_place()?;
        Ok(OpenFile {
            file: new.file.try_clone()?,
            next,
        })
    }

    /// What the file says; `None` where there is none.
    fn open(&self) -> io::Result<Option<(File, Content)>> {
        let mut file = match own_file::read(&self.path) {
            Err(error) if is_absence(&error) => return Ok(None),
            found => found.and_then(|_| own_file::update(&self.path, 0o600))?,
        };
        let mut bytes = Vec::with_capacity(SIZE);
        Read::by_ref(&mut file)
            .take(SIZE as u64 + 1)
            .read_to_end(&mut bytes)?;
        let content = decode(self.subject, &bytes);
        let content = content.ok_or_else(|| io::Error::other("the file is cut or damaged"))?;
        Ok(Some((file, content)))
    }
}

impl RequestMemory for RequestFile {
    fn read(&mut self) -> PastRequests {
        let found = match self.open() {
            Ok(None) => return PastRequests::default(),
            Ok(Some((_, content))) if content.is_damaged => {
                self.tell_damage("a part of it is damaged");
                self.replace(&content.past);
                return content.past;
            }
            Ok(Some(found)) => found,
            Err(error) => {
                self.tell_damage(&error.to_string());
                return PastRequests::default();
            }
        };
        let (file, Content { past, next, .. }) = found;
        self.silence = past.silence;
        self.open = Some(OpenFile { file, next });
        past
    }

    fn replace(&mut self, all: &PastRequests) {
        self.silence = all.silence;
        match self.make(all) {
            Ok(open) => self.open = Some(open),
            Err(error) => {
                self.open = None;
                self.fail(&error, all.times_ms.last().copied().unwrap_or(0));
            }
        }
    }

    fn add(&mut self, at_ms: i64) {
        self.with_file(at_ms, |open| {
            let number = open.next;
            open.next = number.saturating_add(1);
            let place = HEAD as u64 + number % SLOTS * SLOT as u64;
            open.file.write_all_at(&slot(number, at_ms), place)
        });
    }

    fn keep_silence(&mut self, silence: Silence) {
        self.silence = Some(silence);
        let head = head(self.subject, Some(silence));
        self.with_file(silence.from_ms, |open| open.file.write_all_at(&head, 0));
    }
}

impl RequestFile {
    fn tell_damage(&self, why: &str) {
        tracing::warn!(
            "{}: the times of earlier requests cannot be read: {why}. siembox makes the file anew; \
                in this minute it can send more requests than the settings allow",
            self.path.display()
        );
    }
}

/// Removes the files of limits that nobody has asked within for a while: they say nothing, and
/// their tenants may have left the settings.
pub(super) fn forget_old(state_dir: &Path, now_ms: i64) {
    let folder = state_dir.join(FOLDER);
    let (Ok(entries), Ok(handle)) = (std::fs::read_dir(&folder), Folder::open(&folder)) else {
        return;
    };
    for entry in entries.flatten() {
        let written = entry.metadata().ok().map(|metadata| metadata.mtime());
        if written.is_some_and(|written| written.saturating_add(OLD_S) < now_ms / 1000) {
            // what can't be removed costs its few bytes
            let _ = handle.remove(&entry.file_name());
        }
    }
}

// === format ===

/// The whole file, and the number of the request behind those in it.
fn encode(subject: [u8; 8], past: &PastRequests) -> (Vec<u8>, u64) {
    let mut bytes = head(subject, past.silence).to_vec();
    let mut next = 0;
    for (number, at_ms) in (0..SLOTS).zip(&past.times_ms) {
        bytes.extend(slot(number, *at_ms));
        next = number + 1;
    }
    bytes.resize(SIZE, 0);
    (bytes, next)
}

fn head(subject: [u8; 8], silence: Option<Silence>) -> [u8; HEAD] {
    let from_ms = silence.map_or(0, |silence| silence.from_ms);
    let length = silence.map_or(Duration::ZERO, |silence| silence.length);
    let length = u32::try_from(length.as_millis()).unwrap_or(u32::MAX);
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(MAGIC);
    head[8..16].copy_from_slice(&subject);
    head[16..24].copy_from_slice(&from_ms.to_le_bytes());
    head[24..28].copy_from_slice(&length.to_le_bytes());
    let sum = crc32fast::hash(&head[..28]);
    head[28..].copy_from_slice(&sum.to_le_bytes());
    head
}

fn slot(number: u64, at_ms: i64) -> [u8; SLOT] {
    let mut slot = [0; SLOT];
    slot[..8].copy_from_slice(&at_ms.to_le_bytes());
    slot[8..16].copy_from_slice(&number.to_le_bytes());
    let sum = crc32fast::hash(&slot[..16]);
    slot[16..].copy_from_slice(&sum.to_le_bytes());
    slot
}

/// `None` where it is no such file, or not that of this limit.
fn decode(subject: [u8; 8], bytes: &[u8]) -> Option<Content> {
    let (head_bytes, slots) = bytes.split_first_chunk::<HEAD>()?;
    let from_ms = i64::from_le_bytes(*head_bytes[16..].first_chunk()?);
    let length = u32::from_le_bytes(*head_bytes[24..].first_chunk()?);
    let silence = Silence {
        from_ms,
        length: Duration::from_millis(length.into()),
    };
    if bytes.len() != SIZE || *head_bytes != head(subject, Some(silence)) {
        return None;
    }
    let mut content = Content {
        past: PastRequests {
            times_ms: Vec::new(),
            silence: Some(silence).filter(|silence| !silence.length.is_zero()),
        },
        next: 0,
        is_damaged: false,
    };
    for (place, bytes) in (0..).zip(slots.chunks_exact(SLOT)) {
        let at_ms = i64::from_le_bytes(*bytes.first_chunk()?);
        let number = u64::from_le_bytes(*bytes[8..].first_chunk()?);
        if bytes == slot(number, at_ms) && number % SLOTS == place {
            content.past.times_ms.push(at_ms);
            content.next = content.next.max(number.saturating_add(1));
        } else if *bytes != [0; SLOT] {
            content.is_damaged = true;
        }
    }
    Some(content)
}

#[cfg(test)]
mod tests;
