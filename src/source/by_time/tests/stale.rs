//! Stale responses, and those that leave out what was sent before.

use super::*;

#[test]
fn a_stale_page_is_not_counted_as_an_answer() {
    let mut reader = TimeReader::new(rules(2), None, Seen::default());
    reader.begin(START, START, true);
    let (first, tied) = (
        [("a", START - 900), ("b", START - 800)],
        [("c", START - 500), ("d", START - 500)],
    );
    page(&mut reader, START, &first, true);
    let query = reader.query().unwrap();
    assert_eq!(
        (query.from_ms, query.place),
        (START - 800, Place::Skip(0)),
        "from the last time, that included"
    );
    // the first page once more: only b can be an answer to this question
    page(&mut reader, START, &first, true);
    assert_eq!(reader.query().unwrap().place, Place::Skip(1));
    let turn = page(&mut reader, START, &first[..1], true);
    assert!(matches!(turn.verdict, Verdict::Doubtful(_)), "{turn:?}");
    page(&mut reader, START, &tied, true);
    assert_eq!(reader.query().unwrap().place, Place::Skip(2));
    // the same page at another place
    let turn = page(&mut reader, START, &tied, true);
    assert!(matches!(turn.verdict, Verdict::Doubtful(_)), "{turn:?}");
    assert_eq!(reader.query().unwrap().place, Place::Skip(2));
}

#[test]
fn the_page_before_is_known_even_where_its_ids_are_forgotten() {
    let mut reader = TimeReader::new(rules(2), None, Seen::default());
    reader.begin(START, START, true);
    let old = [("a", START - 50 * MINUTE), ("b", START - MINUTE)];
    page(&mut reader, START, &old, false);
    reader.begin(START, START, false);
    reader.open(START, Some(START));
    assert!(!reader.admit("a", Some(START - 50 * MINUTE)));
}

#[test]
fn an_empty_page_at_a_place_that_the_cloud_named_is_believed_when_it_comes_again() {
    let mut reader = TimeReader::new(rules(5), None, Seen::default());
    reader.begin(START, START, true);
    reader.open(START, Some(START));
    reader.admit("a", Some(START - 5));
    let named = |next: Option<&str>, records, total| Answer {
        records,
        next: next.map(str::to_owned),
        total: Some(total),
        ..Answer::default()
    };
    let turn = reader.close(&named(Some("x"), 1, 1));
    assert_eq!(turn.verdict, Verdict::More);
    for _ in 0..RULES.doubts {
        reader.open(START, Some(START));
        let turn = reader.close(&named(None, 0, 1));
        assert!(matches!(turn.verdict, Verdict::Doubtful(_)), "{turn:?}");
    }
    reader.open(START, Some(START));
    assert_eq!(reader.close(&named(None, 0, 1)).verdict, Verdict::CaughtUp);
}

#[test]
fn a_stale_page_is_not_told_again_where_its_ids_are_forgotten() {
    let mut flash = Flash::default();
    let mut reader = flash.reader(rules(5));
    reader.begin(START, START, true);
    let records = [("a", START - 50 * MINUTE), ("b", START - MINUTE)];
    for (count, more) in [(1, true), (2, false)] {
        let turn = page(&mut reader, START, &records[..count], more);
        flash.write(&turn, Vec::new());
    }
    // a restart: nobody remembers the page before
    let mut reader = flash.reader(rules(5));
    reader.begin(START, START, true);
    assert!(
        reader
            .query()
            .is_some_and(|query| query.from_ms > records[0].1)
    );
    reader.open(START, Some(START));
    assert!(!reader.admit("a", Some(records[0].1)));
    assert!(reader.admit("c", Some(START)));
}

#[test]
fn a_record_passed_over_as_stale_is_told_where_it_is_asked_for() {
    let mut reader = TimeReader::new(rules(1), None, Seen::default());
    reader.begin(START, START, true);
    let old = ("a", START - 5000 * MINUTE);
    page(&mut reader, START, &[old], true);
    let turn = page(&mut reader, START, &[("b", old.1)], true);
    assert_eq!(turn.news, 0, "nobody asked for it");
    // its time is set right
    let turn = page(&mut reader, START, &[("b", START)], true);
    assert_eq!(turn.news, 1);
}

#[test]
fn a_page_that_begins_behind_a_known_record_is_asked_for_again() {
    let records = [
        ("a", START - 5 * MINUTE),
        ("b", START - MINUTE),
        ("c", START),
    ];
    // believed when it comes again, also where it is empty
    for stale in [&records[1..], &[]] {
        let mut reader = TimeReader::new(rules(5), None, Seen::default());
        reader.begin(START, START, true);
        page(&mut reader, START, &records[..1], true);
        page(&mut reader, START, &records[..2], false);
        let now = START + MINUTE;
        reader.begin(now, now, true);
        let (question, high_ms) = (reader.query(), reader.high_ms());
        let turn = page(&mut reader, now, stale, false);
        assert!(matches!(turn.verdict, Verdict::Doubtful(_)), "{turn:?}");
        assert_eq!((reader.query(), reader.high_ms()), (question, high_ms));
        let turn = page(&mut reader, now, stale, false);
        assert_eq!(turn.verdict, Verdict::CaughtUp);
    }
}

#[test]
fn a_list_that_ends_before_what_was_known_is_asked_for_again() {
    let records = [("a", START - MINUTE), ("b", START - 1), ("c", START)];
    let mut reader = TimeReader::new(rules(5), None, Seen::default());
    reader.begin(START, START, true);
    page(&mut reader, START, &records, false);
    let now = START + MINUTE;
    reader.begin(now, now, true);
    let question = reader.query();
    // the end of the list is not there, and nothing says that more follows
    let turn = page(&mut reader, now, &records[..1], false);
    assert!(matches!(turn.verdict, Verdict::Doubtful(_)), "{turn:?}");
    assert_eq!(reader.query(), question);
    // believed when it comes again: those records may have left the list
    let turn = page(&mut reader, now, &records[..1], false);
    assert_eq!(turn.verdict, Verdict::CaughtUp);
}
