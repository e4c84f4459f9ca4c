//! The one place where siembox speaks HTTP: ureq, on the caller's thread, every answer bounded in time and size.

mod body;

use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use ureq::config::{Config, ConfigBuilder};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::typestate::AgentScope;
use ureq::unversioned::{resolver::Resolver, transport::Connector};

use super::{SourceError, Trouble};
use crate::clock;
use crate::foreign::ForeignText;
use crate::trust;
pub use body::Body;

/// The largest decoded body that is taken in. A page of 5,000 activities of 6 kB fits twice; a gzip bomb does not.
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
    /// The largest decoded body that is taken in, bytes.
    max_body: u64,
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

/// An answer whose body is still to be read.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// `Retry-After`; zero where it is a moment that has passed.
    pub retry_after: Option<Duration>,
    /// `Date`, milliseconds since 1970.
    pub date_ms: Option<i64>,
    /// `Location`, of a redirect.
    pub location: Option<ForeignText>,
    /// The body, decoded as it is read.
    pub body: Body,
}

// === impl Http ===

impl Http {
    /// A client for this route. Plain HTTP works only where the address says `http://`, which the settings allow for
    /// loopback addresses alone.
    #[must_use]
    pub fn new(route: &Route) -> Self {
        let public = trust::public_roots().iter().cloned();
        let roots = public.chain(route.extra_roots.iter().cloned());
        let roots = roots
            .map(|der| Certificate::from_der(&der).to_owned())
            .collect();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .build();
        Self {
            agent: config(route).tls_config(tls).build().into(),
            max_body: MAX_BODY,
        }
    }

    /// A client whose connections and addresses come from elsewhere than the network, and whose bodies are bounded by
    /// `max_body`: for the fuzz targets, which play proxy and API.
    #[doc(hidden)]
    #[must_use]
    pub fn over(
        route: &Route,
        connector: impl Connector,
        resolver: impl Resolver,
        max_body: u64,
    ) -> Self {
        Self {
            agent: ureq::Agent::with_parts(config(route).build(), connector, resolver),
            max_body,
        }
    }

    /// Wakes a call that hangs, and ends the client for all clones.
    pub fn shut_down(&self) {
        self.agent.clone().shutdown();
    }
}

impl Post for Http {
    fn post(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Response, SourceError> {
        let mut request = self.agent.post(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send(body).map_err(|error| in_words(&error))?;
        let status = response.status().as_u16();
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let date_ms = header("date").and_then(http_date);
        let retry_after = header("retry-after")
            .and_then(|text| wait_until(text, || date_ms.unwrap_or_else(clock::now_ms)));
        let location = header("location").map(ForeignText::new);
        Ok(Response {
            status,
            retry_after,
            date_ms,
            location,
            body: Body::new(response.into_body().into_reader(), self.max_body),
        })
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
        .timeout_connect(Some(route.timeout.min(Duration::from_secs(20))))
        .user_agent(concat!("siembox/", env!("CARGO_PKG_VERSION")))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
fn http_date(text: &str) -> Option<i64> {
    jiff::fmt::rfc2822::parse(text)
        .ok()
        .map(|zoned| zoned.timestamp().as_millisecond())
}

/// `Retry-After`, as seconds or as a moment, which counts from the other side's own clock where it tells it.
fn wait_until(text: &str, now_ms: impl FnOnce() -> i64) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let wait_ms = http_date(text)?.saturating_sub(now_ms());
    Some(Duration::from_millis(wait_ms.try_into().unwrap_or(0)))
}

fn body_in_words(error: &std::io::Error) -> SourceError {
    match error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<ureq::Error>())
    {
        Some(inner) => in_words(inner),
        None => SourceError::new(Trouble::Passing, format!("the answer broke off: {error}")),
    }
}

/// What an operator is told: cause, and cure where there is one.
fn in_words(error: &ureq::Error) -> SourceError {
    use std::io::ErrorKind;
    let (trouble, what) = match error {
        ureq::Error::HostNotFound => (
            Trouble::Passing,
            "the name cannot be resolved: check DNS and api_url".to_owned(),
        ),
        ureq::Error::Timeout(ureq::Timeout::Global | ureq::Timeout::RecvBody) => (
            Trouble::TooSlow,
            "the answer did not come to its end within the timeout".to_owned(),
        ),
        ureq::Error::Timeout(which) => (
            Trouble::Passing,
            format!("no answer within the timeout ({which})"),
        ),
        ureq::Error::ConnectProxyFailed(text) => (Trouble::InTheWay, proxy_in_words(text)),
        ureq::Error::InvalidProxyUrl => (Trouble::InTheWay, "Invalid proxy address".to_owned()),
        ureq::Error::Rustls(error) => (Trouble::InTheWay, trust::in_words(error)),
        ureq::Error::Io(io) => match io
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>())
        {
            Some(error) => (Trouble::InTheWay, trust::in_words(error)),
            None if io.kind() == ErrorKind::ConnectionRefused => (
                Trouble::Passing,
                "the connection was refused: check api_url, proxy and firewall (outbound TCP 443)"
                    .to_owned(),
            ),
            None if io.kind() == ErrorKind::UnexpectedEof => {
                (Trouble::Passing, "the answer broke off".to_owned())
            }
            None => (Trouble::Passing, format!("the connection failed: {io}")),
        },
        ureq::Error::Decompress(_, io) => (
            Trouble::Passing,
            format!("the answer cannot be unpacked: {io}"),
        ),
        ureq::Error::LargeResponseHeader(..) => (
            Trouble::Passing,
            "the answer's header is too large".to_owned(),
        ),
        other => (
            Trouble::Passing,
            ForeignText::new(other.to_string()).to_string(),
        ),
    };
    SourceError::new(trouble, what)
}

fn proxy_in_words(text: &str) -> String {
    if text.contains("407") {
        "the proxy asks for a name and password (407): set user@ in proxy, and proxy_password_file"
            .to_owned()
    } else {
        format!(
            "Invalid proxy address: the proxy refused to connect ({}); check proxy address and port",
            ForeignText::new(text)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_date_header() {
        assert_eq!(
            http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(784_111_777_000)
        );
        assert_eq!(http_date("yesterday"), None);
    }

    #[test]
    fn a_wait_is_a_number_or_a_moment() {
        let wait = |text| wait_until(text, || 784_111_777_000);
        assert_eq!(wait(" 12 "), Some(Duration::from_secs(12)));
        assert_eq!(
            wait("Sun, 06 Nov 1994 08:49:49 GMT"),
            Some(Duration::from_secs(12))
        );
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:00 GMT"), Some(Duration::ZERO));
        for text in ["", "-1", "soon", "1.5"] {
            assert_eq!(wait(text), None, "{text}");
        }
    }
}
