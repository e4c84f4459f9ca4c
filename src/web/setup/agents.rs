//! The table of agents, and what can be done to each: edit, replace the token, pause, preview,
//! replay, change the source, delete.

use maud::{Markup, html};

use super::fields::SetupStep;
use super::step::address;
use super::{Question, Reply, Setup, orphans, removal, replay};
use crate::settings::edit::{EditError, SettingsDraft};
use crate::status::{AgentReport, Condition};

/// What was done, for the page that comes after it.
const DONE: [(&str, &str); 11] = [
    (
        "added",
        "The agent was added. Its state is Created until both cloud and SIEM have answered.",
    ),
    ("changed", "The changes are saved and in effect."),
    (
        "paused",
        "The agent is paused: it reads nothing new. Waiting lines still go to the SIEM.",
    ),
    ("resumed", "The agent resumes where it stopped."),
    ("token", "The token was replaced and is in use."),
    ("deleted", "The agent was deleted."),
    (
        "forgotten",
        "The second source was forgotten, and its secrets are deleted.",
    ),
    (
        "sent",
        "The lines that wait in the spool are being sent. The spool is listed here until all of \
            them have arrived.",
    ),
    ("orphan-deleted", "The spool was deleted."),
    ("imported", "The settings were imported."),
    ("identify", "All lamps of the box flicker for 30 seconds."),
];

impl Setup {
    /// `/setup`
    pub(super) fn agents(&self, ask: Question) -> Reply {
        let draft = match SettingsDraft::open(&self.file) {
            Ok(draft) => draft,
            Err(error) => return Reply::trouble("The settings cannot be read", &error.to_string()),
        };
        let done = ask
            .query("done")
            .and_then(|done| DONE.iter().find(|(name, _)| *name == done));
        let (settings, broken) = match draft.read(&self.given) {
            Ok(loaded) => (Some(loaded.settings), Vec::new()),
            Err(findings) => (None, findings),
        };
        let source = |name: &str| {
            let agents = settings.iter().flat_map(|settings| &settings.agents);
            let agent = agents.into_iter().find(|agent| agent.name == name)?;
            Some(agent.source.url().to_owned())
        };
        let (names, snapshot) = (draft.agents(), self.snapshot(ask));
        let body = html! {
            @if let Some((_, words)) = done { p.done role="status" { (words) } }
            @if !names.is_empty() && !broken.is_empty() {
                div.trouble role="alert" {
                    p { "The settings file has errors. The old settings stay in effect:" }
                    ul { @for finding in &broken { li { (finding) } } }
                }
            }
            @if names.is_empty() {
                div.card.first {
                    p { "An agent forwards the alerts and activities of one tenant to one SIEM. \
                        There is no agent yet." }
                    p { a.button.main href="/setup/new" { "Add SIEM agent" } }
                }
            } @else {
                ul.agents {
                    @for name in &names {
                        @let report = snapshot.agents.iter().find(|agent| agent.name == *name);
                        li.card { (agent(ask, &draft, name, source(name), report)) }
                    }
                }
                p { a.button.main href="/setup/new" { "Add SIEM agent" } }
            }
        };
        let body = html! {
            (body)
            (orphans::cards(ask, &snapshot.orphans, &names))
            h2 { "This box" }
            ul.rooms {
                li { a href="/setup/page" { "Page: addresses, certificate" } }
                li { a href="/setup/password" { "Password" } }
                li { a href="/setup/transfer" { "Export and import" } }
                li { a href="/setup/audit" { "Audit log" } }
                @if self.lamps {
                    li {
                        form method="post" action="/setup/identify" {
                            (ask.token())
                            button.plain { "Identify this box by its lamps" }
                        }
                    }
                }
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
            ("replay", false) => Ok(replay::form(ask, name, None)),
            ("replay", true) => Ok(self.replay(ask, name)),
            ("delete", false) => Ok(removal::form(ask, name, &self.waits(ask, name))),
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
        report.map_or_else(
            || "the number of waiting lines is unknown".to_owned(),
            waiting,
        )
    }

    /// The settings, where they name this agent.
    pub(super) fn draft_with(&self, name: &str) -> Result<Option<SettingsDraft>, EditError> {
        let draft = SettingsDraft::open(&self.file)?;
        Ok(draft.place(name).is_some().then_some(draft))
    }

    fn pause(&self, ask: Question, name: &str, pause: bool) -> Result<Reply, EditError> {
        let Some(mut draft) = self.draft_with(name)? else {
            return Ok(Reply::Missing);
        };
        draft.set(name, "paused", pause.then(|| true.into()));
        draft.save()?;
        self.actions.settings_changed();
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
}

/// `source` is the address that its records come from, where the settings hold.
fn agent(
    ask: Question,
    draft: &SettingsDraft,
    name: &str,
    source: Option<String>,
    report: Option<&AgentReport>,
) -> Markup {
    let text = |key| {
        draft
            .value(name, key)
            .and_then(|value| value.as_str().map(str::to_owned))
    };
    let condition = report.map_or_else(Condition::default, |report| report.condition);
    let meaning = condition.meaning();
    let from = source.or_else(|| text("source.api_url"));
    let paused = draft
        .value(name, "paused")
        .and_then(|value| value.as_bool())
        == Some(true);
    html! {
        div.who {
            h2 { (name) }
            p { b { (meaning.words) } " " span.hint { (meaning.means) } }
            p.hint {
                (from.unwrap_or_default()) " → " (text("siem.host").unwrap_or_default())
                @if let Some(report) = report { ", " (waiting(report)) }
            }
        }
        details.menu {
            summary aria-label={ "Actions for " (name) } { "⋮" }
            ul {
                li { a href=(address(Some(name), SetupStep::General)) { "Edit" } }
                li { a href={ "/setup/agent/" (name) "/token" } { "Replace token" } }
                li { a href={ "/setup/agent/" (name) "/change" } { "Change the source" } }
                li { (act(ask, name, if paused { "resume" } else { "pause" }, if paused { "Resume" } else { "Pause" })) }
                li { (act(ask, name, "preview", "Preview")) }
                li { a href={ "/setup/agent/" (name) "/replay" } { "Replay a window" } }
                li { a.danger href={ "/setup/agent/" (name) "/delete" } { "Delete" } }
            }
        }
    }
}

fn waiting(report: &AgentReport) -> String {
    match report.spool.waiting {
        0 => "no line waits".to_owned(),
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
