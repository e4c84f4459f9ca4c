//! The router: which page is at which path. Nothing is served from the disk.

use std::sync::Arc;
use std::time::Duration;

use embedded_svc::http::server::Handler;
use embedded_svc::http::{Headers, Method, Query};

use super::auth::{self, Auth};
use super::exchange::{Exchange, Misuse};
use super::guard::without_port;
use super::page::Page;
use super::view::{Of, View};
use super::{assets, healthz, manual, metrics, status};
use crate::clock::Moment;

/// All pages, made from one view.
#[derive(Debug, Clone)]
pub struct Site {
    /// The status; `None` where it does not answer.
    view: Option<View>,
    /// How long the process has made no progress.
    silent: Duration,
    /// Pages behind the log-in; `None` if the box has none.
    entrance: Option<(Entrance, Moment)>,
}

/// Pages behind the log-in.
#[derive(Debug, Clone)]
pub struct Entrance {
    /// Log-in and sessions.
    pub auth: Arc<Auth>,
    /// Port of HTTPS; `None` if it is off.
    pub https_port: Option<u16>,
    /// True if visitors without a session may see the status.
    pub status_without_login: bool,
    /// The machine's name, to be shown; may be empty.
    pub machine: Arc<str>,
}

impl Site {
    /// The pages of this view. `silent`: how long ago the process last showed that it makes
    /// progress.
    #[must_use]
    pub fn new(view: Option<View>, silent: Duration) -> Self {
        Self {
            view,
            silent,
            entrance: None,
        }
    }

    /// Adds the pages behind the log-in.
    #[must_use]
    pub fn behind(self, entrance: Entrance, now: Moment) -> Self {
        Self {
            entrance: Some((entrance, now)),
            ..self
        }
    }

    /// The response in place of the page, if the page lies behind the log-in or is for the
    /// administrator only.
    fn at_the_door(&self, exchange: &Exchange) -> Option<Page> {
        let (entrance, now) = self.entrance.as_ref()?;
        let path = exchange.path();
        if auth::is_at(path) {
            return Some(match exchange.is_secure() {
                true => entrance.auth.answer(exchange, &entrance.machine, *now),
                false => entrance.to_tls(exchange),
            });
        }
        let refreshes = matches!(path, "/live" | "/status.json" | "/metrics");
        if entrance.status_without_login || !(path == "/" || refreshes) {
            return None;
        }
        if !exchange.is_secure() {
            return Some(entrance.to_tls(exchange));
        }
        match entrance.auth.is_owner(exchange, !refreshes, *now) {
            true => None,
            false if refreshes => Some(Page::words(401, "401: sign in at /login")),
            false => Some(Page::see_other("/login?next=/")),
        }
    }

    fn of_view<'a>(&'a self, of: Of, make: impl FnOnce(&'a View) -> Page) -> Page {
        match &self.view {
            Some(view) => view.page(of, || make(view)).clone(),
            None => Page::words(503, "503: the status does not respond; try again"),
        }
    }
}

// === impl Entrance ===

impl Entrance {
    /// True if the response may take long.
    pub(super) fn is_slow(&self, exchange: &Exchange) -> bool {
        exchange.is_secure() && (auth::is_at(exchange.path()) || !self.status_without_login)
    }

    /// Sends to the same page on the same host, over TLS; a form is not sent again.
    fn to_tls(&self, exchange: &Exchange) -> Page {
        let (Some(port), Some(host)) = (self.https_port, exchange.header("Host")) else {
            return Page::words(
                403,
                "403: this page is available over HTTPS only, and HTTPS is off: set https_listen \
                    in the section [page] of siembox's settings",
            );
        };
        let path = match exchange.path() {
            path if auth::is_at(path) && !auth::is_plain(path) => "/setup",
            path => path,
        };
        let address = format!("https://{}:{port}{path}", without_port(host));
        match exchange.method() {
            Method::Post => Page::see_other(&address),
            _ => Page::moved(&address),
        }
    }
}

impl Handler<Exchange> for Site {
    type Error = Misuse;

    fn handle(&self, exchange: &mut Exchange) -> Result<(), Misuse> {
        if let Some(page) = self.at_the_door(exchange) {
            return page.answer(exchange);
        }
        let machine = self.view.as_ref().map_or("", View::machine);
        let page = match exchange.path() {
            "/" => self.of_view(Of::Whole, |view| html(&status::whole(view).0)),
            "/live" => self.of_view(Of::Live, |view| html(&status::live(view).0)),
            "/status.json" => self.of_view(Of::Json, json),
            "/metrics" => self.of_view(Of::Metrics, |view| metrics::page(view.snapshot())),
            "/healthz" => healthz::page(self.view.is_some().then_some(self.silent)),
            path => match assets::at(path) {
                Some(asset) => asset.page(exchange.query()),
                None if let Some(page) = manual::at(path, machine) => page,
                None => Page::words(404, "404: page not found; the status is at /"),
            },
        };
        page.answer(exchange)
    }
}

fn html(text: &str) -> Page {
    Page::new("text/html; charset=utf-8", text.as_bytes().to_vec())
}

fn json(view: &View) -> Page {
    match serde_json::to_vec(view.snapshot()) {
        Ok(json) => Page::new("application/json", json),
        Err(error) => Page::words(500, &format!("500: {error}")),
    }
}
