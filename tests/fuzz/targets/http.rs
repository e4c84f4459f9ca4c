//! What a proxy, the API and a log-on host may answer
//!
//! Whatever comes: no body is larger than the bound, no silence longer than a quarter of an hour,
//! and what the operator is told is one short line.
//!
//! The bits of the first byte say who is there and how they speak (`Manner`); behind it stands what
//! each connection brings, one after the other, with `BETWEEN` between them.

use std::io::Write;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use siembox::for_tests::clock::Moment;
use siembox::for_tests::source::cloud_apps::record::alert;
use siembox::for_tests::source::cloud_apps::{self, CloudApps, CloudAuth};
use siembox::for_tests::source::http::{Http, Route};
use siembox::for_tests::source::{
    Credential, Entra, EntraApp, Place, Query, Recipient, Record, Source, SourceError,
    SourceErrorKind, Unreadable,
};
use siembox::for_tests::stream::{ACTIVITIES, ALERTS};
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};
use ureq::{Error, Timeout, config::Config};

/// Stands between what one connection brings and the next.
const BETWEEN: &[u8] = b"\n\0\n";
/// The largest body taken in, bytes.
const MAX_BODY: u64 = 64 << 10;
/// No answer makes us wait longer.
const LONGEST_SILENCE: Duration = Duration::from_secs(900);
/// What a connection brings before the time is up: bytes, and reads.
const MOST: usize = 160 << 10;
const MOST_READS: usize = 4_000;

/// See the module.
pub fn run(data: &[u8]) {
    let Some((&bits, rest)) = data.split_first() else {
        return;
    };
    let manner = Manner::of(bits);
    let stage = Stage::new(manner, rest);
    let mut source = source(manner, &stage);
    let mut place = Place::Skip(0);
    for _ in 0..3 {
        let query = Query {
            from_ms: 1,
            to_ms: None,
            place: place.clone(),
            limit: 100,
            late: None,
        };
        let mut records = Texts::default();
        match source.page(&query, &mut records) {
            Ok(answer) => {
                let bytes: usize = records.0.iter().map(String::len).sum();
                // each byte that is not UTF-8 becomes a U+FFFD of three
                assert!(bytes as u64 <= 3 * MAX_BODY);
                super::page::fits(&answer, &records.0);
                place = answer.next.map_or(Place::Skip(100), Place::Next);
            }
            Err(error) => is_told(&error),
        }
    }
    if manner.alerts {
        let mut alert = alert(r#"{"_id":"an alert","timestamp":1}"#).expect("an alert");
        let completed = source.fetch_related(true).complete(&mut alert.event);
        completed.err().iter().for_each(is_told);
    }
}

/// The texts of a page's records.
#[derive(Default)]
struct Texts(Vec<String>);

impl Recipient for Texts {
    fn open(&mut self, _: Option<i64>) {}

    fn record(&mut self, raw: &str, _: Result<Record<'_>, Unreadable>) -> ControlFlow<()> {
        self.0.push(raw.to_owned());
        ControlFlow::Continue(())
    }
}

fn is_told(error: &SourceError) {
    if let SourceErrorKind::Throttled(silence) = error.trouble {
        assert!(silence <= LONGEST_SILENCE, "silent for {silence:?}");
    }
    let what = &error.what;
    assert!(!what.is_empty() && what.chars().count() <= 700, "{what}");
    assert!(!what.contains(char::is_control), "{what:?}");
}

fn source(manner: Manner, stage: &Stage) -> CloudApps {
    let proxy = ureq::Proxy::builder(ureq::ProxyProtocol::Http)
        .host("127.0.0.1")
        .port(3128)
        .resolve_target(false)
        .username("user")
        .password("word")
        .build();
    let route = Route {
        proxy: manner.proxy.then(|| proxy.expect("a proxy")),
        extra_roots: Vec::new(),
        timeout: Duration::from_secs(3600),
    };
    let http = Http::over(&route, stage.clone(), Nowhere, MAX_BODY);
    let secret = || Box::new(|| Ok("word".to_owned()));
    let auth = if manner.entra {
        let credential = Credential::ClientSecret(secret());
        let now = Box::new(Moment::default);
        let app = EntraApp::new("http://127.0.0.1:81", "tenant", "app", credential, now);
        CloudAuth::Entra(Entra::new(Arc::new(app), cloud_apps::PERMISSION))
    } else {
        CloudAuth::Token(secret())
    };
    let stream = if manner.alerts { ALERTS } else { ACTIVITIES };
    CloudApps::new(http, auth, stream, "http://127.0.0.1", Default::default())
}

/// Who is there, and how they speak.
#[derive(Debug, Clone, Copy)]
struct Manner {
    /// 1: a proxy stands between.
    proxy: bool,
    /// 2: an Entra app logs on first.
    entra: bool,
    /// 4: alerts, else activities.
    alerts: bool,
    /// 8: what stands behind the last empty line of a connection's head is packed with gzip.
    gzip: bool,
    /// 16: the last bytes come again and again.
    endless: bool,
    /// 32: a few bytes at a time.
    slow: bool,
}

impl Manner {
    fn of(bits: u8) -> Self {
        let bit = |nth: u8| bits >> nth & 1 == 1;
        Self {
            proxy: bit(0),
            entra: bit(1),
            alerts: bit(2),
            gzip: bit(3),
            endless: bit(4),
            slow: bit(5),
        }
    }
}

/// What is played to each connection that is made.
#[derive(Debug, Clone)]
struct Stage {
    manner: Manner,
    /// What the connections still to come bring, the next one last.
    parts: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Stage {
    fn new(manner: Manner, mut rest: &[u8]) -> Self {
        let mut parts = Vec::new();
        while let Some(at) = rest.windows(BETWEEN.len()).position(|w| w == BETWEEN) {
            parts.push(rest[..at].to_vec());
            rest = &rest[at + BETWEEN.len()..];
        }
        parts.push(rest.to_vec());
        if manner.gzip {
            parts.iter_mut().for_each(pack);
        }
        parts.reverse();
        Self {
            manner,
            parts: Arc::new(Mutex::new(parts)),
        }
    }
}

/// Packs what stands behind the last empty line.
fn pack(part: &mut Vec<u8>) {
    let Some(at) = part.windows(4).rposition(|four| four == b"\r\n\r\n") else {
        return;
    };
    let body = part.split_off(at + 4);
    let mut gzip = GzEncoder::new(part, Compression::fast());
    gzip.write_all(&body).expect("into memory");
    gzip.finish().expect("into memory");
}

impl Connector<()> for Stage {
    type Out = Played;

    fn connect(
        &self,
        _details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<Self::Out>, Error> {
        let part = self
            .parts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let bytes =
            part.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::ConnectionRefused))?;
        Ok(Some(Played {
            buffers: LazyBuffers::new(8 << 10, 4 << 10),
            manner: self.manner,
            bytes,
            at: 0,
            reads: 0,
        }))
    }
}

/// A connection on which the other side says what it is told to.
#[derive(Debug)]
struct Played {
    buffers: LazyBuffers,
    manner: Manner,
    bytes: Vec<u8>,
    /// How much of it was read; more than there is where it is endless.
    at: usize,
    reads: usize,
}

impl Transport for Played {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, _amount: usize, _timeout: NextTimeout) -> Result<(), Error> {
        Ok(())
    }

    fn await_input(&mut self, _timeout: NextTimeout) -> Result<bool, Error> {
        self.reads += 1;
        assert!(
            self.reads <= MOST_READS + 16,
            "read on after the time was up"
        );
        if self.at >= MOST || self.reads > MOST_READS {
            return Err(Error::Timeout(Timeout::Global));
        }
        let room = self.buffers.input_append_buf();
        let most = if self.manner.slow { 3 } else { room.len() };
        let mut read = 0;
        for place in room.iter_mut().take(most) {
            let length = self.bytes.len();
            let tail = length.min(64);
            *place = match self.bytes.get(self.at) {
                Some(byte) => *byte,
                None if self.manner.endless && tail > 0 => {
                    self.bytes[length - tail + (self.at - length) % tail]
                }
                None => break,
            };
            self.at += 1;
            read += 1;
        }
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        self.manner.endless || self.at < self.bytes.len()
    }
}

/// All names are in one place.
#[derive(Debug)]
struct Nowhere;

impl Resolver for Nowhere {
    fn resolve(
        &self,
        _uri: &Uri,
        _config: &Config,
        _timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let mut addresses = self.empty();
        addresses.push(([127, 0, 0, 1], 80).into());
        Ok(addresses)
    }
}
