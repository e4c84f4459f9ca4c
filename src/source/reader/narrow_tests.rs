//! A cloud that fails for ever at one place, page size, record or stretch: all others arrive.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::source::{Answer, Cursor, Reader, Rules, Seen};

const MINUTE: i64 = 60_000;
/// When the last record was.
const NOW: i64 = 1_700_000_000_000;
/// When it is asked for.
const ASKED: i64 = NOW + 1_000;

/// What fails for ever.
#[derive(Debug, Clone, Default)]
struct Poison {
    /// Any place that the cloud had named.
    places: bool,
    /// Pages of more records than this.
    above: Option<usize>,
    /// Answers that would hold one of these records.
    records: BTreeSet<usize>,
    /// Questions that reach into this stretch.
    stretch: Option<(i64, i64)>,
    /// Questions about more milliseconds than this; one without an end reaches until now.
    span: Option<i64>,
    /// Everything.
    outage: bool,
    /// Everything that is not empty.
    outage_of_data: bool,
}

struct Cloud {
    times: Vec<i64>,
    scan: bool,
    poison: Poison,
    questions: usize,
}

impl Cloud {
    /// The records of an answer, and what it says beside them; `None` where it fails.
    fn answer(&mut self, query: &Query) -> Option<(Answer, Vec<usize>)> {
        self.questions += 1;
        let (from, skip) = match &query.place {
            Place::Skip(skip) => (query.from_ms, *skip as usize),
            Place::Next(_) if self.poison.places => return None,
            Place::Next(text) => {
                let (from, skip) = text.split_once('+')?;
                (from.parse().ok()?, skip.parse().ok()?)
            }
        };
        let to = query.to_ms.unwrap_or(ASKED);
        let hits: Vec<usize> = (0..self.times.len())
            .filter(|i| (from..=to).contains(&self.times[*i]))
            .collect();
        let page: Vec<usize> = hits
            .iter()
            .copied()
            .skip(skip)
            .take(query.limit as usize)
            .collect();
        let poison = &self.poison;
        let fails = poison.outage
            || (poison.outage_of_data && !page.is_empty())
            || poison.above.is_some_and(|above| page.len() > above)
            || page.iter().any(|i| poison.records.contains(i))
            || poison.span.is_some_and(|span| to - from > span)
            || poison
                .stretch
                .is_some_and(|(begin, end)| from <= end && to >= begin);
        if fails {
            return None;
        }
        let read = skip + page.len();
        let more = read < hits.len();
        let answer = Answer {
            records: page.len() as u64,
            has_next: more,
            next: (self.scan && more && query.limit > 3).then(|| format!("{from}+{read}")),
            total: Some(hits.len() as u64),
            ..Answer::default()
        };
        Some((answer, page))
    }
}

/// A reader, and what it brought so far.
struct Story {
    reader: Reader,
    flash: Vec<u8>,
    chunks: Vec<(u64, Vec<u8>)>,
    next_chunk: u64,
    got: Vec<usize>,
    passed: Vec<Unserved>,
}

impl Story {
    fn new(rules: Rules) -> Self {
        Self {
            reader: Reader::new(rules, None, Seen::default()),
            flash: Vec::new(),
            chunks: Vec::new(),
            next_chunk: 0,
            got: Vec::new(),
            passed: Vec::new(),
        }
    }

    /// One question, as a poller asks it. True where the walk has ended.
    fn ask(&mut self, cloud: &mut Cloud) -> bool {
        let Some(query) = self.reader.query() else {
            return true;
        };
        let Some((answer, page)) = cloud.answer(&query) else {
            let mut step = self.reader.failed(ASKED, true);
            while let Step::Ask(question) = step {
                let records = cloud.answer(&question).map(|(answer, _)| answer.records);
                step = self.reader.told(records);
            }
            if let Step::Changed(Change::Passed(passed)) = step {
                self.passed.push(passed);
                self.flash = self.reader.pass().cursor;
            }
            return false;
        };
        self.reader.open(ASKED, Some(ASKED));
        for record in page {
            if self
                .reader
                .admit(&record.to_string(), Some(cloud.times[record]))
            {
                self.got.push(record);
            }
        }
        let turn = self.reader.close(&answer);
        if turn.write {
            self.flash = turn.cursor;
            if !turn.seen.is_empty() {
                self.chunks.push((self.next_chunk, turn.seen));
                self.next_chunk += 1;
            }
            self.chunks
                .retain(|(number, _)| *number >= turn.forget_seen);
        }
        false
    }

    /// The process ends and begins again.
    fn restart(&mut self, rules: Rules) {
        let cursor = Cursor::from_bytes(&self.flash).ok();
        let forgotten_ms = cursor.as_ref().and_then(|cursor| cursor.forgotten_ms);
        let seen = Seen::restore(&self.chunks, self.next_chunk, forgotten_ms);
        self.reader = Reader::new(rules, cursor, seen);
    }

    /// A walk to its end, within so many questions.
    fn walk(&mut self, cloud: &mut Cloud, deep: bool, most: usize) {
        self.reader.begin(ASKED, ASKED, deep);
        let before = cloud.questions;
        while !self.ask(cloud) {
            let questions = cloud.questions - before;
            assert!(
                questions <= most,
                "{questions} questions: {:?}",
                self.reader
            );
        }
    }
}

fn rules(limit: u32) -> Rules {
    Rules {
        overlap_ms: 2 * MINUTE,
        look_back_ms: 5 * MINUTE,
        first_look_back_ms: 60 * MINUTE,
        max_catch_up_ms: 10_000 * MINUTE,
        limit,
        filters: 7,
    }
}

/// So many records, one each so many milliseconds, the last one now.
fn cloud(records: i64, every_ms: i64, poison: Poison) -> Cloud {
    Cloud {
        times: (0..records)
            .map(|i| NOW - (records - 1 - i) * every_ms)
            .collect(),
        scan: false,
        poison,
        questions: 0,
    }
}

#[test]
fn a_place_that_fails_is_left_and_costs_no_record() {
    for restarts in [false, true] {
        let mut cloud = cloud(9_000, 300, Poison::default());
        cloud.scan = true;
        let mut story = Story::new(rules(1000));
        story.reader.begin(ASKED, ASKED, true);
        assert!(!story.ask(&mut cloud));
        cloud.poison.places = true;
        if restarts {
            story.restart(rules(1000));
            assert!(matches!(
                story.reader.query().map(|query| query.place),
                Some(Place::Next(_))
            ));
        }
        story.walk(&mut cloud, true, 100);
        assert_eq!(story.got.len(), 9_000);
        assert_eq!(story.passed, []);
    }
}

#[test]
fn a_size_that_fails_is_halved_and_not_tried_on_every_page() {
    let poison = Poison {
        above: Some(700),
        ..Poison::default()
    };
    let mut cloud = cloud(50_000, 50, poison);
    let mut story = Story::new(rules(5000));
    story.walk(&mut cloud, true, 50_000 / 625 + 60);
    assert_eq!(story.got.len(), 50_000);
    assert_eq!(story.passed, []);
}

#[test]
fn a_record_that_breaks_each_answer_is_found_and_passed_over() {
    for bad in [0, 1, 4_321, 8_998] {
        let poison = Poison {
            records: [bad].into(),
            ..Poison::default()
        };
        let mut cloud = cloud(9_000, 300, poison);
        let mut story = Story::new(rules(5000));
        story.walk(&mut cloud, true, 300);
        assert_eq!(story.got.len(), 8_999, "{bad}");
        let at_ms = cloud.times[bad];
        let only = Unserved {
            from_ms: at_ms,
            to_ms: at_ms,
            skip: 0,
        };
        assert_eq!(story.passed, [only], "{bad}");
        // later walks go around it; a deep one asks once more, however old it is, also after a restart
        story.restart(rules(5000));
        let before = cloud.questions;
        story.walk(&mut cloud, false, 10);
        story.walk(&mut cloud, true, 10);
        assert_eq!(
            story.passed.len(),
            1,
            "{} questions",
            cloud.questions - before
        );
        // and reads it where it is given out again
        cloud.poison = Poison::default();
        story.walk(&mut cloud, true, 10);
        assert_eq!(story.got.len(), 9_000, "{bad}");
        assert_eq!(story.reader.unserved(), 0);
        story.walk(&mut cloud, true, 3);
    }
}

#[test]
fn one_of_many_records_of_a_millisecond_is_passed_over_alone() {
    let poison = Poison {
        records: [57, 120].into(),
        ..Poison::default()
    };
    let mut cloud = cloud(300, 0, poison);
    cloud.times.iter_mut().for_each(|at| *at = NOW - MINUTE);
    cloud.times.push(NOW);
    let mut story = Story::new(rules(100));
    story.walk(&mut cloud, true, 500);
    assert_eq!(story.got.len(), 299);
    assert_eq!(story.passed.len(), 2);
}

#[test]
fn a_stretch_that_is_not_given_out_is_passed_over_to_the_millisecond() {
    let stretch = (NOW - 40 * MINUTE, NOW - 30 * MINUTE);
    let poison = Poison {
        stretch: Some(stretch),
        ..Poison::default()
    };
    let mut cloud = cloud(3_600, 1000, poison);
    let mut story = Story::new(rules(100));
    story.walk(&mut cloud, true, 500);
    let outside = |at: &i64| !(stretch.0..=stretch.1).contains(at);
    let want = cloud.times.iter().filter(|at| outside(at)).count();
    assert_eq!(story.got.len(), want);
    let (from_ms, to_ms) = stretch;
    let only = Unserved {
        from_ms,
        to_ms,
        skip: 0,
    };
    assert_eq!(story.passed, [only]);
}

#[test]
fn a_span_that_is_too_long_is_halved_and_costs_no_record() {
    let poison = Poison {
        span: Some(7 * MINUTE),
        ..Poison::default()
    };
    let mut cloud = cloud(3_600, 1000, poison);
    let mut story = Story::new(rules(100));
    story.walk(&mut cloud, true, 2_000);
    assert_eq!(story.got.len(), 3_600);
    assert_eq!(story.passed, []);
}

#[test]
fn an_outage_changes_nothing() {
    let mut cloud = cloud(9_000, 300, Poison::default());
    cloud.scan = true;
    let mut story = Story::new(rules(1000));
    story.reader.begin(ASKED, ASKED, true);
    assert!(!story.ask(&mut cloud));
    let question = story.reader.query();
    cloud.poison.outage = true;
    for _ in 0..100 {
        assert!(!story.ask(&mut cloud));
        assert_eq!(story.reader.query(), question);
    }
    cloud.poison.outage = false;
    story.walk(&mut cloud, true, 20);
    assert_eq!(story.got.len(), 9_000);
}

#[test]
fn an_outage_of_all_that_is_not_empty_passes_nothing_over() {
    let mut cloud = cloud(9_000, 300, Poison::default());
    let mut story = Story::new(rules(1000));
    story.reader.begin(ASKED, ASKED, true);
    assert!(!story.ask(&mut cloud));
    cloud.poison.outage_of_data = true;
    for _ in 0..500 {
        assert!(!story.ask(&mut cloud));
    }
    assert_eq!(story.passed, []);
    cloud.poison.outage_of_data = false;
    story.walk(&mut cloud, true, 60);
    assert_eq!(story.got.len(), 9_000);
}

#[test]
fn the_newest_record_is_waited_for_until_something_follows() {
    let poison = Poison {
        records: [99].into(),
        ..Poison::default()
    };
    let mut cloud = cloud(100, 1000, poison);
    let mut story = Story::new(rules(100));
    story.reader.begin(ASKED, ASKED, true);
    for _ in 0..200 {
        assert!(!story.ask(&mut cloud));
    }
    assert_eq!(story.got.len(), 99);
    assert_eq!(story.passed, []);
    cloud.times.push(NOW);
    story.walk(&mut cloud, true, 60);
    assert_eq!(story.got.len(), 100);
    assert_eq!(story.passed.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Some records, sizes and a stretch fail for ever; everything else arrives, once, and what does not is named.
    #[test]
    fn all_that_is_given_out_arrives(
        gaps in prop::collection::vec(prop_oneof![Just(0_i64), 1_i64..20_000], 10..400),
        bad in prop::collection::btree_set(0_usize..400, 0..4),
        stretch in prop::option::of((0_i64..50, 0_i64..5)),
        above in prop::option::of(1_usize..60),
        places: bool,
        scan: bool,
        limit in 1_u32..120,
        restart_after in prop::option::of(0_usize..150),
    ) {
        let mut at = NOW - 59 * MINUTE;
        let mut times: Vec<i64> = gaps.iter().map(|gap| { at = (at + gap).min(NOW - 1); at }).collect();
        // something follows
        times.push(NOW);
        let last = times.len() - 1;
        let stretch = stretch.map(|(from, long)| (NOW - (59 - from) * MINUTE, NOW - (59 - from - long).max(1) * MINUTE));
        let poison = Poison {
            places, above, stretch,
            records: bad.into_iter().filter(|i| *i < last).collect(),
            ..Poison::default()
        };
        let mut cloud = Cloud { times, scan, poison, questions: 0 };
        let mut story = Story::new(rules(limit));
        if let Some(questions) = restart_after {
            story.reader.begin(ASKED, ASKED, true);
            for _ in 0..questions {
                story.ask(&mut cloud);
            }
            story.restart(rules(limit));
        }
        story.walk(&mut cloud, true, 20_000);
        story.walk(&mut cloud, false, 20_000);
        story.walk(&mut cloud, true, 20_000);
        let got: BTreeSet<usize> = story.got.iter().copied().collect();
        prop_assert_eq!(got.len(), story.got.len(), "each once");
        let is_bad = |i: usize, at: i64| {
            cloud.poison.records.contains(&i)
                || stretch.is_some_and(|(from, to)| (from..=to).contains(&at))
        };
        for (i, at) in cloud.times.iter().enumerate() {
            let named = story.passed.iter().any(|passed| (passed.from_ms..=passed.to_ms).contains(at));
            if is_bad(i, *at) {
                prop_assert!(!got.contains(&i) && named, "{} at {} is named", i, at - NOW);
            } else if !got.contains(&i) {
                // behind a stretch, it shares its millisecond with a record that fails, and stands aside with both
                let ties = cloud.times.iter().enumerate().any(|(j, other)| other == at && is_bad(j, *at));
                prop_assert!(named && ties && stretch.is_some(), "{} at {} is lost", i, at - NOW);
            }
        }
    }
}
