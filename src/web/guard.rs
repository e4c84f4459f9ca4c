//! Checks that hold for every page: who may ask, how, and what a browser may do with the response.

use std::net::IpAddr;

use embedded_svc::http::server::{Handler, Middleware};
use embedded_svc::http::{Headers, Method, Query};

use super::auth;
use super::exchange::{Exchange, Misuse};
use super::page::Page;

/// Sent with every answer. The policy lets a page load what this server serves and nothing else,
/// and run no script or style that stands in the page itself: what a record or an error text
/// smuggles in stays text.
const HEADERS: [(&str, &str); 4] = [
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
];

/// Names by which the box answers. Others are refused: a page of somebody else's, whose name was
/// made to point here (DNS rebinding), could else read ours.
#[derive(Debug, Clone, Default)]
pub struct Hosts(Vec<String>);

/// The middleware in front of all pages.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    hosts: std::sync::Arc<Hosts>,
}

// === impl Hosts ===

impl Hosts {
    /// The machine's name, the same with `.local`, `localhost`, and these.
    #[must_use]
    pub fn new(machine: Option<&str>, further: &[String]) -> Self {
        let mut names = vec!["localhost".to_owned()];
        if let Some(machine) = machine {
            let machine = machine.to_ascii_lowercase();
            let short = machine.split('.').next().unwrap_or(&machine);
            names.push(format!("{short}.local"));
            names.push(short.to_owned());
            names.push(machine);
        }
        names.extend(further.iter().map(|name| name.to_ascii_lowercase()));
        Self(names)
    }

    /// Is this the value of a `Host` header by which the box may be asked? An address always is:
    /// nobody can make one point elsewhere.
    #[must_use]
    pub fn know(&self, host: &str) -> bool {
        let name = without_port(host);
        let bare = name
            .strip_prefix('[')
            .and_then(|name| name.strip_suffix(']'));
        if bare.unwrap_or(name).parse::<IpAddr>().is_ok() {
            return true;
        }
        let name = name.strip_suffix('.').unwrap_or(name);
        self.0.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// The name or address in a `Host` header.
pub(super) fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

// === impl Guard ===

impl Guard {
    /// Makes a guard that lets requests for these hosts through.
    #[must_use]
    pub fn new(hosts: Hosts) -> Self {
        Self {
            hosts: std::sync::Arc::new(hosts),
        }
    }
}

impl<H: Handler<Exchange, Error = Misuse>> Middleware<Exchange, H> for Guard {
    type Error = Misuse;

    fn handle(&self, exchange: &mut Exchange, handler: &H) -> Result<(), Misuse> {
        for (name, value) in HEADERS {
            exchange.always(name, value);
        }
        // "no-referrer" would take the origin from our own forms, by which they are known
        let referrer = match auth::is_at(exchange.path()) {
            true => "same-origin",
            false => "no-referrer",
        };
        exchange.always("Referrer-Policy", referrer);
        match exchange.header("Host") {
            None => return Page::words(400, "400: the Host header is missing").answer(exchange),
            Some(host) if !self.hosts.know(host) => {
                let words = "421: siembox does not answer to this host name. Use its address, or \
                    add the name to hosts in the section [page] of its settings.";
                return Page::words(421, words).answer(exchange);
            }
            Some(_) => {}
        }
        let allowed = match exchange.method() {
            Method::Get | Method::Head => true,
            Method::Post => auth::takes_forms(exchange.path()),
            _ => false,
        };
        if !allowed {
            exchange.always("Allow", "GET, HEAD");
            return Page::words(405, "405: this page is read-only").answer(exchange);
        }
        handler.handle(exchange)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_addresses_and_its_own_names() {
        let hosts = Hosts::new(Some("Box.example"), &["siem-bridge.corp".to_owned()]);
        for host in [
            "127.0.0.1:8514",
            "10.1.2.3",
            "[::1]:8514",
            "[2001:db8::1]",
            "localhost:8514",
            "box",
            "BOX.local:80",
            "box.example.",
            "siem-bridge.corp:8514",
        ] {
            assert!(hosts.know(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "127.0.0.1.evil.example",
            "box.evil",
            "localhost:evil",
            "localhost@evil",
            "[::1",
            "box:80:80",
        ] {
            assert!(!hosts.know(host), "{host}");
        }
    }
}
