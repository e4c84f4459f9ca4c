//! `/setup/password`: another password.

use maud::html;

use super::claim::{Wrong, chosen, hint, two_fields};
use super::owner::OwnerMark;
use super::password::Hashed;
use super::{AdminRequest, Auth, lock};
use crate::web::admin_session::AdminSession;
use crate::web::layout::{FormField, layout, trouble};
use crate::web::page::Page;

impl Auth {
    /// Takes the old one and another one; all other sessions end.
    pub(super) fn renew(
        &self,
        ask: &AdminRequest,
        owner: &AdminSession,
        hashed: &Hashed,
        mark: OwnerMark,
    ) -> Page {
        let page =
            |code, old: Option<&str>, wrong: &Wrong| renew_page(code, ask, owner, old, wrong);
        if !ask.is_form() {
            return page(200, None, &Wrong::default());
        }
        let password = match chosen(ask) {
            Ok(password) => password,
            Err(wrong) => return page(422, None, &wrong),
        };
        // whoever finds an open browser does not get to keep the box
        match self.try_password(ask, hashed, mark, ask.form.text("old")) {
            Ok(true) => {}
            Ok(false) => {
                self.note_failed(ask);
                return page(
                    403,
                    Some("This is not the current password."),
                    &Wrong::default(),
                );
            }
            Err(not_tried) => {
                let (code, words, _) = not_tried.words();
                return page(
                    code,
                    None,
                    &Wrong {
                        whole: Some(words),
                        ..Wrong::default()
                    },
                );
            }
        }
        let changed = {
            let _one = lock(&self.hashing);
            Hashed::new(password).map(|hashed| self.owner.change(mark, &hashed))
        };
        let error = match changed {
            Ok(Ok(mark)) => {
                lock(&self.sessions).end_all();
                self.note("the administrator's password was changed", ask);
                return self.let_in(ask, mark, "/setup");
            }
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::error!("page: {error}");
        let whole = Some(format!("The password was not changed: {error}"));
        page(
            500,
            None,
            &Wrong {
                whole,
                ..Wrong::default()
            },
        )
    }
}

fn renew_page(
    code: u16,
    ask: &AdminRequest,
    owner: &AdminSession,
    old: Option<&str>,
    wrong: &Wrong,
) -> Page {
    let old = FormField {
        error: old,
        ..FormField::new("old", "Current password", "password", "current-password")
    };
    let hint = hint();
    let content = html! {
        p { "Changing the password ends all other sessions." }
        (trouble(wrong.whole.as_deref()))
        form method="post" action="/setup/password" {
            (owner.token())
            input type="hidden" name="username" value="administrator" autocomplete="username";
            (old)
            @for field in two_fields("New password", wrong, &hint) { (field) }
            button { "Change password" }
        }
    };
    Page::html(
        code,
        &layout("Password", ask.machine, Some(owner), &content),
    )
}
