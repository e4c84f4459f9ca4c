#![allow(clippy::unwrap_used)]

use super::*;
use crate::source::fingerprint;
use crate::stream::{ACTIVITIES, ALERTS};

const HOUR: i64 = 3_600_000;
const NOW: i64 = 500_000 * HOUR;
const A: StreamSpec = ACTIVITIES;

fn ids_in(folder: &Path, days: u64, most_bytes: u64) -> Arc<SentIds> {
    let bounds = SentBounds {
        remember: Duration::from_secs(days * 86_400),
        most_bytes,
    };
    Arc::new(SentIds::new(folder.join("ids"), bounds))
}

use std::sync::Arc;

fn id(at_ms: i64, name: &str) -> Id {
    Id {
        hour: Hour::of(at_ms),
        print: fingerprint(name),
    }
}

/// One page of these records; says what it changed.
fn write(scribe: &mut SentRecorder, records: &[(i64, &str)]) -> Option<SentChange> {
    scribe.open();
    for (at_ms, name) in records {
        scribe.note(*at_ms, name);
    }
    scribe.intend();
    scribe.landed(NOW)
}

fn known(ids: &SentIds, asked: &[(i64, &str)]) -> Vec<bool> {
    let asked: Vec<Id> = asked.iter().map(|(at, name)| id(*at, name)).collect();
    let known = ids.known(A, &asked, |error| panic!("{error}"));
    asked.iter().map(|id| known.contains(id)).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder.join("ids"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn what_was_sent_is_known_also_by_the_next_life() {
    let folder = tempfile::tempdir().unwrap();
    let ids = ids_in(folder.path(), 30, 1 << 20);
    let mut scribe = SentRecorder::new(&ids, A, 0);
    assert!(write(&mut scribe, &[(NOW, "a"), (NOW - HOUR, "b"), (NOW, "c")]).is_none());
    assert!(write(&mut scribe, &[(NOW, "d")]).is_none());
    drop((ids, scribe));
    let ids = ids_in(folder.path(), 30, 1 << 20);
    let asked = [
        (NOW, "d"),
        (NOW, "b"),
        (NOW - HOUR, "b"),
        (NOW, "a"),
        (NOW, "x"),
    ];
    assert_eq!(known(&ids, &asked), [true, false, true, true, false]);
    let of_alerts = ids.known(ALERTS, &[id(NOW, "a")], |error| panic!("{error}"));
    assert!(of_alerts.is_empty());
}

#[test]
fn a_page_without_lines_touches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ids = ids_in(folder.path(), 30, 1 << 20);
    assert!(write(&mut SentRecorder::new(&ids, A, 0), &[]).is_none());
    let off = ids_in(folder.path(), 0, 1 << 20);
    assert!(write(&mut SentRecorder::new(&off, A, 0), &[(NOW, "a")]).is_none());
    assert!(!off.on() && !folder.path().join("ids").exists());
}

#[test]
fn a_page_cut_short_counts_as_far_as_the_spool_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let ids = ids_in(folder.path(), 30, 1 << 20);
    let chunk = |names: &[&str]| {
        let mut seen = crate::source::Seen::default();
        for name in names {
            seen.admit(name, NOW);
        }
        seen.seal(0)
    };
    let cut_short = |records: &[(i64, &str)]| {
        let mut scribe = SentRecorder::new(&ids, A, 0);
        records.iter().for_each(|(at, name)| scribe.note(*at, name));
        scribe.intend();
    };
    cut_short(&[(NOW, "a"), (NOW, "b")]);
    let mut next = SentRecorder::new(&ids, A, 0);
    assert!(next.take_up(Some(&chunk(&["older"]))).is_none());
    assert_eq!(known(&ids, &[(NOW, "a")]), [false], "it never landed");

    cut_short(&[(NOW, "a"), (NOW, "b")]);
    let mut next = SentRecorder::new(&ids, A, 0);
    assert!(next.take_up(Some(&chunk(&["b", "aside", "a"]))).is_none());
    assert_eq!(known(&ids, &[(NOW, "a"), (NOW, "b")]), [true, true]);

    // once more: no id is written twice
    cut_short(&[(NOW, "a"), (NOW, "b")]);
    SentRecorder::new(&ids, A, 0).take_up(Some(&chunk(&["a", "b"])));
    let file = ids.path(A, Hour::of(NOW));
    // two ids in one block
    assert_eq!(fs::metadata(file).unwrap().len(), 8 + 16);
    assert!(!names(folder.path()).contains(&"pending-0".to_owned()));
}

/// Before spool format 3 the replays of the first two streams were 2 and 3.
#[test]
fn a_page_cut_short_by_an_older_version_is_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    let ids = ids_in(folder.path(), 30, 1 << 20);
    let replay = 0x80;
    let mut scribe = SentRecorder::new(&ids, A, replay);
    scribe.note(NOW, "a");
    scribe.intend();
    let place = |name: &str| folder.path().join("ids").join(name);
    fs::rename(place("pending-128"), place("page-2")).unwrap();
    assert!(
        !SentRecorder::new(&ids, A, 2).cut_short(),
        "2 is a stream now"
    );
    let mut next = SentRecorder::new(&ids, A, replay);
    assert!(next.cut_short());
    let mut seen = crate::source::Seen::default();
    seen.admit("a", NOW);
    assert!(next.take_up(Some(&seen.seal(0))).is_none());
    assert_eq!(known(&ids, &[(NOW, "a")]), [true]);
    assert!(!place("page-2").exists());
}

#[test]
fn the_old_and_what_does_not_fit_is_forgotten_oldest_first() {
    let folder = tempfile::tempdir().unwrap();
    let ids = ids_in(folder.path(), 2, 10 * BLOCK);
    let mut scribe = SentRecorder::new(&ids, A, 0);
    assert!(
        write(
            &mut scribe,
            &[(NOW - 60 * HOUR, "old"), (NOW - 40 * HOUR, "a")]
        )
        .is_none()
    );
    assert_eq!(
        known(&ids, &[(NOW - 60 * HOUR, "old"), (NOW - 40 * HOUR, "a")]),
        [false, true]
    );
    assert_eq!(ids.since_ms(NOW), NOW - 49 * HOUR);
    for hour in (0..30).rev() {
        let name = hour.to_string();
        assert!(write(&mut scribe, &[(NOW - hour * HOUR, &name)]).is_none());
        let bytes: u64 = names(folder.path())
            .iter()
            .filter(|name| name.starts_with("act"))
            .map(|name| {
                cost(
                    fs::metadata(folder.path().join("ids").join(name))
                        .unwrap()
                        .len(),
                )
            })
            .sum();
        assert!(bytes <= 10 * BLOCK, "{bytes}");
    }
    assert_eq!(
        known(
            &ids,
            &[(NOW - 10 * HOUR, "10"), (NOW - 9 * HOUR, "9"), (NOW, "0")]
        ),
        [false, true, true]
    );
    assert_eq!(ids.since_ms(NOW), NOW - 9 * HOUR, "and that is known");
}

#[test]
fn of_a_torn_file_the_whole_pages_count_and_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let ids = ids_in(folder.path(), 30, 1 << 30);
    let mut scribe = SentRecorder::new(&ids, A, 0);
    write(&mut scribe, &[(NOW, "a")]);
    write(&mut scribe, &[(NOW, "b")]);
    let path = ids.path(A, Hour::of(NOW));
    let file = File::options().write(true).open(&path).unwrap();
    file.set_len(2 * 16 - 3).unwrap();
    assert_eq!(known(&ids, &[(NOW, "a"), (NOW, "b")]), [true, false]);
    assert!(write(&mut scribe, &[(NOW, "new")]).is_none());
    assert_eq!(known(&ids, &[(NOW, "a"), (NOW, "new")]), [true, true]);
    // and in the next life
    file.set_len(2 * 16 - 1).unwrap();
    let ids = ids_in(folder.path(), 30, 1 << 30);
    assert!(write(&mut SentRecorder::new(&ids, A, 0), &[(NOW, "newer")]).is_none());
    assert_eq!(
        known(&ids, &[(NOW, "a"), (NOW, "new"), (NOW, "newer")]),
        [true, false, true]
    );
}

/// Who meets the damage: somebody who asks, or who writes.
#[test]
fn a_damaged_file_is_named_and_set_aside_and_its_sound_pages_count() {
    for asks in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let ids = ids_in(folder.path(), 30, 1 << 30);
        for name in ["a", "b", "c"] {
            write(&mut SentRecorder::new(&ids, A, 0), &[(NOW, name)]);
        }
        let path = ids.path(A, Hour::of(NOW));
        let mut bytes = fs::read(&path).unwrap();
        bytes[16 + 9] ^= 1;
        fs::write(&path, &bytes).unwrap();
        // another life, which trusts no file that it has not read
        let ids = ids_in(folder.path(), 30, 1 << 30);
        let said = if asks {
            let mut said = Vec::new();
            ids.known(A, &[id(NOW, "a")], |error| said.push(error.to_string()));
            said.concat()
        } else {
            let mut scribe = SentRecorder::new(&ids, A, 0);
            let said = write(&mut scribe, &[(NOW, "d")]);
            assert!(matches!(
                write(&mut scribe, &[(NOW, "e")]),
                Some(SentChange::Well)
            ));
            assert_eq!(known(&ids, &[(NOW, "d"), (NOW, "e")]), [true, true]);
            match said {
                Some(SentChange::Trouble(error)) => error.to_string(),
                other => panic!("{other:?}"),
            }
        };
        assert!(
            said.contains("is kept as") && said.contains(".damaged; 2 of its IDs are still valid"),
            "{said}"
        );
        assert_eq!(
            known(&ids, &[(NOW, "a"), (NOW, "b"), (NOW, "c")]),
            [true, false, true]
        );
        assert_eq!(fs::read(path.with_extension("damaged")).unwrap(), bytes);
        // it is forgotten with its hour
        let later = NOW + 31 * 24 * HOUR;
        let mut scribe = SentRecorder::new(&ids, A, 0);
        scribe.note(later, "later");
        scribe.intend();
        assert!(scribe.landed(later).is_none());
        assert!(!path.with_extension("damaged").exists() && !path.exists());
    }
}

#[test]
fn the_files_of_an_earlier_version_are_read_and_forgotten_with_their_hour() {
    let folder = tempfile::tempdir().unwrap();
    let ids = ids_in(folder.path(), 30, 1 << 30);
    let old = ids.old_path(A, Hour::of(NOW));
    fs::create_dir(old.parent().unwrap()).unwrap();
    let prints = ["a", "b"]
        .map(|name| fingerprint(name).to_le_bytes())
        .concat();
    fs::write(&old, [&prints[..], b"torn"].concat()).unwrap();
    assert_eq!(
        known(&ids, &[(NOW, "a"), (NOW, "b"), (NOW, "c")]),
        [true, true, false]
    );
    write(&mut SentRecorder::new(&ids, A, 0), &[(NOW, "c")]);
    assert_eq!(
        known(&ids, &[(NOW, "a"), (NOW, "b"), (NOW, "c")]),
        [true, true, true]
    );
    assert_eq!(
        fs::read(&old).unwrap()[..16],
        prints,
        "nothing is written into it"
    );
    let later = NOW + 31 * 24 * HOUR;
    let mut scribe = SentRecorder::new(&ids, A, 0);
    scribe.note(later, "later");
    scribe.intend();
    assert!(scribe.landed(later).is_none());
    assert!(!old.exists());
}

#[test]
fn nothing_is_read_or_written_through_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let others = folder.path().join("others");
    fs::write(&others, "2026110110").unwrap();
    let ids = ids_in(folder.path(), 30, 1 << 30);
    let path = ids.path(A, Hour::of(NOW));
    fs::create_dir(path.parent().unwrap()).unwrap();
    for name in [
        &path,
        &ids.old_path(A, Hour::of(NOW)),
        &ids.folder.join(FORGOTTEN),
    ] {
        std::os::unix::fs::symlink(&others, name).unwrap();
    }
    let mut said = Vec::new();
    ids.known(A, &[id(NOW, "a")], |error| said.push(error.to_string()));
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said.iter().all(|said| said.contains("is a link")),
        "{said:?}"
    );
    assert!(matches!(
        write(&mut SentRecorder::new(&ids, A, 0), &[(NOW, "a")]),
        Some(SentChange::Trouble(_))
    ));
    assert_eq!(ids.since_ms(NOW), NOW - 30 * 24 * HOUR - HOUR);
    assert_eq!(fs::read(&others).unwrap(), b"2026110110");
}

#[test]
fn trouble_is_told_and_over_when_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("ids"), "a file in the way").unwrap();
    let ids = ids_in(folder.path(), 30, 1 << 20);
    let mut scribe = SentRecorder::new(&ids, A, 0);
    assert!(matches!(
        write(&mut scribe, &[(NOW, "a")]),
        Some(SentChange::Trouble(_))
    ));
    fs::remove_file(folder.path().join("ids")).unwrap();
    assert!(matches!(
        write(&mut scribe, &[(NOW, "b")]),
        Some(SentChange::Well)
    ));
    fs::remove_file(ids.path(A, Hour::of(NOW))).unwrap();
    fs::create_dir(ids.path(A, Hour::of(NOW))).unwrap();
    let mut said = 0;
    assert!(ids.known(A, &[id(NOW, "b")], |_| said += 1).is_empty());
    assert_eq!(said, 1, "what cannot be read knows nothing");
}
