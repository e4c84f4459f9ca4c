//! Implements the page's [`Actions`]; orders that only the running appliance can carry out go to
//! its main loop.

use std::io::Write;
use std::path::PathBuf;

use tokio::sync::{mpsc, oneshot};

use crate::check::{self, CheckReport, send_a_test_line};
use crate::comparison::{ComparedWindow, ComparisonEnd, ComparisonNews};
use crate::migrate::{self, MigrateError};
use crate::orphan;
use crate::preview;
use crate::replay::{ReplayReport, ReplayRequest, sentence};
use crate::settings::{AgentSettings, Settings};
use crate::status::socket;
use crate::web::Actions;
use crate::wiring::Sources;

/// Lines of each stream in a preview.
const PREVIEWED: u32 = 25;

/// Records of a class that are compared of each source; about 20 MB of lines at most.
const COMPARED: usize = 10_000;

/// Does what the page asks for.
#[derive(Debug)]
pub(super) struct BoxActions {
    pub(super) state_dir: PathBuf,
    pub(super) orders: mpsc::Sender<PageOrder>,
}

/// What only the appliance itself can do.
pub(super) enum PageOrder {
    /// The settings file has changed.
    Look,
    /// What an agent keeps, that the settings no longer name, is to be erased.
    Erase {
        agent: String,
        done: oneshot::Sender<Result<(), String>>,
    },
    /// The sources of an agent, within the limits of its tenant, are wanted.
    Sources {
        agent: Box<AgentSettings>,
        done: oneshot::Sender<Sources>,
    },
    /// Something is to be done with a spool that belongs to no agent.
    Orphan(orphan::OrphanCall),
}

/// What is said where the appliance does not answer any more.
fn stops<T>(_: T) -> String {
    "siembox is stopping; its data is unchanged".to_owned()
}

impl Actions for BoxActions {
    fn check(
        &self,
        settings: &Settings,
        agent: &AgentSettings,
        out: &mut dyn Write,
    ) -> Result<String, String> {
        let mut report = CheckReport::new(out);
        match check::run(settings, &[agent], &mut report) {
            true => Ok("All steps succeeded.".to_owned()),
            false => Err("Some steps failed: the lines above name cause and cure.".to_owned()),
        }
    }

    fn preview(&self, agent: &AgentSettings, out: &mut dyn Write) -> Result<String, String> {
        let (mut lines, mut remarks) = (out, Vec::new());
        let found = preview::run(agent, PREVIEWED, &mut lines, &mut remarks);
        // a page that nobody looks at is no error
        let _ = lines.write_all(&remarks);
        let found = found.map_err(|error| error.to_string())?;
        Ok(match found.lines {
            0 => "No record passes the filters. Nothing was sent.".to_owned(),
            _ => "These lines would be sent. Nothing was sent.".to_owned(),
        })
    }

    fn test_line(&self, agent: &AgentSettings) -> Result<String, String> {
        send_a_test_line(agent)
    }

    fn replay(
        &self,
        request: &ReplayRequest,
        tell: &mut dyn FnMut(&ReplayReport),
    ) -> Result<String, String> {
        let mut words =
            socket::replay(&self.state_dir, request).map_err(|error| error.to_string())?;
        loop {
            let word = words.hear().map_err(|error| error.to_string())?;
            tell(&word);
            match word {
                ReplayReport::Progress(_) => {}
                ReplayReport::Done(counts) => return Ok(sentence(&counts, request.dry_run)),
                ReplayReport::Failed { what, counts } => {
                    let done = sentence(&counts, request.dry_run);
                    return Err(format!("{what}. So far: {done}"));
                }
                ReplayReport::Refused(what) => return Err(what),
            }
        }
    }

    fn compare(
        &self,
        agent: &AgentSettings,
        window: ComparedWindow,
        end: &ComparisonEnd,
        tell: &mut dyn FnMut(ComparisonNews),
    ) -> Result<String, String> {
        let (done, answer) = oneshot::channel();
        let order = PageOrder::Sources {
            agent: Box::new(agent.clone()),
            done,
        };
        self.orders.blocking_send(order).map_err(stops)?;
        let sources = answer.blocking_recv().map_err(stops)?;
        let compared = migrate::run(agent, &sources, window, COMPARED, end, tell);
        compared
            .map(|()| "Compared. Nothing was sent or changed.".to_owned())
            .map_err(|error| match error {
                MigrateError::Ended => "Ended. Nothing was sent or changed.".to_owned(),
                error => format!("{error}. Nothing was sent or changed."),
            })
    }

    fn settings_changed(&self) {
        // one that is under way already does as well
        let _ = self.orders.try_send(PageOrder::Look);
    }

    fn erase(&self, agent: &str) -> Result<(), String> {
        let (done, answer) = oneshot::channel();
        let agent = agent.to_owned();
        let order = PageOrder::Erase { agent, done };
        self.orders.blocking_send(order).map_err(stops)?;
        answer.blocking_recv().map_err(stops)?
    }

    fn orphan(&self, request: orphan::OrphanRequest) -> orphan::OrphanOutcome {
        let (done, answer) = oneshot::channel();
        let order = PageOrder::Orphan(orphan::OrphanCall { request, done });
        self.orders.blocking_send(order).map_err(stops)?;
        answer.blocking_recv().map_err(stops)?
    }
}
