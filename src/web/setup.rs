//! Set-up in the browser: the table of agents with what can be done to each, and the wizard. The
//! old portal's "SIEM agents" and "Add SIEM agent", on the box itself.
//!
//! Everything is a function of a question ([`AdminRequest`]) and what is kept between two of them
//! ([`Setup`]): forms that are being filled in, and jobs that run. What is saved goes into the one
//! settings file, comments kept, and the running box takes it up from there as it does an editor's
//! change.

mod actions;
mod agents;
mod bound;
mod change;
mod commit_confirm;
mod comparison;
mod fields;
mod files;
mod filters;
mod form_state;
mod forms;
mod incoming;
mod job_view;
mod jobs;
mod listening;
mod orphans;
mod removal;
mod render;
mod replay;
mod step;
mod support;
mod token;
mod transfer;
mod validate;
mod wizard;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use maud::{Markup, html};

pub use actions::Actions;

use self::commit_confirm::PendingChange;
use self::fields::SetupStep;
use self::forms::Forms;
use self::jobs::Jobs;
use super::admin_session::AdminSession;
use super::audit::SettingsAudit;
use super::auth::{AdminPage, AdminRequest};
use super::layout::{layout, working};
use super::page::Page;
use crate::settings::Overrides;
use crate::status::{Snapshot, Status};

/// Parts that the set-up uses.
pub struct SetupTools {
    /// The settings file.
    pub file: PathBuf,
    /// Flags of the command line, which take precedence over the file.
    pub given: Overrides,
    /// Where files wait that are typed and not saved yet, and what a change of the page's settings
    /// goes back to.
    pub state_dir: PathBuf,
    /// Actions of the box: check, preview, replay.
    pub actions: Arc<dyn Actions>,
    /// The status.
    pub status: Status,
    /// The audit log.
    pub audit: Arc<SettingsAudit>,
    /// Has this box lamps that siembox plays, by which it can be found?
    pub lamps: bool,
}

/// State between two requests.
pub struct Setup {
    file: PathBuf,
    given: Overrides,
    actions: Arc<dyn Actions>,
    status: Status,
    audit: Arc<SettingsAudit>,
    lamps: bool,
    forms: Forms,
    jobs: Jobs,
    trial: PendingChange,
}

/// A request of the administrator.
#[derive(Clone, Copy)]
struct Question<'a> {
    ask: &'a AdminRequest<'a>,
    owner: &'a AdminSession,
}

/// A response of the set-up.
enum Reply {
    /// A page: its title and what stands below that.
    Page {
        title: String,
        main: Markup,
        /// Something runs on it: where there is no script it is asked for again after a while.
        runs: bool,
    },
    /// A part of a page, for the script.
    Piece(Markup),
    /// A redirect to this address.
    See(String),
    /// A download.
    Download { name: &'static str, bytes: Vec<u8> },
    /// There is no such page.
    Missing,
}

// === impl Setup ===

impl Setup {
    /// Set-up without forms and jobs.
    #[must_use]
    pub fn new(tools: SetupTools) -> Self {
        let trial = PendingChange::new(&tools.file, tools.state_dir.join("page-before.toml"));
        Self {
            file: tools.file,
            given: tools.given,
            actions: tools.actions,
            status: tools.status,
            audit: tools.audit,
            lamps: tools.lamps,
            forms: Forms::new(tools.state_dir.join("page").join("typed")),
            jobs: Jobs::default(),
            trial,
        }
    }

    /// Ends what is on trial, where it is time for that. To be called every few seconds; `now` is
    /// steady time.
    pub fn tend(&self, now: Duration) {
        match self.trial.end(Some(now)) {
            Ok(false) => {}
            Ok(true) => {
                tracing::warn!("the page's settings were reverted: nobody kept the change in time");
                self.actions.settings_changed();
            }
            Err(error) => tracing::error!("the page's settings cannot be reverted: {error}"),
        }
    }

    fn reply(&self, ask: Question) -> Reply {
        let below = ask.ask.path.trim_start_matches("/setup");
        let parts: Vec<&str> = below.split('/').filter(|part| !part.is_empty()).collect();
        let post = ask.is_form();
        match parts[..] {
            [] if !post => self.agents(ask),
            ["new"] if !post => Reply::See(step::address(None, SetupStep::Source)),
            ["new", step] => self.to_step(ask, None, step).unwrap_or(Reply::Missing),
            ["agent", name, "change"] if !post => self.change(name),
            ["agent", name, "change", what] => self.of_change(ask, name, what),
            ["agent", name, what] => self
                .to_step(ask, Some(name), what)
                .unwrap_or_else(|| self.of_agent(ask, name, what)),
            ["orphan", name, what] => self.of_orphan(ask, name, what),
            ["page"] => self.listening(ask),
            ["page", "keep"] if post => self.end_trial(ask, true),
            ["page", "back"] if post => self.end_trial(ask, false),
            ["transfer"] => self.transfer(ask, ""),
            ["transfer", what] => self.transfer(ask, what),
            ["support"] if post => self.support(ask),
            ["identify"] if post && self.lamps => self.identify(ask),
            ["job", number] if !post => self.job(ask, number),
            ["job", number, "live"] if !post => self.job_piece(ask, number),
            ["job", number, "end"] if post => self.end_job(ask, number),
            _ => Reply::Missing,
        }
    }

    fn to_step(&self, ask: Question, agent: Option<&str>, step: &str) -> Option<Reply> {
        SetupStep::named(step).map(|step| self.wizard(ask, agent, step))
    }

    /// `/setup/identify`: the lamps flicker for a while.
    fn identify(&self, ask: Question) -> Reply {
        self.status.identify(ask.ask.now);
        self.note(ask, "identify: the lamps flicker");
        Reply::See("/setup?done=identify".to_owned())
    }

    fn note(&self, ask: Question, what: &str) {
        self.audit.note(what, ask.ask.from, ask.now_ms());
    }

    fn snapshot(&self, ask: Question) -> Snapshot {
        self.status.snapshot(ask.ask.now)
    }
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setup")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

// === impl AdminPage ===

impl AdminPage for Arc<Setup> {
    fn path(&self) -> &'static str {
        "/setup"
    }

    fn takes_forms(&self) -> bool {
        true
    }

    fn wants_password(&self, ask: &AdminRequest) -> bool {
        transfer::gives_secrets(ask)
    }

    fn answer(&self, ask: &AdminRequest, owner: &AdminSession) -> Page {
        match self.reply(Question { ask, owner }) {
            Reply::Page { title, main, runs } => {
                let main = html! { (self.on_trial(Question { ask, owner })) (main) };
                let page = match runs {
                    true => working(&title, ask.machine, owner, &main),
                    false => layout(&title, ask.machine, Some(owner), &main),
                };
                Page::html(200, &page)
            }
            Reply::Piece(piece) => Page::html(200, &piece),
            Reply::Download { name, bytes } => Page::new("application/octet-stream", bytes).with(
                "Content-Disposition",
                format!("attachment; filename=\"{name}\""),
            ),
            Reply::See(address) => Page::see_other(&address),
            Reply::Missing => Page::words(404, "404: page not found; the setup is at /setup"),
        }
    }
}

// === impl Question ===

impl<'a> Question<'a> {
    fn is_form(self) -> bool {
        self.ask.is_form()
    }

    /// What was typed, or chosen, under this name.
    fn text(self, name: &str) -> &'a str {
        self.ask.form.text(name)
    }

    fn query(self, name: &str) -> Option<&'a str> {
        self.ask.query.has(name).then(|| self.ask.query.text(name))
    }

    /// The hidden field of each form.
    fn token(self) -> Markup {
        self.owner.token()
    }

    /// Identifies the session.
    fn session(self) -> &'a str {
        self.owner.csrf()
    }

    fn now_ms(self) -> i64 {
        self.ask.now.wall_ms
    }
}

// === impl Reply ===

impl Reply {
    fn page(title: &str, main: Markup) -> Self {
        Self::Page {
            title: title.to_owned(),
            main,
            runs: false,
        }
    }

    /// An error that no field of the form caused.
    fn trouble(title: &str, why: &str) -> Self {
        let main = html! {
            div.trouble role="alert" { @for line in why.lines() { p { (line) } } }
            p { a.button href="/setup" { "Back" } }
        };
        Self::page(title, main)
    }
}
