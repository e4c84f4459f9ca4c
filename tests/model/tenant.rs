//! The simulated tenant, asked without a socket: what goes wrong on the wire is done to the answer
//! here.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use siembox::for_tests::foreign::ForeignText;
use siembox::for_tests::source::http::{Body, Get, MAX_BODY, Post, Response};
use siembox::for_tests::source::{SourceError, SourceErrorKind};
use siembox::for_tests::stream::StreamSpec;
use siembox_support::cloud::http::Request;
use siembox_support::cloud::server::{self, Reply};
use siembox_support::cloud::{Fault, Target};

use crate::case::Step;
use crate::world::World;

pub const TIMEOUT: Duration = Duration::from_secs(60);

/// One stream's way to the tenant.
pub struct Line {
    pub world: Arc<World>,
    pub spec: StreamSpec,
    /// Its place among the streams of the plan.
    pub stream: usize,
    pub faults: u64,
    pub skew_ms: i64,
    pub look_back: Duration,
}

impl Post for Line {
    fn post(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Response, SourceError> {
        self.ask("POST", url, headers, body)
    }
}

impl Get for Line {
    fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Response, SourceError> {
        self.ask("GET", url, headers, "")
    }
}

impl Line {
    fn ask(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Response, SourceError> {
        let is_log_on = url.ends_with("/oauth2/v2.0/token");
        self.draw_fault(is_log_on);
        let wait = self.world.inner().dice.below(900);
        self.world.pass(Duration::from_millis(wait));
        let request = Request {
            method: method.to_owned(),
            target: url.trim_start_matches("https://tenant").to_owned(),
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: body.as_bytes().to_vec(),
        };
        if !is_log_on {
            let mut inner = self.world.inner();
            let request = (inner.life, inner.at);
            inner.requests[self.world.face.limit_of(self.spec)].push(request);
        }
        let client = ([127, 0, 0, 1], 1).into();
        let reply = server::reply(&self.world.tenant, &request, client, 1);
        if reply.fault == Some(Fault::Repeat) {
            // it may have waited for a question that is answered by a page
            let mut inner = self.world.inner();
            inner.stale[self.stream] = Some(inner.at);
        }
        let answer = self.over_the_wire(reply);
        if self.world.dies_at(Step::Asking) {
            return Err(SourceError::new(SourceErrorKind::Stopped, "dead"));
        }
        answer
    }

    /// What strikes the next request, if anything.
    fn draw_fault(&self, is_log_on: bool) {
        let mut inner = self.world.inner();
        let at = inner.at;
        if inner.calm {
            return;
        }
        if inner.served_at.is_some_and(|served_at| at >= served_at) {
            inner.served_at = None;
            self.world.tenant.state().faults.clear();
        }
        let face = &self.world.face;
        let fault = match inner.outage.clone() {
            Some((fault, until)) if at < until => fault,
            _ if !inner.dice.percent(self.faults) => return,
            _ if is_log_on => face.log_on_fault(&mut inner.dice),
            _ => face.fault(&mut inner.dice),
        };
        if fault == Fault::Repeat {
            // a stale answer that contradicts nothing is made up for by the next deep walk, not by
            // one that is stale too
            let stale = &mut inner.stale[self.stream];
            if stale.is_some_and(|last| at < last + 2 * self.look_back) {
                return;
            }
            *stale = Some(at);
        }
        let name = format!("{fault:?}");
        let name = name
            .split(|c: char| !c.is_alphabetic())
            .next()
            .unwrap_or_default();
        *inner.struck.entry(name.to_owned()).or_default() += 1;
        let target = match is_log_on {
            true => Target::Login,
            false => face.target(self.spec),
        };
        self.world.tenant.state().faults.add(fault.on(target));
    }

    fn over_the_wire(&self, reply: Reply) -> Result<Response, SourceError> {
        let failed = |what: &str| Err(SourceError::new(SourceErrorKind::Passing, what));
        match reply.fault {
            Some(Fault::Stall) => {
                self.world.pass(TIMEOUT);
                return failed("no response within the timeout");
            }
            Some(Fault::ResetBeforeHead | Fault::ResetInHead | Fault::HugeHeaders(_)) => {
                return failed("the connection failed");
            }
            Some(Fault::Drip(_)) => self.world.pass(TIMEOUT),
            Some(Fault::Delay(time)) => self.world.pass(time),
            _ => {}
        }
        let answer = reply.answer;
        let header = |name: &str| {
            let found = answer.headers.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone())
        };
        let date_ms = header("Date")
            .and_then(|text| jiff::fmt::rfc2822::parse(&text).ok())
            .map(|date| date.timestamp().as_millisecond() + self.skew_ms);
        let (status, location) = (answer.status, header("Location"));
        let warning = header("Warning");
        let retry_after = header("Retry-After")
            .and_then(|text| text.parse().ok())
            .map(Duration::from_secs);
        let bomb = matches!(reply.fault, Some(Fault::GzipBomb(_)));
        // without unpacking 64 MB of it
        let body = if bomb {
            Ok(Vec::new())
        } else {
            answer.unpacked(MAX_BODY + 1)
        };
        let Ok(body) = body else {
            return failed("the response cannot be decompressed");
        };
        let end = match reply.fault {
            Some(Fault::ResetInBody | Fault::HalfAnswer) => {
                Some(io::Error::from(io::ErrorKind::ConnectionReset))
            }
            Some(Fault::Drip(_)) => Some(ureq::Error::Timeout(ureq::Timeout::Global).into_io()),
            _ => None,
        };
        let body = match end {
            None if bomb => Body::new(io::repeat(b' '), 1 << 16),
            None => Body::new(io::Cursor::new(body), MAX_BODY),
            Some(end) => {
                let part = self.world.inner().dice.below(body.len() as u64);
                let part = io::Cursor::new(body).take(part);
                Body::new(part.chain(Breaks(Some(end))), MAX_BODY)
            }
        };
        let dateless = self.world.inner().dice.percent(1);
        Ok(Response {
            status,
            retry_after,
            date_ms: date_ms.filter(|_| !dateless),
            location: location.map(ForeignText::new),
            warning: warning.map(ForeignText::new),
            body,
        })
    }
}

/// A body that ends in this trouble.
struct Breaks(Option<io::Error>);

impl Read for Breaks {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
