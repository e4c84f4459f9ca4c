//! A scripted cloud that errs, a flash that outlives crashes, and what must arrive.

mod arrivals;
mod clocks;
mod late;
mod moving;
mod pages;
mod stale;

use super::*;
use crate::source::Answer;
use crate::source::cloud_apps::RULES;

use proptest::prelude::*;

const MINUTE: i64 = 60_000;

const START: i64 = 1_700_000_000_000;

fn rules(limit: u32) -> Rules {
    Rules {
        overlap_ms: 2 * MINUTE,
        look_back_ms: 15 * MINUTE,
        first_look_back_ms: 60 * MINUTE,
        first_from_ms: None,
        max_catch_up_ms: 10_000 * MINUTE,
        limit,
        filters: 7,
        api: RULES,
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

    /// Whatever the cloud's manners: each record once, none missing, over restarts and late
    /// records.
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
