//! The port through which the page acts on the box: checks, previews, replays,
//! comparisons.

use std::io::Write;

use crate::comparison::{ComparedWindow, ComparisonEnd, ComparisonNews};
use crate::orphan;
use crate::replay::{ReplayReport, ReplayRequest};
use crate::settings::{AgentSettings, Settings};

/// What the box does when it is asked. Each call may take a minute and is made on a thread of its
/// own.
pub trait Actions: Send + Sync {
    /// Takes each step between the settings and the first line, as `siembox check` does, and says a
    /// line about each.
    ///
    /// # Errors
    /// Where a step failed; the lines say which.
    fn check(
        &self,
        settings: &Settings,
        agent: &AgentSettings,
        out: &mut dyn Write,
    ) -> Result<String, String>;

    /// Reads some records and writes the lines that would be sent, as `siembox preview` does.
    ///
    /// # Errors
    /// Why the records can't be had: cause and cure.
    fn preview(&self, agent: &AgentSettings, out: &mut dyn Write) -> Result<String, String>;

    /// Sends one line to this agent's SIEM and asks whether it was read, as far as the protocol can
    /// tell.
    ///
    /// # Errors
    /// What failed, and the cure.
    fn test_line(&self, agent: &AgentSettings) -> Result<String, String>;

    /// Fetches a window again, as `siembox replay` does.
    ///
    /// # Errors
    /// Why it can't be done, or broke off.
    fn replay(
        &self,
        request: &ReplayRequest,
        tell: &mut dyn FnMut(&ReplayReport),
    ) -> Result<String, String>;

    /// Compares what the two sources of this agent hold of a window, as `siembox migrate` does, and
    /// tells how far it is and what was found. `end` ends it before its time.
    ///
    /// # Errors
    /// Why the records can't be had: cause and cure.
    fn compare(
        &self,
        agent: &AgentSettings,
        window: ComparedWindow,
        end: &ComparisonEnd,
        tell: &mut dyn FnMut(ComparisonNews),
    ) -> Result<String, String>;

    /// The settings file was changed: it need not be waited for until somebody looks.
    fn settings_changed(&self);

    /// Erases what an agent keeps that the settings no longer name.
    ///
    /// # Errors
    /// What the system said.
    fn erase(&self, agent: &str) -> Result<(), String>;

    /// Sends or deletes what is in a spool that belongs to no agent.
    ///
    /// # Errors
    /// Why it can't be done.
    fn orphan(&self, request: orphan::OrphanRequest) -> orphan::OrphanOutcome;
}
