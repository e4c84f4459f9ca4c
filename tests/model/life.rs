//! The hour: lives of the process, one after the other, on one spool.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use siembox::for_tests::agent::{
    ClockWait, PageWriter, Poller, PollerState, RateLimitedClient, Worker, restore,
};
use siembox::for_tests::format::LineWriter;
use siembox::for_tests::ledger::Ledger;
use siembox::for_tests::sent::{self, SentIds, SentRecorder};
use siembox::for_tests::settings::{Overrides, Settings};
use siembox::for_tests::source::{PollInterval, RequestLimit, Rules, fingerprint};
use siembox::for_tests::spool::Spool;
use siembox::for_tests::status::{
    Introduction, LedgerReport, LivenessWatch, Reporter, SpoolReport, Status, Thresholds,
};
use siembox::for_tests::timekeeping::Gate;
use siembox::for_tests::wiring::line_writer;
use tokio::sync::Notify;

use crate::case::{HOUR, Plan};
use crate::judge::judge;
use crate::spool::TestSpool;
use crate::tally::Tally;
use crate::tenant::{Line, TIMEOUT};
use crate::world::{SimTime, World};

/// Nothing takes longer than this.
const PATIENCE: Duration = HOUR.saturating_mul(12);
const MINUTE: Duration = Duration::from_secs(60);

type SimPoller = Poller<TestSpool, SimTime>;

/// One hour. The error says what is wrong.
pub fn hour(plan: &Plan) -> Result<Tally, String> {
    let tenant = plan.face.cloud(plan).tenant();
    let world = Arc::new(World::new(plan, tenant));
    let mut spool = Arc::new(TestSpool::new(&world, plan.on_sled, plan.spool_lines));
    loop {
        live(plan, &world, &spool)?;
        let mut inner = world.inner();
        inner.receiver.spool = None;
        if inner.calm {
            break;
        }
        // the box is off for a while
        inner.receiver.hang_up();
        inner.over = false;
        let off = Duration::from_secs(inner.dice.below(200));
        drop(inner);
        spool = Arc::new(spool.killed());
        world.pass(off);
    }
    judge(plan, &world, &spool)
}

/// One life of the process, to its death, or to the end of the hour and until all is calm.
fn live(plan: &Plan, world: &Arc<World>, spool: &Arc<TestSpool>) -> Result<(), String> {
    {
        let mut inner = world.inner();
        inner.life += 1;
        inner.life_began = inner.at;
        inner.receiver.spool = Some(Arc::clone(spool));
    }
    let mut limits = limits(plan);
    let reporter = reporter(&status());
    let mut pollers = pollers(plan, world, spool, &limits, &reporter);
    let count = pollers.len();
    let (mut due, mut walks) = (vec![world.at(); count], vec![0_u32; count]);
    let (mut calm_at, mut restarted) = (None, false);
    let (mut steps, mut steps_at) = (0, world.at());
    loop {
        if world.at() > steps_at + MINUTE {
            (steps, steps_at) = (0, world.at());
        }
        steps += 1;
        if steps > 10_000 {
            return Err(format!("{steps} steps within a minute at {steps_at:?}"));
        }
        let turn = next_turn(&due);
        world.pass(due[turn].saturating_sub(world.at()));
        if world.inner().over {
            return Ok(());
        }
        if std::mem::take(&mut world.inner().changed) {
            pollers = self::pollers(plan, world, spool, &limits, &reporter);
            world.inner().receiver.hang_up();
        }
        let at = world.at();
        world.inner().first_steps[turn].get_or_insert(at);
        let wait = pollers[turn].step();
        // another one's step may take longer than this wait: here they take turns, on one thread
        pollers[turn].worker.liveness.rest();
        due[turn] = world.at() + wait;
        walks[turn] += u32::from(pollers[turn].reader.query().is_none());
        let inner = world.inner();
        if inner.over {
            return Ok(());
        }
        if calm_at.is_none() && inner.at >= HOUR {
            calm_at = Some(inner.at);
            drop(inner);
            world.calm_down();
            if plan.ends_with_restart {
                let mut inner = world.inner();
                inner.life += 1;
                inner.life_began = inner.at;
                drop(inner);
                limits = self::limits(plan);
                pollers = self::pollers(plan, world, spool, &limits, &reporter);
                restarted = true;
            }
            (due, walks) = (vec![world.at(); count], vec![0; count]);
            continue;
        }
        let at = inner.at;
        drop(inner);
        let Some(calm_at) = calm_at else { continue };
        // a walk that was under way, one that reads the look-back again, and one more
        let enough = (restarted || at >= calm_at + HOUR + 10 * MINUTE)
            && walks.iter().all(|&walks| walks >= 3);
        if enough && spool.stats().waiting == 0 {
            return Ok(());
        }
        if at > PATIENCE {
            return Err(format!(
                "it never comes to its end: {walks:?} walks, {:?}",
                spool.stats()
            ));
        }
    }
}

/// Whose turn it is: who has waited longest for it.
pub fn next_turn(due: &[Duration]) -> usize {
    let first = (0..due.len()).min_by_key(|&turn| due[turn]);
    first.expect("a stream")
}

/// The limits that the pollers of a life share.
pub fn limits(plan: &Plan) -> Vec<Arc<Mutex<RequestLimit>>> {
    let limits = plan.face.limits().into_iter();
    limits
        .map(|limit| Arc::new(Mutex::new(RequestLimit::new(limit))))
        .collect()
}

pub fn pollers(
    plan: &Plan,
    world: &Arc<World>,
    spool: &Arc<TestSpool>,
    limits: &[Arc<Mutex<RequestLimit>>],
    reporter: &Reporter,
) -> Vec<SimPoller> {
    let numbers = plan.streams.iter().map(|stream| stream.spec.number());
    let (ledger, _) = Ledger::open(spool.ledger.path(), 24 * HOUR, &**spool, numbers).unwrap();
    let ledger = Arc::new(ledger);
    let no_memory = sent::SentBounds {
        remember: Duration::ZERO,
        most_bytes: 0,
    };
    let sent = Arc::new(SentIds::new(spool.ledger.path().join("ids"), no_memory));
    let open = plan.face.sources(world);
    let each = plan.streams.iter().enumerate();
    each.map(|(of, planned)| {
        let (stream, reading) = (planned.spec, &planned.reading);
        let (page_size, filters) = settings_of_the_moment(plan, world, reading.page_size, of);
        let look_back = Duration::from_millis(u64::try_from(reading.look_back_ms).unwrap());
        let line = Line {
            world: Arc::clone(world),
            spec: stream,
            stream: of,
            faults: plan.faults,
            skew_ms: plan.skew_ms,
            look_back,
        };
        let print = fingerprint(&serde_json::Value::Object(filters.clone()).to_string());
        let source = open(line, filters);
        let rules = Rules {
            overlap_ms: reading.overlap_ms,
            look_back_ms: reading.look_back_ms,
            first_look_back_ms: plan.first_look_back_ms,
            first_from_ms: None,
            max_catch_up_ms: 30 * 86_400_000,
            limit: page_size,
            filters: print,
            api: source.api_rules(),
        };
        let pulses = LivenessWatch::default();
        let pulse = pulses.part(stream.name);
        let limit = &limits[plan.face.limit_of(stream)];
        Poller {
            stream,
            reader: restore(&**spool, stream, rules).unwrap(),
            client: RateLimitedClient::new(stream.name, source, limit, TIMEOUT),
            writer: plan.face.writer(),
            pages: PageWriter {
                number: stream.number(),
                spool: Arc::clone(spool),
                ledger: Arc::clone(&ledger),
                sent: SentRecorder::new(&sent, stream, stream.number()),
                wake: Arc::new(Notify::new()),
            },
            worker: Worker {
                time: SimTime(Arc::clone(world), pulses),
                liveness: pulse,
                reporter: reporter.clone(),
            },
            audits: false,
            pace: PollInterval::new(plan.poll),
            look_back,
            read_secret: Box::new(|| Ok(String::new())),
            clock: ClockWait::new(&Gate::open()),
            state: PollerState::default(),
        }
    })
    .collect()
}

/// Page size and filters: those of the plan at first, others now and then; all filters let
/// everything through.
fn settings_of_the_moment(
    plan: &Plan,
    world: &World,
    page_size: u32,
    stream: usize,
) -> (u32, serde_json::Map<String, serde_json::Value>) {
    let spec = plan.streams[stream].spec;
    let mut inner = world.inner();
    let page_size = if inner.at.is_zero() {
        page_size
    } else {
        *inner.dice.pick(&plan.face.page_sizes(spec))
    };
    let mut filters = serde_json::Map::new();
    if inner.dice.percent(30) {
        let (name, filter) = plan.face.filter(spec, &mut inner.dice);
        filters.insert(name.to_owned(), filter);
    }
    (page_size, filters)
}

/// The status of a box that has just started.
pub fn status() -> Status {
    let thresholds = Thresholds {
        connection_error: 2 * HOUR,
        disconnected: 12 * HOUR,
    };
    Status::new(thresholds, Default::default())
}

/// The agent introduces itself to it.
pub fn reporter(status: &Status) -> Reporter {
    status.introduce(
        Introduction {
            name: "contoso".to_owned(),
            cloud: String::new(),
            siem: String::new(),
            streams: Vec::new(),
            paused: false,
            known: false,
            ask_spool: Arc::new(SpoolReport::default),
            ask_ledger: Arc::new(LedgerReport::default),
        },
        Default::default(),
    )
}

/// Writes lines as an agent with this source does, whose secret stands in this file.
pub fn writer_of(source: &str, secret_file: &str, secret: &str) -> LineWriter {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("siembox.toml");
    let siem = "[agent.siem]\nhost = \"127.0.0.1\"\nport = 514\nprotocol = \"tcp\"\n";
    let text = format!(
        "state_dir = \"state\"\n[[agent]]\nname = \"contoso\"\n[agent.source]\n{source}\n{siem}"
    );
    std::fs::write(&file, text).unwrap();
    std::fs::write(folder.path().join(secret_file), secret).unwrap();
    let loaded = Settings::load(&file, &Overrides::default()).unwrap();
    line_writer(&loaded.settings.agents[0]).unwrap()
}
