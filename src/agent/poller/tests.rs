//! A poller of a table of advanced hunting: what is not there is told once and looked at rarely, and
//! records that come late are asked for where the API tells when they came.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use super::*;
use crate::agent::tests::parts::{introduction, writer};
use crate::clock::Moment;
use crate::event::Names;
use crate::ledger::Ledger;
use crate::sent::{SentBounds, SentIds, SentRecorder};
use crate::source::{
    Answer, ApiRules, Late, Newest, Query, Recipient, RequestLimit, Rules, Seen, Source,
    SourceErrorKind, hunting,
};
use crate::spool::sled::{SledSpool, SpoolBounds};
use crate::status::{LinkState, LivenessWatch, Snapshot, Status, Thresholds};
use crate::stream::CLOUD_APP_EVENTS;
use crate::timekeeping::Gate;

const HOUR: Duration = Duration::from_secs(3600);
const DAY_MS: i64 = 86_400_000;
const BEGIN_MS: i64 = 1_790_000_000_000;

/// The one row that there is, a minute old.
const ROW: &str = r#"{"Timestamp":"2026-09-21T14:12:20Z","ReportId":"r1"}"#;
const ROW_MS: i64 = BEGIN_MS - 60_000;

/// Time that passes where a test lets it.
#[derive(Clone, Default)]
struct Hand(Arc<Mutex<Duration>>);

impl Hand {
    fn pass(&self, time: Duration) {
        *self.0.lock().unwrap() += time;
    }
}

impl Time for Hand {
    fn now(&self) -> Moment {
        let steady = *self.0.lock().unwrap();
        Moment {
            wall_ms: BEGIN_MS + i64::try_from(steady.as_millis()).unwrap(),
            steady,
        }
    }

    fn sleep(&self, time: Duration) -> bool {
        self.pass(time);
        false
    }

    fn over(&self) -> bool {
        false
    }

    fn chance(&self) -> u64 {
        0
    }
}

/// What the table says, and what it was asked.
#[derive(Default)]
struct Table {
    /// Why each question fails, where it does.
    fails: Option<SourceErrorKind>,
    /// The same of those for what came late.
    fails_late: Option<SourceErrorKind>,
    /// What is said of the newest row, one answer after the other; the last one again and again.
    newest: VecDeque<Result<Option<Newest>, SourceErrorKind>>,
    asked: Vec<Option<Late>>,
    asked_newest: u32,
}

#[derive(Clone, Default)]
struct Service {
    table: Arc<Mutex<Table>>,
    time: Hand,
}

impl Service {
    fn table(&self) -> std::sync::MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failed<T>(kind: SourceErrorKind) -> Result<T, SourceError> {
    Err(SourceError::new(kind, "CloudAppEvents cannot be read"))
}

impl Source for Service {
    fn page(&mut self, query: &Query, to: &mut dyn Recipient) -> Result<Answer, SourceError> {
        let mut table = self.table();
        table.asked.push(query.late);
        let fails = table.fails.or(query.late.and(table.fails_late));
        if let Some(kind) = fails {
            return failed(kind);
        }
        let server_ms = Some(self.time.now().wall_ms);
        to.open(server_ms);
        let is_asked = ROW_MS >= query.from_ms && query.to_ms.is_none_or(|to_ms| ROW_MS <= to_ms);
        if is_asked {
            let _ = to.record(ROW, hunting::record::cloud_app(ROW, &Names::default()));
        }
        Ok(Answer {
            records: is_asked.into(),
            server_ms,
            ..Answer::default()
        })
    }

    fn api_rules(&self) -> ApiRules {
        hunting::RULES
    }

    fn knows_late(&self) -> bool {
        true
    }

    fn newest(&mut self, with_arrival: bool) -> Result<Option<Newest>, SourceError> {
        assert!(with_arrival);
        let mut table = self.table();
        table.asked_newest += 1;
        let next = match table.newest.len() {
            0 => return Ok(None),
            1 => table.newest[0],
            _ => table.newest.pop_front().unwrap(),
        };
        drop(table);
        next.or_else(failed)
    }
}

/// A poller of the table, its service, and the status that it reports to.
struct Bench {
    poller: Poller<SledSpool, Hand>,
    service: Service,
    status: Status,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let (folder, service) = (tempfile::tempdir().unwrap(), Service::default());
        let (stream, api) = (CLOUD_APP_EVENTS, hunting::RULES);
        let rules = Rules {
            overlap_ms: DAY_MS / 48,
            look_back_ms: DAY_MS,
            first_look_back_ms: 2 * DAY_MS,
            first_from_ms: None,
            max_catch_up_ms: 30 * DAY_MS,
            limit: 5000,
            filters: 0,
            api,
        };
        let spool = SledSpool::open(folder.path(), SpoolBounds::new(1 << 30), BEGIN_MS).unwrap();
        let (ledger, _) = Ledger::open(folder.path(), HOUR, &spool, [stream.number()]).unwrap();
        let bounds = SentBounds {
            remember: HOUR,
            most_bytes: 1 << 20,
        };
        let sent = Arc::new(SentIds::new(folder.path().join("ids"), bounds));
        let thresholds = Thresholds {
            connection_error: HOUR * 2,
            disconnected: HOUR * 12,
        };
        let status = Status::new(thresholds, service.time.now());
        let introduction = introduction(&[stream]);
        let limit = Arc::new(Mutex::new(RequestLimit::new(45)));
        let source = Box::new(service.clone());
        let poller = Poller {
            stream,
            reader: TimeReader::new(rules, None, Seen::default()),
            client: RateLimitedClient::new(stream.name, source, &limit, HOUR),
            writer: writer(folder.path()),
            pages: PageWriter {
                number: stream.number(),
                spool: Arc::new(spool),
                ledger: Arc::new(ledger),
                sent: SentRecorder::new(&sent, stream, stream.number()),
                wake: Arc::new(Notify::new()),
            },
            worker: Worker {
                liveness: LivenessWatch::default().part("reader"),
                time: service.time.clone(),
                reporter: status.introduce(introduction, service.time.now()),
            },
            audits: false,
            pace: PollInterval::new(Duration::from_secs(60)),
            look_back: HOUR * 24,
            read_secret: Box::new(|| Ok(String::new())),
            clock: ClockWait::new(&Gate::open()),
            state: PollerState::default(),
        };
        Self {
            poller,
            service,
            status,
            _folder: folder,
        }
    }

    /// Lets it step for so long; what it waited each time.
    fn run(&mut self, time: Duration) -> Vec<Duration> {
        let mut waits = Vec::new();
        let end = self.service.time.now().steady + time;
        while self.service.time.now().steady < end {
            let wait = self.poller.step();
            self.service.time.pass(wait);
            waits.push(wait);
        }
        waits
    }

    fn snapshot(&self) -> Snapshot {
        self.status.snapshot(self.service.time.now())
    }

    /// Of the questions since the last look: how many asked for what came late, and how many for
    /// everything.
    fn asked(&self) -> (usize, usize) {
        let asked = std::mem::take(&mut self.service.table().asked);
        let late = asked.iter().filter(|late| late.is_some()).count();
        (late, asked.len() - late)
    }
}

fn told(arrived_ms: Option<i64>) -> Result<Option<Newest>, SourceErrorKind> {
    Ok(Some(Newest {
        at_ms: ROW_MS,
        arrived_ms,
    }))
}

#[test]
fn what_is_absent_is_told_once_looked_at_each_hour_and_read_when_it_is_there() {
    let mut bench = Bench::new();
    bench.service.table().fails = Some(SourceErrorKind::Absent);
    let waits = bench.run(HOUR * 5);
    assert!(waits.iter().all(|wait| *wait == HOUR), "{waits:?}");
    let snapshot = bench.snapshot();
    let [notice] = &snapshot.notices[..] else {
        panic!("{:?}", snapshot.notices);
    };
    assert_eq!(
        (&*notice.title, notice.over_ms),
        ("A table cannot be read", None)
    );
    assert!(
        notice
            .text
            .ends_with("(cloud_app_events; next retry in 1 h)")
    );
    let agent = &snapshot.agents[0];
    // the API answers: nothing is wrong with the way to it
    assert_eq!(agent.cloud.state, LinkState::Connected);
    assert_eq!(
        (&agent.cloud.trouble, agent.streams[0].counts.absent),
        (&None, true)
    );

    bench.service.table().fails = None;
    bench.run(HOUR);
    let snapshot = bench.snapshot();
    assert!(
        snapshot
            .notices
            .iter()
            .all(|notice| notice.over_ms.is_some())
    );
    assert!(!snapshot.agents[0].streams[0].counts.absent);
}

#[test]
fn where_the_api_tells_when_records_came_each_poll_asks_for_late_ones() {
    let mut bench = Bench::new();
    bench.service.table().newest = [told(Some(BEGIN_MS))].into();
    bench.run(HOUR * 24);
    let (late, whole) = bench.asked();
    // one for the time, two for the first walk, which is one of two days, and three deep walks
    assert_eq!((whole, bench.service.table().asked_newest), (6, 4));
    assert!(late > 200, "{late}");

    // nothing tells it: the look-back is read each hour
    for newest in [
        told(None),
        Err(SourceErrorKind::Absent),
        Err(SourceErrorKind::BadQuestion),
    ] {
        let mut bench = Bench::new();
        bench.service.table().newest = [newest].into();
        bench.run(HOUR * 24);
        assert_eq!(bench.asked().0, 0);
        assert_eq!(bench.service.table().asked_newest, 24);
        assert_eq!(bench.snapshot().notices, []);
    }
}

#[test]
fn where_the_question_for_late_ones_is_refused_the_others_go_on() {
    for kind in [
        SourceErrorKind::BadQuestion,
        SourceErrorKind::Absent,
        SourceErrorKind::TooSlow,
    ] {
        let mut bench = Bench::new();
        bench.service.table().newest = [told(Some(BEGIN_MS)), told(None)].into();
        bench.run(HOUR / 2);
        bench.asked();
        bench.service.table().fails_late = Some(kind);
        let waits = bench.run(HOUR / 2);
        let longest = waits.iter().max().unwrap();
        assert!(*longest <= Duration::from_secs(300), "{kind:?} {waits:?}");
        let (late, whole) = bench.asked();
        assert_eq!(late, 1, "{kind:?}");
        assert!(whole > 3, "{kind:?} {whole}");
        let snapshot = bench.snapshot();
        assert!(!snapshot.agents[0].streams[0].counts.absent, "{kind:?}");
        let open = snapshot
            .notices
            .iter()
            .filter(|notice| notice.over_ms.is_none());
        assert_eq!(open.count(), 0, "{kind:?}");
        // and whether they can be asked for is learnt anew within the hour
        bench.run(HOUR);
        assert!(bench.service.table().asked_newest >= 2, "{kind:?}");
    }
}

#[test]
fn a_question_for_the_newest_that_fails_says_nothing() {
    let mut bench = Bench::new();
    let busy = SourceErrorKind::Throttled(Duration::from_secs(90));
    let answers = [
        Err(busy),
        Err(SourceErrorKind::Passing),
        Ok(None),
        told(Some(BEGIN_MS)),
    ];
    bench.service.table().newest = answers.into();
    bench.run(HOUR * 3);
    assert_eq!(bench.asked().0, 0);
    bench.run(HOUR);
    assert!(bench.asked().0 > 0);
}
