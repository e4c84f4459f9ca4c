//! `/login` and `/logout`.

use maud::html;

use super::owner::OwnerMark;
use super::password::Hashed;
use super::stamp::{For, Stamp};
use super::{AdminRequest, Auth, BOUND, COOKIE, is_plain, line, lock};
use crate::web::layout::{FormField, layout, trouble};
use crate::web::page::Page;

impl Auth {
    pub(super) fn login(&self, ask: &AdminRequest, hashed: &Hashed, mark: OwnerMark) -> Page {
        if !ask.is_form() {
            return self.with_place(login_page(200, ask, None, None), ask, mark);
        }
        match self.try_password(ask, hashed, mark, ask.form.text("password")) {
            Ok(true) => {
                self.note_burst(true, ask.now);
                self.note("signed in", ask);
                self.let_in(ask, mark, next(ask))
            }
            Ok(false) => {
                self.note_failed(ask);
                let words = "This is not the administrator's password.";
                self.with_place(login_page(403, ask, None, Some(words)), ask, mark)
            }
            Err(not_tried) => {
                let is_known = Stamp::read(ask.known, For::Known, mark).is_some();
                let (code, words, wait) = match is_known {
                    true => not_tried.words(),
                    // with the place that it has, or is given now, it need not wait for longer
                    false => not_tried.at_most(line::AGE).words(),
                };
                let page = login_page(code, ask, Some(&words), None);
                let page = self.with_place(page, ask, mark);
                match wait {
                    Some(seconds) => page.with("Retry-After", seconds.to_string()),
                    None => page,
                }
            }
        }
    }

    pub(super) fn logout(&self, ask: &AdminRequest) -> Page {
        lock(&self.sessions).end(ask.cookie);
        self.note("signed out", ask);
        Page::see_other("/login").with("Set-Cookie", format!("{COOKIE}=; Max-Age=0; {BOUND}"))
    }
}

/// Where to go on: a page of our own, whatever the form or query says.
fn next<'a>(ask: &'a AdminRequest) -> &'a str {
    let fields = if ask.is_form() { &ask.form } else { &ask.query };
    match fields.text("next") {
        "/" => "/",
        path if path.starts_with("/setup") && is_plain(path) => path,
        _ => "/setup",
    }
}

fn login_page(code: u16, ask: &AdminRequest, whole: Option<&str>, error: Option<&str>) -> Page {
    let password = FormField {
        error,
        hint: Some(
            "Forgotten? Remove the file \"owner\" from siembox's state folder, then set a new \
                password here.",
        ),
        ..FormField::new(
            "password",
            "Administrator's password",
            "password",
            "current-password",
        )
    };
    let content = html! {
        (trouble(whole))
        form method="post" action="/login" {
            input type="hidden" name="username" value="administrator" autocomplete="username";
            input type="hidden" name="next" value=(next(ask));
            (password)
            button { "Sign in" }
        }
    };
    Page::html(code, &layout("Sign in", ask.machine, None, &content))
}
