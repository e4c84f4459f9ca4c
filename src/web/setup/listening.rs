//! `/setup/page`: where the page itself listens, with which certificate, and who may see the
//! status.

use std::path::Path;

use maud::{Markup, html};
use toml_edit::{Array, Value};

use super::files::{fresh, named};
use super::{Question, Reply, Setup};
use crate::clock::span_in_words;
use crate::settings::edit::{EditError, SettingsDraft, put_secret};
use crate::settings::{Finding, PageSettings, Secret, Settings};
use crate::web::identity::Identity;
use crate::web::layout::trouble;

/// What was typed.
#[derive(Debug, Default)]
struct FormState {
    listen: String,
    https_listen: String,
    hosts: String,
    open: bool,
    certificate: String,
    key: String,
}

impl Setup {
    /// `/setup/page`
    pub(super) fn listening(&self, ask: Question) -> Reply {
        let done = match ask.is_form() {
            false => {
                SettingsDraft::open(&self.file).map(|draft| form(ask, &typed_of(&draft), &[], None))
            }
            true => self.listen_elsewhere(ask),
        };
        done.unwrap_or_else(|error| {
            Reply::trouble("The settings cannot be changed", &error.to_string())
        })
    }

    fn listen_elsewhere(&self, ask: Question) -> Result<Reply, EditError> {
        let typed = FormState {
            listen: ask.text("listen").to_owned(),
            https_listen: ask.text("https_listen").to_owned(),
            hosts: ask.text("hosts").to_owned(),
            open: ask.ask.form.has("status_without_login"),
            certificate: ask.text("certificate").trim().replace("\r\n", "\n"),
            key: ask.text("key").trim().replace("\r\n", "\n"),
        };
        let mut draft = SettingsDraft::open(&self.file)?;
        let before = draft.text();
        if typed.https_listen.trim().is_empty() {
            let why = "Without HTTPS nobody can sign in. To turn HTTPS off, edit the settings \
                file.";
            return Ok(form(ask, &typed, &[("https_listen", why.to_owned())], None));
        }
        set(&mut draft, "listen", list(&typed.listen));
        set(&mut draft, "https_listen", list(&typed.https_listen));
        set(&mut draft, "hosts", list(&typed.hosts));
        set(&mut draft, "status_without_login", Some(typed.open.into()));
        if ask.ask.form.has("drop") {
            draft.set_page("certificate_file", None);
            draft.set_page("key_file", None);
        }
        let has_certificate = !(typed.certificate.is_empty() && typed.key.is_empty());
        if has_certificate && let Err(why) = self.put_certificate(&mut draft, &typed) {
            return Ok(form(ask, &typed, &[("certificate", why)], None));
        }
        let settings = match draft.read(&self.given) {
            Ok(loaded) => loaded.settings,
            Err(findings) => return Ok(refused(ask, &typed, &findings)),
        };
        if draft.text() == before {
            return Ok(form(ask, &typed, &[], Some("Nothing was changed.")));
        }
        self.trial.begin(&before, ask.ask.now.steady)?;
        draft.save()?;
        self.actions.settings_changed();
        self.note(ask, "page settings changed, not confirmed yet");
        Ok(moved(&settings))
    }

    /// Puts an own certificate beside the settings, where it can be used.
    fn put_certificate(&self, draft: &mut SettingsDraft, typed: &FormState) -> Result<(), String> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        let put = |name: &str, text: &str| {
            put_secret(folder, name, &Secret::new(text)).map_err(|error| error.to_string())
        };
        // first under other names: a pair that can't be used must not replace one that can
        let tried = (
            put("page.pem.new", &typed.certificate)?,
            put("page.key.new", &typed.key)?,
        );
        let usable = Identity::load(&tried.0, &tried.1).map_err(|error| error.to_string());
        let _ = std::fs::remove_file(&tried.0);
        let _ = std::fs::remove_file(&tried.1);
        usable?;
        for (key, file, text) in [
            ("certificate_file", "pem", &typed.certificate),
            ("key_file", "key", &typed.key),
        ] {
            let there = draft.page_value(key);
            let there = there.as_ref().and_then(|value| value.as_str());
            let taken = named(draft, folder, ("page", key));
            let name = fresh("page", file, there, &taken, folder);
            put(&name, text)?;
            draft.set_page(key, Some(name.into()));
        }
        Ok(())
    }

    /// `/setup/page/keep` and `/setup/page/back`: how a trial ends before its time.
    pub(super) fn end_trial(&self, ask: Question, keeps: bool) -> Reply {
        let done = match keeps {
            true => {
                self.trial.keep();
                self.note(ask, "page settings confirmed");
                Ok(true)
            }
            false => self.trial.end(None),
        };
        match done {
            Ok(_) => {
                if !keeps {
                    self.actions.settings_changed();
                    self.note(ask, "page settings reverted");
                }
                Reply::See("/setup".to_owned())
            }
            Err(error) => Reply::trouble("The settings cannot be changed", &error.to_string()),
        }
    }

    /// What every page of the set-up says while a trial lasts.
    pub(super) fn on_trial(&self, ask: Question) -> Markup {
        let Some(left) = self.trial.left(ask.ask.now.steady) else {
            return Markup::default();
        };
        html! {
            form.trial method="post" action="/setup/page/keep" {
                (ask.token())
                p { "The page's settings were changed. They revert in " (span_in_words(left)) ", \
                    unless you keep the change." }
                div {
                    button.main { "Keep the change" }
                    " "
                    button.plain formaction="/setup/page/back" { "Revert now" }
                }
            }
        }
    }
}

fn typed_of(draft: &SettingsDraft) -> FormState {
    let default = PageSettings::default();
    let lines = |key| draft.page_value(key).map(|value| lines(&value));
    let joined = |addresses: &[std::net::SocketAddr]| {
        let words: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        words.join("\n")
    };
    let open = draft
        .page_value("status_without_login")
        .and_then(|value| value.as_bool());
    FormState {
        listen: lines("listen").unwrap_or_else(|| joined(&default.listen)),
        https_listen: lines("https_listen").unwrap_or_else(|| joined(&default.https_listen)),
        hosts: lines("hosts").unwrap_or_default(),
        open: open.unwrap_or(default.status_without_login),
        ..FormState::default()
    }
}

/// A value as it is typed: one entry a line.
fn lines(value: &Value) -> String {
    match value {
        Value::Array(list) => {
            let words: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            words.join("\n")
        }
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

/// What was typed as a value: one entry as it is, several as a list, none as nothing.
fn list(typed: &str) -> Option<Value> {
    let words = typed
        .split([',', '\n'])
        .map(str::trim)
        .filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    match words[..] {
        [] => None,
        [one] if one.contains(':') => Some(one.into()),
        _ => Some(Value::Array(words.into_iter().collect::<Array>())),
    }
}

/// Writes a value where it says something new.
fn set(draft: &mut SettingsDraft, key: &str, value: Option<Value>) {
    let default = PageSettings::default();
    let says = |value: &Value| {
        value
            .as_bool()
            .map_or_else(|| lines(value), |on| on.to_string())
    };
    let holds = match key {
        "listen" => default.listen[0].to_string(),
        "https_listen" => default.https_listen[0].to_string(),
        "status_without_login" => default.status_without_login.to_string(),
        _ => String::new(),
    };
    let is = draft
        .page_value(key)
        .as_ref()
        .map_or_else(|| holds.clone(), says);
    let wanted = value.as_ref().map_or(holds, says);
    if is != wanted {
        draft.set_page(key, value);
    }
}

fn refused(ask: Question, typed: &FormState, findings: &[Finding]) -> Reply {
    let mut beside = Vec::new();
    let mut above = Vec::new();
    for finding in findings {
        let key = finding.key.strip_prefix("page.").unwrap_or_default();
        match ["listen", "https_listen", "hosts"]
            .into_iter()
            .find(|field| key.starts_with(field))
        {
            Some(field) => beside.push((field, finding.text.clone())),
            None => above.push(finding.to_string()),
        }
    }
    let above = (!above.is_empty()).then(|| above.join("\n"));
    form(ask, typed, &beside, above.as_deref())
}

fn form(
    ask: Question,
    typed: &FormState,
    refused: &[(&str, String)],
    words: Option<&str>,
) -> Reply {
    let error = |name: &str| {
        let found = refused.iter().find(|(field, _)| *field == name);
        found.map(|(_, why)| why.as_str())
    };
    let area = |name, label, hint, value: &str| {
        let described = format!("{name}-hint {name}-error");
        html! {
            div.field {
                label for=(name) { (label) }
                p.hint id={ (name) "-hint" } { (hint) }
                textarea id=(name) name=(name) rows=(value.lines().count().clamp(1, 8)) spellcheck="false" aria-describedby=(described)
                    aria-invalid=[error(name).map(|_| "true")] { "\n" (value) }
                @if let Some(why) = error(name) { p.error id={ (name) "-error" } { (why) } }
            }
        }
    };
    let main = html! {
        (trouble(words))
        p { "A change reverts after two minutes unless you keep it on the changed page, so that it \
            cannot lock you out." }
        form method="post" action="/setup/page" {
            (ask.token())
            (area("listen", "HTTP addresses (status only)", "Addresses with ports, one per line. \
                0.0.0.0:8514 means all IPv4 addresses of this machine.", &typed.listen))
            (area("https_listen", "HTTPS addresses (status and setup)", "Addresses with ports, one \
                per line. Signing in works over HTTPS only.", &typed.https_listen))
            (area("hosts", "Additional host names", "Names that browsers use for this page, one \
                per line, without ports. The machine's own name is not needed.", &typed.hosts))
            div.field.switch {
                input type="checkbox" role="switch" id="status_without_login" name="status_without_login" checked[typed.open];
                label for="status_without_login" { "Show the status without sign-in" }
            }
            details.more open[error("certificate").is_some()] {
                summary { "Certificate" }
                (area("certificate", "Certificate", "PEM, including intermediate certificates. \
                    Empty: no change.", &typed.certificate))
                (area("key", "Key", "PEM. The page does not show it again.", ""))
                div.field { label.drop { input type="checkbox" name="drop"; " Use the box's own \
                    certificate again" } }
            }
            div.buttons { button.main { "Save" } a.button href="/setup" { "Back" } }
        }
    };
    Reply::page("Page", main)
}

/// The page is about to be elsewhere.
fn moved(settings: &Settings) -> Reply {
    let main = html! {
        p { "The page is now at this address. Open it, sign in, and keep the change within two \
            minutes:" }
        ul.rooms {
            @for address in &settings.page.https_listen {
                li {
                    @if address.ip().is_unspecified() {
                        span { "port " (address.port()) " of this machine, over https://" }
                    } @else {
                        a href={ "https://" (address) "/setup" } { "https://" (address) "/setup" }
                    }
                }
            }
        }
    };
    Reply::page("The page's address changes", main)
}
