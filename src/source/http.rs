//! The only HTTP client of siembox: ureq, on the caller's thread, every response bounded in time
//! and size.

mod address_order;
mod body;
mod connect;
mod error_text;
mod keep_alive;
mod response;
mod tls;
pub(crate) mod tunnel;

use std::time::Duration;

use rustls_pki_types::CertificateDer;
use ureq::config::{Config, ConfigBuilder};
use ureq::typestate::AgentScope;
use ureq::unversioned::resolver::{DefaultResolver, Resolver};
use ureq::unversioned::transport::Connector;

use super::SourceError;
use crate::clock;
use crate::trust;
use address_order::AddressOrder;
pub use body::Body;
use connect::{CountedConnector, Tcp};
pub use response::Response;
use tls::Tls;

/// The largest decoded body that is taken in. A page of 5,000 activities of 6 kB fits twice; a gzip
/// bomb does not.
pub const MAX_BODY: u64 = 64 << 20;

/// How to reach the cloud.
#[derive(Debug, Clone)]
pub struct Route {
    /// The proxy, where one stands between.
    pub proxy: Option<ureq::Proxy>,
    /// Certificates trusted beside the public roots.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// Bound of a whole request, answer included.
    pub timeout: Duration,
}

/// A client with its own connections. Cloning shares them.
#[derive(Debug, Clone)]
pub struct Http {
    agent: ureq::Agent,
    /// Which address is next, where a name has several.
    turns: AddressOrder,
    /// Bound of a whole request, answer included.
    timeout: Duration,
    /// The largest decoded body that is taken in, bytes.
    max_body: u64,
}

/// Which connections a question may take.
#[derive(Debug, Clone, Copy)]
enum Connections {
    /// One that is kept, where there is one.
    Kept,
    /// Only a new one, in what is left of the time.
    New { left: Duration },
}

/// What is asked. Either changes nothing, so that it may be asked twice.
#[derive(Debug, Clone, Copy)]
enum Question<'q> {
    /// The address says all.
    Get,
    /// A body says what.
    Post(&'q str),
}

/// Posting a body, whatever the way: [`Http`], or a test's own.
pub trait Post {
    /// Posts a body and reads the answer's head.
    ///
    /// # Errors
    /// When no answer came. A status that means failure is no error here.
    fn post(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Response, SourceError>;
}

/// Getting what an address names, whatever the way: [`Http`], or a test's own.
pub trait Get {
    /// Asks for it and reads the answer's head.
    ///
    /// # Errors
    /// When no answer came. A status that means failure is no error here.
    fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Response, SourceError>;
}

// === impl Http ===

impl Http {
    /// A client for this route. Plain HTTP works only where the address says `http://`, which the
    /// settings allow for loopback addresses alone.
    #[must_use]
    pub fn new(route: &Route) -> Self {
        let config = config(route).build();
        Self::with(route, config, Tcp::default(), DefaultResolver::default())
    }

    /// A client whose connections and addresses come from elsewhere than the network, and whose
    /// bodies are bounded by `max_body`: for the fuzz targets, which play proxy and API.
    #[doc(hidden)]
    #[must_use]
    pub fn over(
        route: &Route,
        dial: impl Connector<()>,
        resolver: impl Resolver,
        max_body: u64,
    ) -> Self {
        Self {
            max_body,
            ..Self::with(route, config(route).build(), dial, resolver)
        }
    }

    fn with(
        route: &Route,
        config: Config,
        dial: impl Connector<()>,
        resolver: impl Resolver,
    ) -> Self {
        let turns = AddressOrder::default();
        let public = trust::public_roots().iter().cloned();
        let way = CountedConnector {
            dial,
            tls: Tls::new(public.chain(route.extra_roots.iter().cloned())),
            turns: turns.clone(),
        };
        Self {
            agent: ureq::Agent::with_parts(config, way, resolver),
            turns,
            timeout: route.timeout,
            max_body: MAX_BODY,
        }
    }

    fn ask(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        question: Question<'_>,
        connections: Connections,
    ) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        match question {
            Question::Get => self
                .prepared(self.agent.get(url), headers, connections)
                .call(),
            Question::Post(body) => {
                let request = self.prepared(self.agent.post(url), headers, connections);
                request.send(body)
            }
        }
    }

    fn prepared<B>(
        &self,
        mut request: ureq::RequestBuilder<B>,
        headers: &[(&str, &str)],
        connections: Connections,
    ) -> ureq::RequestBuilder<B> {
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Connections::New { left } = connections {
            let config = request.config().max_idle_age(Duration::ZERO);
            request = config.timeout_global(Some(left)).build();
        }
        request
    }

    /// Wakes a call that hangs, and ends the client for all clones.
    pub fn shut_down(&self) {
        self.agent.clone().shutdown();
    }
}

impl Get for Http {
    fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Response, SourceError> {
        self.answer(url, headers, Question::Get)
    }
}

impl Post for Http {
    fn post(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Response, SourceError> {
        self.answer(url, headers, Question::Post(body))
    }
}

impl Http {
    /// The answer's head. Where the other side has given up a connection that was kept, it is asked
    /// again over a new one.
    fn answer(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        question: Question<'_>,
    ) -> Result<Response, SourceError> {
        let begin = clock::now().steady;
        let mut asked = self.ask(url, headers, question, Connections::Kept);
        if asked.as_ref().is_err_and(error_text::is_given_up) {
            let spent = clock::now().steady.saturating_sub(begin);
            let left = self.timeout.saturating_sub(spent);
            asked = self.ask(url, headers, question, Connections::New { left });
        }
        let response = asked.map_err(|error| {
            self.turns.last_failed();
            error_text::of(&error)
        })?;
        Ok(Response::new(response, &self.turns, self.max_body))
    }
}

/// Everything but the trust in certificates.
fn config(route: &Route) -> ConfigBuilder<AgentScope> {
    Config::builder()
        .http_status_as_error(false)
        .proxy(route.proxy.clone())
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(route.timeout))
        // one stream asks one question at a time
        .max_idle_connections(1)
        .timeout_connect(Some(route.timeout.min(Duration::from_secs(20))))
        .user_agent(concat!("siembox/", env!("CARGO_PKG_VERSION")))
}

#[cfg(test)]
mod tests;
