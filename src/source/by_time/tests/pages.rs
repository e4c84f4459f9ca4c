//! Pages by place, by time and by count, in order and out of order.

use super::*;

#[test]
fn a_burst_in_one_millisecond_is_read_to_the_end() {
    let mut cloud = cloud_of(std::iter::repeat_n(START - MINUTE, 950), Manners::default());
    let (mut flash, now) = (Flash::default(), START);
    let mut reader = flash.reader(rules(100));
    walk(&mut reader, &mut cloud, &mut flash, now, true, None);
    assert_eq!(flash.sent.len(), 950);
}

#[test]
fn a_backfill_in_scan_mode_asks_once_per_page() {
    let manners = Manners {
        scan: true,
        ..Manners::default()
    };
    let mut cloud = cloud_of((0..20_000).map(|i| START - 50 * MINUTE + i * 100), manners);
    let mut flash = Flash::default();
    let mut reader = flash.reader(rules(5000));
    walk(&mut reader, &mut cloud, &mut flash, START, true, None);
    assert_eq!(flash.sent.len(), 20_000);
    assert!(cloud.requests <= 5, "{} requests", cloud.requests);
}

#[test]
fn an_unordered_cloud_moves_the_cursor_only_at_the_end() {
    let manners = Manners {
        shuffles: true,
        ..Manners::default()
    };
    let mut cloud = cloud_of((0..500).map(|i| START - 40 * MINUTE + i * 1000), manners);
    let mut flash = Flash::default();
    let mut reader = flash.reader(rules(100));
    walk(&mut reader, &mut cloud, &mut flash, START, true, Some(2));
    let mut reader = flash.reader(rules(100));
    walk(&mut reader, &mut cloud, &mut flash, START, true, None);
    assert_eq!(flash.sent.len(), 500);
}

#[test]
fn when_nothing_is_new_nothing_is_written() {
    let mut cloud = cloud_of(
        (0..250).map(|i| START - 20_000 + i * 10),
        Manners::default(),
    );
    let mut flash = Flash::default();
    let mut reader = flash.reader(rules(100));
    walk(&mut reader, &mut cloud, &mut flash, START, true, None);
    for i in 0..20 {
        let now = START + i * 30_000;
        reader.begin(now, now, i % 5 == 0);
        while let Some(query) = reader.query() {
            let (answer, records) = cloud.answer(&query, START + i * 30_000);
            reader.open(now, Some(now));
            for record in &records {
                assert!(!reader.admit(&record.id, Some(record.at)));
            }
            assert!(!reader.close(&answer).write);
        }
    }
}

#[test]
fn a_walk_under_other_filters_is_not_taken_up_again() {
    let walk = Walk {
        from_ms: START,
        next: Some("x".into()),
        max_ms: START,
        filters: 1,
        ..Walk::default()
    };
    let cursor = Cursor {
        high_ms: START,
        origin_ms: START,
        walk: Some(walk),
        ..Cursor::default()
    };
    let reader = TimeReader::new(rules(100), Some(cursor), Seen::default());
    assert_eq!(reader.query(), None);
}

#[test]
fn a_page_too_large_is_asked_for_in_smaller_pieces() {
    let mut reader = TimeReader::new(rules(5000), None, Seen::default());
    reader.begin(START, START, true);
    let mut limits = Vec::new();
    while reader.ask_for_less().is_some() {
        limits.push(reader.query().map_or(0, |query| query.limit));
    }
    assert_eq!(limits, [2500, 1250, 625, 100, 50, 25, 12, 6, 3, 1]);
}

#[test]
fn a_page_that_breaks_off_counts_for_nothing() {
    let mut reader = TimeReader::new(rules(5), None, Seen::default());
    reader.begin(START, START, true);
    for _ in 0..3 {
        reader.open(START, Some(START));
        assert!(
            reader.admit("a", Some(START - 5)),
            "as often as it breaks off"
        );
        assert!(reader.admit("b", Some(START - 4)));
    }
    let before = reader.query();
    reader.open(START, Some(START));
    assert_eq!(reader.query(), before);
    assert!(reader.admit("b", Some(START - 4)));
    let turn = reader.close(&Answer {
        records: 1,
        ..Answer::default()
    });
    assert_eq!((turn.news, turn.repeats), (1, 0));
    reader.begin(START, START, true);
    assert_eq!(page(&mut reader, START, &[("a", START - 5)], false).news, 1);
}

#[test]
fn a_walk_out_of_order_stays_so_over_a_restart() {
    let mut reader = TimeReader::new(rules(2), None, Seen::default());
    reader.begin(START, START, true);
    let shuffled = [("b", START - 500), ("a", START - 900)];
    let turn = page(&mut reader, START, &shuffled, true);
    let cursor = Cursor::from_bytes(&turn.cursor).unwrap();
    let high_ms = cursor.high_ms;
    let seen = Seen::restore(&[(0, turn.seen)], 1, None);
    let mut again = TimeReader::new(rules(2), Some(cursor), seen);
    page(&mut again, START, &[("c", START - 100)], true);
    assert_eq!(
        again.high_ms(),
        Some(high_ms),
        "the cursor waits for the end"
    );
}

#[test]
fn pages_by_count_overlap() {
    let mut reader = TimeReader::new(rules(100), None, Seen::default());
    reader.begin(START, START, true);
    let ids: Vec<String> = (0..120).map(|i| i.to_string()).collect();
    let from = reader.query().unwrap().from_ms;
    let tied: Vec<(&str, i64)> = ids.iter().map(|id| (id.as_str(), from)).collect();
    // also where a page brings more than was asked for
    page(&mut reader, START, &tied, true);
    assert_eq!(reader.query().unwrap().place, Place::Skip(89));
    page(&mut reader, START, &tied[89..90], true);
    assert_eq!(reader.query().unwrap().place, Place::Skip(90), "it goes on");
}

#[test]
fn known_records_that_share_a_time_are_passed_in_small_pages() {
    let mut cloud = cloud_of(std::iter::repeat_n(START - MINUTE, 300), Manners::default());
    let mut flash = Flash::default();
    let mut reader = flash.reader(rules(3));
    walk(&mut reader, &mut cloud, &mut flash, START, true, None);
    assert_eq!(flash.sent.len(), 300);
    cloud.records.push(Record {
        id: "late".to_owned(),
        at: START - MINUTE / 2,
        visible: START + 1,
    });
    walk(&mut reader, &mut cloud, &mut flash, START + 1, true, None);
    assert_eq!(flash.sent.len(), 301);
}
