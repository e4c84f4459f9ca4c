//! Defender XDR: alerts and incidents of Graph, behaviors and the tables of advanced hunting,
//! behind the token of an Entra app.

mod records;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::{Map, Value, json};
use siembox::for_tests::clock::{Moment, Time as _};
use siembox::for_tests::format::LineWriter;
use siembox::for_tests::source::graph::{ALERT_UPDATES, ALERTS, Graph, INCIDENTS};
use siembox::for_tests::source::hunting::{Hunting, HuntingSettings};
use siembox::for_tests::source::{Credential, Entra, EntraApp, Permission, Source};
use siembox::for_tests::status::LivenessWatch;
use siembox::for_tests::stream::{STREAMS, StreamKind, StreamSpec};
use siembox_support::cloud::tenant::State;
use siembox_support::cloud::{self, App, Bound, Cloud, Fault, NoRows, Target};
use siembox_support::dice::Dice;
use siembox_support::mapper::{self, Looks};
use siembox_support::records::xdr::List;

use super::cloud_apps::common_fault;
use super::{Face, OpenSource, Weather, WeatherKind};
use crate::case::{
    Crowd, MINUTE, MOST_SKEW_MS, Plan, Planned, PlannedStream, Reading, SECOND, events,
    records as planned_records,
};
use crate::life::writer_of;
use crate::tenant::Line;
use crate::world::{SimTime, World, from_cef};

const DIRECTORY: &str = "contoso.com";
const CLIENT: &str = "00000000-0000-4000-8000-000000000001";
const SECRET: &str = "s3cret!";
/// Requests of alerts and incidents in any minute, of the 150 of Graph.
const REQUESTS: u32 = 100;

/// What is drawn of this API alone.
#[derive(Debug, Clone)]
pub struct DefenderXdrFace {
    /// Is an alert another line when it has changed?
    pub updates: bool,
    /// Calls of hunting in any minute, of the 45 of the tenant.
    pub calls: u32,
    /// Lifetime of a token, seconds.
    pub token_s: i64,
}

/// The streams of this source that are read by time, in the order of their numbers.
pub fn streams() -> impl Iterator<Item = StreamSpec> {
    let all = STREAMS.iter().copied();
    all.filter(|stream| stream.kind.is_by_time() && !stream.kind.is_of_cloud_apps())
}

/// Where a stream is listed.
pub fn list_of(stream: StreamSpec) -> List {
    match stream.name {
        "graph_alerts" => List::Alerts,
        "incidents" => List::Incidents,
        "behaviors" => List::BehaviorInfo,
        "cloud_app_events" => List::CloudAppEvents,
        "identity_logon_events" => List::IdentityLogonEvents,
        "identity_query_events" => List::IdentityQueryEvents,
        "identity_directory_events" => List::IdentityDirectoryEvents,
        other => panic!("{other} is no stream of Defender XDR"),
    }
}

/// An hour of it.
pub fn draw(seed: u64) -> Plan {
    let mut dice = Dice::new(seed);
    let pick = |dice: &mut Dice, of: &[i64]| *dice.pick(of);
    let first_look_back_ms = pick(&mut dice, &[0, 10, 60, 120]) * MINUTE;
    let face = DefenderXdrFace {
        updates: dice.percent(50),
        calls: *dice.pick(&[10, 20, 45]),
        token_s: pick(&mut dice, &[400, 900, 3599]),
    };
    let mut plan = Plan {
        seed,
        face: Arc::new(face),
        streams: Vec::new(),
        poll: Duration::from_secs(*dice.pick(&[30, 60, 120])),
        first_look_back_ms,
        faults: *dice.pick(&[0, 5, 15, 40]),
        skew_ms: pick(&mut dice, &[0, 0, -MOST_SKEW_MS, 5 * SECOND, MOST_SKEW_MS]),
        on_sled: dice.percent(20),
        spool_lines: *dice.pick(&[300, 2_000, 1_000_000]),
        ends_with_restart: dice.percent(50),
        events: Vec::new(),
    };
    for spec in streams() {
        let list = list_of(spec);
        let reading = Reading {
            overlap_ms: pick(&mut dice, &[1, 5, 15]) * MINUTE,
            look_back_ms: pick(&mut dice, &[20, 60, 24 * 60]) * MINUTE,
            page_size: *dice.pick(&plan.face.page_sizes(spec)),
        };
        let (before, within, tied) = match list {
            List::Alerts | List::Incidents => (80, 60, 120),
            List::CloudAppEvents => (250, 120, 250),
            _ => (80, 40, 80),
        };
        let crowd = Crowd {
            before,
            within,
            tied,
        };
        let id = |dice: &mut Dice, nth: usize| records::id(list, dice, nth);
        plan.streams.push(PlannedStream {
            spec,
            records: planned_records(&mut dice, &reading, first_look_back_ms, &crowd, id),
            reading,
        });
    }
    plan.events = events(&mut dice, &plan.streams, &[0, 1], Some(weather));
    plan
}

fn weather(dice: &mut Dice, streams: usize) -> Weather {
    let nth = usize::try_from(dice.below(streams as u64)).unwrap();
    let list = streams_list(nth);
    let table = *dice.pick(&[
        List::CloudAppEvents,
        List::BehaviorInfo,
        List::IdentityLogonEvents,
        List::IdentityQueryEvents,
        List::IdentityDirectoryEvents,
    ]);
    let some = |dice: &mut Dice, of: &[usize]| *dice.pick(of);
    let kind = match dice.below(13) {
        0 => WeatherKind::TableGone(table),
        1 => WeatherKind::RowsCut(some(dice, &[7, 40, 200])),
        2 => WeatherKind::BytesCut(some(dice, &[12_000, 50_000])),
        3 => WeatherKind::Above(some(dice, &[3, 20, 60]), table, Fault::TooLarge),
        4 => WeatherKind::Above(some(dice, &[3, 20, 60]), table, Fault::TooSlow),
        5 => WeatherKind::Above(some(dice, &[3, 20]), list, Fault::UnknownError),
        6 => WeatherKind::TokensEnd,
        7 => WeatherKind::SecretOver,
        8 => WeatherKind::AppGone,
        9 => WeatherKind::RightsGone,
        10 | 11 => WeatherKind::NewestFirst(*dice.pick(&[List::Alerts, List::Incidents])),
        12 if dice.percent(50) => WeatherKind::LinksBySkip,
        _ => WeatherKind::AlertsCut(some(dice, &[2, 10, 30])),
    };
    let lasts = Duration::from_secs(dice.below(15 * 60));
    Weather { kind, lasts }
}

fn streams_list(nth: usize) -> List {
    list_of(streams().nth(nth).expect("a stream"))
}

fn app(token_s: i64) -> App {
    App::new(DIRECTORY, CLIENT, SECRET).expires_in(token_s)
}

// === impl DefenderXdrFace ===

impl Face for DefenderXdrFace {
    fn cloud(&self, plan: &Plan) -> cloud::Builder {
        let records = plan.streams.iter().flat_map(|stream| {
            let list = list_of(stream.spec);
            (stream.records.iter()).map(move |planned| records::record(list, planned))
        });
        Cloud::builder().app(app(self.token_s)).xdr(records)
    }

    fn limits(&self) -> Vec<u32> {
        vec![REQUESTS, self.calls]
    }

    fn limit_of(&self, stream: StreamSpec) -> usize {
        usize::from(list_of(stream).is_table())
    }

    fn sources(&self, world: &Arc<World>) -> OpenSource {
        let secret = Credential::ClientSecret(Box::new(|| Ok(SECRET.to_owned())));
        let time = SimTime(Arc::clone(world), LivenessWatch::default());
        let now = move || -> Moment { time.now() };
        let app = EntraApp::new("https://tenant", DIRECTORY, CLIENT, secret, Box::new(now));
        let scope = Permission::of_scope("https://graph.microsoft.com/.default");
        let entra = Entra::new(Arc::new(app), scope);
        let updates = self.updates;
        Box::new(move |line: Line, filters: Map<String, Value>| {
            let (stream, entra, url) = (line.spec, entra.clone(), "https://tenant");
            let list = match stream.kind {
                StreamKind::Incidents => &INCIDENTS,
                StreamKind::GraphAlerts if updates => &ALERT_UPDATES,
                StreamKind::GraphAlerts => &ALERTS,
                _ => {
                    let settings = HuntingSettings {
                        filters,
                        ..HuntingSettings::default()
                    };
                    let source = Hunting::new(line, entra, stream, url, settings);
                    return Box::new(source.unwrap()) as Box<dyn Source + Send>;
                }
            };
            let names = Default::default();
            Box::new(Graph::new(line, entra, list, url, filters, names))
        })
    }

    fn writer(&self) -> LineWriter {
        static WRITER: OnceLock<LineWriter> = OnceLock::new();
        let source = format!(
            "kind = \"defender-xdr\"\ntenant_id = \"{DIRECTORY}\"\nclient_id = \"{CLIENT}\"\n\
             client_secret_file = \"secret\""
        );
        let make = || writer_of(&source, "secret", SECRET);
        WRITER.get_or_init(make).clone()
    }

    fn page_sizes(&self, stream: StreamSpec) -> [u32; 3] {
        match list_of(stream) {
            List::Alerts => [3, 40, 1000],
            List::Incidents => [3, 20, 50],
            _ => [5, 60, 5000],
        }
    }

    fn filter(&self, stream: StreamSpec, dice: &mut Dice) -> (&'static str, Value) {
        let name = match list_of(stream).is_table() {
            true => "ActionType",
            false => "severity",
        };
        (name, json!({ "neq": [format!("none-{}", dice.below(3))] }))
    }

    fn target(&self, stream: StreamSpec) -> Target {
        Target::Of(list_of(stream))
    }

    fn fault(&self, dice: &mut Dice) -> Fault {
        match dice.below(40) {
            0..=2 => Fault::Status(*dice.pick(&[500, 502, 503, 504, 408, 404, 401, 403])),
            3 => Fault::Throttled {
                retry_after: Some(u32::try_from(dice.below(90)).unwrap()),
                in_text: None,
            },
            4 => Fault::Throttled {
                retry_after: None,
                in_text: None,
            },
            9 | 10 => Fault::EmptyWithTotal,
            11 | 12 => Fault::HasNextLies,
            13 => Fault::UnknownError,
            14 => Fault::Cap(1 + usize::try_from(dice.below(30)).unwrap()),
            15 => Fault::Repeat,
            16 => Fault::Unordered,
            27 | 28 => Fault::BearerEnds,
            29 => Fault::HtmlForbidden,
            30 => Fault::LinkRefused,
            31 | 32 => Fault::PartialContent,
            33 | 34 => Fault::NewestFirst,
            35 => Fault::TooLarge,
            36 => Fault::TooSlow,
            37 => Fault::Quota(u32::try_from(dice.below(700)).unwrap()),
            38 if dice.percent(20) => Fault::TableMissing,
            38 | 39 => Fault::NoRows(*dice.pick(&[NoRows::Null, NoRows::Absent, NoRows::Empty])),
            other => common_fault(other, dice),
        }
    }

    fn log_on_fault(&self, dice: &mut Dice) -> Fault {
        match dice.below(6) {
            0 | 1 => Fault::Aadsts(*dice.pick(&[7_000_215, 7_000_222, 700_016, 90_002, 700_027])),
            2 => Fault::Status(*dice.pick(&[500, 503, 429, 403])),
            _ => dice
                .pick(&[
                    Fault::HtmlPage,
                    Fault::Stall,
                    Fault::ResetInBody,
                    Fault::InvalidJson,
                    Fault::HalfAnswer,
                    Fault::ResetBeforeHead,
                ])
                .clone(),
        }
    }

    fn line_id<'p>(&self, planned: &'p Planned) -> &'p str {
        records::line_id(&planned.id)
    }

    fn line(&self, stream: StreamSpec, planned: &Planned) -> Option<String> {
        let looks = Looks {
            portal: String::new(),
            version: "0.207.251".to_owned(),
            pri: false,
            system_name: None,
            full_header: false,
            portable: false,
            is_update: self.updates,
        };
        let list = list_of(stream);
        let json = records::record(list, planned).json();
        let line = mapper::xdr_line(list, &json, &looks);
        Some(from_cef(&line).to_owned())
    }

    fn allows(&self, complaint: &str) -> bool {
        let of_weather = [
            "TooLarge",
            "Unresolved",
            "NotAllowed",
            "Skip token",
            "limit of '500'",
        ];
        of_weather.iter().any(|word| complaint.contains(word))
    }

    fn tells_changes(&self, stream: StreamSpec) -> bool {
        match list_of(stream) {
            List::Alerts => self.updates,
            list => list == List::Incidents,
        }
    }

    fn knows_changed(&self) -> bool {
        true
    }

    fn put(&self, state: &mut State, stream: StreamSpec, planned: &Planned) {
        let record = records::record(list_of(stream), planned);
        state.graph.shelves.add(record);
    }

    fn forget_places(&self, state: &mut State) {
        state.graph.links = Default::default();
    }

    fn begin(&self, state: &mut State, weather: &Weather) {
        match &weather.kind {
            WeatherKind::TableGone(table) => {
                state.graph.missing.insert(*table);
            }
            WeatherKind::RowsCut(rows) => state.graph.most_rows = *rows,
            WeatherKind::BytesCut(bytes) => state.graph.most_bytes = *bytes,
            WeatherKind::Above(above, list, fault) => {
                let strike = fault.clone().bound_to(Bound::Above(*above));
                state.faults.add(strike.on(Target::Of(*list)));
            }
            WeatherKind::NewestFirst(list) => {
                let strike = Fault::NewestFirst.for_ever();
                state.faults.add(strike.on(Target::Of(*list)));
            }
            WeatherKind::TokensEnd => state.keys.bearers.clear(),
            WeatherKind::SecretOver => self.change_app(state, App::secret_is_over),
            WeatherKind::AppGone => self.change_app(state, |app| App {
                client_id: "another".to_owned(),
                ..app
            }),
            WeatherKind::RightsGone => self.change_app(state, |app| app.roles(&[])),
            WeatherKind::LinksBySkip => state.graph.links_by_skip = true,
            WeatherKind::AlertsCut(most) => state.graph.most_alerts = *most,
        }
    }

    fn end(&self, state: &mut State, weather: &Weather) {
        let usual = cloud::graph::Graph::default();
        match &weather.kind {
            WeatherKind::TableGone(table) => {
                state.graph.missing.remove(table);
            }
            WeatherKind::RowsCut(_) => state.graph.most_rows = usual.most_rows,
            WeatherKind::BytesCut(_) => state.graph.most_bytes = usual.most_bytes,
            WeatherKind::Above(..) | WeatherKind::NewestFirst(_) => state.faults.clear(),
            WeatherKind::TokensEnd => {}
            WeatherKind::SecretOver | WeatherKind::AppGone | WeatherKind::RightsGone => {
                state.app = Some(app(self.token_s));
            }
            WeatherKind::LinksBySkip => state.graph.links_by_skip = false,
            WeatherKind::AlertsCut(_) => state.graph.most_alerts = usual.most_alerts,
        }
    }
}

impl DefenderXdrFace {
    /// The app is another one from now on, and its tokens end.
    fn change_app(&self, state: &mut State, change: impl FnOnce(App) -> App) {
        state.app = Some(change(app(self.token_s)));
        state.keys.bearers.clear();
    }
}
