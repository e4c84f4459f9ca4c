use super::advance::DOUBTS;
use super::*;
use proptest::prelude::*;

const MINUTE: i64 = 60_000;
const START: i64 = 1_700_000_000_000;

fn rules(limit: u32) -> Rules {
    Rules {
        overlap_ms: 2 * MINUTE,
        look_back_ms: 15 * MINUTE,
        first_look_back_ms: 60 * MINUTE,
        max_catch_up_ms: 10_000 * MINUTE,
        limit,
        filters: 7,
    }
}

#[derive(Debug, Clone)]
struct Record {
    id: String,
    at: i64,
    visible: i64,
}

/// How the scripted cloud errs.
#[derive(Debug, Clone, Copy, Default)]
struct Manners {
    scan: bool,
    cap: Option<usize>,
    /// Says `hasNext: false` on every page.
    denies_more: bool,
    /// Says `hasNext: true` on every page.
    promises_more: bool,
    /// Gives no `total`.
    no_total: bool,
    /// Forgets `nextQueryFilters` on every nth page.
    forgets_next: usize,
    /// Sends `data: []` with a total on every nth request.
    empty_every: usize,
    /// Sends each page twice.
    repeats: bool,
    /// Sends records of a page in no order.
    shuffles: bool,
}

struct Cloud {
    records: Vec<Record>,
    manners: Manners,
    requests: usize,
}

impl Cloud {
    fn answer(&mut self, query: &Query, now: i64) -> (Answer, Vec<Record>) {
        self.requests += 1;
        let m = self.manners;
        let (from, skip) = match &query.place {
            Place::Skip(n) => (query.from_ms, *n as usize),
            Place::Next(text) => {
                let (from, skip) = text.split_once('+').unwrap();
                (from.parse().unwrap(), skip.parse().unwrap())
            }
        };
        let mut hits: Vec<&Record> = self
            .records
            .iter()
            .filter(|r| r.at >= from && r.visible <= now)
            .collect();
        hits.sort_by_key(|r| (r.at, r.id.clone()));
        let total = hits.len();
        let size = m.cap.unwrap_or(usize::MAX).min(query.limit as usize);
        let mut page: Vec<Record> = hits
            .iter()
            .skip(skip)
            .take(size)
            .map(|&r| r.clone())
            .collect();
        let more = skip + page.len() < total;
        let mut answer = Answer {
            has_next: (more || m.promises_more) && !m.denies_more,
            total: (!m.no_total).then_some(total as u64),
            ..Answer::default()
        };
        if m.empty_every > 0 && self.requests.is_multiple_of(m.empty_every) && total > skip {
            answer.total = Some(total as u64);
            return (answer, Vec::new());
        }
        if m.scan && more && (m.forgets_next == 0 || !self.requests.is_multiple_of(m.forgets_next))
        {
            answer.next = Some(format!("{from}+{}", skip + page.len()));
        }
        if m.repeats {
            let again = page.clone();
            page.extend(again);
        }
        if m.shuffles {
            page.reverse();
        }
        answer.records = page.len() as u64;
        (answer, page)
    }
}

/// What survives a crash.
#[derive(Default)]
struct Flash {
    cursor: Option<Vec<u8>>,
    seen: Vec<(u64, Vec<u8>)>,
    seen_next: u64,
    sent: Vec<String>,
}

impl Flash {
    fn reader(&self, rules: Rules) -> TimeReader {
        let cursor = self
            .cursor
            .as_ref()
            .map(|bytes| Cursor::from_bytes(bytes).unwrap());
        let seen = Seen::restore(
            &self.seen,
            self.seen_next,
            cursor.as_ref().and_then(|c| c.forgotten_ms),
        );
        TimeReader::new(rules, cursor, seen)
    }

    fn write(&mut self, turn: &PageResult, lines: Vec<String>) {
        if !turn.write {
            assert!(lines.is_empty());
            return;
        }
        let before = self
            .cursor
            .as_ref()
            .map(|bytes| Cursor::from_bytes(bytes).unwrap().high_ms);
        self.cursor = Some(turn.cursor.clone());
        assert!(
            before
                <= self
                    .cursor
                    .as_ref()
                    .map(|bytes| Cursor::from_bytes(bytes).unwrap().high_ms)
        );
        if !turn.seen.is_empty() {
            self.seen.push((self.seen_next, turn.seen.clone()));
            self.seen_next += 1;
        }
        self.seen.retain(|(n, _)| *n >= turn.forget_seen);
        self.sent.extend(lines);
    }
}

/// One walk; the crash, where one is asked for, comes before the write of that page.
fn walk(
    reader: &mut TimeReader,
    cloud: &mut Cloud,
    flash: &mut Flash,
    now: i64,
    deep: bool,
    crash_at: Option<usize>,
) {
    reader.begin(now, now, deep);
    for page in 0..100_000 {
        let query = reader.query().expect("a walk is under way");
        let (answer, records) = cloud.answer(&query, now);
        reader.open(now, Some(now));
        let lines: Vec<String> = records
            .iter()
            .filter(|r| reader.admit(&r.id, Some(r.at)))
            .map(|r| r.id.clone())
            .collect();
        let turn = reader.close(&answer);
        if crash_at == Some(page) {
            return;
        }
        flash.write(&turn, lines);
        match turn.verdict {
            Verdict::More | Verdict::Doubtful(_) => {}
            Verdict::CaughtUp => return,
            Verdict::Unanswered(_) if goes_on(reader, cloud, flash, now) => {}
            Verdict::Unanswered(_) => return reader.give_up(),
        }
    }
    panic!("the walk never ended");
}

/// The answers contradicted themselves for good: is something else asked for now?
fn goes_on(reader: &mut TimeReader, cloud: &mut Cloud, flash: &mut Flash, now: i64) -> bool {
    let mut step = reader.doubted(Failure {
        at_ms: now,
        end_ms: now,
    });
    while let Step::Ask(question) = step {
        let (answer, records) = cloud.answer(&question, now);
        let answer = Answer {
            records: records.len() as u64,
            ..answer
        };
        step = reader.told(answer.told(&question.place));
    }
    if let Step::Changed(Change::Passed(_)) = step {
        flash.write(&reader.pass(), Vec::new());
    }
    matches!(step, Step::Changed(_))
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

fn manners() -> impl Strategy<Value = Manners> {
    (
        any::<bool>(),
        prop::option::of(1_usize..12),
        0_u8..3,
        any::<bool>(),
        0_usize..4,
        prop_oneof![Just(0_usize), 3_usize..7],
        any::<bool>(),
    )
        .prop_map(
            |(scan, cap, lie, no_total, forgets_next, empty_every, repeats)| Manners {
                scan,
                cap,
                denies_more: lie == 1,
                promises_more: lie == 2,
                // one who denies more and gives no total leaves only full pages to go by
                no_total: no_total && lie != 1,
                forgets_next: if forgets_next == 1 { 2 } else { forgets_next },
                empty_every,
                repeats,
                shuffles: false,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever the cloud's manners: each record once, none missing, over restarts and late records.
    #[test]
    fn exactly_the_clouds_records_arrive(
        manners in manners(),
        gaps in prop::collection::vec((0_i64..40_000, 0_i64..110_000), 1..120),
        limit in 2_u32..40,
        steps in prop::collection::vec((1_i64..4, prop::option::of(0_usize..5)), 1..25),
    ) {
        let mut at = START - 30 * MINUTE;
        let records: Vec<Record> = gaps.iter().enumerate().map(|(i, (gap, late))| {
            at += if gap % 3 == 0 { 0 } else { *gap };
            Record { id: format!("id{i}"), at, visible: at + late }
        }).collect();
        let end = records.iter().map(|r| r.visible).max().unwrap_or(START);
        let mut cloud = Cloud { records, manners, requests: 0 };
        let mut flash = Flash::default();
        let mut reader = flash.reader(rules(limit));
        let mut now = START;
        for (minutes, crash) in steps {
            walk(&mut reader, &mut cloud, &mut flash, now, false, crash);
            if crash.is_some() {
                reader = flash.reader(rules(limit));
            }
            now += minutes * MINUTE / 2;
        }
        // a cloud that answers wrongly now and then gets the time to answer rightly
        now = now.max(end);
        for _ in 0..6 {
            walk(&mut reader, &mut cloud, &mut flash, now, true, None);
        }
        let want = sorted(cloud.records.iter().map(|r| r.id.clone()).collect());
        prop_assert_eq!(sorted(flash.sent), want);
    }
}

fn cloud_of(times: impl IntoIterator<Item = i64>, manners: Manners) -> Cloud {
    let records = times
        .into_iter()
        .enumerate()
        .map(|(i, at)| Record {
            id: format!("id{i:05}"),
            at,
            visible: at,
        })
        .collect();
    Cloud {
        records,
        manners,
        requests: 0,
    }
}

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

/// Takes a page of these records in; `asked_ms` is the cloud's time.
fn page(reader: &mut TimeReader, asked_ms: i64, records: &[(&str, i64)], more: bool) -> PageResult {
    reader.open(asked_ms, Some(asked_ms));
    for (id, at) in records {
        reader.admit(id, Some(*at));
    }
    reader.close(&Answer {
        records: records.len() as u64,
        has_next: more,
        ..Answer::default()
    })
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
    for _ in 0..DOUBTS {
        reader.open(START, Some(START));
        let turn = reader.close(&named(None, 0, 1));
        assert!(matches!(turn.verdict, Verdict::Doubtful(_)), "{turn:?}");
    }
    reader.open(START, Some(START));
    assert_eq!(reader.close(&named(None, 0, 1)).verdict, Verdict::CaughtUp);
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

#[test]
fn ids_outlive_a_clock_of_1970_where_the_cloud_tells_no_time() {
    let mut reader = TimeReader::new(rules(5), None, Seen::default());
    reader.begin(START, START, true);
    page(&mut reader, START, &[("a", START)], false);
    // a restart: our clock is of 1970, and the first answer has no Date; many records lie far behind what was read
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
