//! A box with its door, without a socket; and those who come to it.

use std::cell::Cell;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use embedded_svc::http::Method;
use siembox::for_tests::clock::Moment;
use siembox::for_tests::status::Snapshot;
use siembox::for_tests::web::{Auth, Entrance, Exchange, SettingsAudit, Site, View, WebResponse};
use tempfile::TempDir;

use crate::cast::NOW;
use crate::still::through;

pub const PASSWORD: &str = "correct horse battery";
const HOST: &str = "box:8515";

pub struct House {
    pub folder: TempDir,
    pub audit: Arc<SettingsAudit>,
    entrance: Entrance,
    /// Seconds since it was built.
    pub seconds: Cell<u64>,
}

/// A browser somewhere.
pub struct Guest<'a> {
    house: &'a House,
    pub from: IpAddr,
    pub secure: bool,
    /// The session's, as a browser sends it.
    pub cookie: Option<String>,
    /// Further cookies, each `name=value`.
    pub further: Vec<String>,
    /// Sent with each request, in place of what a browser would send.
    pub headers: Vec<(&'static str, &'static str)>,
}

impl House {
    pub fn new() -> Self {
        Self::with(|door| door)
    }

    /// With something done to its door.
    pub fn with(done: impl FnOnce(Auth) -> Auth) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let audit = Arc::new(SettingsAudit::new(folder.path()));
        let door = done(Auth::new(folder.path(), Arc::clone(&audit)));
        let entrance = Entrance {
            auth: Arc::new(door),
            https_port: Some(8515),
            status_without_login: true,
            machine: "box".into(),
        };
        Self {
            folder,
            audit,
            entrance,
            seconds: Cell::new(100),
        }
    }

    /// One whose status is not for everybody.
    pub fn closed() -> Self {
        let mut house = Self::new();
        house.entrance.status_without_login = false;
        house
    }

    /// One that has no HTTPS.
    pub fn without_tls() -> Self {
        let mut house = Self::new();
        house.entrance.https_port = None;
        house
    }

    pub fn state(&self) -> &Path {
        self.folder.path()
    }

    pub fn wait(&self, seconds: u64) {
        self.seconds.set(self.seconds.get() + seconds);
    }

    pub fn guest(&self, last: u8) -> Guest<'_> {
        Guest {
            house: self,
            from: IpAddr::from([192, 0, 2, last]),
            secure: true,
            cookie: None,
            further: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// The administrator, who has claimed it.
    pub fn owner(&self) -> Guest<'_> {
        let mut owner = self.guest(1);
        let answer = owner.post("/claim", &[("password", PASSWORD), ("again", PASSWORD)]);
        assert_eq!(
            (answer.status, answer.header("Location")),
            (303, Some("/setup"))
        );
        owner
    }

    fn answer(&self, exchange: Exchange) -> WebResponse {
        let mut status: Snapshot = crate::looks::connected();
        status.page.push("https://127.0.0.1:8515/".to_owned());
        let seconds = self.seconds.get();
        let now = Moment {
            wall_ms: NOW + i64::try_from(seconds).unwrap() * 1000,
            steady: Duration::from_secs(seconds),
        };
        let site = Site::new(Some(View::new(status, "box")), Duration::ZERO);
        through(site.behind(self.entrance.clone(), now), exchange)
    }

    pub fn noted(&self) -> Vec<String> {
        let entries = self.audit.entries().unwrap().into_iter();
        entries.map(|entry| entry.what).collect()
    }
}

impl Guest<'_> {
    fn exchange(&self, method: Method, path: &str) -> Exchange {
        let host = if self.secure { HOST } else { "box:8514" };
        let mut exchange = Exchange::new(method, path).came(self.from, self.secure);
        if !self.headers.iter().any(|(name, _)| *name == "Host") {
            exchange = exchange.header_set("Host", host);
        }
        let cookies: Vec<&str> = (self.cookie.iter().chain(&self.further))
            .map(String::as_str)
            .collect();
        if !cookies.is_empty() {
            exchange = exchange.header_set("Cookie", &cookies.join("; "));
        }
        for (name, value) in &self.headers {
            exchange = exchange.header_set(name, value);
        }
        exchange
    }

    fn take(&mut self, answer: WebResponse) -> WebResponse {
        let set = answer.headers.iter();
        let set = set.filter(|(name, _)| name.eq_ignore_ascii_case("Set-Cookie"));
        for (_, cookie) in set {
            let pair = cookie.split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if name == "__Host-siembox" {
                self.cookie = (!value.is_empty()).then(|| pair.to_owned());
                continue;
            }
            self.further
                .retain(|one| !one.starts_with(&format!("{name}=")));
            if !value.is_empty() {
                self.further.push(pair.to_owned());
            }
        }
        answer
    }

    pub fn get(&mut self, path: &str) -> WebResponse {
        let answer = self.house.answer(self.exchange(Method::Get, path));
        self.take(answer)
    }

    /// A form as one of our own pages sends it.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> WebResponse {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let form = form.extend_pairs(fields).finish();
        self.post_bytes(path, "application/x-www-form-urlencoded", form.into_bytes())
    }

    pub fn post_bytes(&mut self, path: &str, media: &str, bytes: Vec<u8>) -> WebResponse {
        let mut exchange = self
            .exchange(Method::Post, path)
            .header_set("Content-Type", media);
        let names = ["Origin", "Referer", "Sec-Fetch-Site"];
        if !self.headers.iter().any(|(name, _)| names.contains(name)) {
            exchange = exchange.header_set("Origin", "https://box:8515");
        }
        let answer = self.house.answer(exchange.body_set(bytes));
        self.take(answer)
    }

    pub fn login(&mut self, password: &str) -> WebResponse {
        self.post("/login", &[("password", password)])
    }

    /// The token in its forms.
    pub fn csrf(&mut self) -> String {
        let page = text(&self.get("/setup"));
        token(&page).to_owned()
    }

    pub fn is_in(&mut self) -> bool {
        self.get("/setup").status == 200
    }
}

pub fn text(answer: &WebResponse) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

/// The token in the forms of a page.
pub fn token(page: &str) -> &str {
    let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect(page);
    rest.split('"').next().unwrap()
}
