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
    /// Where it is, `/setup/siem`; what lies below, `/setup/siem/1`, is its own too.
    fn path(&self) -> &str;

    /// What the list at `/setup` calls it; none where it is not to be listed.
    fn title(&self) -> Option<&str> {
        None
    }

    /// Does it take forms? Else a POST is refused before it is asked.
    fn takes_forms(&self) -> bool {
        false
    }

    /// Is an open browser not enough for what this form does? The administrator's password then
    /// stands in its field `password`, and what comes of it in [`AdminRequest::password`].
    fn wants_password(&self, ask: &AdminRequest) -> bool {
        let _ = ask;
        false
    }

    /// The page. The form that it shows has [`AdminSession::token`] in it.
    fn answer(&self, ask: &AdminRequest, owner: &AdminSession) -> Page;
}

/// What was asked.
#[derive(Debug, Clone)]
pub struct AdminRequest<'a> {
    /// [`Method::Get`], or [`Method::Post`] with a form.
    pub method: Method,
    /// Without the query.
    pub path: &'a str,
    /// Fields of the query.
    pub query: Form,
    /// Fields of the form; none with GET.
    pub form: Form,
    /// Who asks.
    pub from: IpAddr,
    /// When.
    pub now: Moment,
    /// The machine's name, to be shown; may be empty.
    pub machine: &'a str,
    /// Where the page [wants](AdminPage::wants_password) the administrator's password with this
    /// form: whether it was right, else why not, in words for a person.
    pub password: Option<Result<(), String>>,
    /// The session's id in its cookie; empty where there is none.
    pub(super) cookie: &'a str,
    /// What a known browser has in its cookie.
    pub(super) known: &'a str,
    /// What one that waits in the line has.
    pub(super) place: &'a str,
}

/// Who asks.
#[derive(Debug)]
pub enum Visitor {
    /// Somebody.
    Anybody,
    /// The administrator, signed in.
    Owner(AdminSession),
}

impl AdminRequest<'_> {
    /// Is a form sent?
    #[must_use]
    pub fn is_form(&self) -> bool {
        self.method == Method::Post
    }
}
