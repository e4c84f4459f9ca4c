//! A replay's sign of life: one that hangs is late, one that waits for a reason is not.

use std::path::Path;
use std::sync::Mutex;

use tokio::sync::{Notify, watch};

use super::*;
use crate::agent::tests::parts::{introduction, writer};
use crate::clock::Moment;
use crate::ledger::Ledger;
use crate::lines::Lines;
use crate::sent::{SentBounds, SentRecorder};
use crate::source::cloud_apps::RULES;
use crate::source::{
    Answer, ApiRules, Recipient, RequestLimit, Rules, Seen, Source, SourceError, SourceErrorKind,
    Unreadable,
};
use crate::spool::SpoolPage;
use crate::spool::sled::{SledSpool, SpoolBounds};
use crate::status::{LivenessWatch, Status, Thresholds, WORK};
use crate::stream::CLOUD_APPS;

const HOUR: Duration = Duration::from_secs(3600);
const TIMEOUT: Duration = Duration::from_secs(60);
/// A sign of life that is overdue is late when it is found so twice, so far apart.
const CONFIRM: Duration = Duration::from_secs(5);
const TO_MS: i64 = 1_790_000_000_000;

/// Time that passes at once, in which somebody looks for signs of life each time.
#[derive(Clone, Default)]
struct World {
    at: Arc<Mutex<Duration>>,
    watch: LivenessWatch,
    late: Arc<Mutex<Vec<String>>>,
}

impl World {
    fn pass(&self, time: Duration) {
        let now = {
            let mut at = self.at.lock().unwrap();
            *at += time;
            *at
        };
        for now in [now, now + CONFIRM] {
            self.late.lock().unwrap().extend(self.watch.late(now));
        }
    }
}

impl Time for World {
    fn now(&self) -> Moment {
        let steady = *self.at.lock().unwrap();
        Moment {
            wall_ms: TO_MS + i64::try_from(steady.as_millis()).unwrap(),
            steady,
        }
    }

    fn sleep(&self, time: Duration) -> bool {
        self.pass(time);
        self.over()
    }

    fn over(&self) -> bool {
        self.now().steady >= HOUR
    }

    fn chance(&self) -> u64 {
        0
    }
}

/// A cloud whose answers take so long: each asks for silence first, and then brings a record that
/// has to be written.
struct SlowCloud {
    world: World,
    takes: Duration,
    silence: Option<Duration>,
}

impl Source for SlowCloud {
    fn page(&mut self, _: &Query, to: &mut dyn Recipient) -> Result<Answer, SourceError> {
        self.world.pass(self.takes);
        if let Some(silence) = self.silence.take() {
            let error = SourceErrorKind::Throttled(silence);
            return Err(SourceError::new(error, "too many requests"));
        }
        to.open(Some(TO_MS));
        let too_long = Unreadable {
            id: None,
            cursor_ms: None,
            reason: "too long".to_owned(),
        };
        let _ = to.record("{", Err(too_long));
        Ok(Answer {
            records: 1,
            ..Answer::default()
        })
    }

    fn api_rules(&self) -> ApiRules {
        RULES
    }
}

/// Which parts were found late while a replay ran whose spool is full, and what it said last.
fn late_parts(takes: Duration, silence: Option<Duration>) -> (Vec<String>, ReplayReport) {
    let world = World::default();
    let folder = tempfile::tempdir().unwrap();
    let spool = full_spool(folder.path());
    let (ledger, _) = Ledger::open(folder.path(), HOUR, &spool, [0]).unwrap();
    let bounds = SentBounds {
        remember: HOUR,
        most_bytes: 1 << 20,
    };
    let sent = Arc::new(SentIds::new(folder.path().join("ids"), bounds));
    let stream = CLOUD_APPS[0];
    let rules = Rules {
        overlap_ms: 0,
        look_back_ms: 0,
        first_look_back_ms: 0,
        first_from_ms: None,
        max_catch_up_ms: i64::MAX / 4,
        limit: 100,
        filters: 0,
        api: RULES,
    };
    let cursor = |high_ms| Cursor {
        high_ms,
        origin_ms: high_ms,
        ..Cursor::default()
    };
    let source = SlowCloud {
        world: world.clone(),
        takes,
        silence,
    };
    let limit = Arc::new(Mutex::new(RequestLimit::new(30)));
    let leg = Leg {
        stream,
        reader: TimeReader::new(rules, Some(cursor(TO_MS - 1_000_000)), Seen::default()),
        client: RateLimitedClient::new("activities", Box::new(source), &limit, TIMEOUT),
        errors: ErrorPolicy::default(),
        pollers: Pollers::of(cursor(TO_MS), 0),
        pages: PageWriter {
            number: number(stream),
            spool: Arc::new(spool),
            ledger: Arc::new(ledger),
            sent: SentRecorder::new(&sent, stream, number(stream)),
            wake: Arc::new(Notify::new()),
        },
    };
    let (report, heard) = watch::channel(ReplayReport::Progress(ReplayProgress::default()));
    let replay = Replay {
        request: ReplayRequest {
            agent: None,
            from_ms: TO_MS - 1_000_000,
            to_ms: TO_MS,
            stream: None,
            again: false,
            dry_run: false,
        },
        streams: vec![stream.name.to_owned()],
        legs: vec![leg],
        writer: writer(folder.path()),
        sent,
        worker: Worker {
            liveness: world.watch.part("replay"),
            time: ReplayTime {
                agent: world.clone(),
                report,
            },
            reporter: reporter(),
        },
        progress: ReplayProgress::default(),
    };
    replay.run();
    let mut late = world.late.lock().unwrap().clone();
    late.dedup();
    let report = heard.borrow().clone();
    (late, report)
}

/// A line waits in it, and there is room for no other.
fn full_spool(folder: &Path) -> SledSpool {
    let spool = SledSpool::open(folder, SpoolBounds::new(1), TO_MS).unwrap();
    let mut lines = Lines::default();
    lines.push_within(100, 0, |line| line.push_str("a line"));
    spool.append(&SpoolPage::of_lines(&lines), TO_MS).unwrap();
    spool
}

fn reporter() -> crate::status::Reporter {
    let thresholds = Thresholds {
        connection_error: HOUR,
        disconnected: HOUR,
    };
    Status::new(thresholds, Moment::default()).introduce(introduction(&[]), Moment::default())
}

#[test]
fn a_replay_that_hangs_in_a_question_is_late() {
    let (late, _) = late_parts(TIMEOUT * 3 + WORK + CONFIRM, None);
    assert_eq!(late, ["replay"]);
}

#[test]
fn a_replay_that_waits_for_an_answer_for_silence_and_for_the_spool_is_not_late() {
    let (late, last) = late_parts(TIMEOUT * 3, Some(HOUR / 2));
    assert_eq!(late, [""; 0]);
    let stops = "the agent stops or takes new settings: repeat the replay; siembox remembers which \
        records were sent";
    let ReplayReport::Failed { what, .. } = last else {
        panic!("{last:?}");
    };
    assert_eq!(what, stops);
}
