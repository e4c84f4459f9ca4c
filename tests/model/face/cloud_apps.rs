//! Defender for Cloud Apps: activities and alerts, behind a token.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::{Map, Value, json};
use siembox::for_tests::format::LineWriter;
use siembox::for_tests::source::Source;
use siembox::for_tests::source::cloud_apps::{CloudApps, CloudAuth};
use siembox::for_tests::source::http::MAX_BODY;
use siembox::for_tests::stream::{ACTIVITIES, ALERTS, CLOUD_APPS, StreamSpec};
use siembox_support::cloud::tenant::State;
use siembox_support::cloud::{self, Cloud, Dirt, Fault, Target, Unreadable};
use siembox_support::dice::Dice;
use siembox_support::records::{Record, Stream};

use super::{Face, OpenSource, Weather};
use crate::case::{
    Crowd, MINUTE, MOST_SKEW_MS, Plan, Planned, PlannedStream, Reading, SECOND, events, records,
};
use crate::life::writer_of;
use crate::tenant::Line;
use crate::world::World;

const TOKEN: &str = "b3Blbi1zZXNhbWU=";
/// Requests in any minute, as the API allows them.
const LIMIT: u32 = 30;

/// What is drawn of this API alone.
#[derive(Debug, Clone)]
pub struct CloudAppsFace {
    pub scan_drops: usize,
    pub page_cap: usize,
    pub fetch_related: bool,
}

/// An hour of it.
pub fn draw(seed: u64) -> Plan {
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
    let poll = Duration::from_secs(*dice.pick(&[10, 30, 60]));
    let faults = *dice.pick(&[0, 5, 15, 40]);
    let (scan_drops, page_cap) = (*dice.pick(&[0, 3, 50]), *dice.pick(&[20, 100]));
    let skew_ms = pick(&mut dice, &[0, 0, -MOST_SKEW_MS, 5 * SECOND, MOST_SKEW_MS]);
    let fetch_related = dice.percent(15);
    let face = CloudAppsFace {
        scan_drops,
        page_cap,
        fetch_related,
    };
    let mut plan = Plan {
        seed,
        face: Arc::new(face),
        streams: Vec::new(),
        poll,
        first_look_back_ms,
        faults,
        skew_ms,
        on_sled: dice.percent(20),
        spool_lines: *dice.pick(&[600, 5_000, 1_000_000]),
        ends_with_restart: dice.percent(50),
        events: Vec::new(),
    };
    for (spec, reading) in CLOUD_APPS.iter().zip(reading) {
        let (before, within, tied) = match *spec == ACTIVITIES {
            true => (1500, 700, 2500),
            false if fetch_related => (10, 20, 5),
            false => (150, 80, 250),
        };
        let crowd = Crowd {
            before,
            within,
            tied,
        };
        let name = if *spec == ACTIVITIES {
            "activity"
        } else {
            "alert"
        };
        let id = |_: &mut Dice, i: usize| format!("{name}-{i:06}");
        plan.streams.push(PlannedStream {
            spec: *spec,
            records: records(&mut dice, &reading, first_look_back_ms, &crowd, id),
            reading,
        });
    }
    plan.events = events(&mut dice, &plan.streams, &[1], None);
    plan
}

// === impl CloudAppsFace ===

impl Face for CloudAppsFace {
    fn cloud(&self, plan: &Plan) -> cloud::Builder {
        let records = |of: StreamSpec| {
            let stream = plan.streams.iter().find(|stream| stream.spec == of);
            let records = stream.map_or(&[][..], |stream| &stream.records);
            records.iter().map(record).collect::<Vec<_>>()
        };
        Cloud::builder()
            .token(TOKEN)
            .activities(records(ACTIVITIES))
            .alerts(records(ALERTS))
            .scan_drops(self.scan_drops)
            .page_cap(self.page_cap)
    }

    fn limits(&self) -> Vec<u32> {
        vec![LIMIT]
    }

    fn limit_of(&self, _: StreamSpec) -> usize {
        0
    }

    fn sources(&self, _: &Arc<World>) -> OpenSource {
        let fetch_related = self.fetch_related;
        Box::new(move |line: Line, filters: Map<String, Value>| {
            let auth = CloudAuth::Token(Box::new(|| Ok(TOKEN.to_owned())));
            let stream = line.spec;
            let source = CloudApps::new(line, auth, stream, "https://tenant", filters);
            Box::new(source.fetch_related(fetch_related)) as Box<dyn Source + Send>
        })
    }

    fn writer(&self) -> LineWriter {
        static WRITER: OnceLock<LineWriter> = OnceLock::new();
        let source = "api_url = \"https://contoso.us3.portal.cloudappsecurity.com\"\n\
            token_file = \"token\"";
        let make = || writer_of(source, "token", &TOKEN.repeat(5));
        WRITER.get_or_init(make).clone()
    }

    fn page_sizes(&self, stream: StreamSpec) -> [u32; 3] {
        match stream == ACTIVITIES {
            true => [500, 1000, 5000],
            false => [3, 50, 100],
        }
    }

    fn filter(&self, stream: StreamSpec, dice: &mut Dice) -> (&'static str, Value) {
        let name = match stream == ACTIVITIES {
            true => "service",
            false => "alertType",
        };
        (name, json!({ "neq": [dice.below(3)] }))
    }

    fn target(&self, stream: StreamSpec) -> Target {
        match stream == ACTIVITIES {
            true => Target::Activities,
            false => Target::Alerts,
        }
    }

    fn fault(&self, dice: &mut Dice) -> Fault {
        match dice.below(27) {
            0..=2 => Fault::Status(*dice.pick(&[500, 502, 503, 504, 408, 404, 401, 403])),
            3 => Fault::Throttled {
                retry_after: Some(u32::try_from(dice.below(90)).unwrap()),
                in_text: None,
            },
            4 => Fault::Throttled {
                retry_after: None,
                in_text: dice.percent(50).then_some(17),
            },
            9 | 10 => Fault::EmptyWithTotal,
            11 | 12 => Fault::HasNextLies,
            13 => Fault::NoNextFilters,
            14 => Fault::Cap(1 + usize::try_from(dice.below(70)).unwrap()),
            15 => Fault::Repeat,
            16 => Fault::Unordered,
            other => common_fault(other, dice),
        }
    }

    fn log_on_fault(&self, _: &mut Dice) -> Fault {
        unreachable!("its token needs no log-on")
    }

    fn tells_changes(&self, _: StreamSpec) -> bool {
        false
    }

    fn knows_changed(&self) -> bool {
        false
    }

    fn put(&self, state: &mut State, stream: StreamSpec, planned: &Planned) {
        let shelf = match stream == ACTIVITIES {
            true => Stream::Activities,
            false => Stream::Alerts,
        };
        state.store.shelf_mut(shelf).add([record(planned)]);
    }

    fn forget_places(&self, state: &mut State) {
        state.scans = Default::default();
    }

    fn begin(&self, _: &mut State, weather: &Weather) {
        unreachable!("{weather:?} is none of this API")
    }

    fn end(&self, _: &mut State, _: &Weather) {}
}

fn record(planned: &Planned) -> Record {
    let Planned { id, at_ms, .. } = planned;
    let words = if planned.changes == 0 {
        "words"
    } else {
        "changed"
    };
    let json = format!(
        r#"{{"_id":"{id}","timestamp":{at_ms},"created":{at_ms},"title":"T","description":"{words}","severity":"INFO"}}"#
    );
    Record::raw(id, *at_ms, *at_ms, &json).visible_from(planned.visible_ms)
}

/// Of the faults that strike answers of any API, the one of this number, 5 to 26.
pub fn common_fault(nth: u64, dice: &mut Dice) -> Fault {
    match nth {
        5 => Fault::HtmlPage,
        6 => Fault::Redirect("https://elsewhere.example/".to_owned()),
        7 => Fault::Stall,
        8 => Fault::ResetBeforeHead,
        17 => Fault::Unreadable(*dice.pick(&[
            Unreadable::NotAnObject,
            Unreadable::NoTime,
            Unreadable::TimeIsText,
            Unreadable::NoId,
            Unreadable::WrongTypes,
        ])),
        18 => Fault::BigRecord(1000 + usize::try_from(dice.below(200_000)).unwrap()),
        19 => Fault::Dirt(*dice.pick(&[
            Dirt::InvalidUtf8,
            Dirt::LoneSurrogate,
            Dirt::DuplicateKeys,
            Dirt::Controls,
        ])),
        20 => Fault::InvalidJson,
        // unpacking 64 MB takes a while
        21 if dice.percent(5) => Fault::GzipBomb(MAX_BODY + 1),
        21 => Fault::HugeHeaders(1 << 20),
        22 => dice
            .pick(&[Fault::Gzip, Fault::Chunked, Fault::HangUp])
            .clone(),
        23 => dice.pick(&[Fault::ResetInHead, Fault::ResetInBody]).clone(),
        24 => Fault::HalfAnswer,
        25 => Fault::Drip(Duration::from_millis(1)),
        _ => Fault::Delay(Duration::from_secs(dice.below(55))),
    }
}
