//! Records that show themselves late are found, however long a walk took.

use super::*;

#[test]
fn what_shows_itself_behind_a_long_walk_is_found() {
    let mut reader = TimeReader::new(rules(5), None, Seen::default());
    let hour = 60 * MINUTE;
    reader.begin(START, START, true);
    page(&mut reader, START, &[("a", START - 2000)], true);
    // the cloud was away for hours in the middle of the walk, or the spool was full
    let later = START + 5 * hour;
    let both = [("a", START - 2000), ("b", later - 1000)];
    let turn = page(&mut reader, later, &both, false);
    assert_eq!(turn.verdict, Verdict::CaughtUp);
    for (deep, back) in [(false, 2 * MINUTE), (true, 15 * MINUTE)] {
        let bytes = turn.cursor.clone();
        let cursor = Cursor::from_bytes(&bytes).unwrap();
        assert_eq!(cursor.high_ms, later - 1000);
        let mut next = TimeReader::new(rules(5), Some(cursor), Seen::default());
        next.begin(later, later, deep);
        // by the walk's begin, not by its end
        assert_eq!(next.query().map(|query| query.from_ms), Some(START - back));
    }
}

#[test]
fn a_deep_walk_begins_where_the_last_one_that_came_to_its_end_did() {
    let mut reader = TimeReader::new(rules(5), None, Seen::default());
    reader.begin(START, START, true);
    page(&mut reader, START, &[("0", START)], false);
    for minute in 1..=8 {
        let now = START + minute * MINUTE;
        reader.begin(now, now, false);
        let from_ms = reader.query().unwrap().from_ms;
        reader.open(now, Some(now));
        for past in (0..=minute).filter(|past| START + past * MINUTE >= from_ms) {
            reader.admit(&past.to_string(), Some(START + past * MINUTE));
        }
        let turn = reader.close(&Answer::default());
        assert_eq!(turn.verdict, Verdict::CaughtUp);
    }
    let now = START + 9 * MINUTE;
    reader.begin(now, now, true);
    let from = reader.query().map(|query| query.from_ms);
    assert_eq!(from, Some(START - 15 * MINUTE));
}

#[test]
fn where_the_cloud_tells_no_time_an_earlier_begin_counts_for_a_while() {
    let mut reader = TimeReader::new(rules(5), None, Seen::default());
    let mut times = Vec::new();
    let mut walk = |reader: &mut TimeReader, now: i64, told: bool| {
        reader.begin(now, now, true);
        let from = reader.query().map(|query| query.from_ms);
        reader.open(now, told.then_some(now));
        times.push(now);
        for &at in times.iter().filter(|&&at| Some(at) >= from) {
            reader.admit(&at.to_string(), Some(at));
        }
        reader.close(&Answer::default());
        from
    };
    walk(&mut reader, START, true);
    walk(&mut reader, START + 10 * MINUTE, false);
    let from = walk(&mut reader, START + 20 * MINUTE, false);
    assert_eq!(from, Some(START - 15 * MINUTE), "by the first walk");
    walk(&mut reader, START + 90 * MINUTE, false);
    let from = walk(&mut reader, START + 100 * MINUTE, false);
    assert_eq!(from, Some(START + 75 * MINUTE), "by what was read");
}

#[test]
fn what_shows_itself_behind_a_first_walk_that_was_dropped_is_found() {
    let mut reader = TimeReader::new(rules(5), None, Seen::default());
    reader.begin(START, START, true);
    let later = START + 300 * MINUTE;
    let records = [("a", START - 50 * MINUTE), ("b", later)];
    page(&mut reader, START, &records[..1], true);
    let turn = page(&mut reader, later, &records, true);
    assert_eq!(turn.verdict, Verdict::More);
    for (deep, back) in [(false, 2 * MINUTE), (true, 15 * MINUTE)] {
        let cursor = Cursor::from_bytes(&turn.cursor).unwrap();
        let other = Rules {
            filters: 8,
            ..rules(5)
        };
        let mut next = TimeReader::new(other, Some(cursor), Seen::default());
        next.begin(later, later, deep);
        // by the walk's begin, not by how far it came
        assert_eq!(next.query().map(|query| query.from_ms), Some(START - back));
    }
}
