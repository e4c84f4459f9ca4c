//! The spool on sled, through its port: what goes in comes out, once, in order, also after being
//! closed.

use super::shared::{Written, drain, line, lines, noise, page};
use siembox::for_tests::spool::sled::{ASIDE_BYTES, SledSpool, SpoolBounds};
use siembox::for_tests::spool::{DeadLetter, Spool, SpoolError};

fn bounds() -> SpoolBounds {
    SpoolBounds {
        store_bytes: 1 << 20,
        ballast_bytes: 1 << 16,
        ..SpoolBounds::new(1 << 30)
    }
}

fn open(folder: &std::path::Path) -> SledSpool {
    SledSpool::open(folder, bounds(), 1).unwrap()
}

#[test]
fn lines_come_out_as_they_went_in_across_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let folder = &folder.path().join("not/there/yet");
    let spool = open(folder);
    assert_eq!((spool.first(), spool.stats().next), (0, 0));
    assert_eq!(spool.peek(0).unwrap(), None);
    spool.append(&page(&lines(0..300)), 1000).unwrap();
    let first = spool.peek(0).unwrap().unwrap();
    assert_eq!((first.first, first.lines.len()), (0, 128));
    let middle = spool.peek(200).unwrap().unwrap();
    assert_eq!((middle.first, middle.next()), (128, 256));
    drop(spool);

    let spool = open(folder);
    assert_eq!(spool.repairs(), []);
    assert_eq!((spool.first(), spool.stats().waiting), (0, 300));
    assert_eq!(spool.stats().oldest_ms, Some(1000));
    spool.acknowledge(130, b"").unwrap();
    drop(spool);

    let spool = open(folder);
    assert_eq!(spool.first(), 130);
    assert_eq!(spool.peek(0).unwrap().unwrap().first, 128, "whole batches");
    spool.append(&page(&lines(300..310)), 2000).unwrap();
    assert_eq!(drain(&spool), (128..310).map(line).collect::<Vec<_>>());
    assert_eq!(
        (
            spool.first(),
            spool.stats().waiting,
            spool.stats().waiting_bytes
        ),
        (310, 0, 0)
    );
    assert_eq!(spool.peek(0).unwrap(), None);
    drop(spool);

    let spool = open(folder);
    assert_eq!(
        (spool.first(), spool.stats().next),
        (310, 310),
        "numbers run on"
    );
}

#[test]
fn each_stream_has_its_cursor_and_its_fingerprints() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    assert_eq!(spool.recall(0).unwrap(), Default::default());
    for number in 0..40_u8 {
        let cursor = [number; 5];
        let seen = vec![number; if number % 5 == 0 { 0 } else { 30_000 }];
        let written = Written {
            stream: number % 2,
            cursor: &cursor,
            seen: &seen,
            forget_seen: u64::from(number / 4),
        };
        spool.append(&written.page(&lines(0..3), &[]), 0).unwrap();
    }
    let expected = |stream: u8| {
        let chunks: Vec<u8> = (0..40).filter(|n| n % 2 == stream && n % 5 != 0).collect();
        let forgotten = u64::from((38 + stream) / 4);
        let seen = chunks
            .iter()
            .enumerate()
            .map(|(number, fill)| (number as u64, vec![*fill; 30_000]))
            .filter(|(number, _)| *number >= forgotten)
            .collect::<Vec<_>>();
        (chunks.len() as u64, seen)
    };
    let check = |spool: &SledSpool| {
        for stream in [0, 1] {
            let memory = spool.recall(stream).unwrap();
            assert_eq!(memory.cursor.as_deref(), Some(&[38 + stream; 5][..]));
            assert_eq!((memory.seen_next, memory.seen), expected(stream));
        }
        assert_eq!(spool.recall(7).unwrap(), Default::default());
    };
    check(&spool);
    drop(spool);
    let spool = open(folder.path());
    check(&spool);
    // Through many stores.
    let filler = noise(600_000);
    for _ in 0..6 {
        let written = Written {
            stream: 2,
            ..Written::default()
        };
        spool.append(&written.page(&filler, &[]), 0).unwrap();
    }
    check(&spool);
    drop(spool);
    check(&open(folder.path()));
}

#[test]
fn records_set_aside_are_listed_newest_first_through_stores_and_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let aside = |id: u32| DeadLetter {
        id: id.to_string(),
        reason: format!("reason {id}"),
        at_ms: i64::from(id),
        bytes: vec![b'x'; 100],
    };
    let written = Written::default();
    for page in 0..100 {
        let asides: Vec<DeadLetter> = (page * 5..page * 5 + 5).map(aside).collect();
        spool
            .append(&written.page(&lines(0..1), &asides), 0)
            .unwrap();
    }
    let check = |spool: &SledSpool| {
        assert_eq!(
            spool.aside(3).unwrap(),
            [aside(499), aside(498), aside(497)]
        );
        assert_eq!(spool.aside(usize::MAX).unwrap().len(), 256);
        assert_eq!((spool.stats().aside, spool.stats().aside_gone), (256, 244));
    };
    check(&spool);
    let filler = noise(600_000);
    for _ in 0..6 {
        spool.append(&page(&filler), 0).unwrap();
    }
    check(&spool);
    drop(spool);
    let spool = open(folder.path());
    check(&spool);
    let large = DeadLetter {
        bytes: vec![7; 3 * ASIDE_BYTES],
        ..aside(500)
    };
    spool
        .append(&written.page(&lines(0..1), &[large]), 0)
        .unwrap();
    assert_eq!(spool.aside(1).unwrap()[0].bytes.len(), ASIDE_BYTES);
}

#[test]
fn a_line_of_ten_megabytes_passes_also_where_it_does_not_compress() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let mut lines = noise(10_000_000);
    lines.push("after");
    spool.append(&page(&lines), 0).unwrap();
    drop(spool);
    let spool = open(folder.path());
    let batch = spool.peek(0).unwrap().unwrap();
    assert_eq!(batch.lines.iter().next(), lines.iter().next());
    assert_eq!(
        spool
            .peek(batch.next())
            .unwrap()
            .unwrap()
            .lines
            .iter()
            .next(),
        Some("after")
    );
    assert_eq!(
        std::fs::read_dir(super::shared::newest_store(folder.path()).join("blobs"))
            .unwrap()
            .count(),
        0,
        "nothing goes to sled's unsynced files"
    );
}

#[test]
fn room_on_disk_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    for _ in 0..30 {
        spool.append(&page(&noise(500_000)), 0).unwrap();
    }
    let full = super::shared::disk_bytes(folder.path());
    assert!(full > 10_000_000, "{full}");
    assert_eq!(drain(&spool).len(), 30);
    let left = super::shared::disk_bytes(folder.path());
    assert!(left < 4_000_000, "{left}");
    assert!(spool.stats().disk_bytes.abs_diff(left) < 100_000);
}

#[test]
fn full_comes_before_the_bound_and_a_full_spool_still_gives() {
    let folder = tempfile::tempdir().unwrap();
    let bounds = SpoolBounds {
        max_bytes: 12_000_000,
        ..bounds()
    };
    let spool = SledSpool::open(folder.path(), bounds, 0).unwrap();
    let filler = noise(400_000);
    for round in 0..3 {
        let mut taken = 0;
        let full = loop {
            match spool.append(&page(&filler), 0) {
                Ok(()) => taken += 1,
                Err(full) => break full,
            }
            let disk = super::shared::disk_bytes(folder.path());
            assert!(disk <= bounds.max_bytes, "{disk} in round {round}");
        };
        assert!(
            matches!(full, SpoolError::Full { limit: 12_000_000 }),
            "{full}"
        );
        assert!(taken >= 10, "{taken} pages in round {round}");
        let before = spool.stats();
        assert!(matches!(
            spool.append(&page(&filler), 0),
            Err(SpoolError::Full { .. })
        ));
        assert_eq!(spool.stats(), before, "nothing was written");
        assert_eq!(drain(&spool).len(), taken);
    }
    // Nothing waits: there is nothing to wait for.
    spool.append(&page(&noise(20_000_000)), 0).unwrap();
    assert!(matches!(
        spool.append(&page(&filler), 0),
        Err(SpoolError::Full { .. })
    ));
    drain(&spool);
    spool.append(&page(&filler), 0).unwrap();
}

#[test]
fn a_second_one_is_told_who_has_it_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let Err(error) = SledSpool::open(folder.path(), bounds(), 0) else {
        panic!("two at a time");
    };
    assert!(
        matches!(error, SpoolError::InUse { process: Some(id), .. } if id == std::process::id())
    );
    let words = error.to_string();
    assert!(
        words.contains(folder.path().to_str().unwrap()) && words.contains("state_dir"),
        "{words}"
    );
    drop(spool);
    drop(open(folder.path()));
}

#[test]
fn one_writes_while_another_reads() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let pages = 60;
    std::thread::scope(|scope| {
        for stream in 0..2 {
            let spool = &spool;
            scope.spawn(move || {
                let written = Written {
                    stream,
                    ..Written::default()
                };
                for _ in 0..pages {
                    spool.append(&written.page(&noise(40_000), &[]), 0).unwrap();
                }
            });
        }
        scope.spawn(|| {
            let mut next = 0;
            while next < 2 * pages {
                let Some(batch) = spool.peek(next).unwrap() else {
                    std::thread::yield_now();
                    continue;
                };
                assert_eq!(batch.first, next);
                next = batch.next();
                spool.acknowledge(next, b"").unwrap();
            }
        });
    });
    assert_eq!(spool.stats().waiting, 0);
}
