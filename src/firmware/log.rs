//! What PID 1 and the small programs under it have to say: on the console, and in `firmware.log` on
//! the data partition, which never grows beyond its bound. siembox itself has its own log beside
//! it.
//!
//! What is said before there is a data partition waits in memory. The last lines of each child are
//! kept there too: they tell in STATUS.TXT why it ended.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::console::Console;
use crate::clock;
use crate::log::BoundedFile;

const NAME: &str = "firmware.log";
/// Files, the one being written included.
const FILES: u32 = 4;
/// Lines that wait for a data partition.
const MOST_EARLY: usize = 200;
/// Lines kept of each child.
const TAIL: usize = 8;
/// Bytes of a line; a child that never ends its line fills no memory.
pub const LONGEST: usize = 2_000;

/// The log. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Log(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    console: Console,
    file: Option<BoundedFile>,
    early: VecDeque<String>,
    tails: BTreeMap<&'static str, VecDeque<String>>,
}

// === impl Log ===

impl Log {
    /// On the console only, until [`keep_in`](Self::keep_in).
    #[must_use]
    pub fn new(console: Console) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            console,
            file: None,
            early: VecDeque::new(),
            tails: BTreeMap::new(),
        })))
    }

    /// A step of the boot, or something a person should know.
    pub fn say(&self, text: impl AsRef<str>) {
        let mut inner = self.lock();
        for line in text.as_ref().lines() {
            inner.console.line(line);
            inner.keep(line);
        }
    }

    /// A line of a child: kept, not shown.
    pub fn hear(&self, child: &'static str, line: &str) {
        let mut inner = self.lock();
        let tail = inner.tails.entry(child).or_default();
        if tail.len() == TAIL {
            tail.pop_front();
        }
        tail.push_back(line.to_owned());
        inner.keep(&format!("{child}: {line}"));
    }

    /// The last lines of a child, oldest first; empty if it wrote none.
    #[must_use]
    pub fn last_words(&self, child: &str) -> String {
        let inner = self.lock();
        let tail = inner.tails.get(child).into_iter().flatten();
        tail.map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    /// From now on also in this folder, `budget` bytes in all; what was said before comes first.
    ///
    /// # Errors
    /// Where the folder can't be used: lines go on waiting in memory, the oldest make room.
    pub fn keep_in(&self, folder: &Path, budget: u64) -> std::io::Result<()> {
        let file = BoundedFile::open(folder, NAME, budget / u64::from(FILES), FILES)?;
        let mut inner = self.lock();
        inner.file = Some(file);
        for line in std::mem::take(&mut inner.early) {
            inner.write(line);
        }
        Ok(())
    }

    /// Lets go of the file, so that its partition can be unmounted.
    pub fn let_go(&self) {
        self.lock().file = None;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Inner ===

impl Inner {
    fn keep(&mut self, line: &str) {
        self.write(format!("{} {line}", clock::in_words(clock::now_ms())));
    }

    fn write(&mut self, line: String) {
        // a full disk keeps the newest in memory
        let written = match &mut self.file {
            Some(file) => file.write_line(&line).is_ok(),
            None => false,
        };
        if !written {
            if self.early.len() == MOST_EARLY {
                self.early.pop_front();
            }
            self.early.push_back(line);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_said_early_is_in_the_file_too() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::new(Console::none());
        log.say("first\nsecond");
        log.keep_in(folder.path(), 64_000).unwrap();
        log.hear("udhcpc", "lease of 10.0.2.15");
        let text = std::fs::read_to_string(folder.path().join(NAME)).unwrap();
        let lines: Vec<&str> = text
            .lines()
            .map(|line| line.split_once(' ').unwrap().1)
            .collect();
        assert_eq!(lines, ["first", "second", "udhcpc: lease of 10.0.2.15"]);
        assert_eq!(log.last_words("udhcpc"), "lease of 10.0.2.15");
        assert_eq!(log.last_words("siembox"), "");
    }

    #[test]
    fn memory_is_bounded() {
        let log = Log::new(Console::none());
        for number in 0..1_000 {
            log.say(format!("line {number}"));
            log.hear("siembox", &format!("word {number}"));
        }
        assert_eq!(log.lock().early.len(), MOST_EARLY);
        assert_eq!(log.last_words("siembox").lines().count(), TAIL);
    }
}
