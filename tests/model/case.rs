//! One hour's plan, drawn from a seed: settings, records, and what happens when.

use std::time::Duration;

use siembox_support::cloud::Fault;
use siembox_support::dice::Dice;
use siembox_support::records::Record;

/// The cloud's time when the hour begins, milliseconds since 1970.
pub const BEGIN_MS: i64 = 1_760_000_000_000;
pub const HOUR: Duration = Duration::from_secs(3600);
/// The API's `Date` is wrong by no more than this.
pub const MOST_SKEW_MS: i64 = 60_000;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const YEARS: i64 = 10 * 365 * 24 * 60 * MINUTE;

/// What a stream is read with.
#[derive(Debug, Clone)]
pub struct Reading {
    pub overlap_ms: i64,
    pub look_back_ms: i64,
    pub page_size: u32,
}

/// At which step the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// While it waits for anything.
    Waiting,
    /// The cloud has answered, and nobody hears it.
    Asking,
    /// The page is not yet written.
    BeforeWriting,
    /// The page is written, and nobody hears it.
    AfterWriting,
}

#[derive(Debug, Clone)]
pub enum Event {
    Crash(Step),
    /// Other page sizes, and filters that read otherwise and let the same through.
    Settings,
    /// The box's wall clock is so far ahead now.
    Clock(i64),
    /// The receiver breaks and stays away for so long.
    ReceiverGone(Duration),
    /// All requests meet this for so long.
    Outage(Fault, Duration),
    /// These records are not given out for so long: each answer that would hold one fails.
    Unserved(Vec<String>, Duration),
    /// A recent alert changes: the same id, a later date.
    AlertChanges,
    /// The cloud forgets the places that it named.
    PlacesExpire,
}

#[derive(Debug)]
pub struct Plan {
    pub seed: u64,
    /// Activities, alerts.
    pub reading: [Reading; 2],
    pub poll: Duration,
    pub first_look_back_ms: i64,
    /// So many requests of a hundred meet a fault.
    pub faults: u64,
    pub scan_drops: usize,
    pub page_cap: usize,
    pub skew_ms: i64,
    pub fetch_related: bool,
    pub on_sled: bool,
    /// As many lines fit into the model's spool.
    pub spool_lines: u64,
    /// The hour ends with a restart; otherwise it goes on until the look-back was read again.
    pub ends_with_restart: bool,
    pub events: Vec<(Duration, Event)>,
    pub activities: Vec<Planned>,
    pub alerts: Vec<Planned>,
}

#[derive(Debug, Clone)]
pub struct Planned {
    pub id: String,
    pub at_ms: i64,
    pub visible_ms: i64,
}

impl Plan {
    pub fn draw(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let pick = |dice: &mut Dice, of: &[i64]| *dice.pick(of);
        let reading = [
            Reading {
                overlap_ms: pick(&mut dice, &[30, 120]) * SECOND,
                look_back_ms: pick(&mut dice, &[6, 15]) * MINUTE,
                page_size: *dice.pick(&[500, 700, 5000]),
            },
            Reading {
                overlap_ms: pick(&mut dice, &[1, 10]) * MINUTE,
                look_back_ms: pick(&mut dice, &[10, 30, 24 * 60]) * MINUTE,
                page_size: *dice.pick(&[5, 40, 100]),
            },
        ];
        let first_look_back_ms = pick(&mut dice, &[0, 10, 60, 120]) * MINUTE;
        let mut plan = Self {
            seed,
            poll: Duration::from_secs(*dice.pick(&[10, 30, 60])),
            first_look_back_ms,
            faults: *dice.pick(&[0, 5, 15, 40]),
            scan_drops: *dice.pick(&[0, 3, 50]),
            page_cap: *dice.pick(&[20, 100]),
            skew_ms: pick(&mut dice, &[0, 0, -MOST_SKEW_MS, 5 * SECOND, MOST_SKEW_MS]),
            fetch_related: dice.percent(15),
            on_sled: dice.percent(20),
            spool_lines: *dice.pick(&[600, 5_000, 1_000_000]),
            ends_with_restart: dice.percent(50),
            events: Vec::new(),
            activities: Vec::new(),
            alerts: Vec::new(),
            reading,
        };
        plan.activities = plan.records(&mut dice, 0);
        plan.alerts = plan.records(&mut dice, 1);
        plan.events = events(&mut dice, &[&plan.activities, &plan.alerts]);
        plan
    }

    /// Some that are there when the hour begins, some that come in it; in a fifth of the hours
    /// thousands share a millisecond.
    fn records(&self, dice: &mut Dice, stream: usize) -> Vec<Planned> {
        let (before, within, tied) = match stream {
            0 => (dice.below(1500), dice.below(700), 2500),
            _ if self.fetch_related => (dice.below(10), dice.below(20), 5),
            _ => (dice.below(150), dice.below(80), 250),
        };
        let mut times: Vec<i64> = Vec::new();
        // also before anything that is ever asked for
        let earliest = BEGIN_MS - self.first_look_back_ms - 10 * MINUTE;
        let span = |dice: &mut Dice, from: i64, to: i64| {
            from + i64::try_from(dice.below(u64::try_from(to - from).unwrap())).unwrap()
        };
        times.extend((0..before).map(|_| span(dice, earliest, BEGIN_MS)));
        times.extend((0..within).map(|_| span(dice, BEGIN_MS, BEGIN_MS + 58 * MINUTE)));
        if dice.percent(20) {
            let at = span(dice, BEGIN_MS - 10 * MINUTE, BEGIN_MS + 50 * MINUTE);
            times.extend((0..dice.below(tied)).map(|_| at));
        }
        for i in 1..times.len() {
            if dice.percent(20) {
                times[i] = times[i - 1];
            }
        }
        let reading = &self.reading[stream];
        let name = ["activity", "alert"][stream];
        let records = times.into_iter().enumerate().map(|(i, at_ms)| {
            let late = match dice.below(100) {
                0..80 => dice.below(2) as i64 * SECOND,
                80..93 => dice.below(reading.overlap_ms as u64) as i64,
                93..99 => {
                    dice.below(reading.look_back_ms.min(HOUR.as_millis() as i64) as u64) as i64
                }
                _ => dice.below(3 * reading.look_back_ms as u64) as i64,
            };
            Planned {
                id: format!("{name}-{i:06}"),
                at_ms,
                // nothing that shows itself after the hour is part of it
                visible_ms: (at_ms + late).min(BEGIN_MS + 59 * MINUTE),
            }
        });
        records.collect()
    }
}

impl Planned {
    pub fn record(&self, words: &str) -> Record {
        let Self { id, at_ms, .. } = self;
        let json = format!(
            r#"{{"_id":"{id}","timestamp":{at_ms},"created":{at_ms},"title":"T","description":"{words}","severity":"INFO"}}"#
        );
        Record::raw(id, *at_ms, *at_ms, &json).visible_from(self.visible_ms)
    }
}

/// The records of up to ten minutes.
fn neighbours(dice: &mut Dice, records: &[Planned]) -> Vec<String> {
    if records.is_empty() {
        return Vec::new();
    }
    let from_ms = dice.pick(records).at_ms;
    let to_ms = from_ms + dice.below(10 * MINUTE as u64) as i64;
    (records.iter())
        .filter(|record| (from_ms..=to_ms).contains(&record.at_ms))
        .map(|record| record.id.clone())
        .collect()
}

fn events(dice: &mut Dice, records: &[&Vec<Planned>]) -> Vec<(Duration, Event)> {
    let mut events = Vec::new();
    let wild = dice.below(4);
    for _ in 0..wild * 4 {
        let at = Duration::from_millis(dice.below(HOUR.as_millis() as u64));
        let minutes = |dice: &mut Dice, most: u64| Duration::from_secs(dice.below(most * 60));
        let event = match dice.below(15) {
            0..=3 => Event::Crash(*dice.pick(&[
                Step::Waiting,
                Step::Asking,
                Step::BeforeWriting,
                Step::AfterWriting,
            ])),
            4 => Event::Settings,
            5 | 6 => Event::Clock(clock(dice)),
            7 | 8 => Event::ReceiverGone(minutes(dice, 12)),
            9 => {
                let fault = dice.pick(&[
                    Fault::Status(503),
                    Fault::Stall,
                    Fault::ResetBeforeHead,
                    Fault::HtmlPage,
                    Fault::Status(401),
                ]);
                Event::Outage(fault.clone(), minutes(dice, 20))
            }
            10 => Event::AlertChanges,
            11..=13 => {
                let of = *dice.pick(records);
                let ids = neighbours(dice, of);
                Event::Unserved(ids, minutes(dice, 15))
            }
            _ => Event::PlacesExpire,
        };
        events.push((at, event));
    }
    events.sort_by_key(|(at, _)| *at);
    events
}

/// 1970, ten years either way, some minutes back, or right.
fn clock(dice: &mut Dice) -> i64 {
    *dice.pick(&[
        -BEGIN_MS,
        YEARS,
        -YEARS,
        -(dice.clone().below(30) as i64) * MINUTE,
        0,
    ])
}
