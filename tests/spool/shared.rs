//! What the tests of the spool share.

use std::path::{Path, PathBuf};

use siembox::for_tests::lines::Lines;
use siembox::for_tests::spool::{DeadLetter, Spool, SpoolPage};

/// A page without its lines.
#[derive(Default)]
pub struct Written<'a> {
    pub stream: u8,
    pub cursor: &'a [u8],
    pub seen: &'a [u8],
    pub forget_seen: u64,
}

impl<'a> Written<'a> {
    pub fn page(&self, lines: &'a Lines, aside: &'a [DeadLetter]) -> SpoolPage<'a> {
        SpoolPage {
            stream: self.stream,
            packed: &[],
            lines,
            cursor: self.cursor,
            seen: self.seen,
            forget_seen: self.forget_seen,
            aside,
        }
    }
}

pub fn page(lines: &Lines) -> SpoolPage<'_> {
    Written::default().page(lines, &[])
}

pub fn line(number: u64) -> String {
    format!("line {number} of the test, with some more text behind it")
}

pub fn lines(numbers: std::ops::Range<u64>) -> Lines {
    let mut lines = Lines::default();
    for number in numbers {
        lines.push(&line(number));
    }
    lines
}

/// Text that zstd can do little about: about three quarters of its bytes arrive on disk.
pub fn noise_text(seed: u64, bytes: usize) -> String {
    let mut state = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text = String::with_capacity(bytes);
    for _ in 0..bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push(char::from(b'0' + (state >> 58) as u8));
    }
    text
}

/// One line of it.
pub fn noise(bytes: usize) -> Lines {
    let mut lines = Lines::default();
    lines.push(&noise_text(7, bytes));
    lines
}

/// Takes everything out of the spool.
pub fn drain(spool: &dyn Spool) -> Vec<String> {
    let mut all = Vec::new();
    let mut next = spool.first();
    while let Some(batch) = spool.peek(next).unwrap() {
        all.extend(batch.lines.iter().map(str::to_owned));
        next = batch.next();
        spool.acknowledge(next, b"").unwrap();
    }
    all
}

pub fn stores(folder: &Path) -> Vec<PathBuf> {
    let mut stores: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("store-")
        })
        .collect();
    stores.sort();
    stores
}

pub fn newest_store(folder: &Path) -> PathBuf {
    stores(folder).pop().unwrap()
}

pub fn disk_bytes(path: &Path) -> u64 {
    match std::fs::read_dir(path) {
        Ok(entries) => entries
            .map(|entry| disk_bytes(&entry.unwrap().path()))
            .sum(),
        Err(_) => std::fs::metadata(path).map_or(0, |meta| meta.len()),
    }
}

pub fn copy_folder(from: &Path, to: &Path) {
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

/// Another sequence each time.
pub struct Random(u64);

impl Random {
    pub fn new() -> Self {
        use std::hash::{BuildHasher, Hasher};
        let seed = std::collections::hash_map::RandomState::new()
            .build_hasher()
            .finish();
        Self(seed | 1)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// The index that sled made of this file when it last opened it.
pub fn index_of(file: &Path) -> Option<PathBuf> {
    if !file.ends_with("db") {
        return None;
    }
    let beside = std::fs::read_dir(file.parent()?).unwrap();
    beside.map(|entry| entry.unwrap().path()).find(|path| {
        path.file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("snap.")
    })
}
