//! A cloud that fails for ever at one place, page size, record or stretch: all others arrive.

mod places;
mod records;
mod stretches;

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

use crate::source::by_time::unserved::MOST_UNSERVED;
use crate::source::cloud_apps::RULES;
use crate::source::{Answer, Cursor, Place, Rules, Seen, TimeReader};

const MINUTE: i64 = 60_000;

/// When the last record was.
const NOW: i64 = 1_700_000_000_000;

/// When it is asked for.
const ASKED: i64 = NOW + 1_000;

/// A pause after a question that failed.
const PAUSE: i64 = 5_000;

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
    /// So many of eight questions, whatever they ask for, are met with a request for patience.
    throttled: u64,
    /// The same for any place that the cloud had named, always.
    places_throttled: bool,
    /// Everything that is not empty.
    outage_of_data: bool,
    /// Answers that would hold a record from before the first time, until the clock shows the
    /// second one.
    old: Option<(i64, i64)>,
}

struct Cloud {
    times: Vec<i64>,
    scan: bool,
    poison: Poison,
    questions: usize,
    /// When it is.
    now: i64,
}

impl Cloud {
    /// Does the cloud ask for patience instead? As at random, but the same in each run.
    fn throttles(&mut self, query: &Query) -> bool {
        self.questions += 1;
        let draw = (self.questions as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 61;
        let named = matches!(query.place, Place::Next(_));
        draw < self.poison.throttled || (named && self.poison.places_throttled)
    }

    /// The records of an answer, and what it says beside them; `None` where it fails.
    fn answer(&mut self, query: &Query) -> Option<(Answer, Vec<usize>)> {
        let (from, skip) = match &query.place {
            Place::Skip(skip) => (query.from_ms, *skip as usize),
            Place::Next(_) if self.poison.places => return None,
            Place::Next(text) => {
                let (from, skip) = text.split_once('+')?;
                (from.parse().ok()?, skip.parse().ok()?)
            }
        };
        let to = query.to_ms.unwrap_or(self.now);
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
            || poison.old.is_some_and(|(before, until)| {
                self.now < until && page.iter().any(|i| self.times[*i] < before)
            })
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
    reader: TimeReader,
    flash: Vec<u8>,
    chunks: Vec<(u64, Vec<u8>)>,
    next_chunk: u64,
    got: Vec<usize>,
    passed: Vec<Unserved>,
    /// What followed from the last failure.
    last: Option<Step>,
}

impl Story {
    fn new(rules: Rules) -> Self {
        Self {
            reader: TimeReader::new(rules, None, Seen::default()),
            flash: Vec::new(),
            chunks: Vec::new(),
            next_chunk: 0,
            got: Vec::new(),
            passed: Vec::new(),
            last: None,
        }
    }

    /// One question, as a poller asks it. True where the walk has ended.
    fn ask(&mut self, cloud: &mut Cloud) -> bool {
        let Some(query) = self.reader.query() else {
            return true;
        };
        let throttled = cloud.throttles(&query);
        let Some((answer, page)) = cloud.answer(&query).filter(|_| !throttled) else {
            let failure = Failure {
                at_ms: cloud.now,
                end_ms: cloud.now,
            };
            let mut step = match throttled {
                true => self.reader.throttled(failure),
                false => self.reader.failed(failure),
            };
            while let Step::Ask(question) = step {
                let throttled = cloud.throttles(&question);
                step = self.reader.told(match cloud.answer(&question) {
                    _ if throttled => ProbeAnswer::Throttled,
                    Some((answer, _)) => ProbeAnswer::Records(answer.records),
                    None => ProbeAnswer::Failed,
                });
            }
            self.last = Some(step.clone());
            if let Step::Changed(Change::Passed(passed)) = step {
                self.passed.push(passed);
                self.flash = self.reader.pass().cursor;
            } else if !matches!(step, Step::Changed(_)) {
                // the pause before the next try
                cloud.now += PAUSE;
            }
            return false;
        };
        self.reader.open(cloud.now, Some(cloud.now));
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
        self.reader = TimeReader::new(rules, cursor, seen);
    }

    /// What it has brought.
    fn ids(&self) -> BTreeSet<usize> {
        self.got.iter().copied().collect()
    }

    /// A walk to its end, within so many questions.
    fn walk(&mut self, cloud: &mut Cloud, deep: bool, most: usize) {
        self.reader.begin(cloud.now, cloud.now, deep);
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
        first_from_ms: None,
        max_catch_up_ms: 10_000 * MINUTE,
        limit,
        filters: 7,
        api: RULES,
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
        now: ASKED,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Some records, sizes and a stretch fail for ever; everything else arrives, once, and what
    /// does not is named.
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
        let mut times: Vec<i64> = gaps
            .iter()
            .map(|gap| {
                at = (at + gap).min(NOW - 1);
                at
            })
            .collect();
        // something follows
        times.push(NOW);
        let last = times.len() - 1;
        let stretch = stretch.map(|(from, long)| {
            (
                NOW - (59 - from) * MINUTE,
                NOW - (59 - from - long).max(1) * MINUTE,
            )
        });
        let poison = Poison {
            places,
            above,
            stretch,
            records: bad.into_iter().filter(|i| *i < last).collect(),
            ..Poison::default()
        };
        let mut cloud = Cloud {
            times,
            scan,
            poison,
            questions: 0,
            now: ASKED,
        };
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
        let got = story.ids();
        prop_assert_eq!(got.len(), story.got.len(), "each once");
        let is_bad = |i: usize, at: i64| {
            cloud.poison.records.contains(&i)
                || stretch.is_some_and(|(from, to)| (from..=to).contains(&at))
        };
        for (i, at) in cloud.times.iter().enumerate() {
            let named = story
                .passed
                .iter()
                .any(|passed| (passed.from_ms..=passed.to_ms).contains(at));
            if is_bad(i, *at) {
                prop_assert!(!got.contains(&i) && named, "{} at {} is named", i, at - NOW);
            } else if !got.contains(&i) {
                // behind a stretch, it shares its millisecond with a record that fails, and stands
                // aside with both
                let ties = cloud
                    .times
                    .iter()
                    .enumerate()
                    .any(|(j, other)| other == at && is_bad(j, *at));
                prop_assert!(
                    named && ties && stretch.is_some(),
                    "{} at {} is lost",
                    i,
                    at - NOW
                );
            }
        }
    }
}
