//! Boxes that share a hub lose nothing, whatever happens, and repeat no more than a page of a
//! partition where it goes from one box to another.

mod group;
mod hub;
mod part;
mod start;

use std::sync::Mutex;

use tempfile::TempDir;
use tokio::sync::Notify;

use super::*;
use crate::agent::tests::parts::{introduction, writer};
use crate::clock::Moment;
use crate::ledger::Ledger;
use crate::sent::{SentBounds, SentIds, SentRecorder};
use crate::spool::Packer;
use crate::spool::sled::{SledSpool, SpoolBounds};
use crate::status::{LivenessWatch, Status, Thresholds};
use crate::stream::EVENT_HUBS;
use crate::timekeeping::Gate;
use hub::{Hub, Member};

const HOUR: Duration = Duration::from_secs(3600);
const BEGIN_MS: i64 = 1_790_000_000_000;

/// Time that passes when somebody waits.
#[derive(Clone, Default)]
struct Hand(Arc<Mutex<Duration>>);

impl Time for Hand {
    fn now(&self) -> Moment {
        let steady = *self.0.lock().unwrap();
        Moment {
            wall_ms: BEGIN_MS + i64::try_from(steady.as_millis()).unwrap(),
            steady,
        }
    }

    fn sleep(&self, time: Duration) -> bool {
        *self.0.lock().unwrap() += time;
        false
    }

    fn over(&self) -> bool {
        false
    }

    fn chance(&self) -> u64 {
        0
    }
}

/// A box: its folder outlives its process.
struct SiemBox {
    name: String,
    folder: TempDir,
    time: Hand,
    status: Status,
    process: Option<Consumer<SledSpool, Hand>>,
}

impl SiemBox {
    fn new(name: &str) -> Self {
        let thresholds = Thresholds {
            connection_error: HOUR * 2,
            disconnected: HOUR * 12,
        };
        Self {
            name: name.to_owned(),
            folder: tempfile::tempdir().unwrap(),
            time: Hand::default(),
            status: Status::new(thresholds, Moment::default()),
            process: None,
        }
    }

    /// Its process begins, on what the last one left behind.
    fn start(&mut self, hub: &Arc<Mutex<Hub>>, bound: u64) {
        let (folder, number) = (self.folder.path(), EVENT_HUBS.number());
        let spool = SledSpool::open(folder, SpoolBounds::new(bound), BEGIN_MS).unwrap();
        let (ledger, _) = Ledger::open(folder, HOUR, &spool, [number]).unwrap();
        let bounds = SentBounds {
            remember: HOUR,
            most_bytes: 1 << 20,
        };
        let sent = Arc::new(SentIds::new(folder.join("ids"), bounds));
        let memory = spool.recall(number).unwrap();
        let now = self.time.now();
        self.process = Some(Consumer {
            stream: EVENT_HUBS,
            hub: HubSource {
                source: Box::new(Member::new(&self.name, hub)),
                cancel: Box::new(|| {}),
                read_secret: Box::new(|| Ok(String::new())),
            },
            writer: writer(folder),
            pages: PageWriter {
                number,
                spool: Arc::new(spool),
                ledger: Arc::new(ledger),
                sent: SentRecorder::new(&sent, EVENT_HUBS, number),
                wake: Arc::new(Notify::new()),
            },
            worker: Worker {
                liveness: LivenessWatch::default().part("reader"),
                time: self.time.clone(),
                reporter: self.status.introduce(introduction(&[EVENT_HUBS]), now),
            },
            clock: ClockWait::new(&Gate::open()),
            first_look_back: HOUR * 48,
            look_back: HOUR * 24,
            state: ConsumerState::restore(&memory, &[], "hub:9093", &Packer::default()).unwrap(),
        });
    }

    /// One step; where it is stopped, none.
    fn step(&mut self) {
        if let Some(process) = &mut self.process {
            let wait = process.step();
            self.time.sleep(wait);
        }
    }

    /// The ids of all lines on flash, in their order.
    fn ids(&self) -> Vec<String> {
        let spool = &self.process.as_ref().unwrap().pages.spool;
        let mut ids = Vec::new();
        let mut next = spool.first();
        while let Some(batch) = spool.peek(next).unwrap() {
            for line in batch.lines.iter() {
                let (_, behind) = line.split_once("externalId=").unwrap();
                ids.push(behind.split(' ').next().unwrap().to_owned());
                next += 1;
            }
        }
        ids
    }

    /// The dead letters' ids.
    fn aside(&self) -> Vec<String> {
        let spool = &self.process.as_ref().unwrap().pages.spool;
        let aside = spool.aside(1000).unwrap();
        aside.into_iter().map(|letter| letter.id).collect()
    }

    fn titles(&self) -> Vec<String> {
        let snapshot = self.status.snapshot(self.time.now());
        let notices = snapshot.notices.iter();
        notices.map(|notice| notice.title.clone()).collect()
    }
}
