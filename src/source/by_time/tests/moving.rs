//! Records that come again with a later time when they change, as those of Graph do, and a cloud
//! that errs meanwhile.

use super::*;

const DAYS: i64 = 86_400_000;

fn moving(limit: u32) -> Rules {
    let api = ApiRules {
        plain_page: 1000,
        smallest_scan: u32::MAX,
        most_skip: 499,
        records_move: true,
        ids_kept_ms: 180 * DAYS,
        ..RULES
    };
    Rules {
        overlap_ms: 30 * MINUTE,
        look_back_ms: 24 * 60 * MINUTE,
        first_look_back_ms: 2 * DAYS,
        api,
        ..rules(limit)
    }
}

/// Chances in percent.
#[derive(Debug, Clone, Copy, Default)]
struct Faults {
    /// A record changes before the answer.
    moves: u64,
    newest_first: u64,
    link_refused: u64,
    /// The next page is had by time alone.
    no_link: u64,
    /// Half of the records is missing, and the answer says so.
    incomplete: u64,
    /// The answer before this one again.
    repeats: u64,
}

struct Graph {
    records: Vec<Record>,
    faults: Faults,
    chance: u64,
    last: Option<(Answer, Vec<Record>)>,
    requests: usize,
}

impl Graph {
    fn happens(&mut self, percent: u64) -> bool {
        self.chance = (self.chance)
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.chance >> 33) % 100 < percent
    }

    /// `None` where the link is refused.
    fn answer(&mut self, query: &Query, now: i64) -> Option<(Answer, Vec<Record>)> {
        self.requests += 1;
        if self.happens(self.faults.moves) {
            let nth = (self.chance >> 40) as usize % self.records.len();
            if self.records[nth].visible <= now {
                self.records[nth].at = now;
            }
        }
        let after = match &query.place {
            Place::Next(_) if self.happens(self.faults.link_refused) => return None,
            Place::Next(link) => Some(link.clone()),
            Place::Skip(_) => None,
        };
        if self.happens(self.faults.repeats)
            && let Some(last) = &self.last
        {
            return Some(last.clone());
        }
        let end = query.to_ms.unwrap_or(i64::MAX);
        let asked = |r: &&Record| r.visible <= now && (query.from_ms..=end).contains(&r.at);
        let mut hits: Vec<Record> = self.records.iter().filter(asked).cloned().collect();
        let key = |r: &Record| format!("{:015}{}", r.at, r.id);
        hits.sort_by_key(key);
        if let Some(after) = &after {
            hits.retain(|r| key(r) > *after);
        }
        if self.happens(self.faults.newest_first) {
            hits.reverse();
        }
        if let Place::Skip(skip) = query.place {
            assert!(skip <= 499, "more than can be skipped");
            hits.drain(..(skip as usize).min(hits.len()));
        }
        let more = hits.len() > query.limit as usize;
        hits.truncate(query.limit as usize);
        let mut answer = Answer {
            records: hits.len() as u64,
            has_next: more,
            ..Answer::default()
        };
        if more && !self.happens(self.faults.no_link) {
            answer.next = hits.last().map(key);
        }
        self.last = Some((answer.clone(), hits.clone()));
        if self.happens(self.faults.incomplete) {
            answer.incomplete = true;
            let mut nth = 0;
            hits.retain(|_| {
                nth += 1;
                nth % 2 == 0
            });
            answer.records = hits.len() as u64;
        }
        Some((answer, hits))
    }

    /// One walk; time goes on a little with each answer.
    fn walk(
        &mut self,
        reader: &mut TimeReader,
        flash: &mut Flash,
        now: &mut i64,
        crash_at: Option<usize>,
    ) {
        reader.begin(*now, *now, false);
        for page in 0..10_000 {
            *now += 50;
            let query = reader.query().expect("a walk is under way");
            let Some((answer, records)) = self.answer(&query, *now) else {
                assert_eq!(reader.leave_place(), Some(Change::LeftPlace));
                continue;
            };
            reader.open(*now, Some(*now));
            let new = records.iter().filter(|r| reader.admit(&r.id, Some(r.at)));
            let lines: Vec<String> = new.map(|r| r.id.clone()).collect();
            let turn = reader.close(&answer);
            if crash_at == Some(page) {
                return;
            }
            flash.write(&turn, lines);
            match turn.verdict {
                Verdict::More | Verdict::Doubtful(_) => {}
                Verdict::CaughtUp => return,
                Verdict::Unanswered(_) => return reader.give_up(),
            }
        }
        panic!("the walk never ended");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Each record once, none missing: over changes, restarts, late records, lists in the wrong
    /// order, refused links and incomplete answers.
    #[test]
    fn each_record_once_however_often_it_changes(
        chance in any::<u64>(),
        gaps in prop::collection::vec((0_i64..600_000, 0_i64..1_200_000), 1..120),
        limit in 8_u32..40,
        percents in prop::collection::vec(0_u64..40, 6),
        steps in prop::collection::vec(prop::option::of(0_usize..5), 1..25),
    ) {
        let mut at = START - 24 * 60 * MINUTE;
        let records: Vec<Record> = gaps.iter().enumerate().map(|(i, (gap, late))| {
            at += if gap % 3 == 0 { 0 } else { *gap };
            Record { id: format!("id{i}"), at, visible: at + late }
        }).collect();
        let end = records.iter().map(|r| r.visible).max().unwrap_or(START);
        let [moves, newest_first, link_refused, no_link, incomplete, repeats] = percents[..] else {
            unreachable!()
        };
        let faults = Faults { moves, newest_first, link_refused, no_link, incomplete, repeats };
        let mut graph = Graph { records, faults, chance, last: None, requests: 0 };
        let (mut flash, mut now) = (Flash::default(), START);
        let mut reader = flash.reader(moving(limit));
        for crash in steps {
            graph.walk(&mut reader, &mut flash, &mut now, crash);
            if crash.is_some() {
                reader = flash.reader(moving(limit));
                // an answer to the last question of another process is no answer to the first one
                // of this; if it came all the same, the next deep walk would find what it hides
                graph.last = None;
            }
            now += MINUTE;
        }
        now = now.max(end);
        graph.faults = Faults { moves, ..Faults::default() };
        for _ in 0..3 {
            graph.walk(&mut reader, &mut flash, &mut now, None);
        }
        let want = sorted(graph.records.iter().map(|r| r.id.clone()).collect());
        prop_assert_eq!(sorted(flash.sent), want);
    }
}

fn graph_of(times: impl IntoIterator<Item = i64>) -> Graph {
    Graph {
        records: cloud_of(times, Manners::default()).records,
        faults: Faults::default(),
        chance: 1,
        last: None,
        requests: 0,
    }
}

#[test]
fn a_record_that_changes_months_later_is_no_news() {
    let mut graph = graph_of([START - MINUTE, START]);
    let (mut flash, mut now) = (Flash::default(), START);
    let mut reader = flash.reader(moving(50));
    graph.walk(&mut reader, &mut flash, &mut now, None);
    for day in [1, 30, 90, 170] {
        now = START + day * DAYS;
        graph.records.push(Record {
            id: format!("of day {day}"),
            at: now,
            visible: now,
        });
        graph.records[0].at = now;
        reader = flash.reader(moving(50));
        graph.walk(&mut reader, &mut flash, &mut now, None);
    }
    assert_eq!(flash.sent.len(), 6, "{:?}", flash.sent);
}

#[test]
fn a_cursor_that_never_moves_sends_nothing_again() {
    let mut graph = graph_of([START]);
    let (mut flash, mut now) = (Flash::default(), START);
    for _ in 0..300 {
        let mut reader = flash.reader(moving(50));
        graph.walk(&mut reader, &mut flash, &mut now, None);
        now += 6 * MINUTE;
    }
    assert_eq!(flash.sent, ["id00000"]);
    assert_eq!(graph.requests, 300, "and is asked once a walk");
}

#[test]
fn an_incomplete_answer_moves_nothing_and_what_it_holds_is_sent() {
    let mut graph = graph_of((0..10).map(|nth| START - nth * MINUTE));
    graph.faults.incomplete = 100;
    let (mut flash, mut now) = (Flash::default(), START);
    let mut reader = flash.reader(moving(50));
    let before = {
        reader.begin(now, now, false);
        reader.high_ms()
    };
    graph.walk(&mut reader, &mut flash, &mut now, None);
    assert_eq!((reader.high_ms(), flash.sent.len()), (before, 5));
    graph.faults.incomplete = 0;
    graph.walk(&mut reader, &mut flash, &mut now, None);
    assert_eq!((reader.high_ms(), flash.sent.len()), (Some(START), 10));
}

#[test]
fn where_a_moved_record_stood_is_asked_for_once_more_without_a_word() {
    let mut reader = TimeReader::new(moving(50), None, Seen::default());
    reader.begin(START, START, false);
    page(&mut reader, START, &[("a", START - MINUTE)], false);
    reader.begin(START, START, false);
    let moved = [("b", START), ("a", START + 1)];
    let first = page(&mut reader, START + 2, &moved, false);
    assert_eq!(first.verdict, Verdict::More);
    let second = page(&mut reader, START + 2, &moved, false);
    assert_eq!(second.verdict, Verdict::CaughtUp);
}

#[test]
fn newest_first_is_read_by_shorter_stretches_and_never_by_count() {
    let mut graph = graph_of((0..500).map(|nth| START - nth * 7 * MINUTE / 2));
    graph.faults.newest_first = 100;
    let (mut flash, mut now) = (Flash::default(), START);
    let mut reader = flash.reader(moving(50));
    graph.walk(&mut reader, &mut flash, &mut now, None);
    assert_eq!(flash.sent.len(), 500);
    assert!(graph.requests < 100, "{}", graph.requests);
}
