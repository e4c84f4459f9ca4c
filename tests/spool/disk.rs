//! A disk that is full or read-only. The test makes one: a small tmpfs in a mount namespace of its
//! own. Where the system allows no namespace, it says so and passes.

use std::path::Path;
use std::process::Command;

use super::shared::{Written, drain, noise, page};
use siembox::for_tests::spool::sled::{SledSpool, SpoolBounds};
use siembox::for_tests::spool::{Repair, Spool, SpoolError};

/// Names the small disk to the child.
const DISK: &str = "SPOOL_SMALL_DISK";

/// Runs one of the tests below in a namespace with a disk of 24 MB.
fn on_a_small_disk(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "mount -t tmpfs -o size=24m tmpfs '{0}' && echo mounted && exec '{1}' --exact disk::{test} --ignored --nocapture",
        folder.path().display(),
        std::env::current_exe().unwrap().display(),
    );
    let ran = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", &script])
        .env(DISK, folder.path())
        .output();
    let output = match ran {
        Ok(output) if output.stdout.starts_with(b"mounted") => output,
        refused => {
            println!("SKIPPED: no mount namespace here ({refused:?})");
            return;
        }
    };
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

fn disk() -> Option<std::path::PathBuf> {
    std::env::var_os(DISK).map(Into::into)
}

fn bounds() -> SpoolBounds {
    SpoolBounds {
        store_bytes: 1 << 20,
        ..SpoolBounds::new(1 << 30)
    }
}

/// Takes all room that is left.
fn fill(path: &Path) {
    use std::io::Write;
    let mut file = std::fs::File::create(path).unwrap();
    for size in [1 << 16, 1 << 12, 1] {
        while file.write_all(&vec![1; size]).is_ok() {}
    }
}

fn is_io(error: &SpoolError) -> bool {
    matches!(error, SpoolError::Io { path, .. } if path.starts_with(disk().unwrap()))
}

#[test]
fn full_disk() {
    on_a_small_disk("child_full_disk");
}

#[test]
#[ignore = "run by the test above"]
fn child_full_disk() {
    let Some(disk) = disk() else {
        return;
    };
    let folder = disk.join("spool");
    let spool = SledSpool::open(&folder, bounds(), 0).unwrap();
    let mut taken: u64 = 0;
    for round in 0..4 {
        // Until the spool itself has filled the disk.
        let mut refused = 0;
        while refused < 4 {
            let next = spool.stats().next;
            match spool.append(&page(&noise(200_000)), 0) {
                Ok(()) => taken += 1,
                Err(error) => {
                    assert!(is_io(&error), "{error}");
                    assert!(error.to_string().contains("space"), "{error}");
                    assert_eq!(spool.stats().next, next, "a page that failed left nothing");
                    refused += 1;
                }
            }
        }
        assert_eq!(spool.stats().next, taken, "round {round}");
        // Somebody takes the rest as well: what waits can be sent all the same, and that makes
        // room.
        fill(&disk.join("other"));
        let waiting = spool.stats().waiting;
        assert!(waiting > 20, "{waiting} in round {round}");
        let first = spool.first();
        let batch = spool.peek(first).unwrap().unwrap();
        assert_eq!(batch.first, first);
        assert_eq!(drain_all(&spool), waiting, "round {round}");
        std::fs::remove_file(disk.join("other")).unwrap();
        spool.append(&page(&noise(200_000)), 0).unwrap();
        taken += 1;
    }
    // A start on a full disk.
    fill(&disk.join("other"));
    drop(spool);
    let spool = SledSpool::open(&folder, bounds(), 0).unwrap();
    assert_eq!((spool.stats().next, spool.stats().waiting), (taken, 1));
    assert!(is_io(&spool.append(&page(&noise(200_000)), 0).unwrap_err()));
    assert_eq!(drain(&spool).len(), 1);
    std::fs::remove_file(disk.join("other")).unwrap();
    spool.append(&page(&noise(200_000)), 0).unwrap();
    assert_eq!(spool.repairs(), []);
    assert_eq!(spool.stats().damaged_lines, 0);
}

/// Like `drain`, where acknowledging may say that it could not be written down.
fn drain_all(spool: &SledSpool) -> u64 {
    let mut next = spool.first();
    let mut lines = 0;
    while let Some(batch) = spool.peek(next).unwrap() {
        lines += batch.lines.len() as u64;
        next = batch.next();
        if let Err(error) = spool.acknowledge(next, b"") {
            assert!(is_io(&error), "{error}");
        }
    }
    lines
}

#[test]
fn read_only_disk() {
    on_a_small_disk("child_read_only_disk");
}

#[test]
#[ignore = "run by the test above"]
fn child_read_only_disk() {
    let Some(disk) = disk() else {
        return;
    };
    let remount = |how: &str| {
        let done = Command::new("mount")
            .args(["-o", how, &disk.to_string_lossy()])
            .status()
            .unwrap();
        assert!(done.success());
    };
    let folder = disk.join("spool");
    let mut spool = SledSpool::open(&folder, bounds(), 0).unwrap();
    for _ in 0..20 {
        spool.append(&page(&noise(100_000)), 0).unwrap();
    }
    drop(spool);
    remount("remount,ro");
    let refused = SledSpool::open(&folder, bounds(), 0).err().unwrap();
    assert!(is_io(&refused), "{refused}");
    remount("remount,rw");
    spool = SledSpool::open(&folder, bounds(), 0).unwrap();
    assert_eq!((spool.stats().waiting, spool.repairs()), (20, vec![]));
    assert_eq!(drain(&spool).len(), 20);
}

/// A disk that refuses writes for a while, not for want of room: the system's limit on the size of
/// a file stands for it.
#[test]
fn failing_disk() {
    under_limits("child_failing_disk");
}

/// No file of this process may grow beyond so many bytes.
fn limit(bytes: &str) {
    let id = std::process::id().to_string();
    let limit = format!("--fsize={bytes}:unlimited");
    let set = Command::new("prlimit")
        .args(["--pid", &id, &limit])
        .status();
    assert!(set.unwrap().success());
}

/// Runs one of the tests below where too large a file is an error and no death.
fn under_limits(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "trap '' XFSZ && exec '{}' --exact disk::{test} --ignored --nocapture",
        std::env::current_exe().unwrap().display()
    );
    let output = Command::new("sh")
        .args(["-c", &script])
        .env(DISK, folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

#[test]
#[ignore = "run by the test above"]
fn child_failing_disk() {
    let Some(disk) = disk() else {
        return;
    };
    let folder = disk.join("spool");
    let spool = SledSpool::open(&folder, bounds(), 0).unwrap();
    let mut taken: u64 = 0;
    for round in 0..6_u64 {
        for _ in 0..3 {
            spool.append(&page(&noise(30_000)), 0).unwrap();
            taken += 1;
        }
        // In the middle of the newest store, or of making another one.
        let grown = std::fs::metadata(super::shared::newest_store(&folder).join("db"))
            .unwrap()
            .len();
        limit(&(grown + 50_000).min(700_000).to_string());
        let mut refused = 0;
        while refused < 4 {
            match spool.append(&page(&noise(30_000)), 0) {
                Ok(()) => taken += 1,
                Err(error) => {
                    assert!(is_io(&error), "{error}");
                    refused += 1;
                }
            }
            assert_eq!(spool.stats().next, taken);
            assert_eq!(
                spool.peek(taken - 1).unwrap().unwrap().next(),
                taken,
                "what there is can be read"
            );
        }
        limit("unlimited");
        spool.append(&page(&noise(30_000)), 0).unwrap();
        taken += 1;
        if round % 2 == 1 {
            let waiting = spool.stats().waiting;
            assert_eq!(drain(&spool).len() as u64, waiting);
        }
    }
    let waiting = spool.stats().waiting;
    drop(spool);
    let spool = SledSpool::open(&folder, bounds(), 0).unwrap();
    assert_eq!(
        (spool.stats().next, spool.stats().waiting),
        (taken, waiting)
    );
    assert_eq!((spool.stats().damaged_pieces, spool.repairs()), (0, vec![]));
}

/// The newest store is gone when the disk is back: nothing more is taken in, and when the spool is
/// opened anew the cursor is before what was lost.
#[test]
fn lost_store() {
    under_limits("child_lost_store");
}

#[test]
#[ignore = "run by the test above"]
fn child_lost_store() {
    let Some(disk) = disk() else {
        return;
    };
    let folder = disk.join("spool");
    let spool = SledSpool::open(&folder, bounds(), 0).unwrap();
    let append = |spool: &SledSpool, page: u64, bytes| {
        let written = Written {
            cursor: &page.to_le_bytes(),
            seen: b"seen",
            ..Written::default()
        };
        spool.append(&written.page(&noise(bytes), &[]), 0)
    };
    for page in 1..=40 {
        append(&spool, page, 60_000).unwrap();
    }
    let first = spool.peek(0).unwrap().unwrap();
    assert_eq!(first.next(), 1);
    spool.acknowledge(1, b"").unwrap();
    let newest = super::shared::newest_store(&folder);
    let name = newest.file_name().unwrap().to_str().unwrap();
    let before = name.rsplit_once('-').unwrap().1.parse::<u64>().unwrap();
    assert!((2..40).contains(&before), "{name}");
    limit("100000");
    assert!(is_io(&append(&spool, 41, 60_000).unwrap_err()));
    assert!(!spool.is_lost());
    std::fs::File::options()
        .write(true)
        .open(newest.join("db"))
        .unwrap()
        .set_len(0)
        .unwrap();
    limit("unlimited");
    for _ in 0..2 {
        let refused = append(&spool, 41, 10).unwrap_err().to_string();
        assert!(
            refused.contains("are read again from the cloud"),
            "{refused}"
        );
        assert!(spool.is_lost());
    }
    assert_eq!(
        spool.peek(1).unwrap().unwrap().first,
        1,
        "the older ones go on"
    );
    drop(spool);

    let spool = SledSpool::open(&folder, bounds(), 0).unwrap();
    let [
        Repair::StoreSetAside { path, lines: 0, .. },
        Repair::CursorWentBack { .. },
    ] = &spool.repairs()[..]
    else {
        panic!("two repairs");
    };
    assert!(path.join("db").exists());
    assert_eq!(
        spool.recall(0).unwrap().cursor.as_deref(),
        Some(&before.to_le_bytes()[..])
    );
    let stats = spool.stats();
    assert_eq!(
        (spool.first(), stats.next),
        (1, before),
        "nothing comes twice"
    );
    assert_eq!((stats.damaged_lines, stats.damaged_pieces), (0, 1));
    for page in before + 1..=41 {
        append(&spool, page, 100).unwrap();
    }
    assert_eq!(drain(&spool).len(), 40);
    drop(spool);
    let spool = SledSpool::open(&folder, bounds(), 0).unwrap();
    assert_eq!((spool.first(), spool.repairs()), (41, vec![]));
}
