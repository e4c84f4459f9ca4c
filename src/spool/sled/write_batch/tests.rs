//! What a draft lays out, read back piece by piece.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::spool::Packer;
use crate::spool::batch::Decoder;

fn aside(id: usize, bytes: Vec<u8>) -> DeadLetter {
    DeadLetter {
        id: id.to_string(),
        reason: "why".into(),
        at_ms: 0,
        bytes,
    }
}

fn page<'a>(lines: &'a Lines, seen: &'a [u8], aside: &'a [DeadLetter]) -> SpoolPage<'a> {
    SpoolPage {
        stream: 3,
        packed: &[],
        lines,
        cursor: b"cursor",
        seen,
        forget_seen: 0,
        aside,
    }
}

fn drafted(pages: &[SpoolPage<'_>]) -> WriteBatch {
    let mut draft = WriteBatch::behind(&SpoolState::default(), &VecDeque::new());
    let mut encoder = Encoder::new().unwrap();
    for page in pages {
        draft.page(page, 5, &mut encoder).unwrap();
    }
    draft
}

/// The record that begins at this piece.
fn record(draft: &WriteBatch, at: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in &draft.pieces[at as usize..] {
        let piece = fragment::read(piece).unwrap();
        bytes.extend(piece.bytes);
        if piece.number + 1 == piece.of {
            break;
        }
    }
    bytes
}

#[test]
fn lines_are_cut_into_batches_by_number_and_by_size() {
    let mut lines = Lines::default();
    for _ in 0..batch::MOST_LINES + 1 {
        lines.push("short");
    }
    lines.push(&"x".repeat(batch::MOST_TEXT));
    lines.push("y");
    let draft = drafted(&[page(&lines, b"", &[])]);
    let mut decoder = Decoder::new().unwrap();
    let counts: Vec<usize> = (0..draft.state.pieces)
        .map(|at| decoder.decode(&record(&draft, at)).unwrap().1.len())
        .collect();
    assert_eq!(counts, [batch::MOST_LINES, 1, 1, 1]);
    assert_eq!(draft.state.next, 131);
    assert_eq!(draft.state.text, lines.bytes() as u64);
}

/// Compressed as they came or not: on flash it is the same.
#[test]
fn packed_lines_come_before_the_others_and_are_numbered_like_them() {
    let (packer, mut rest, mut all) = (Packer::default(), Lines::default(), Lines::default());
    let mut packed = Vec::new();
    for number in 0..300_u32 {
        let write = |text: &mut String| text.push_str(&"line ".repeat(number as usize));
        all.push_with(number, write);
        rest.push_with(number, write);
        packed.extend(packer.take_full(&mut rest));
    }
    let of_packed = SpoolPage {
        packed: &packed,
        ..page(&rest, b"", &[])
    };
    assert_eq!(of_packed.unpacked().unwrap(), all);
    let draft = drafted(&[of_packed]);
    let (mut decoder, mut found, mut at) = (Decoder::new().unwrap(), Lines::default(), 0);
    while at < draft.state.pieces {
        let bytes = record(&draft, at);
        let (label, lines) = decoder.decode(&bytes).unwrap();
        assert_eq!(
            (label.first, label.before),
            (found.len() as u64, found.bytes() as u64)
        );
        assert_eq!(label.at_ms, 5);
        found.append(&lines);
        at += u32::try_from(fragment::cut(&bytes).count()).unwrap();
    }
    assert_eq!(found, all);
    assert_eq!(
        (draft.state.next, draft.state.text),
        (300, all.bytes() as u64)
    );
}

#[test]
fn an_empty_page_moves_the_cursor_and_nothing_else() {
    let draft = drafted(&[page(&Lines::default(), b"", &[])]);
    assert_eq!((draft.pieces.len(), draft.state.seq), (0, 1));
    assert_eq!(draft.state.streams[0].cursor, b"cursor");
    assert_eq!(draft.state.streams[0].seen_next, 0);
}

#[test]
fn fingerprints_form_a_chain_and_are_forgotten_from_the_front() {
    let none = Lines::default();
    let mut last = page(&none, b"three", &[]);
    last.forget_seen = 2;
    let draft = drafted(&[page(&none, b"one", &[]), page(&none, b"two", &[]), last]);
    let stream = &draft.state.streams[0];
    assert_eq!(
        (stream.seen_from, stream.seen_next, stream.seen_last),
        (2, 3, Some(2))
    );
    let newest = seen::decode(&record(&draft, 2)).unwrap();
    assert_eq!(newest.chunks, [(2, b"three".to_vec())]);
    assert_eq!(newest.before, None, "the one before is forgotten");

    let mut beyond = page(&none, b"", &[]);
    beyond.forget_seen = u64::MAX;
    let draft = drafted(&[page(&none, b"one", &[]), beyond]);
    let stream = &draft.state.streams[0];
    assert_eq!(
        (stream.seen_from, stream.seen_next, stream.seen_last),
        (1, 1, None)
    );
}

#[test]
fn records_set_aside_are_bounded_in_number_and_bytes() {
    let none = Lines::default();
    let many: Vec<DeadLetter> = (0..MOST_ASIDES + 10).map(|id| aside(id, vec![])).collect();
    let draft = drafted(&[page(&none, b"", &many)]);
    assert_eq!(
        draft.pieces.len(),
        MOST_ASIDES,
        "the others are not written"
    );
    assert_eq!(
        (draft.asides.len(), draft.state.asides_gone),
        (MOST_ASIDES, 10)
    );
    let (_, newest) = dead_letter::decode(&record(&draft, draft.state.aside.unwrap())).unwrap();
    assert_eq!(newest.id, (MOST_ASIDES + 9).to_string());

    let mut noise = 1_u32;
    let mut large = |id| {
        let bytes = (0..dead_letter::MOST_BYTES).map(|_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 24) as u8
        });
        aside(id, bytes.collect())
    };
    let large: Vec<DeadLetter> = (0..8).map(&mut large).collect();
    let draft = drafted(&[page(&none, b"", &large[..4]), page(&none, b"", &large[4..])]);
    let total: u64 = draft.asides.iter().map(|kept| u64::from(kept.bytes)).sum();
    assert!(total <= MOST_ASIDE_BYTES && draft.asides.len() >= 3);
    assert_eq!(draft.state.asides_gone as usize + draft.asides.len(), 8);
}

#[test]
fn an_heir_begins_with_everything_but_the_lines() {
    let none = Lines::default();
    let asides = [aside(1, vec![1]), aside(2, vec![2])];
    let old = drafted(&[page(&none, &[7; 40_000], &asides), page(&none, b"b", &[])]);
    let inheritance = Checkpoint {
        state: old.state.clone(),
        seen: vec![(3, vec![(0, vec![7; 40_000]), (1, b"b".to_vec())])],
        asides: old
            .asides
            .iter()
            .map(|kept| record(&old, kept.at))
            .collect(),
    };
    let heir = WriteBatch::heir(&inheritance).unwrap();
    assert_eq!((heir.begin, heir.state.page, heir.state.seq), (0, 0, 2));
    assert_eq!(heir.state.inherited, heir.state.pieces);
    assert_eq!(heir.state.asides, 2);
    let stream = &heir.state.streams[0];
    assert_eq!((stream.seen_next, &stream.cursor[..]), (2, &b"cursor"[..]));
    let newest = seen::decode(&record(&heir, stream.seen_last.unwrap())).unwrap();
    assert_eq!(newest.chunks, [(1, b"b".to_vec())]);
    let oldest = seen::decode(&record(&heir, newest.before.unwrap())).unwrap();
    assert_eq!(oldest.chunks, [(0, vec![7; 40_000])]);
}

#[test]
fn what_cannot_be_written_is_refused_with_its_bound() {
    let mut encoder = Encoder::new().unwrap();
    let none = Lines::default();
    let mut long = page(&none, b"", &[]);
    let cursor = vec![0; state::MOST];
    long.cursor = &cursor;
    let mut draft = WriteBatch::behind(&SpoolState::default(), &VecDeque::new());
    draft.page(&long, 0, &mut encoder).unwrap();
    assert!(matches!(draft.sealed_state(), Err(TooLong::Cursor(_))));
    let mut lines = Lines::default();
    lines.push(&"x".repeat(LONGEST + 1));
    let unfit = draft.page(&page(&lines, b"", &[]), 0, &mut encoder);
    assert!(matches!(unfit, Err(TooLong::Line(_))));
}
