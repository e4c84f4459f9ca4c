//! Which page stands at which path. There is no other: no folder, no file from the disk.

use std::time::Duration;

use embedded_svc::http::server::Handler;

use super::exchange::{Exchange, Misuse};
use super::page::Page;
use super::view::{Of, View};
use super::{assets, healthz, metrics, status};

/// All pages, over what is known at present.
#[derive(Debug, Clone)]
pub struct Site {
    /// The status; `None` where it does not answer.
    view: Option<View>,
    /// How long the process has made no progress.
    silent: Duration,
}

impl Site {
    /// The pages of this view. `silent`: how long ago the process last showed that it makes progress.
    #[must_use]
    pub fn new(view: Option<View>, silent: Duration) -> Self {
        Self { view, silent }
    }

    fn of_view<'a>(&'a self, of: Of, make: impl FnOnce(&'a View) -> Page) -> Page {
        match &self.view {
            Some(view) => view.page(of, || make(view)).clone(),
            None => Page::words(503, "503: the status does not answer; try again"),
        }
    }
}

impl Handler<Exchange> for Site {
    type Error = Misuse;

    fn handle(&self, exchange: &mut Exchange) -> Result<(), Misuse> {
        let page = match exchange.path() {
            "/" => self.of_view(Of::Whole, |view| html(&status::whole(view).0)),
            "/live" => self.of_view(Of::Live, |view| html(&status::live(view).0)),
            "/status.json" => self.of_view(Of::Json, json),
            "/metrics" => self.of_view(Of::Metrics, |view| metrics::page(view.snapshot())),
            "/healthz" => healthz::page(self.view.is_some().then_some(self.silent)),
            path => match assets::at(path) {
                Some(asset) => asset.page(exchange.query()),
                None => Page::words(404, "404: there is no such page; the status is at /"),
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
