//! The recorder: page writers record the IDs of a page's lines with it.

use std::collections::HashSet;
use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::{Hour, Id, SentIds, SentIdsError, opened, page};
use crate::own_file;
use crate::source::{Seen, fingerprint};
use crate::spool::format_2;
use crate::stream::StreamSpec;

/// Writes down the ids of one writer's pages.
#[derive(Debug)]
pub struct SentRecorder {
    ids: Arc<SentIds>,
    stream: StreamSpec,
    /// Where the ids lie while their page is being written.
    place: PathBuf,
    /// Where a version before spool format 3 left some, where it did.
    old_place: Option<PathBuf>,
    /// The ids of the open page.
    page: Vec<Id>,
    /// What went wrong with it.
    trouble: Option<SentIdsError>,
    /// Was there trouble with the page before?
    troubled: bool,
}

/// What became different with a page.
#[derive(Debug)]
pub enum SentChange {
    /// Ids could not be written down: fetched again, these records come twice.
    Trouble(SentIdsError),
    /// They can be again.
    Well,
}

// === impl SentRecorder ===

impl SentRecorder {
    /// For the writer whose pages the spool keeps under `number`.
    #[must_use]
    pub fn new(ids: &Arc<SentIds>, stream: StreamSpec, number: u8) -> Self {
        Self {
            place: ids.folder.join(format!("pending-{number}")),
            old_place: old_name(number)
                .map(|name| ids.folder.join(name))
                .filter(|place| place.exists()),
            ids: Arc::clone(ids),
            stream,
            page: Vec::new(),
            trouble: None,
            troubled: false,
        }
    }

    /// Did an earlier life leave a page behind?
    #[must_use]
    pub fn cut_short(&self) -> bool {
        self.place.exists() || self.old_place.is_some()
    }

    /// Finishes what an earlier life left behind: a page that the spool has is written down to its
    /// end. `newest` is the spool's newest chunk of seen ids of this writer, which came to flash
    /// with the page.
    pub fn take_up(&mut self, newest: Option<&[u8]>) -> Option<SentChange> {
        let place = match self.place.exists() {
            true => self.place.clone(),
            false => self.old_place.take()?,
        };
        let mut left = Vec::new();
        own_file::read(&place)
            .and_then(|mut file| file.read_to_end(&mut left))
            .ok()?;
        let landed: HashSet<u64> = newest.into_iter().flat_map(Seen::prints).collect();
        let mut ids = page::decode(&left).unwrap_or_default();
        if ids.iter().all(|id| landed.contains(&id.print)) {
            let known = self.ids.known(self.stream, &ids, |_| {});
            ids.retain(|id| !known.contains(id));
            self.page = ids;
        }
        // forgets nothing: the clock may not be set yet
        let change = self.landed(0);
        if change.is_none() {
            let _ = fs::remove_file(&place);
        }
        change
    }

    /// A page begins.
    pub fn open(&mut self) {
        self.page.clear();
    }

    /// Has another source of the agent sent this record?
    #[must_use]
    pub fn is_elsewhere(&self, id: &str) -> bool {
        let across = self.ids.across.as_ref();
        across.is_some_and(|across| across.is_elsewhere(self.stream, fingerprint(id)))
    }

    /// What is to be locked while a page is read and written, where another source may deliver the
    /// same records.
    #[must_use]
    pub fn turn(&self) -> Option<Arc<Mutex<()>>> {
        self.ids.across.as_ref()?.turn(self.stream)
    }

    /// A record becomes a line of the open page. `at_ms` is the time by which its stream is read.
    pub fn note(&mut self, at_ms: i64, id: &str) {
        if self.ids.on() || self.ids.across.is_some() {
            self.page.push(Id {
                hour: Hour::of(at_ms),
                print: fingerprint(id),
            });
        }
    }

    /// Call before the page is written to the spool.
    pub fn intend(&mut self) {
        if self.page.is_empty() {
            return;
        }
        let bytes = page::encode(&self.page);
        // the page before has landed, or comes again: what its ids say is of no use any more
        for place in self.old_place.take().iter().chain([&self.place]) {
            let _ = fs::remove_file(place);
        }
        let laid = opened(&self.place).and_then(|mut file| file.write_all(&bytes));
        if let Err(cause) = laid {
            self.trouble = Some(SentIdsError::system(self.place.clone(), cause));
        }
    }

    /// Call when the page is durable. What is too old is counted from `now_ms`, which should be the
    /// cloud's clock.
    pub fn landed(&mut self, now_ms: i64) -> Option<SentChange> {
        if self.page.is_empty() {
            return None;
        }
        if let Some(across) = &self.ids.across {
            across.note(self.stream, self.page.iter().map(|id| id.print));
        }
        let added = self.ids.add(self.stream, &mut self.page, now_ms);
        self.page.clear();
        match (self.trouble.take().or(added.err()), self.troubled) {
            (Some(trouble), _) => {
                self.troubled = true;
                Some(SentChange::Trouble(trouble))
            }
            (None, true) => {
                self.troubled = false;
                Some(SentChange::Well)
            }
            (None, false) => None,
        }
    }
}

/// The name that a page's ids had before spool format 3, in which the replays of the first two
/// streams were 2 and 3.
fn old_name(number: u8) -> Option<String> {
    let old = (0..=3).find(|&old| format_2::stream(old) == number)?;
    Some(format!("page-{old}"))
}
