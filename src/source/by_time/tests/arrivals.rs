//! Of an API that tells when its records came: those that come late are read with the next walk,
//! and what it tells only ever adds to what is read.

use std::collections::BTreeMap;

use super::*;
use crate::source::hunting;

const HOUR: i64 = 60 * MINUTE;

fn of_hunting(limit: u32) -> Rules {
    Rules {
        overlap_ms: 30 * MINUTE,
        look_back_ms: 24 * HOUR,
        first_look_back_ms: 24 * HOUR,
        api: hunting::RULES,
        ..rules(limit)
    }
}

#[derive(Debug, Clone)]
struct Row {
    id: String,
    at_ms: i64,
    visible_ms: i64,
    /// What the API says of when it came, where it says it.
    told_ms: Option<i64>,
}

/// What the API answers; as the reference has it (successors.md §3.2).
fn answer<'r>(rows: &'r [Row], query: &Query, now_ms: i64) -> (Answer, Vec<&'r Row>) {
    let Place::Skip(skip) = query.place else {
        panic!("the API names no place");
    };
    let mut hits: Vec<&Row> = (rows.iter())
        .filter(|row| row.visible_ms <= now_ms && row.at_ms >= query.from_ms)
        .filter(|row| query.to_ms.is_none_or(|to_ms| row.at_ms <= to_ms))
        .filter(|row| {
            query.late.is_none_or(|late| {
                row.at_ms >= late.whole_from_ms
                    || row.told_ms.is_some_and(|told| told >= late.arrived_from_ms)
            })
        })
        .collect();
    hits.sort_by_key(|row| (row.at_ms, &row.id));
    let page: Vec<&Row> = (hits.into_iter().skip(skip as usize))
        .take(query.limit as usize)
        .collect();
    let answer = Answer {
        records: page.len() as u64,
        has_next: page.len() == query.limit as usize,
        ..Answer::default()
    };
    (answer, page)
}

/// One walk to its end; what was new, and how many questions it took.
fn walk(reader: &mut TimeReader, rows: &[Row], now_ms: i64, deep: bool) -> (Vec<String>, u32) {
    let (mut new, mut questions) = (Vec::new(), 0);
    reader.begin(now_ms, now_ms, deep);
    while let Some(query) = reader.query() {
        questions += 1;
        assert!(questions < 500, "goes in circles: {query:?}");
        let (answer, page) = answer(rows, &query, now_ms);
        reader.open(now_ms, Some(now_ms));
        for row in page {
            if reader.admit(&row.id, Some(row.at_ms)) {
                new.push(row.id.clone());
            }
        }
        let turn = reader.close(&answer);
        let is_sure = matches!(turn.verdict, Verdict::More | Verdict::CaughtUp);
        assert!(is_sure, "{:?} of {query:?}", turn.verdict);
    }
    (new, questions)
}

/// A row of this age that comes now, and tells so.
fn late(id: &str, now_ms: i64, age_ms: i64) -> Row {
    Row {
        id: id.to_owned(),
        at_ms: now_ms - age_ms,
        visible_ms: now_ms,
        told_ms: Some(now_ms),
    }
}

/// A row every ten minutes for two days, each a minute late.
fn ordinary() -> Vec<Row> {
    let rows = (0..288).map(|n| {
        let at_ms = START + (n - 144) * 10 * MINUTE;
        Row {
            id: format!("row {n}"),
            at_ms,
            visible_ms: at_ms + MINUTE,
            told_ms: Some(at_ms + MINUTE),
        }
    });
    rows.collect()
}

#[test]
fn what_comes_hours_late_is_read_with_the_next_walk() {
    for knows_late in [true, false] {
        let mut rows = ordinary();
        let mut reader = TimeReader::new(of_hunting(5000), None, Seen::default());
        reader.set_knows_late(knows_late);
        walk(&mut reader, &rows, START, true);
        let now_ms = START + 5 * MINUTE;
        rows.push(late("late", now_ms, 9 * HOUR));
        let (mut new, questions) = walk(&mut reader, &rows, now_ms, false);
        new.retain(|id| id != "row 144");
        let expected: &[String] = &(if knows_late {
            vec!["late".to_owned()]
        } else {
            vec![]
        });
        assert_eq!((&new[..], questions), (expected, 1));
    }
}

#[test]
fn it_asks_for_little_from_far_back_and_for_everything_from_the_overlap_on() {
    let rows = ordinary();
    let mut reader = TimeReader::new(of_hunting(5000), None, Seen::default());
    reader.set_knows_late(true);
    // what was read is not known before a deep walk has come to its end
    reader.begin(START, START, false);
    assert_eq!(reader.query().unwrap().late, None);
    reader.give_up();
    walk(&mut reader, &rows, START, true);
    let now_ms = START + 5 * MINUTE;
    reader.begin(now_ms, now_ms, false);
    let query = reader.query().unwrap();
    // the last row that was there is a minute old
    let newest_ms = START - 10 * MINUTE;
    let late = query.late.unwrap();
    assert_eq!(query.from_ms, START - 24 * HOUR);
    assert_eq!(late.whole_from_ms, newest_ms - 30 * MINUTE);
    assert_eq!(late.arrived_from_ms, START - 30 * MINUTE);
    let (_, page) = answer(&rows, &query, now_ms);
    assert!(page.len() < 6, "{page:?}");
}

/// What a question costs depends on the time it looks at: a walk of days is one of questions of a
/// day, each of which names its end; what came late is asked for with one.
#[test]
fn no_question_is_about_a_longer_time_than_is_cheap() {
    const DAY: i64 = 24 * HOUR;
    let longest_ms = hunting::RULES.longest_stretch_ms.unwrap();
    assert_eq!(longest_ms, DAY + 2 * HOUR);
    let rules = Rules {
        first_look_back_ms: 10 * DAY,
        look_back_ms: 7 * DAY,
        ..of_hunting(5000)
    };
    let rows: Vec<Row> = (0..24)
        .map(|n| late(&n.to_string(), START - 9 * DAY, n))
        .collect();
    let rows = [rows, vec![late("new", START, MINUTE)]].concat();
    let mut reader = TimeReader::new(rules, None, Seen::default());
    reader.set_knows_late(true);
    let mut stretches = Vec::new();
    reader.begin(START, START, true);
    let mut read = 0;
    while let Some(query) = reader.query() {
        stretches.push((query.from_ms, query.to_ms));
        let (said, page) = answer(&rows, &query, START);
        reader.open(START, Some(START));
        for row in page {
            read += u32::from(reader.admit(&row.id, Some(row.at_ms)));
        }
        reader.close(&said);
    }
    assert_eq!(read, 25);
    // each begins behind the one before, none is longer, and the last is open
    let ten_days = 10 * DAY;
    assert_eq!(
        stretches.len(),
        usize::try_from(ten_days / longest_ms + 1).unwrap()
    );
    let (last, before) = stretches.split_last().unwrap();
    let mut from_ms = START - ten_days;
    for &(begins_ms, to_ms) in before {
        assert_eq!((begins_ms, to_ms), (from_ms, Some(from_ms + longest_ms)));
        from_ms += longest_ms + 1;
    }
    assert_eq!(*last, (from_ms, None));
    // a week is looked back at with one question
    let now_ms = START + 5 * MINUTE;
    assert_eq!(walk(&mut reader, &rows, now_ms, false).1, 1);
    reader.begin(now_ms, now_ms, false);
    let query = reader.query().unwrap();
    assert!(query.late.is_some() && query.to_ms.is_none(), "{query:?}");
}

/// What a life began, the next one ends; and a life that knows nothing of it reads as ever.
#[test]
fn a_walk_goes_on_in_the_next_life_and_cursors_of_before_are_read() {
    let mut rows = ordinary();
    let mut reader = TimeReader::new(of_hunting(2), None, Seen::default());
    reader.set_knows_late(true);
    walk(&mut reader, &rows, START, true);
    let now_ms = START + 5 * MINUTE;
    rows.push(late("late", now_ms, 9 * HOUR));
    rows.push(late("later", now_ms, 8 * HOUR));
    reader.begin(now_ms, now_ms, false);
    let query = reader.query().unwrap();
    let (said, page) = answer(&rows, &query, now_ms);
    reader.open(now_ms, Some(now_ms));
    for row in page {
        reader.admit(&row.id, Some(row.at_ms));
    }
    let turn = reader.close(&said);
    assert_eq!((turn.news, &turn.verdict), (2, &Verdict::More));
    let cursor = Cursor::from_bytes(&turn.cursor).unwrap();
    let next = TimeReader::new(of_hunting(2), Some(cursor.clone()), Seen::default());
    assert_eq!(next.query().unwrap().late, query.late);
    let before: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&turn.cursor).unwrap();
    let known = before
        .into_iter()
        .filter(|(key, _)| key != "late_ms" && key != "walk");
    let bytes = serde_json::to_vec(&known.collect::<BTreeMap<_, _>>()).unwrap();
    let old = Cursor::from_bytes(&bytes).unwrap();
    assert_eq!((old.high_ms, old.late_ms), (cursor.high_ms, None));
    let mut next = TimeReader::new(of_hunting(2), Some(old), Seen::default());
    next.set_knows_late(true);
    next.begin(now_ms, now_ms, false);
    assert_eq!(next.query().unwrap().late, None);
}

#[test]
fn where_it_fails_the_walk_is_an_ordinary_one() {
    let mut rows = ordinary();
    let mut reader = TimeReader::new(of_hunting(5000), None, Seen::default());
    reader.set_knows_late(true);
    walk(&mut reader, &rows, START, true);
    let now_ms = START + 5 * MINUTE;
    rows.push(late("late", now_ms, 9 * HOUR));
    reader.begin(now_ms, now_ms, false);
    let whole_from_ms = reader.query().unwrap().late.unwrap().whole_from_ms;
    assert_eq!(reader.leave_late(), Some(Change::LeftLate));
    let query = reader.query().unwrap();
    assert_eq!(
        (query.from_ms, query.to_ms, query.late),
        (whole_from_ms, None, None)
    );
    assert_eq!(reader.leave_late(), None);
    assert_eq!(walk(&mut reader, &rows, now_ms, false).0, ["row 144"]);
    // what was left out is not taken for read
    reader.set_knows_late(true);
    let later_ms = now_ms + HOUR;
    let (new, _) = walk(&mut reader, &rows, later_ms, false);
    assert!(new.contains(&"late".to_owned()), "{new:?}");
}

/// A walk that has passed the begin of what it asks for whole keeps its place.
#[test]
fn where_it_fails_behind_that_time_it_goes_on_there() {
    let rows = ordinary();
    let mut reader = TimeReader::new(of_hunting(1), None, Seen::default());
    reader.set_knows_late(true);
    walk(&mut reader, &rows, START, true);
    let now_ms = START + 5 * MINUTE;
    reader.begin(now_ms, now_ms, false);
    let late = reader.query().unwrap().late.unwrap();
    while reader.query().unwrap().from_ms <= late.whole_from_ms {
        let query = reader.query().unwrap();
        let (said, page) = answer(&rows, &query, now_ms);
        reader.open(now_ms, Some(now_ms));
        for row in page {
            reader.admit(&row.id, Some(row.at_ms));
        }
        reader.close(&said);
    }
    let before = reader.query().unwrap();
    assert!(reader.leave_late().is_some());
    let expected = Query {
        late: None,
        ..before
    };
    assert_eq!(reader.query(), Some(expected));
}

proptest! {
    /// Whatever it tells, even where it tells it wrong, all that comes within the look-back is read
    /// once; and where it tells it to a quarter of an hour, with the next walk.
    #[test]
    fn each_row_is_read_once_and_a_late_one_with_the_next_walk(
        rows in prop::collection::vec(
            (0..30 * HOUR / MINUTE, 0..20 * 60_i64, prop::option::of(-10..10_i64)), 0..60),
        limit in 1..12_u32,
        every in 1..40_i64,
    ) {
        let rows: Vec<Row> = rows.iter().enumerate().map(|(n, &(at, lag, told))| {
            let at_ms = START + at * MINUTE;
            let visible_ms = at_ms + lag * MINUTE;
            Row {
                id: n.to_string(),
                at_ms,
                visible_ms,
                told_ms: told.map(|off| visible_ms + off * MINUTE),
            }
        }).collect();
        let mut reader = TimeReader::new(of_hunting(limit), None, Seen::default());
        reader.set_knows_late(true);
        let mut read = BTreeMap::new();
        let (mut now_ms, mut last_ms, mut deep_ms) = (START, i64::MIN, i64::MIN);
        while now_ms <= START + 60 * HOUR {
            let deep = deep_ms <= now_ms - 6 * HOUR;
            if deep {
                deep_ms = now_ms;
            }
            let (new, _) = walk(&mut reader, &rows, now_ms, deep);
            for id in new {
                prop_assert!(read.insert(id.clone(), now_ms).is_none(), "{id} is read twice");
            }
            for row in &rows {
                if row.told_ms.is_some() && row.visible_ms <= now_ms && row.visible_ms > last_ms {
                    prop_assert_eq!(read.get(&row.id), Some(&now_ms), "{:?}", row);
                }
            }
            last_ms = now_ms;
            now_ms += every * MINUTE;
        }
        prop_assert_eq!(read.len(), rows.len());
    }
}
