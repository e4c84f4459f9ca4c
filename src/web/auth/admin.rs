//! A page behind the log-in: what it is given, and how one is added.

use std::net::IpAddr;

use embedded_svc::http::Method;

use crate::clock::Moment;
use crate::web::admin_session::AdminSession;
use crate::web::form::Form;
use crate::web::page::Page;

/// A page, or a family of them, for the administrator: added by
/// [`Auth::with_page`](super::Auth::with_page).
///
/// It is asked only on behalf of who is signed in, over TLS, and with a form only where that came
/// from one of our own pages with the session's token. It is asked on a thread of its own (of at
/// most three): it may take its time, read files and ask other machines, within about a minute, and
/// more than one may be asked at once.
pub trait AdminPage: Send + Sync {
    /// Path of the page, `/setup/siem`. Paths below it, `/setup/siem/1`, belong to it too.
    fn path(&self) -> &str;

    /// Title in the list at `/setup`; none if the page is not listed.
    fn title(&self) -> Option<&str> {
        None
    }

    /// True if the page takes forms. Otherwise a POST is refused before the page is asked.
    fn takes_forms(&self) -> bool {
        false
    }

    /// True if this form needs the administrator's password in its field `password`, because an
    /// open browser alone is not enough. The result of the check is [`AdminRequest::password`].
    fn wants_password(&self, ask: &AdminRequest) -> bool {
        let _ = ask;
        false
    }

    /// The page. The form that it shows has [`AdminSession::token`] in it.
    fn answer(&self, ask: &AdminRequest, owner: &AdminSession) -> Page;
}

/// A request to a page behind the log-in.
#[derive(Debug, Clone)]
pub struct AdminRequest<'a> {
    /// [`Method::Get`], or [`Method::Post`] with a form.
    pub method: Method,
    /// Path, without the query.
    pub path: &'a str,
    /// Fields of the query.
    pub query: Form,
    /// Fields of the form; none with GET.
    pub form: Form,
    /// Address of the client.
    pub from: IpAddr,
    /// Time of the request.
    pub now: Moment,
    /// The machine's name, to be shown; may be empty.
    pub machine: &'a str,
    /// Where the page [wants](AdminPage::wants_password) the administrator's password with this
    /// form: whether it was right, else why not, in words for a person.
    pub password: Option<Result<(), String>>,
    /// Session id from the cookie; empty if there is none.
    pub(super) cookie: &'a str,
    /// Stamp of a known browser from its cookie.
    pub(super) known: &'a str,
    /// Stamp of a place in the queue from its cookie.
    pub(super) place: &'a str,
}

/// The visitor behind a request.
#[derive(Debug)]
pub enum Visitor {
    /// Anybody, not signed in.
    Anybody,
    /// The administrator, signed in.
    Owner(AdminSession),
}

impl AdminRequest<'_> {
    /// True if the request carries a form.
    #[must_use]
    pub fn is_form(&self) -> bool {
        self.method == Method::Post
    }
}
