//! The line writer of an agent: formats an event as its settings say.

use crate::cef::{Heartbeat, Style};
use crate::event::{Event, Origin};
use crate::syslog::Header;

/// Writes the lines of one agent.
#[derive(Debug, Clone)]
pub struct LineWriter {
    /// PRI, time, system name.
    pub header: Header,
    /// `CEF:0|…`
    pub style: Style,
    /// Are the alerts that Defender for Identity raised forwarded?
    pub defender_for_identity: bool,
}

impl LineWriter {
    /// Does a setting leave this event out?
    #[must_use]
    pub fn leaves_out(&self, event: &Event<'_>) -> bool {
        !self.defender_for_identity && event.origin == Origin::DefenderForIdentity
    }

    /// Appends the event's line, without framing.
    pub fn write(&mut self, event: &Event<'_>, line: &mut String) {
        self.header.write(event.at_ms, line);
        self.style.line(event, line);
    }

    /// Appends a line that is only a test, without framing.
    pub fn test(&self, at_ms: i64, agent: &str, line: &mut String) {
        self.header.write(at_ms, line);
        self.style.test_line(at_ms, agent, line);
    }

    /// Appends a heartbeat, without framing.
    pub fn heartbeat(&self, beat: &Heartbeat<'_>, line: &mut String) {
        self.header.write(beat.at_ms, line);
        self.style.heartbeat(beat, line);
    }
}
