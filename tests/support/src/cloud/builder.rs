//! What a simulator is made of, before it starts.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::auth::Keys;
use super::entra::App;
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
use crate::records::{Record, Stream};
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
];

/// Plan of a simulator: the truth of the reference unless told otherwise.
#[derive(Debug)]
pub struct Builder {
    token: String,
    app: Option<App>,
    store: Store,
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
