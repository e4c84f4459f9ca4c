//! Clocks and records' times that are wrong decide nothing for good.

use super::*;

#[test]
fn a_record_from_the_future_moves_no_cursor() {
    let mut cloud = cloud_of(
        [START - MINUTE, START + 900_000 * MINUTE],
        Manners::default(),
    );
    cloud.records[1].visible = 0;
    let mut flash = Flash::default();
    let mut reader = flash.reader(rules(100));
    walk(&mut reader, &mut cloud, &mut flash, START, true, None);
    assert_eq!(flash.sent.len(), 2);
    assert_eq!(reader.high_ms(), Some(START));
    for i in 0..10 {
        let at = START + i * MINUTE;
        cloud.records.push(Record {
            id: format!("later{i}"),
            at,
            visible: at,
        });
        walk(
            &mut reader,
            &mut cloud,
            &mut flash,
            START + i * MINUTE,
            false,
            None,
        );
    }
    assert_eq!(flash.sent.len(), 12);
}

#[test]
fn the_first_start_is_written_even_when_empty_so_that_it_does_not_slide() {
    let mut cloud = cloud_of([], Manners::default());
    let mut flash = Flash::default();
    let mut reader = flash.reader(rules(100));
    assert_eq!(
        reader.begin(START, START, true),
        Start::First {
            from_ms: START - 60 * MINUTE
        }
    );
    walk(&mut reader, &mut cloud, &mut flash, START, true, None);
    assert!(flash.cursor.is_some());
}

#[test]
fn the_first_start_begins_where_another_source_of_the_same_records_was_left() {
    let from_ms = START - 700 * MINUTE;
    let left = Rules {
        first_from_ms: Some(from_ms),
        ..rules(100)
    };
    let mut reader = TimeReader::new(left, None, Seen::default());
    assert_eq!(reader.begin(START, START, true), Start::First { from_ms });
    assert_eq!(reader.query().map(|query| query.from_ms), Some(from_ms));
}

#[test]
fn too_long_a_stop_is_cut_and_said() {
    let cursor = Cursor {
        high_ms: START,
        origin_ms: START,
        ..Cursor::default()
    };
    let mut reader = TimeReader::new(rules(100), Some(cursor), Seen::default());
    let now = START + 20_000 * MINUTE;
    assert!(reader.needs_cloud_clock(now));
    let to_ms = START + 10_000 * MINUTE;
    assert_eq!(
        reader.begin(now, now, true),
        Start::Skipped {
            from_ms: START,
            to_ms
        }
    );
    assert_eq!(reader.query().map(|query| query.from_ms), Some(to_ms));
}

#[test]
fn a_record_from_the_future_is_told_once() {
    let mut reader = TimeReader::new(rules(5), None, Seen::default());
    let early = START + 5 * MINUTE;
    let mut told = 0;
    for minute in 0..60 {
        let now = START + minute * MINUTE;
        reader.begin(now, now, minute % 7 == 0);
        let from = reader.query().unwrap().from_ms;
        reader.open(now, Some(now));
        if early >= from {
            told += u32::from(reader.admit("early", Some(early)));
        }
        for past in (0..=minute).filter(|past| START + past * MINUTE >= from) {
            reader.admit(&past.to_string(), Some(START + past * MINUTE));
        }
        let turn = reader.close(&Answer::default());
        assert_eq!(turn.verdict, Verdict::CaughtUp);
        assert!(reader.high_ms() <= Some(now), "it moves the cursor nowhere");
    }
    assert_eq!(told, 1);
}

#[test]
fn a_clock_that_runs_ahead_cuts_nothing() {
    let cursor = Cursor {
        high_ms: START,
        origin_ms: START - MINUTE,
        ..Cursor::default()
    };
    let ten_years = 5_256_000 * MINUTE;
    for (now, least) in [(START + ten_years, START), (START + ten_years, i64::MIN)] {
        let mut reader = TimeReader::new(rules(5), Some(cursor.clone()), Seen::default());
        assert_eq!(reader.begin(now, least, true), Start::Goes);
    }
}

#[test]
fn ids_outlive_a_clock_of_1970_where_the_cloud_tells_no_time() {
    let mut reader = TimeReader::new(rules(5), None, Seen::default());
    reader.begin(START, START, true);
    page(&mut reader, START, &[("a", START)], false);
    // a restart: our clock is of 1970, and the first answer has no Date; many records lie far
    // behind what was read
    reader.begin(0, START, true);
    reader.open(0, None);
    let late = START + 20 * MINUTE;
    assert!(reader.admit("b", Some(late)));
    reader.close(&Answer::default());
    // when the look-back still reaches it, and no longer what it was taken for
    let now = START + 33 * MINUTE;
    reader.begin(now, now, true);
    page(&mut reader, now, &[("b", late), ("c", now)], false);
    reader.begin(now, now, false);
    page(&mut reader, now, &[("c", now), ("d", now)], false);
    reader.begin(now, now, true);
    assert!(reader.query().unwrap().from_ms < late);
    reader.open(now, Some(now));
    assert!(!reader.admit("b", Some(late)), "told once");
}

#[test]
fn a_first_start_by_a_clock_that_ran_ahead_is_made_again() {
    let ahead = START + 3 * 24 * 60 * MINUTE;
    let mut reader = TimeReader::new(rules(5), None, Seen::default());
    reader.begin(ahead, ahead, true);
    page(&mut reader, ahead, &[], false);
    reader.begin_anew(ahead);
    assert_eq!(reader.begin(ahead, START, false), Start::Goes);
    reader.begin_anew(START);
    let from_ms = START - 60 * MINUTE;
    assert_eq!(reader.begin(START, START, true), Start::First { from_ms });
}
