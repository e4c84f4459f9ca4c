//! The spool of the hour: a few vectors that do what the port promises, or the real one on sled.
//! Either can be killed.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use siembox::for_tests::lines::Lines;
use siembox::for_tests::source::Cursor;
use siembox::for_tests::spool::sled::{SledSpool, SpoolBounds};
use siembox::for_tests::spool::{Batch, DeadLetter, Memory, Spool, SpoolError, SpoolPage, Stats};
use siembox::for_tests::stream::StreamSpec;
use tempfile::TempDir;

use crate::case::Step;
use crate::world::{World, from_cef, line_known_by};

pub struct TestSpool {
    kind: Kind,
    world: Arc<World>,
    pub book: Arc<Mutex<Book>>,
    /// Where the ledger lies, which nobody asks here: its stories have models of their own.
    pub ledger: Arc<TempDir>,
}

enum Kind {
    Model(Arc<Mutex<Model>>),
    Sled(Box<SledSpool>, TempDir),
}

/// What was made durable, over all lives.
#[derive(Default)]
pub struct Book {
    /// What each line is known by, by number.
    pub ids: Vec<String>,
    /// Each line from `CEF:` on, and its stream.
    pub lines: Vec<(u8, String)>,
    /// How often there is a line of it, by stream.
    pub times: BTreeMap<u8, HashMap<String, u32>>,
    /// What was set aside: its id and why.
    pub asides: Vec<(String, String)>,
    high_ms: BTreeMap<u8, i64>,
    pub wrong: Vec<String>,
}

pub struct Model {
    lines: Vec<String>,
    first: u64,
    /// What a crash leaves of `first`.
    durable_first: u64,
    memories: BTreeMap<u8, Memory>,
    most: u64,
}

impl TestSpool {
    pub fn new(world: &Arc<World>, on_sled: bool, most: u64) -> Self {
        let kind = if on_sled {
            let folder = tempfile::tempdir().unwrap();
            let spool = SledSpool::open(folder.path(), bounds(), 0).unwrap();
            Kind::Sled(Box::new(spool), folder)
        } else {
            Kind::Model(Arc::new(Mutex::new(Model {
                lines: Vec::new(),
                first: 0,
                durable_first: 0,
                memories: BTreeMap::new(),
                most,
            })))
        };
        Self {
            kind,
            world: Arc::clone(world),
            book: Arc::default(),
            ledger: Arc::new(tempfile::tempdir().unwrap()),
        }
    }

    /// What is left of it after the process died.
    pub fn killed(&self) -> Self {
        let kind = match &self.kind {
            Kind::Model(model) => {
                let mut left = held(model);
                left.first = left.durable_first;
                Kind::Model(Arc::clone(model))
            }
            Kind::Sled(_, folder) => {
                let left = tempfile::tempdir().unwrap();
                copy_folder(folder.path(), left.path());
                let spool = SledSpool::open(left.path(), bounds(), 0).unwrap();
                Kind::Sled(Box::new(spool), left)
            }
        };
        Self {
            kind,
            world: Arc::clone(&self.world),
            book: Arc::clone(&self.book),
            ledger: Arc::clone(&self.ledger),
        }
    }

    fn port(&self) -> Result<MutexGuard<'_, Model>, &SledSpool> {
        match &self.kind {
            Kind::Model(model) => Ok(held(model)),
            Kind::Sled(spool, _) => Err(spool),
        }
    }

    fn dead() -> SpoolError {
        SpoolError::Store {
            path: std::path::PathBuf::new(),
            reason: "dead".to_owned(),
        }
    }
}

impl Spool for TestSpool {
    fn append(&self, page: &SpoolPage<'_>, now_ms: i64) -> Result<(), SpoolError> {
        if self.world.dies_at(Step::BeforeWriting) {
            return Err(Self::dead());
        }
        match self.port() {
            Ok(mut model) => model.append(page)?,
            Err(sled) => sled.append(page, now_ms)?,
        }
        let spec = StreamSpec::numbered(page.stream).unwrap();
        let known_by = |line: &str| line_known_by(&*self.world.face, spec, line);
        held(&self.book).write(page, known_by);
        if self.world.dies_at(Step::AfterWriting) {
            return Err(Self::dead());
        }
        Ok(())
    }

    fn peek(&self, from: u64) -> Result<Option<Batch>, SpoolError> {
        match self.port() {
            Ok(model) => Ok(model.peek(from)),
            Err(sled) => sled.peek(from),
        }
    }

    fn set_aside(&self, aside: &DeadLetter, now_ms: i64) -> Result<(), SpoolError> {
        match self.port() {
            Ok(_) => Ok(()),
            Err(sled) => sled.set_aside(aside, now_ms),
        }
    }

    fn acknowledge(&self, before: u64, note: &[u8]) -> Result<(), SpoolError> {
        match self.port() {
            Ok(mut model) => {
                model.first = model.first.max(before);
                Ok(())
            }
            Err(sled) => sled.acknowledge(before, note),
        }
    }

    fn note(&self) -> Vec<u8> {
        self.port().map_or_else(Spool::note, |_| Vec::new())
    }

    fn recall(&self, stream: u8) -> Result<Memory, SpoolError> {
        match self.port() {
            Ok(model) => Ok(model.memories.get(&stream).cloned().unwrap_or_default()),
            Err(sled) => sled.recall(stream),
        }
    }

    fn first(&self) -> u64 {
        self.port().map_or_else(Spool::first, |model| model.first)
    }

    fn stats(&self) -> Stats {
        match self.port() {
            Ok(model) => Stats {
                waiting: model.lines.len() as u64 - model.first,
                next: model.lines.len() as u64,
                ..Stats::default()
            },
            Err(sled) => sled.stats(),
        }
    }

    fn aside(&self, _: usize) -> Result<Vec<DeadLetter>, SpoolError> {
        Ok(Vec::new())
    }
}

impl Model {
    fn append(&mut self, page: &SpoolPage<'_>) -> Result<(), SpoolError> {
        let waiting = self.lines.len() as u64 - self.first;
        let lines = page.unpacked().unwrap();
        if waiting > 0 && waiting + lines.len() as u64 > self.most {
            return Err(SpoolError::Full { limit: self.most });
        }
        self.lines.extend(lines.iter().map(str::to_owned));
        let memory = self.memories.entry(page.stream).or_default();
        memory.cursor = Some(page.cursor.to_vec());
        memory
            .seen
            .retain(|(number, _)| *number >= page.forget_seen);
        if !page.seen.is_empty() {
            memory.seen.push((memory.seen_next, page.seen.to_vec()));
            memory.seen_next += 1;
        }
        self.durable_first = self.first;
        Ok(())
    }

    fn peek(&self, from: u64) -> Option<Batch> {
        let first = from.max(self.first);
        let start = usize::try_from(first).unwrap();
        let mut lines = Lines::default();
        for line in self.lines.iter().skip(start).take(300) {
            lines.push(line);
        }
        (!lines.is_empty()).then_some(Batch { first, lines })
    }
}

impl Book {
    /// How many lines there are of what is known by this.
    pub fn times_of(&self, stream: StreamSpec, known_by: &str) -> u32 {
        let times = self.times.get(&stream.number());
        times
            .and_then(|times| times.get(known_by))
            .copied()
            .unwrap_or(0)
    }

    fn write(&mut self, page: &SpoolPage<'_>, known_by: impl Fn(&str) -> String) {
        let times = self.times.entry(page.stream).or_default();
        for line in page.unpacked().unwrap().iter() {
            let id = known_by(line);
            *times.entry(id.clone()).or_default() += 1;
            self.ids.push(id);
            self.lines.push((page.stream, from_cef(line).to_owned()));
        }
        let asides = page.aside.iter();
        self.asides
            .extend(asides.map(|aside| (aside.id.clone(), aside.reason.clone())));
        let cursor = Cursor::from_bytes(page.cursor).unwrap();
        let high_ms = self.high_ms.entry(page.stream).or_insert(cursor.high_ms);
        if cursor.high_ms < *high_ms {
            self.wrong.push(format!(
                "stream {}: the cursor went back from {high_ms} to {}",
                page.stream, cursor.high_ms
            ));
        }
        *high_ms = cursor.high_ms;
    }
}

/// The record's id in its line.
pub fn id_of(line: &str) -> &str {
    let (_, behind) = line
        .split_once("externalId=")
        .expect("every line has an id");
    behind.split(' ').next().unwrap_or_default()
}

pub fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Small stores, so that the chain moves.
fn bounds() -> SpoolBounds {
    SpoolBounds {
        max_bytes: 64_000_000,
        store_bytes: 150_000,
        ballast_bytes: 4096,
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
