//! Everything the simulator knows: records, keys, limits, and what it has seen.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::auth::Keys;
use super::calls::Calls;
use super::entra::App;
use super::fault::Fault;
use super::graph::Graph;
use super::page::Page;
use super::scan::Scans;
use super::store::Store;
use super::strike::Faults;
use super::throttle::Throttle;
use crate::clock::Clock;
use crate::records::Stream;

/// As many requests are remembered.
const REMEMBERED: usize = 50_000;

/// A request the simulator has answered, or broken off.
#[derive(Debug, Clone)]
pub struct Seen {
    /// When it was read, by the simulator's clock (epoch ms).
    pub at_ms: i64,
    /// When it was read.
    pub at: Instant,
    /// Who sent it.
    pub client: SocketAddr,
    /// Number of the connection it came over, from 1.
    pub connection: u64,
    /// `GET`, `POST`, …
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// Headers as sent.
    pub headers: Vec<(String, String)>,
    /// The body, where it was text.
    pub body: String,
    /// Status of the answer; 0 where none was sent.
    pub status: u16,
    /// Ids of the records that were served.
    pub ids: Vec<String>,
    /// The fault that struck it.
    pub fault: Option<Fault>,
}

impl Seen {
    /// The target's path, without a trailing slash.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target
            .split('?')
            .next()
            .unwrap_or_default()
            .trim_end_matches('/')
    }

    /// The body as JSON; null where it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// The tenant: shared by the server's threads and the test that watches them.
#[derive(Debug)]
pub struct Tenant {
    /// The simulator's time.
    pub clock: Clock,
    state: Mutex<State>,
    changed: Condvar,
}

/// What changes while the simulator runs.
#[derive(Debug)]
pub struct State {
    /// Activities and alerts.
    pub store: Store,
    /// Who is let in.
    pub keys: Keys,
    /// The app that the Entra endpoint knows.
    pub app: Option<App>,
    /// The ids of the assertions that were taken.
    pub used_jtis: HashSet<String>,
    /// Alerts, incidents and tables of Graph.
    pub graph: Graph,
    /// How often each API was called.
    pub calls: Calls,
    /// How many tokens the Entra endpoint gave out.
    pub tokens_given: u64,
    /// How often.
    pub throttle: Throttle,
    /// Continuations that were handed out.
    pub scans: Scans,
    /// Most records of an answer without scan mode.
    pub page_cap: usize,
    /// How many records a scan's answer leaves to the next.
    pub scan_drops: usize,
    /// Pack answers where the client takes gzip.
    pub gzip: bool,
    /// Send answers in chunks.
    pub chunked: bool,
    /// Send a `Retry-After` with 429.
    pub retry_after: bool,
    /// What goes wrong.
    pub faults: Faults,
    /// The page that each list served last.
    pub last_pages: HashMap<Stream, Page>,
    /// What was asked.
    pub seen: VecDeque<Seen>,
    /// What a careful client doesn't do.
    pub complaints: Vec<String>,
}

impl State {
    /// Writes down what a careful client doesn't do; once.
    pub fn complain(&mut self, what: String) {
        if !self.complaints.contains(&what) && self.complaints.len() < 1000 {
            self.complaints.push(what);
        }
    }
}

impl Tenant {
    /// A tenant with this beginning.
    #[must_use]
    pub fn new(clock: Clock, state: State) -> Self {
        Self {
            clock,
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    /// What changes, for one look or one step.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a request.
    pub fn saw(&self, seen: Seen) {
        let mut state = self.state();
        if state.seen.len() == REMEMBERED {
            state.seen.pop_front();
        }
        state.seen.push_back(seen);
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until `done` says so, looking again after each request; false where `patience` ran out
    /// first.
    pub fn wait_until(&self, patience: Duration, mut done: impl FnMut(&State) -> bool) -> bool {
        let end = Instant::now() + patience;
        let mut state = self.state();
        loop {
            if done(&state) {
                return true;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let step = left.min(Duration::from_millis(100));
            (state, _) = self
                .changed
                .wait_timeout(state, step)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}
