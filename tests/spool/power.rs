//! Power cuts: of what was written since the last page became durable, any part may have reached
//! the disk, in any order. The page before is there, the one that was being written is there as a
//! whole or not at all, and the store opens.
//!
//! The blocks of files are mixed here, worse than ext4 ever leaves them, and without root;
//! `power_cut` has a real file system on a drive that forgets.

use std::fs;
use std::path::Path;

use super::shared::{Random, Written, copy_folder, disk_bytes, noise_text, stores};
use siembox::for_tests::lines::Lines;
use siembox::for_tests::spool::sled::{SledSpool, SpoolBounds};
use siembox::for_tests::spool::{Repair, Spool};

/// So many cuts. `SPOOL_CUTS=2000` for a longer run.
const CUTS: u64 = 60;

fn bounds() -> SpoolBounds {
    SpoolBounds {
        store_bytes: 3_000_000,
        ballast_bytes: 4096,
        ..SpoolBounds::new(1 << 30)
    }
}

fn text(line: u64) -> String {
    format!(
        "{line} {}",
        noise_text(line, usize::try_from(line * 31 % 900).unwrap())
    )
}

fn append(spool: &SledSpool, page: u64, count: u64) {
    let first = spool.stats().next;
    let mut lines = Lines::default();
    for line in first..first + count {
        lines.push(&text(line));
    }
    let cursor = [page.to_le_bytes(), (first + count).to_le_bytes()].concat();
    let seen = vec![5; usize::try_from(count).unwrap() * 8];
    let written = Written {
        stream: 0,
        cursor: &cursor,
        seen: &seen,
        forget_seen: page.saturating_sub(3),
    };
    spool.append(&written.page(&lines, &[]), 0).unwrap();
}

/// What may lie on disk after a cut between two states of a folder: each block as it was before or
/// after.
fn cut(before: &Path, after: &Path, to: &Path, random: &mut Random) {
    fs::create_dir_all(to).unwrap();
    let block = [512, 4096, 65536][usize::try_from(random.below(3)).unwrap()];
    let likely = 1 + random.below(9);
    for entry in fs::read_dir(after).unwrap() {
        let name = entry.unwrap().file_name();
        let (old, new, to) = (before.join(&name), after.join(&name), to.join(&name));
        if new.is_dir() {
            cut(&old, &new, &to, random);
            continue;
        }
        if name == "copy" {
            // Put in its place by renaming.
            let either = if old.exists() && random.below(2) == 0 {
                old
            } else {
                new
            };
            fs::copy(either, to).unwrap();
            continue;
        }
        let old = fs::read(old).unwrap_or_default();
        let new = fs::read(new).unwrap();
        // The length may have been written or not, too.
        let longest = old.len().max(new.len());
        let length = [old.len(), new.len(), longest][usize::try_from(random.below(3)).unwrap()];
        let mut bytes = vec![0; length];
        for at in (0..length).step_by(block) {
            let end = length.min(at + block);
            let from = if random.below(10) < likely {
                &new
            } else {
                &old
            };
            let have = from.get(at..end.min(from.len())).unwrap_or_default();
            bytes[at..at + have.len()].copy_from_slice(have);
        }
        fs::write(to, bytes).unwrap();
    }
}

#[test]
fn a_page_is_whole_or_not_there() {
    let cuts = std::env::var("SPOOL_CUTS").map_or(CUTS, |cuts| cuts.parse().unwrap());
    let mut random = Random::new();
    let (mut kept, mut gone, mut back) = (0, 0, 0);
    let mut folder = tempfile::tempdir().unwrap();
    let mut spool = SledSpool::open(folder.path(), bounds(), 0).unwrap();
    let mut page = 0;
    for _ in 0..cuts {
        for _ in 0..random.below(4) {
            page += 1;
            append(&spool, page, random.below(400));
        }
        let stores_before = stores(folder.path());
        let before = tempfile::tempdir().unwrap();
        copy_folder(folder.path(), before.path());
        let durable = (page, spool.stats().next);
        page += 1;
        append(
            &spool,
            page,
            [0, 1, 30, 300, 2500][usize::try_from(random.below(5)).unwrap()],
        );
        let written = (page, spool.stats().next);
        if stores(folder.path()) != stores_before {
            // Another store was begun: that is synced step by step, and not for this test.
            continue;
        }
        let after = tempfile::tempdir().unwrap();
        cut(before.path(), folder.path(), after.path(), &mut random);
        drop(spool);
        folder = after;
        spool = SledSpool::open(folder.path(), bounds(), 0).unwrap();
        let cursor = spool
            .recall(0)
            .unwrap()
            .cursor
            .unwrap_or_else(|| vec![0; 16]);
        let (number, next) = cursor.split_at(8);
        let there = (
            u64::from_le_bytes(number.try_into().unwrap()),
            u64::from_le_bytes(next.try_into().unwrap()),
        );
        assert!(
            there == durable || there == written,
            "{there:?} after {durable:?} and {written:?}"
        );
        assert_eq!(spool.stats().next, there.1);
        let repairs = spool.repairs();
        let taken_back = |repair: &Repair| matches!(repair, Repair::PageTakenBack { .. });
        assert!(repairs.iter().all(taken_back), "{repairs:?}");
        back += repairs.len();
        if there == written {
            kept += 1;
        } else {
            gone += 1;
        }
        page = there.0;
        let mut line = spool.first();
        while let Some(batch) = spool.peek(line).unwrap() {
            for (number, line) in (batch.first..).zip(batch.lines.iter()) {
                assert_eq!(line, text(number));
            }
            line = batch.next();
            if !line.is_multiple_of(3) {
                spool.acknowledge(line, b"").unwrap();
            }
        }
        assert_eq!(line, there.1);
        assert_eq!(spool.stats().damaged_pieces, 0);
    }
    println!(
        "{cuts} cuts: {kept} pages there, {gone} not, {back} of them taken back; {page} pages, {} bytes",
        disk_bytes(folder.path())
    );
    assert!(kept > 0 && gone > 0);
}
