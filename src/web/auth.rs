//! Authentication: who may change something on this box.
//!
//! A new box is nobody's. Whoever first chooses the administrator's password at `/claim` owns it
//! ([`owner`]); `/login` opens a session ([`sessions`]), at a pace that guessing can't bear
//! ([`throttle`]). Everything here is served over TLS only, and a form counts only where it comes
//! from one of our own pages ([`origin`]) and, once there is a session, has its token in it.
//!
//! ```text
//! Site ─▶ Auth: which visitor? ─▶ claim, login, logout   anybody
//!                              ─▶ set-up and its pages    the administrator
//! ```

mod admin;
mod change_password;
mod claim;
mod failed_logins;
mod index;
mod line;
mod login;
mod origin;
mod owner;
mod password;
mod sessions;
mod stamp;
mod throttle;
mod waits;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use embedded_svc::http::{Headers, Method, Query};

use super::admin_session::AdminSession;
use super::audit::SettingsAudit;
use super::exchange::Exchange;
use super::form::Form;
use super::layout::{layout, passing};
use super::page::Page;
use crate::clock::{self, Moment};
pub use admin::{AdminPage, AdminRequest, Visitor};
use failed_logins::FailedLogins;
use owner::{Claim, OwnerFile, OwnerMark};
use password::{HashError, Hashed};
use sessions::Sessions;
use stamp::{For, Stamp};
use throttle::{Throttle, Who};

/// The prefix ties it to this host, TLS and all paths (RFC 6265bis).
const COOKIE: &str = "__Host-siembox";
/// A browser from which the administrator has signed in.
const KNOWN: &str = "__Host-siembox-known";
/// A place in the line.
const PLACE: &str = "__Host-siembox-place";
/// So long a browser keeps it, seconds: half a year after the last log-in.
const KNOWN_FOR: u32 = 180 * 86_400;
const BOUND: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

/// State of claim, sessions and throttle. It lives as long as the process: a page that is opened
/// anew on other addresses signs nobody out.
pub struct Auth {
    owner: OwnerFile,
    sessions: Mutex<Sessions>,
    throttle: Mutex<Throttle>,
    burst: Mutex<FailedLogins>,
    /// One hash at a time: each takes 19 MiB and a processor.
    hashing: Mutex<()>,
    audit: Arc<SettingsAudit>,
    pages: Vec<Box<dyn AdminPage>>,
}

/// A password could not be tried.
enum NotTried {
    /// Too many were, before.
    Wait(Duration),
    Hash(HashError),
}

/// True if this path belongs to log-in or set-up.
pub(super) fn is_at(path: &str) -> bool {
    matches!(path, "/claim" | "/login" | "/logout" | "/setup") || path.starts_with("/setup/")
}

/// True if a page at this path takes forms.
pub(super) fn takes_forms(path: &str) -> bool {
    is_at(path)
}

// === impl Auth ===

impl Auth {
    /// The log-in of the box with this state folder.
    #[must_use]
    pub fn new(state_dir: &Path, audit: Arc<SettingsAudit>) -> Self {
        Self {
            owner: OwnerFile::new(state_dir),
            sessions: Mutex::default(),
            throttle: Mutex::default(),
            burst: Mutex::default(),
            hashing: Mutex::default(),
            audit,
            pages: Vec::new(),
        }
    }

    /// With one more page behind it. One at `/setup` takes the place of the list of pages.
    #[must_use]
    pub fn with_page(mut self, page: impl AdminPage + 'static) -> Self {
        self.pages.push(Box::new(page));
        self
    }

    /// The page at one of the log-in's paths. Takes its time where a password is tried, or a page
    /// does.
    pub(super) fn answer(&self, exchange: &Exchange, machine: &str, now: Moment) -> Page {
        let is_form = exchange.method() == Method::Post;
        if is_form && !origin::is_ours(exchange) {
            return Page::words(
                403,
                "403: this form does not come from a page of this box. Reload the page and submit \
                    the form again.",
            );
        }
        let form = match is_form.then(|| Form::of(exchange)).transpose() {
            Ok(form) => form.unwrap_or_default(),
            Err(error) => return Page::words(error.code(), &error.to_string()),
        };
        let query = Form::parse(exchange.query().as_bytes()).unwrap_or_default();
        let ask = AdminRequest {
            method: if is_form { Method::Post } else { Method::Get },
            path: exchange.path(),
            query,
            form,
            from: exchange.from(),
            now,
            machine,
            cookie: cookie(exchange, COOKIE),
            known: cookie(exchange, KNOWN),
            place: cookie(exchange, PLACE),
            password: None,
        };
        match self.owner.claim() {
            Err(error) => Page::words(500, &format!("500: {error}")),
            Ok(Claim::Free) => match ask.path {
                "/claim" => self.claim(&ask),
                _ => Page::see_other("/claim"),
            },
            Ok(Claim::Taken(hashed, mark)) => self.within(exchange, &ask, &hashed, mark),
        }
    }

    /// Why nobody can sign in, where the administrator's password can't be read: cause and cure.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.owner.claim().err().map(|error| error.to_string())
    }

    /// True if the box has an administrator. An owner file that cannot be read counts as one.
    #[must_use]
    pub fn is_claimed(&self) -> bool {
        !matches!(self.owner.claim(), Ok(Claim::Free))
    }

    /// Is this the administrator, signed in? `active`: not only a page that refreshes itself.
    pub(super) fn is_owner(&self, exchange: &Exchange, active: bool, now: Moment) -> bool {
        match self.owner.claim() {
            Ok(Claim::Taken(_, mark)) => {
                let id = cookie(exchange, COOKIE);
                lock(&self.sessions)
                    .find(id, mark, active, now.steady)
                    .is_some()
            }
            _ => false,
        }
    }

    /// The pages of a box that is somebody's.
    fn within(
        &self,
        exchange: &Exchange,
        ask: &AdminRequest,
        hashed: &Hashed,
        mark: OwnerMark,
    ) -> Page {
        let found = lock(&self.sessions).find(ask.cookie, mark, true, ask.now.steady);
        let visitor = found.map_or(Visitor::Anybody, |csrf| {
            Visitor::Owner(AdminSession::new(csrf))
        });
        match (ask.path, visitor) {
            ("/claim", _) => self.claimed_before(ask),
            ("/login", Visitor::Anybody) => self.login(ask, hashed, mark),
            // somebody is signed in already, and signs in again: a session of its own
            ("/login", Visitor::Owner(_)) if ask.is_form() => self.login(ask, hashed, mark),
            ("/login", Visitor::Owner(_)) => Page::see_other("/setup"),
            ("/logout", Visitor::Anybody) => Page::see_other("/login"),
            (_, Visitor::Anybody) if comes_from_elsewhere(exchange) && !ask.is_form() => {
                passing_through(ask)
            }
            (path, Visitor::Anybody) => {
                let to = format!("/login?next={path}");
                Page::see_other(if is_plain(path) { &to } else { "/login" })
            }
            (_, Visitor::Owner(owner)) => {
                if ask.is_form() && !sessions::same(owner.csrf(), ask.form.text("csrf")) {
                    return stale(ask, &owner);
                }
                self.page(ask, &owner, hashed, mark)
            }
        }
    }

    fn page(
        &self,
        ask: &AdminRequest,
        owner: &AdminSession,
        hashed: &Hashed,
        mark: OwnerMark,
    ) -> Page {
        match ask.path {
            "/logout" if ask.is_form() => return self.logout(ask),
            "/logout" => return Page::see_other("/setup"),
            "/setup/password" => return self.renew(ask, owner, hashed, mark),
            "/setup/audit" if ask.is_form() => return unfit(),
            "/setup/audit" => return self.audit_list(ask, owner),
            _ => {}
        }
        let at = |page: &&dyn AdminPage| {
            let below = ask.path.strip_prefix(page.path());
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let pages = self.pages.iter().map(AsRef::as_ref);
        match pages.filter(at).max_by_key(|page| page.path().len()) {
            Some(page) if ask.is_form() && !page.takes_forms() => unfit(),
            Some(page) if ask.is_form() && page.wants_password(ask) => {
                let mut ask = ask.clone();
                ask.password = Some(self.confirm(&ask, hashed, mark));
                page.answer(&ask, owner)
            }
            Some(page) => page.answer(ask, owner),
            None if ask.path == "/setup" && ask.is_form() => unfit(),
            None if ask.path == "/setup" => self.landing(ask, owner),
            None => Page::words(404, "404: page not found; the setup is at /setup"),
        }
    }

    /// Tries a password, where it is time for that. Takes its time.
    fn try_password(
        &self,
        ask: &AdminRequest,
        hashed: &Hashed,
        mark: OwnerMark,
        password: &str,
    ) -> Result<bool, NotTried> {
        let now = ask.now.steady;
        let signed_in = || lock(&self.sessions).find(ask.cookie, mark, false, now);
        let known = Stamp::read(ask.known, For::Known, mark);
        let who = Who {
            from: ask.from,
            browser: known.or_else(|| signed_in().map(|csrf| Stamp::of_session(&csrf))),
            place: Stamp::read(ask.place, For::Line, mark),
        };
        let knocked = lock(&self.throttle).knock(&who, now);
        let way = knocked.map_err(NotTried::Wait)?;
        let right = {
            let _one = lock(&self.hashing);
            hashed.is_of(password).map_err(NotTried::Hash)?
        };
        if right {
            lock(&self.throttle).open(&who, way);
        }
        Ok(right)
    }

    /// Whoever does something that an open browser alone must not be enough for types the password
    /// once more.
    fn confirm(&self, ask: &AdminRequest, hashed: &Hashed, mark: OwnerMark) -> Result<(), String> {
        let password = ask.form.text("password");
        if password.is_empty() {
            return Err(String::new());
        }
        match self.try_password(ask, hashed, mark, password) {
            Ok(true) => Ok(()),
            Ok(false) => {
                self.note_failed(ask);
                Err("This is not the administrator's password.".to_owned())
            }
            Err(not_tried) => Err(not_tried.words().1),
        }
    }

    /// Begins a session in the place of the one that the visitor may have had, and goes on there.
    fn let_in(&self, ask: &AdminRequest, mark: OwnerMark, next: &str) -> Page {
        let mut sessions = lock(&self.sessions);
        sessions.end(ask.cookie);
        let browser = match Stamp::read(ask.known, For::Known, mark) {
            Some(browser) => Ok(browser),
            None => Stamp::new(0),
        };
        let begun = sessions.begin(mark, ask.now.steady);
        match begun.and_then(|id| Ok((id, browser?.cookie(For::Known, mark)))) {
            Ok((id, known)) => Page::see_other(next)
                .with("Set-Cookie", format!("{COOKIE}={id}; {BOUND}"))
                .with(
                    "Set-Cookie",
                    format!("{KNOWN}={known}; Max-Age={KNOWN_FOR}; {BOUND}"),
                ),
            Err(error) => Page::words(500, &format!("500: {error}")),
        }
    }

    /// The log-in, with a place in the line for a browser that has none and is no known one.
    fn with_place(&self, page: Page, ask: &AdminRequest, mark: OwnerMark) -> Page {
        let now = ask.now.steady;
        let place = Stamp::read(ask.place, For::Line, mark);
        let holds = place.is_some_and(|place| lock(&self.throttle).holds(&place, now));
        if holds || Stamp::read(ask.known, For::Known, mark).is_some() {
            return page;
        }
        match Stamp::new(line::LoginQueue::since(now)) {
            Ok(place) => {
                let place = place.cookie(For::Line, mark);
                page.with("Set-Cookie", format!("{PLACE}={place}; {BOUND}"))
            }
            // it waits as its address does
            Err(_) => page,
        }
    }

    fn note(&self, what: &str, ask: &AdminRequest) {
        self.audit.note(what, ask.from, ask.now.wall_ms);
    }

    /// Tells a failed log-in, or counts it with others.
    fn note_failed(&self, ask: &AdminRequest) {
        self.note_burst(false, ask.now);
        if lock(&self.burst).failed(ask.from, ask.now.steady) {
            self.note("wrong password", ask);
        }
    }

    /// Tells how many failed, where that is over, or in any case.
    fn note_burst(&self, done: bool, now: Moment) {
        let over = lock(&self.burst).over(done, now.steady);
        if let Some(further) = over {
            let what = match (further.count, further.addresses) {
                (1, _) => "1 more wrong password".to_owned(),
                (count, 1) => format!("{count} more wrong passwords"),
                (count, several) => format!(
                    "{count} more wrong passwords from {several} addresses, this one among them"
                ),
            };
            self.audit.note(&what, further.from, now.wall_ms);
        }
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pages = self.pages.iter().map(|page| page.path());
        f.debug_list().entries(pages).finish()
    }
}

impl NotTried {
    /// Bounds the wait.
    fn at_most(self, most: Duration) -> Self {
        match self {
            Self::Wait(wait) => Self::Wait(wait.min(most)),
            Self::Hash(error) => Self::Hash(error),
        }
    }

    /// HTTP status code, text, and seconds to wait.
    fn words(&self) -> (u16, String, Option<u64>) {
        match self {
            Self::Wait(wait) => {
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                let words = clock::span_in_words(Duration::from_secs(seconds));
                let words = format!("Too many wrong passwords. Wait {words}, then try again.");
                (429, words, Some(seconds))
            }
            Self::Hash(error) => (500, format!("{error}; try again."), None),
        }
    }
}

/// A mutex of plain values: a panic in between has broken none.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the browser sends under this name; empty where it sends nothing.
fn cookie<'e>(exchange: &'e Exchange, name: &str) -> &'e str {
    let cookies = exchange.header("Cookie").unwrap_or_default().split(';');
    let mut pairs = cookies.filter_map(|pair| pair.trim().split_once('='));
    let found = pairs.find(|(known, _)| *known == name);
    found.map_or("", |(_, value)| value)
}

/// A browser leaves a strict cookie out where the way here began on another site, and the status
/// over plain HTTP is one.
fn comes_from_elsewhere(exchange: &Exchange) -> bool {
    let site = exchange.header("Sec-Fetch-Site");
    exchange.header("Cookie").is_none() && matches!(site, Some("cross-site" | "same-site"))
}

/// Goes to the same address once more, this time from one of our own pages.
fn passing_through(ask: &AdminRequest) -> Page {
    let to = if is_plain(ask.path) {
        ask.path
    } else {
        "/setup"
    };
    let content = maud::html! { p { a href=(to) { "Continue to the setup" } } };
    Page::html(200, &passing("Redirecting", ask.machine, to, &content))
}

/// True if the text may stand in an address that a browser is sent to.
pub(super) fn is_plain(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_');
    is_at(path) && !path.contains("//") && path.bytes().all(plain)
}

/// A form without the session's token: of another session, as a rule, which was over.
fn stale(ask: &AdminRequest, owner: &AdminSession) -> Page {
    let content = maud::html! {
        p { "Nothing was changed. This form belongs to another session." }
        p { a href=(if is_plain(ask.path) { ask.path } else { "/setup" }) { "Reload the page" } " \
            and submit the form again." }
    };
    Page::html(
        403,
        &layout(
            "This form is out of date",
            ask.machine,
            Some(owner),
            &content,
        ),
    )
}

/// The answer to a form that is sent to a page without one.
fn unfit() -> Page {
    Page::words(405, "405: this page is read-only").with("Allow", "GET, HEAD")
}
