//! What the pages with forms have in common: head, way back, and fields with their labels, hints
//! and errors.

use maud::{DOCTYPE, Markup, Render, html};

use super::admin_session::AdminSession;
use super::assets::{DESK, LOGO, STYLE};

/// A page around this content. `machine` may be empty; who is signed in gets the way to all pages
/// and out.
#[must_use]
pub fn layout(
    title: &str,
    machine: &str,
    owner: Option<&AdminSession>,
    content: &Markup,
) -> Markup {
    framed(title, machine, owner, content, &Markup::default())
}

/// The same for a page on which something runs: where there is no script it is asked for again
/// every two seconds.
pub(super) fn working(
    title: &str,
    machine: &str,
    owner: &AdminSession,
    content: &Markup,
) -> Markup {
    let again = html! { noscript { meta http-equiv="refresh" content="2"; } };
    framed(title, machine, Some(owner), content, &again)
}

/// The same, which goes on to another address by itself.
pub(super) fn passing(title: &str, machine: &str, to: &str, content: &Markup) -> Markup {
    let onward = html! { meta http-equiv="refresh" content={ "0;url=" (to) }; };
    framed(title, machine, None, content, &onward)
}

fn framed(
    title: &str,
    machine: &str,
    owner: Option<&AdminSession>,
    content: &Markup,
    head: &Markup,
) -> Markup {
    let machine_title = if machine.is_empty() {
        "siembox"
    } else {
        machine
    };
    let further = html! {
        (head)
        @if owner.is_some() { script src=(DESK.address()) defer {} }
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            (head_of(&format!("{title} · {machine_title}"), &further))
            body {
                header.top {
                    (brand(machine))
                    @if let Some(owner) = owner {
                        nav aria-label="Set-up" {
                            a href="/" { "Status" }
                            a href="/setup" { "Set up" }
                            form method="post" action="/logout" {
                                (owner.token())
                                button.plain { "Sign out" }
                            }
                        }
                    }
                }
                main.room {
                    h1 { (title) }
                    (content)
                }
            }
        }
    }
}

/// What every page has in its head, and what this one has beside it.
pub(super) fn head_of(title: &str, further: &Markup) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) }
            link rel="icon" type="image/svg+xml" href=(LOGO.address());
            link rel="stylesheet" href=(STYLE.address());
            (further)
        }
    }
}

/// Logo and the machine's name, which may be empty.
pub(super) fn brand(machine: &str) -> Markup {
    html! {
        a.brand href="/" {
            img src=(LOGO.address()) alt="" width="28" height="28";
            "siembox"
        }
        @if !machine.is_empty() { span.machine { (machine) } }
    }
}

/// One field of a form with its label. Words beside it belong to it for a screen reader too.
#[derive(Debug, Clone, Copy)]
pub struct FormField<'a> {
    /// Name of the field in the form, and its id.
    pub name: &'a str,
    /// Label for people.
    pub label: &'a str,
    /// `text`, `password`, `number`, …
    pub kind: &'a str,
    /// What a browser may fill in: `new-password`, `off`, …
    pub autocomplete: &'a str,
    /// Current value. Never a secret.
    pub value: &'a str,
    /// Hint below the field.
    pub hint: Option<&'a str>,
    /// Error in what was typed.
    pub error: Option<&'a str>,
}

impl<'a> FormField<'a> {
    /// An empty field.
    #[must_use]
    pub fn new(name: &'a str, label: &'a str, kind: &'a str, autocomplete: &'a str) -> Self {
        Self {
            name,
            label,
            kind,
            autocomplete,
            value: "",
            hint: None,
            error: None,
        }
    }
}

impl Render for FormField<'_> {
    fn render(&self) -> Markup {
        let (hint, error) = (
            format!("{}-hint", self.name),
            format!("{}-error", self.name),
        );
        let words = [(self.hint, &hint), (self.error, &error)].into_iter();
        let words: Vec<&str> = words
            .filter_map(|(words, id)| words.map(|_| id.as_str()))
            .collect();
        let described = (!words.is_empty()).then(|| words.join(" "));
        html! {
            div.field {
                label for=(self.name) { (self.label) }
                @if let Some(words) = self.hint { p.hint id=(hint) { (words) } }
                input id=(self.name) name=(self.name) type=(self.kind) value=(self.value) required
                    autocomplete=(self.autocomplete) aria-describedby=[described]
                    aria-invalid=[self.error.map(|_| "true")];
                @if let Some(words) = self.error { p.error id=(error) { (words) } }
            }
        }
    }
}

/// Error of a form as a whole; screen readers read it at once.
#[must_use]
pub fn trouble(words: Option<&str>) -> Markup {
    html! { @if let Some(words) = words { p.trouble role="alert" { (words) } } }
}
