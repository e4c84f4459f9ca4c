//! The table of agents, and what can be done to each: edit, replace the token, pause, preview, replay, delete.

use maud::{Markup, html};

use super::fields::{Field, Kind, Step};
use super::wizard::address;
use super::{Question, Reply, Setup};
use crate::replay::{Request, When, Word, sentence, window};
use crate::settings::Secret;
use crate::settings::edit::{Draft, EditError, put_secret, remove_secret};
use crate::status::{AgentReport, Condition};

/// What was done, for the page that comes after it.
const DONE: [(&str, &str); 7] = [
    (
        "added",
        "The agent is added. It stands here as Created until cloud and SIEM have answered.",
    ),
    (
        "changed",
        "The changes are saved and take effect in the running stream.",
    ),
    (
        "paused",
        "The agent is paused: nothing new is read. What waits still goes to the SIEM.",
    ),
    ("resumed", "The agent goes on where it stopped."),
    ("token", "The token is replaced, and read again at once."),
    ("deleted", "The agent is deleted."),
    ("imported", "The settings are imported."),
];

impl Setup {
    /// `/setup`
    pub(super) fn agents(&self, ask: Question) -> Reply {
        let draft = match Draft::open(&self.file) {
            Ok(draft) => draft,
            Err(error) => return Reply::trouble("The settings cannot be read", &error.to_string()),
        };
        let done = ask
            .query("done")
            .and_then(|done| DONE.iter().find(|(name, _)| *name == done));
        let broken = draft.read(&self.given).err().unwrap_or_default();
        let (names, snapshot) = (draft.agents(), self.snapshot(ask));
        let body = html! {
            @if let Some((_, words)) = done { p.done role="status" { (words) } }
            @if !names.is_empty() && !broken.is_empty() {
                div.trouble role="alert" {
                    p { "The settings file has errors, so that the old settings go on:" }
                    ul { @for finding in &broken { li { (finding) } } }
                }
            }
            @if names.is_empty() {
                div.card.first {
                    p { "An agent brings the alerts and activities of one tenant to one SIEM. There is none yet." }
                    p { a.button.main href="/setup/new" { "Add SIEM agent" } }
                }
            } @else {
                ul.agents {
                    @for name in &names {
                        @let report = snapshot.agents.iter().find(|agent| agent.name == *name);
                        li.card { (agent(ask, &draft, name, report)) }
                    }
                }
                p { a.button.main href="/setup/new" { "Add SIEM agent" } }
            }
        };
        let body = html! {
            (body)
            h2 { "This box" }
            ul.rooms {
                li { a href="/setup/page" { "Page: addresses, certificate" } }
                li { a href="/setup/password" { "Password" } }
                li { a href="/setup/transfer" { "Export and import" } }
                li { a href="/setup/audit" { "Audit list" } }
                li {
                    form method="post" action="/setup/support" {
                        (ask.token())
                        button.plain { "Download support bundle" }
                    }
                }
            }
        };
        Reply::page("SIEM agents", body)
    }

    /// `/setup/agent/NAME/WHAT`, all but the wizard's steps.
    pub(super) fn of_agent(&self, ask: Question, name: &str, what: &str) -> Reply {
        match self.draft_with(name) {
            Ok(Some(_)) => {}
            Ok(None) => return Reply::Missing,
            Err(error) => return Reply::trouble("The settings cannot be read", &error.to_string()),
        }
        let done = match (what, ask.is_form()) {
            ("pause" | "resume", true) => self.pause(ask, name, what == "pause"),
            ("preview", true) => self.preview(ask, name),
            ("token", false) => self.ask_token(ask, name, None),
            ("token", true) => self.replace_token(ask, name),
            ("replay", false) => Ok(replay_form(ask, name, None)),
            ("replay", true) => self.replay(ask, name),
            ("delete", false) => Ok(delete_form(ask, name, &self.waits(ask, name))),
            ("delete", true) => self.delete(ask, name),
            _ => return Reply::Missing,
        };
        match done {
            Ok(reply) => reply,
            Err(error) => Reply::trouble("The settings cannot be changed", &error.to_string()),
        }
    }

    /// What this agent's spool holds, in words.
    fn waits(&self, ask: Question, name: &str) -> String {
        let snapshot = self.snapshot(ask);
        let report = snapshot.agents.iter().find(|agent| agent.name == name);
        report.map_or_else(|| "what waits is not known".to_owned(), waiting)
    }

    /// The settings, where they name this agent.
    fn draft_with(&self, name: &str) -> Result<Option<Draft>, EditError> {
        let draft = Draft::open(&self.file)?;
        Ok(draft.place(name).is_some().then_some(draft))
    }

    fn pause(&self, ask: Question, name: &str, pause: bool) -> Result<Reply, EditError> {
        let Some(mut draft) = self.draft_with(name)? else {
            return Ok(Reply::Missing);
        };
        draft.set(name, "paused", pause.then(|| true.into()));
        draft.save()?;
        self.hands.settings_changed();
        let done = if pause { "paused" } else { "resumed" };
        self.note(ask, &format!("agent {name} {done}"));
        Ok(Reply::See(format!("/setup?done={done}")))
    }

    fn preview(&self, ask: Question, name: &str) -> Result<Reply, EditError> {
        let Some(draft) = self.draft_with(name)? else {
            return Ok(Reply::Missing);
        };
        let place = draft.place(name).unwrap_or_default();
        let loaded = match draft.read(&self.given) {
            Ok(loaded) => loaded,
            Err(findings) => {
                let why: Vec<String> = findings.iter().map(ToString::to_string).collect();
                return Ok(Reply::trouble(
                    "The settings file has errors",
                    &why.join("\n"),
                ));
            }
        };
        let Some(agent) = loaded.settings.agents.get(place.wrapping_sub(1)).cloned() else {
            return Ok(Reply::Missing);
        };
        Ok(
            match self.start_trial(ask, "preview", loaded.settings, agent) {
                Ok(number) => Reply::See(format!("/setup/job/{number}")),
                Err(why) => Reply::trouble("Not started", &why),
            },
        )
    }

    fn ask_token(&self, ask: Question, name: &str, why: Option<&str>) -> Result<Reply, EditError> {
        let Some(draft) = self.draft_with(name)? else {
            return Ok(Reply::Missing);
        };
        let entra = draft.value(name, "source.client_id").is_some();
        let what = if entra { "client secret" } else { "token" };
        let title = format!("Replace the {what} of {name}");
        let body = html! {
            form.card method="post" {
                (ask.token())
                div.field {
                    label for="token" { "New " (what) }
                    input type="password" id="token" name="token" autocomplete="off" spellcheck="false" required
                        aria-describedby="token-hint token-error" aria-invalid=[why.map(|_| "true")];
                    p.hint id="token-hint" { "The old one goes on until this is taken." }
                    @if let Some(why) = why { p.error id="token-error" { (why) } }
                }
                div.buttons {
                    button.main { "Replace" }
                    a.button href="/setup" { "Back" }
                }
            }
        };
        Ok(Reply::page(&title, body))
    }

    fn replace_token(&self, ask: Question, name: &str) -> Result<Reply, EditError> {
        let Some(mut draft) = self.draft_with(name)? else {
            return Ok(Reply::Missing);
        };
        let entra = draft.value(name, "source.client_id").is_some();
        let (key, file) = if entra {
            ("source.client_secret_file", "client-secret")
        } else {
            ("source.token_file", "token")
        };
        let typed = ask.text("token").trim();
        if typed.is_empty() {
            return self.ask_token(ask, name, Some("missing; allowed: the new one"));
        }
        let secret = match Secret::token(typed) {
            _ if entra => Secret::new(typed),
            Ok(token) => token,
            Err(why) => return self.ask_token(ask, name, Some(&why.to_string())),
        };
        let folder = self.file.parent().unwrap_or(std::path::Path::new("."));
        let file = format!("{name}.{file}");
        put_secret(folder, &file, &secret)?;
        if draft
            .value(name, key)
            .and_then(|value| value.as_str().map(str::to_owned))
            .as_deref()
            != Some(&file)
        {
            draft.set(name, key, Some(file.into()));
            draft.save()?;
        }
        self.hands.settings_changed();
        self.note(ask, &format!("agent {name}: secret replaced"));
        Ok(Reply::See("/setup?done=token".to_owned()))
    }

    fn replay(&self, ask: Question, name: &str) -> Result<Reply, EditError> {
        let request = match asked_window(ask, name) {
            Ok(request) => request,
            Err(why) => return Ok(replay_form(ask, name, Some(&why))),
        };
        let hands = std::sync::Arc::clone(&self.hands);
        let again = request.again;
        let title = format!("Replay of {name}");
        let started = self.jobs.start(ask.session(), &title, move |voice| {
            hands.replay(&request, &mut |word| {
                if let Word::Progress(progress) = word {
                    let percent = progress.per_mille / 10;
                    voice.say_again(
                        "So far ",
                        &format!("{percent} %: {}", sentence(&progress.counts, false)),
                    );
                }
            })
        });
        Ok(match started {
            Ok(number) => {
                let all = if again {
                    ", also what was sent before"
                } else {
                    ""
                };
                self.note(ask, &format!("agent {name}: a window is replayed{all}"));
                Reply::See(format!("/setup/job/{number}"))
            }
            Err(why) => replay_form(ask, name, Some(&why)),
        })
    }

    fn delete(&self, ask: Question, name: &str) -> Result<Reply, EditError> {
        let Some(mut draft) = self.draft_with(name)? else {
            return Ok(Reply::Missing);
        };
        let secrets = own_files(&draft, name);
        draft.remove_agent(name);
        draft.save()?;
        self.hands.settings_changed();
        let folder = self.file.parent().unwrap_or(std::path::Path::new("."));
        for secret in secrets {
            remove_secret(folder, &secret)?;
        }
        let erase = ask.text("rest") == "erase";
        if erase && let Err(why) = self.hands.erase(name) {
            return Ok(Reply::trouble("Deleted, but not erased", &why));
        }
        let rest = if erase {
            "what waited is erased"
        } else {
            "what waits stays on disk"
        };
        self.note(ask, &format!("agent {name} deleted; {rest}"));
        Ok(Reply::See("/setup?done=deleted".to_owned()))
    }
}

fn agent(ask: Question, draft: &Draft, name: &str, report: Option<&AgentReport>) -> Markup {
    let text = |key| {
        draft
            .value(name, key)
            .and_then(|value| value.as_str().map(str::to_owned))
    };
    let condition = report.map_or_else(Condition::default, |report| report.condition);
    let meaning = condition.meaning();
    let paused = draft
        .value(name, "paused")
        .and_then(|value| value.as_bool())
        == Some(true);
    html! {
        div.who {
            h2 { (name) }
            p { b { (meaning.words) } " " span.hint { (meaning.means) } }
            p.hint {
                (text("source.api_url").unwrap_or_default()) " → " (text("siem.host").unwrap_or_default())
                @if let Some(report) = report { ", " (waiting(report)) }
            }
        }
        details.menu {
            summary aria-label={ "Actions for " (name) } { "⋮" }
            ul {
                li { a href=(address(Some(name), Step::General)) { "Edit" } }
                li { a href={ "/setup/agent/" (name) "/token" } { "Replace token" } }
                li { (act(ask, name, if paused { "resume" } else { "pause" }, if paused { "Resume" } else { "Pause" })) }
                li { (act(ask, name, "preview", "Preview")) }
                li { a href={ "/setup/agent/" (name) "/replay" } { "Replay a window" } }
                li { a.danger href={ "/setup/agent/" (name) "/delete" } { "Delete" } }
            }
        }
    }
}

/// The files that the page made for this agent, and no other uses.
fn own_files(draft: &Draft, name: &str) -> Vec<String> {
    let names = |agent: &str, key: &str, file: &str| {
        let value = draft.value(agent, key);
        value.is_some_and(|value| value.as_str() == Some(file))
    };
    let mut own = Vec::new();
    for field in Field::all().filter(|field| matches!(field.kind, Kind::Secret | Kind::Pem)) {
        let file = field.file_of(name);
        let agents = draft.agents();
        let mut others = agents.iter().filter(|other| *other != name);
        let shared = others.any(|other| Field::all().any(|field| names(other, field.key, &file)));
        if names(name, field.key, &file) && !shared {
            own.push(file);
        }
    }
    own
}

fn waiting(report: &AgentReport) -> String {
    match report.spool.waiting {
        0 => "nothing waits".to_owned(),
        1 => "1 line waits".to_owned(),
        lines => format!("{lines} lines wait"),
    }
}

/// A button of the menu that changes something, and so is a form.
fn act(ask: Question, name: &str, what: &str, words: &str) -> Markup {
    html! {
        form method="post" action={ "/setup/agent/" (name) "/" (what) } {
            (ask.token())
            button { (words) }
        }
    }
}

fn replay_form(ask: Question, name: &str, why: Option<&str>) -> Reply {
    let title = format!("Replay a window of {name}");
    let body = html! {
        form.card method="post" {
            (ask.token())
            p { "Fetches a stretch of time again and sends what is missing. What was sent is left out." }
            @if let Some(why) = why { p.error role="alert" { (why) } }
            @for (id, label, hint) in [
                ("since", "From", "As 2026-11-24 06:00 (UTC), or 6h for six hours ago."),
                ("until", "Until", "The same; empty: now."),
            ] {
                div.field {
                    label for=(id) { (label) }
                    input type="text" id=(id) name=(id) value=(ask.text(id)) autocomplete="off" aria-describedby={ (id) "-hint" };
                    p.hint id={ (id) "-hint" } { (hint) }
                }
            }
            div.field.switch {
                input type="checkbox" role="switch" id="again" name="again" checked[ask.ask.form.has("again")];
                label for="again" { "Also what was sent before" }
            }
            div.buttons {
                button.main { "Replay" }
                a.button href="/setup" { "Back" }
            }
        }
    };
    Reply::page(&title, body)
}

fn asked_window(ask: Question, name: &str) -> Result<Request, String> {
    let at = |id: &str, label: &str| match ask.text(id).trim() {
        "" => Ok(None),
        text => When::parse(text)
            .map(|when| Some(when.at_ms(ask.now_ms())))
            .map_err(|why| format!("{label}: {why}")),
    };
    let Some(from_ms) = at("since", "From")? else {
        return Err("From: missing; allowed: a time, or as 6h".to_owned());
    };
    let (from_ms, to_ms) =
        window(from_ms, at("until", "Until")?, ask.now_ms()).map_err(|unfit| unfit.to_string())?;
    Ok(Request {
        agent: Some(name.to_owned()),
        from_ms,
        to_ms,
        stream: None,
        again: ask.ask.form.has("again"),
        dry_run: false,
    })
}

fn delete_form(ask: Question, name: &str, waits: &str) -> Reply {
    let title = format!("Delete {name}?");
    let body = html! {
        form.card method="post" {
            (ask.token())
            p { "It reads and sends nothing more. In its spool: " b { (waits) } "." }
            fieldset.picks {
                legend { "What waits" }
                label { input type="radio" name="rest" value="keep" checked; " stays on disk, and goes on when an agent of this name comes back" }
                label { input type="radio" name="rest" value="erase"; " is erased, with cursor, ledger and the ids of what was sent" }
            }
            div.buttons {
                button.danger { "Delete" }
                a.button href="/setup" { "Back" }
            }
        }
    };
    Reply::page(&title, body)
}
