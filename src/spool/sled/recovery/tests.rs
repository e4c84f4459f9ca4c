//! Which state counts in a store that was tampered with.
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::path::Path;

use super::*;
use crate::lines::Lines;
use crate::spool::batch::Encoder;
use crate::spool::sled::append::fill;
use crate::spool::sled::segments::{self, SegmentId};
use crate::spool::sled::write_batch::WriteBatch;
use crate::spool::sled::{SledSpool, SpoolBounds};
use crate::spool::{Spool, SpoolError, SpoolPage};

/// A store with so many pages of one line each.
fn store(path: &Path, pages: u64) -> Store {
    let store = Store::open(path).unwrap();
    let mut state = SpoolState::default();
    for page in 1..=pages {
        let mut lines = Lines::default();
        lines.push("a line");
        let mut draft = WriteBatch::behind(&state, &VecDeque::new());
        let page = SpoolPage {
            stream: 0,
            packed: &[],
            lines: &lines,
            cursor: &page.to_le_bytes(),
            seen: b"",
            forget_seen: 0,
            aside: &[],
        };
        draft.page(&page, 0, &mut Encoder::new().unwrap()).unwrap();
        fill(&store, &draft, draft.sealed_state().unwrap()).unwrap();
        state = draft.state;
    }
    store
}

fn newest(store: &Store) -> Option<(u64, Option<u64>)> {
    newest_state(store)
        .unwrap()
        .map(|(state, back)| (state.seq, back))
}

#[test]
fn a_page_that_is_not_whole_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), 5);
    assert_eq!(newest(&store), Some((5, None)));
    let whole = store.piece(4).unwrap().unwrap().to_vec();
    let mut torn = whole.clone();
    torn[40] ^= 1;
    for bytes in [&torn[..], &whole[..20], b""] {
        store.put(4, bytes).unwrap();
        assert_eq!(newest(&store), Some((4, Some(1))));
    }
    // What has arrived at the SIEM need not be there.
    let arrived = SpoolProgress {
        first: 5,
        ..SpoolProgress::default()
    };
    store.set(PROGRESS, arrived.encode()).unwrap();
    assert_eq!(newest(&store), Some((5, None)));
}

#[test]
fn where_no_page_is_whole_the_newest_state_counts() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), 5);
    store.put(3, b"").unwrap();
    store.put(4, b"").unwrap();
    assert_eq!(newest(&store), Some((5, None)));
    store.set(slot(5), b"damaged".to_vec()).unwrap();
    assert_eq!(newest(&store), Some((4, None)));
    assert_eq!(pieces_of(&store), store.extent());
    store.set(slot(4), vec![]).unwrap();
    assert_eq!(newest(&store), None);
}

#[test]
fn a_first_page_has_no_state_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), 1);
    assert_eq!(newest(&store), Some((1, None)));
    assert_eq!(pieces_of(&store), 1);
    assert!(state_of(&store, 1).unwrap().is_some());
    assert!(state_of(&store, 3).unwrap().is_none());
}

/// After a downgrade: what a newer version wrote is left as it is, however sound it looks, and
/// comes back with that version.
#[test]
fn a_newer_format_is_named_and_nothing_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let id = SegmentId {
        number: 0,
        first: 0,
    };
    let path = segments::path(folder.path(), id);
    let open = || SledSpool::open(folder.path(), SpoolBounds::new(1 << 30), 0);
    let with_format = |format: u8| {
        let store = Store::open(&path).unwrap();
        for seq in [1, 2] {
            let mut value = store.get(slot(seq)).unwrap().unwrap().to_vec();
            value[0] = format;
            store.set(slot(seq), value).unwrap();
        }
        store.sync().unwrap();
        store.close();
    };
    store(&path, 2).close();
    with_format(4);
    let Err(error) = open() else {
        panic!("it is not known")
    };
    assert!(
        matches!(error, SpoolError::Newer { format: 4, .. }),
        "{error}"
    );
    assert!(
        error.to_string().contains("run that version again"),
        "{error}"
    );
    with_format(FORMAT);
    assert_eq!(open().unwrap().stats().waiting, 2);
}

/// Of the release before: the numbers of its replays are translated, and as soon as it is opened
/// that release would refuse it.
#[test]
fn the_format_before_is_read_and_becomes_this_one() {
    let folder = tempfile::tempdir().unwrap();
    let id = SegmentId {
        number: 0,
        first: 0,
    };
    let path = segments::path(folder.path(), id);
    let old = store(&path, 2);
    for seq in [1, 2] {
        let mut state = state_of(&old, seq).unwrap().unwrap();
        state.stream_mut(3).cursor = b"of the alerts' replays".to_vec();
        let value = record::as_format_2(&state.encode());
        old.set(slot(seq), value).unwrap();
        assert!(!is_current(&old, seq));
    }
    old.sync().unwrap();
    old.close();
    let spool = SledSpool::open(folder.path(), SpoolBounds::new(1 << 30), 0).unwrap();
    assert_eq!(spool.stats().waiting, 2);
    assert_eq!(spool.recall(3).unwrap().cursor, None);
    let cursor = spool.recall(0x81).unwrap().cursor;
    assert_eq!(cursor.as_deref(), Some(&b"of the alerts' replays"[..]));
    // it is killed at once
    std::mem::forget(spool);
    let copy = tempfile::tempdir().unwrap();
    let store = copy.path().join("store");
    std::fs::create_dir(&store).unwrap();
    for name in ["db", "conf"] {
        std::fs::copy(path.join(name), store.join(name)).unwrap();
    }
    assert!(is_current(&Store::open(&store).unwrap(), 2));
}
