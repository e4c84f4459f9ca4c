//! What a simulator is made of, before it starts.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::auth::Keys;
use super::calls::Calls;
use super::entra::App;
use super::graph::{Graph, IngestionTime};
use super::scan::Scans;
use super::store::{SortField, Store};
use super::strike::Faults;
use super::tenant::{State, Tenant};
use super::throttle::Throttle;
use super::{Cloud, server};
use crate::clock::Clock;
use crate::dice::Dice;
use crate::listener::Listener;
use crate::pki::{Authority, Issued};
use crate::records::{Record, Stream, xdr};
use crate::wire;

/// Names the certificate is good for, besides the address.
const NAMES: &[&str] = &[
    "127.0.0.1",
    // what QEMU's user network calls this machine
    "10.0.2.2",
    "localhost",
    "portal.cloudappsecurity.com",
    "*.us.portal.cloudappsecurity.com",
    "*.us3.portal.cloudappsecurity.com",
    "*.eu.portal.cloudappsecurity.com",
    "*.us1.portal.cloudappsecurity.us",
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "graph.microsoft.com",
    "graph.microsoft.us",
];

/// Plan of a simulator: the truth of the reference unless told otherwise.
#[derive(Debug)]
pub struct Builder {
    token: String,
    app: Option<App>,
    store: Store,
    graph: Graph,
    requests: usize,
    within: Duration,
    retry_after: bool,
    page_cap: usize,
    scan_drops: usize,
    gzip: bool,
    chunked: bool,
    plain: bool,
    port: u16,
    clock: Clock,
    authority: Option<Authority>,
    certificate: Option<Issued>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            token: "c2llbWJveC10ZXN0LXRva2VuLW9mLXNpeHR5LWZvdXItY2hhcmFjdGVycy0wMDE=".to_owned(),
            app: None,
            store: Store::default(),
            graph: Graph::default(),
            requests: 30,
            within: Duration::from_secs(60),
            retry_after: false,
            page_cap: 100,
            scan_drops: 3,
            gzip: false,
            chunked: false,
            plain: false,
            port: 0,
            clock: Clock::default(),
            authority: None,
            certificate: None,
        }
    }
}

impl Builder {
    /// The key of `Authorization: Token …`.
    #[must_use]
    pub fn token(mut self, token: &str) -> Self {
        self.token = token.to_owned();
        self
    }

    /// An app that the Entra endpoint knows.
    #[must_use]
    pub fn app(mut self, app: App) -> Self {
        self.app = Some(app);
        self
    }

    /// Activities to begin with.
    #[must_use]
    pub fn activities(mut self, records: impl IntoIterator<Item = Record>) -> Self {
        self.store.shelf_mut(Stream::Activities).add(records);
        self
    }

    /// Alerts to begin with. Two of three that name no activities behind them get some of those
    /// that are there already.
    #[must_use]
    pub fn alerts(mut self, records: impl IntoIterator<Item = Record>) -> Self {
        let mut dice = Dice::new(0xa1e7);
        let activities = self
            .store
            .shelf(Stream::Activities)
            .sorted(SortField::Date)
            .to_vec();
        let linked = records.into_iter().map(|mut alert| {
            if alert.is_drawn() && !activities.is_empty() && dice.percent(66) {
                let behind = 1 + dice.below(3);
                alert.audits = (0..behind)
                    .map(|_| dice.pick(&activities).id.clone())
                    .collect();
            }
            alert
        });
        self.store.shelf_mut(Stream::Alerts).add(linked);
        self
    }

    /// Alerts, incidents and rows of Defender XDR to begin with.
    #[must_use]
    pub fn xdr(mut self, records: impl IntoIterator<Item = xdr::Record>) -> Self {
        records
            .into_iter()
            .for_each(|record| self.graph.shelves.add(record));
        self
    }

    /// Requests a minute for alerts and incidents of Graph: 150 unless said.
    #[must_use]
    pub fn graph_requests_per_minute(mut self, requests: usize) -> Self {
        self.graph.throttle.limit = requests;
        self
    }

    /// Calls of hunting a minute: 45 unless said.
    #[must_use]
    pub fn hunting_calls_per_minute(mut self, calls: usize) -> Self {
        self.graph.hunting_throttle.limit = calls;
        self
    }

    /// Most records of an answer of alerts, whatever `$top` says: 1000 unless said.
    #[must_use]
    pub fn alerts_cap(mut self, records: usize) -> Self {
        self.graph.most_alerts = records;
        self
    }

    /// Links of Graph are made of `$skip`, of which 500 is the most, instead of `$skiptoken`.
    #[must_use]
    pub fn links_by_skip(mut self) -> Self {
        self.graph.links_by_skip = true;
        self
    }

    /// Most rows of an answer of hunting: 100,000 unless said. The rest is cut off without a word.
    #[must_use]
    pub fn hunting_rows(mut self, rows: usize) -> Self {
        self.graph.most_rows = rows;
        self
    }

    /// Longest answer of hunting, bytes: 50 MB unless said. A longer one is refused (400).
    #[must_use]
    pub fn hunting_bytes(mut self, bytes: usize) -> Self {
        self.graph.most_bytes = bytes;
        self
    }

    /// What `ingestion_time()` gives: the time from which on the row is shown, unless said.
    #[must_use]
    pub fn ingestion_time(mut self, gives: IngestionTime) -> Self {
        self.graph.ingestion_time = gives;
        self
    }

    /// Of this table `ingestion_time()` gives null.
    #[must_use]
    pub fn without_ingestion_time(mut self, table: xdr::List) -> Self {
        self.graph.ingestion_null.insert(table);
        self
    }

    /// The tenant has no such table.
    #[must_use]
    pub fn without_table(mut self, table: xdr::List) -> Self {
        self.graph.missing.insert(table);
        self
    }

    /// Requests a minute for the whole tenant: 30 unless said.
    #[must_use]
    pub fn requests_per_minute(self, requests: usize) -> Self {
        self.throttle(requests, Duration::from_secs(60))
    }

    /// Lets so many requests through within such a time.
    #[must_use]
    pub fn throttle(mut self, requests: usize, within: Duration) -> Self {
        (self.requests, self.within) = (requests, within);
        self
    }

    /// Sends `Retry-After` with the throttle's 429.
    #[must_use]
    pub fn retry_after(mut self) -> Self {
        self.retry_after = true;
        self
    }

    /// Most records of an answer without scan mode: 100 unless said.
    #[must_use]
    pub fn page_cap(mut self, records: usize) -> Self {
        self.page_cap = records;
        self
    }

    /// How many records each answer of a scan leaves to the next: 3 unless said.
    #[must_use]
    pub fn scan_drops(mut self, records: usize) -> Self {
        self.scan_drops = records;
        self
    }

    /// Packs answers with gzip where the client takes it.
    #[must_use]
    pub fn gzip(mut self) -> Self {
        self.gzip = true;
        self
    }

    /// Sends answers in chunks.
    #[must_use]
    pub fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// HTTP instead of HTTPS.
    #[must_use]
    pub fn plain_http(mut self) -> Self {
        self.plain = true;
        self
    }

    /// This port instead of any free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// A clock that stands at this time (epoch ms).
    #[must_use]
    pub fn stopped_at(self, at_ms: i64) -> Self {
        self.clock.stop_at(at_ms);
        self
    }

    /// A certificate of this authority instead of one of its own.
    #[must_use]
    pub fn authority(mut self, authority: Authority) -> Self {
        self.authority = Some(authority);
        self
    }

    /// Shows this certificate instead of a right one: expired, or for another name.
    #[must_use]
    pub fn certificate(mut self, issued: Issued) -> Self {
        self.certificate = Some(issued);
        self
    }

    /// Starts it.
    ///
    /// # Panics
    /// Where the port can't be had.
    #[must_use]
    pub fn start(mut self) -> Cloud {
        let authority = self
            .authority
            .take()
            .unwrap_or_else(|| Authority::new("siembox test cloud"));
        let issued = self.certificate.take();
        let issued = issued.unwrap_or_else(|| authority.issue(NAMES));
        let tls = (!self.plain).then(|| wire::tls_server(&issued));
        let (port, token) = (self.port, self.token.clone());
        let tenant = Arc::new(self.tenant());
        let listener = {
            let tenant = Arc::clone(&tenant);
            let tls = tls.clone();
            Listener::start(port, "cloud", move |socket, connection, stop| {
                server::serve(&tenant, tls.as_ref(), socket, connection, stop);
            })
            .expect("a port on loopback")
        };
        Cloud {
            listener,
            tenant,
            scheme: if tls.is_some() { "https" } else { "http" },
            ca_pem: authority.cert_pem,
            token,
        }
    }

    /// Only the tenant, without a socket: [`server::reply`] answers for it.
    #[must_use]
    pub fn tenant(self) -> Tenant {
        let state = State {
            store: self.store,
            keys: Keys {
                token: Some(self.token),
                ..Keys::default()
            },
            app: self.app,
            used_jtis: HashSet::new(),
            graph: Graph {
                scheme: if self.plain { "http" } else { "https" },
                ..self.graph
            },
            calls: Calls::default(),
            tokens_given: 0,
            throttle: Throttle::new(
                self.requests,
                i64::try_from(self.within.as_millis()).unwrap_or(i64::MAX),
            ),
            scans: Scans::default(),
            page_cap: self.page_cap,
            scan_drops: self.scan_drops,
            gzip: self.gzip,
            chunked: self.chunked,
            retry_after: self.retry_after,
            faults: Faults::default(),
            last_pages: HashMap::new(),
            seen: VecDeque::new(),
            complaints: Vec::new(),
        };
        Tenant::new(self.clock, state)
    }
}
