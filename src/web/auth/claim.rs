//! `/claim`: a new box gets its administrator.

use maud::html;

use super::owner::OwnerError;
use super::password::{self, Hashed};
use super::throttle::Who;
use super::{AdminRequest, Auth, lock};
use crate::web::layout::{FormField, layout, trouble};
use crate::web::page::Page;

/// What is wrong with what was typed.
#[derive(Default)]
pub(super) struct Wrong {
    pub whole: Option<String>,
    pub password: Option<String>,
    pub again: Option<String>,
}

impl Auth {
    /// The page of a box that is nobody's.
    pub(super) fn claim(&self, ask: &AdminRequest) -> Page {
        if !ask.is_form() {
            return claim_page(200, ask, &Wrong::default());
        }
        let password = match chosen(ask) {
            Ok(password) => password,
            Err(wrong) => return claim_page(422, ask, &wrong),
        };
        // as costly as a log-in, and open to anybody
        let who = Who {
            from: ask.from,
            browser: None,
            place: None,
        };
        let knocked = lock(&self.throttle).knock(&who, ask.now.steady);
        let way = match knocked {
            Ok(way) => way,
            Err(wait) => {
                let (code, words, _) = super::NotTried::Wait(wait).words();
                let whole = Some(words);
                let wrong = Wrong {
                    whole,
                    ..Wrong::default()
                };
                return claim_page(code, ask, &wrong);
            }
        };
        let taken = {
            let _one = lock(&self.hashing);
            Hashed::new(password).map(|hashed| self.owner.take(&hashed))
        };
        match taken {
            Ok(Ok(mark)) => {
                lock(&self.throttle).open(&who, way);
                lock(&self.sessions).end_all();
                self.note("box claimed: administrator's password set", ask);
                self.let_in(ask, mark, "/setup")
            }
            Ok(Err(OwnerError::Taken)) => self.claimed_before(ask),
            Ok(Err(error)) => failed(ask, &error.to_string()),
            Err(error) => failed(ask, &error.to_string()),
        }
    }

    /// The same page of a box that is somebody's.
    pub(super) fn claimed_before(&self, ask: &AdminRequest) -> Page {
        if !ask.is_form() {
            return Page::see_other("/login");
        }
        self.note("attempt to claim the box, which is already claimed", ask);
        let content = html! {
            p { "The administrator's password is already set." }
            p { "If nobody you know has set it, remove the file " code { "owner" } " from \
                siembox's state folder and claim the box again." }
            p { a href="/login" { "Sign in" } }
        };
        Page::html(
            409,
            &layout("This box is already claimed", ask.machine, None, &content),
        )
    }
}

/// A password that was typed twice, the same, and may be one.
pub(super) fn chosen<'a>(ask: &'a AdminRequest) -> Result<&'a str, Wrong> {
    let (password, again) = (ask.form.text("password"), ask.form.text("again"));
    if let Err(weak) = password::check(password) {
        let password = Some(weak.to_string());
        return Err(Wrong {
            password,
            ..Wrong::default()
        });
    }
    if password != again {
        let again = Some("The two passwords do not match.".to_owned());
        return Err(Wrong {
            again,
            ..Wrong::default()
        });
    }
    Ok(password)
}

/// The two fields in which a password is chosen.
pub(super) fn two_fields<'a>(
    label: &'a str,
    wrong: &'a Wrong,
    hint: &'a str,
) -> [FormField<'a>; 2] {
    let password = FormField {
        hint: Some(hint),
        error: wrong.password.as_deref(),
        ..FormField::new("password", label, "password", "new-password")
    };
    let again = FormField {
        error: wrong.again.as_deref(),
        ..FormField::new("again", "Repeat the password", "password", "new-password")
    };
    [password, again]
}

/// What to know before choosing one.
pub(super) fn hint() -> String {
    format!(
        "{} to {} characters of any kind. Several words are easier to remember than random \
            characters.",
        password::LEAST,
        password::MOST
    )
}

fn failed(ask: &AdminRequest, error: &str) -> Page {
    tracing::error!("page: {error}");
    let whole = Some(format!("The box was not claimed: {error}"));
    claim_page(
        500,
        ask,
        &Wrong {
            whole,
            ..Wrong::default()
        },
    )
}

fn claim_page(code: u16, ask: &AdminRequest, wrong: &Wrong) -> Page {
    let hint = hint();
    let content = html! {
        p { "This box has no administrator yet. If you set the password now, you become its \
            administrator and can change all settings." }
        (trouble(wrong.whole.as_deref()))
        form method="post" action="/claim" {
            input type="hidden" name="username" value="administrator" autocomplete="username";
            @for field in two_fields("Administrator's password", wrong, &hint) { (field) }
            button { "Claim this box" }
        }
    };
    Page::html(code, &layout("Claim this box", ask.machine, None, &content))
}
