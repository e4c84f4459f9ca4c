//! One hour's plan, drawn from a seed: settings, records, and what happens when.
//!
//! What all APIs have in common stands here; what only one of them has is drawn by its
//! [`Face`](crate::face::Face).

use std::sync::Arc;
use std::time::Duration;

use siembox::for_tests::stream::{StreamKind, StreamSpec};
use siembox_support::cloud::Fault;
use siembox_support::dice::Dice;

use crate::face::{Face, Weather};

/// The cloud's time when the hour begins, milliseconds since 1970.
pub const BEGIN_MS: i64 = 1_760_000_000_000;
pub const HOUR: Duration = Duration::from_secs(3600);
/// The API's `Date` is wrong by no more than this.
pub const MOST_SKEW_MS: i64 = 60_000;

pub const SECOND: i64 = 1000;
pub const MINUTE: i64 = 60 * SECOND;
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
    /// A recent record of this stream changes: the same id, a later time, which lies so far back
    /// when the cloud shows it.
    Changes(usize, i64),
    /// The cloud forgets the places that it named.
    PlacesExpire,
    /// Something that only this API knows.
    Weather(Weather),
}

#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    /// The API that is read, and what is drawn of it alone.
    pub face: Arc<dyn Face>,
    /// In the order of its streams.
    pub streams: Vec<PlannedStream>,
    pub poll: Duration,
    pub first_look_back_ms: i64,
    /// So many requests of a hundred meet a fault.
    pub faults: u64,
    pub skew_ms: i64,
    pub on_sled: bool,
    /// As many lines fit into the model's spool.
    pub spool_lines: u64,
    /// The hour ends with a restart; otherwise it goes on until the look-back was read again.
    pub ends_with_restart: bool,
    pub events: Vec<(Duration, Event)>,
}

/// What is read of a stream, and with what.
#[derive(Debug, Clone)]
pub struct PlannedStream {
    pub spec: StreamSpec,
    pub reading: Reading,
    pub records: Vec<Planned>,
}

/// A record as the cloud shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Its id at the API.
    pub id: String,
    /// When it was made, where that is not the time that its stream is read by.
    pub made_ms: i64,
    /// The time that its stream is read by.
    pub at_ms: i64,
    pub visible_ms: i64,
    /// How often it changed since.
    pub changes: u32,
}

/// How many records a stream has.
pub struct Crowd {
    /// When the hour begins, at most.
    pub before: u64,
    /// That come within it, at most.
    pub within: u64,
    /// That share a millisecond, at most; in a fifth of the hours.
    pub tied: u64,
}

/// Some that are there when the hour begins, some that come in it; in a fifth of the hours many
/// share a millisecond. `name` makes the id of the one of this number.
pub fn records(
    dice: &mut Dice,
    reading: &Reading,
    first_look_back_ms: i64,
    crowd: &Crowd,
    name: impl Fn(&mut Dice, usize) -> String,
) -> Vec<Planned> {
    let (before, within) = (dice.below(crowd.before), dice.below(crowd.within));
    let mut times: Vec<i64> = Vec::new();
    // also before anything that is ever asked for
    let earliest = BEGIN_MS - first_look_back_ms - 10 * MINUTE;
    let span = |dice: &mut Dice, from: i64, to: i64| {
        from + i64::try_from(dice.below(u64::try_from(to - from).unwrap())).unwrap()
    };
    times.extend((0..before).map(|_| span(dice, earliest, BEGIN_MS)));
    times.extend((0..within).map(|_| span(dice, BEGIN_MS, BEGIN_MS + 58 * MINUTE)));
    if dice.percent(20) {
        let at = span(dice, BEGIN_MS - 10 * MINUTE, BEGIN_MS + 50 * MINUTE);
        times.extend((0..dice.below(crowd.tied)).map(|_| at));
    }
    for i in 1..times.len() {
        if dice.percent(20) {
            times[i] = times[i - 1];
        }
    }
    let records = times.into_iter().enumerate().map(|(i, at_ms)| {
        let late = match dice.below(100) {
            0..80 => dice.below(2) as i64 * SECOND,
            80..93 => dice.below(reading.overlap_ms as u64) as i64,
            93..99 => dice.below(reading.look_back_ms.min(HOUR.as_millis() as i64) as u64) as i64,
            _ => dice.below(3 * reading.look_back_ms as u64) as i64,
        };
        Planned {
            id: name(dice, i),
            made_ms: at_ms,
            at_ms,
            // nothing that shows itself after the hour is part of it
            visible_ms: (at_ms + late).min(BEGIN_MS + 59 * MINUTE),
            changes: 0,
        }
    });
    records.collect()
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

/// What happens, and when. `changing` are the streams whose records change, `weather` draws what
/// only this API knows.
pub fn events(
    dice: &mut Dice,
    streams: &[PlannedStream],
    changing: &[usize],
    weather: Option<fn(&mut Dice, usize) -> Weather>,
) -> Vec<(Duration, Event)> {
    let mut events = Vec::new();
    let wild = dice.below(4);
    for _ in 0..wild * 4 {
        let at = Duration::from_millis(dice.below(HOUR.as_millis() as u64));
        let minutes = |dice: &mut Dice, most: u64| Duration::from_secs(dice.below(most * 60));
        let kinds = if weather.is_some() { 19 } else { 15 };
        let event = match dice.below(kinds) {
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
            10 => changes(dice, streams, changing),
            11..=13 => {
                let of = dice.pick(streams);
                let ids = neighbours(dice, &of.records);
                Event::Unserved(ids, minutes(dice, 15))
            }
            14 => Event::PlacesExpire,
            15 => changes(dice, streams, changing),
            _ => match weather {
                Some(weather) => Event::Weather(weather(dice, streams.len())),
                None => Event::PlacesExpire,
            },
        };
        events.push((at, event));
    }
    events.sort_by_key(|(at, _)| *at);
    events
}

fn changes(dice: &mut Dice, streams: &[PlannedStream], changing: &[usize]) -> Event {
    let of = match changing {
        [one] => *one,
        several => *dice.pick(several),
    };
    let late_ms = match streams[of].spec.kind {
        // the date of an alert of Cloud Apps is when it changed
        StreamKind::Alerts => 0,
        _ => *dice.pick(&[0, 0, SECOND, 2 * MINUTE, 10 * MINUTE]),
    };
    Event::Changes(of, late_ms.min(streams[of].reading.look_back_ms / 3))
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
