//! Each file of the spool in turn emptied, cut short, flipped, removed or replaced by a folder: the
//! spool opens, says so, gives what can be read, counts what cannot, and goes on. What the newest
//! store held is read again instead: the cursor goes back before it.

use std::fs;
use std::path::{Path, PathBuf};

use super::shared::{Random, Written, copy_folder, noise_text, stores};
use siembox::for_tests::lines::Lines;
use siembox::for_tests::spool::sled::{SledSpool, SpoolBounds};
use siembox::for_tests::spool::{Repair, Spool};

const PAGES: u64 = 34;
const LINES: u64 = 150;
/// Acknowledged before the damage.
const ARRIVED: u64 = 1000;

fn bounds() -> SpoolBounds {
    SpoolBounds {
        store_bytes: 150_000,
        ballast_bytes: 4096,
        ..SpoolBounds::new(1 << 30)
    }
}

fn text(line: u64) -> String {
    let length = usize::try_from(line % 300).unwrap();
    format!("{line} {}", noise_text(line, length))
}

fn append(spool: &SledSpool, page: u64) {
    let mut lines = Lines::default();
    for line in (page - 1) * LINES..page * LINES {
        lines.push(&text(line));
    }
    let written = Written {
        stream: 0,
        cursor: &page.to_le_bytes(),
        seen: &[7; 100],
        forget_seen: page.saturating_sub(5),
    };
    spool.append(&written.page(&lines, &[]), 1000).unwrap();
}

fn cursor(spool: &SledSpool) -> u64 {
    let cursor = spool.recall(0).unwrap().cursor;
    cursor.map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().unwrap()))
}

/// A spool with several stores, ended in good order.
fn sound() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let spool = SledSpool::open(folder.path(), bounds(), 0).unwrap();
    for page in 1..=PAGES {
        append(&spool, page);
    }
    spool.acknowledge(ARRIVED, b"").unwrap();
    drop(spool);
    assert!(
        stores(folder.path()).len() >= 4,
        "{:?}",
        stores(folder.path())
    );
    folder
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Opens the damaged spool, takes everything out, reads again from the cursor, and lets nothing be
/// missing or uncounted.
fn check(folder: &Path, what: &str) -> Vec<Repair> {
    let spool =
        SledSpool::open(folder, bounds(), 5000).unwrap_or_else(|error| panic!("{what}: {error}"));
    let reached = cursor(&spool);
    assert!(reached <= PAGES, "{what}");
    let mut got = Vec::new();
    let mut next = spool.first();
    while let Some(batch) = spool
        .peek(next)
        .unwrap_or_else(|error| panic!("{what}: {error}"))
    {
        for line in batch.lines.iter() {
            let number: u64 = line.split(' ').next().unwrap().parse().unwrap();
            assert_eq!(line, text(number), "{what}");
            got.push(number);
        }
        next = batch.next();
        spool.acknowledge(next, b"").unwrap();
    }
    let stats = spool.stats();
    assert_eq!((stats.waiting, spool.first()), (0, stats.next), "{what}");
    assert!(
        got.is_sorted_by(|a, b| a < b),
        "{what}: out of order or twice"
    );
    // Lines of pages behind the cursor come from the source again.
    let here: u64 = (reached * LINES).saturating_sub(ARRIVED);
    let here_got = got
        .iter()
        .filter(|line| (ARRIVED..reached * LINES).contains(line))
        .count() as u64;
    assert!(
        here_got + stats.damaged_lines >= here,
        "{what}: cursor {reached}, {here_got} lines and {} damaged of {here}",
        stats.damaged_lines
    );
    let repairs = spool.repairs();
    assert!(stats.damaged_lines == 0 || !repairs.is_empty(), "{what}");
    // Life goes on, also after a restart, and nothing is counted twice.
    append(&spool, reached + 1);
    drop(spool);
    let spool =
        SledSpool::open(folder, bounds(), 6000).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(spool.repairs(), [], "{what}: repaired once and for all");
    assert_eq!(cursor(&spool), reached + 1, "{what}");
    assert_eq!(spool.stats().damaged_lines, stats.damaged_lines, "{what}");
    assert_eq!(
        super::shared::drain(&spool),
        (reached * LINES..(reached + 1) * LINES)
            .map(text)
            .collect::<Vec<_>>(),
        "{what}"
    );
    repairs
}

#[test]
fn a_sound_spool_needs_no_repair() {
    let folder = sound();
    assert_eq!(check(folder.path(), "sound"), []);
}

#[test]
fn each_file_in_turn() {
    let sound = sound();
    let mut random = Random::new();
    let rounds: u64 = std::env::var("SPOOL_DAMAGES").map_or(1, |rounds| rounds.parse().unwrap());
    let mut cases = 0;
    for _ in 0..rounds {
        for file in files(sound.path()) {
            let relative = file.strip_prefix(sound.path()).unwrap();
            let length = fs::metadata(&file).unwrap().len();
            for kind in [
                "emptied", "cut", "flipped", "riddled", "zeroed", "shuffled", "removed", "a folder",
            ] {
                let folder = tempfile::tempdir().unwrap();
                copy_folder(sound.path(), folder.path());
                let file = folder.path().join(relative);
                let at = random.below(length.max(1));
                match kind {
                    "emptied" => fs::write(&file, b"").unwrap(),
                    "cut" => fs::File::options()
                        .write(true)
                        .open(&file)
                        .unwrap()
                        .set_len(at)
                        .unwrap(),
                    "removed" => fs::remove_file(&file).unwrap(),
                    "a folder" => {
                        fs::remove_file(&file).unwrap();
                        fs::create_dir(&file).unwrap();
                    }
                    _ if length == 0 => continue,
                    _ => {
                        let mut bytes = fs::read(&file).unwrap();
                        let at = usize::try_from(at).unwrap();
                        let end = bytes.len().min(at + 4096);
                        match kind {
                            "zeroed" => bytes[at..end].fill(0),
                            "shuffled" => bytes.rotate_left(4096.min(at)),
                            "flipped" => bytes[at] ^= 1 << random.below(8),
                            _ => {
                                for _ in 0..100 {
                                    bytes[usize::try_from(random.below(length)).unwrap()] ^=
                                        1 << random.below(8);
                                }
                                // Without its index sled has to read all of it.
                                let index = super::shared::index_of(&file);
                                index.map_or(Ok(()), fs::remove_file).unwrap();
                            }
                        }
                        fs::write(&file, bytes).unwrap();
                    }
                }
                let what = format!("{} {kind} at {at}", relative.display());
                check(folder.path(), &what);
                cases += 1;
            }
        }
    }
    println!("{cases} cases");
}
