//! A line of siembox's own, so that the SIEM can alarm when none comes any more: same header, same
//! dialect, nothing to mistake it for an alert or an activity.

use std::fmt::Write as _;

use super::Style;

/// What a heartbeat says.
#[derive(Debug, Clone)]
pub struct Heartbeat<'a> {
    /// Now, milliseconds since 1970.
    pub at_ms: i64,
    /// The system name of the header, where there is one.
    pub host: Option<&'a str>,
    /// The agent's name.
    pub agent: &'a str,
    /// Lines that wait.
    pub waiting: u64,
    /// Records read of the hour.
    pub read: u64,
    /// Their lines that have arrived.
    pub proved: u64,
    /// "cloud Connected, SIEM Connected"
    pub state: &'a str,
    /// The last full hour.
    pub hour: &'a str,
    /// "adds up", or what does not.
    pub ledger: &'a str,
}

impl Style {
    /// Appends the heartbeat as one line: no newline in it or at its end.
    pub fn heartbeat(&self, beat: &Heartbeat<'_>, out: &mut String) {
        out.push_str(&self.start);
        out.push_str("SIEMBOX_HEARTBEAT|siembox heartbeat|0");
        self.begin_extension(out);
        // writing to a String can't fail
        let _ = write!(out, "rt={}", beat.at_ms);
        if let Some(host) = beat.host {
            self.text(" dvchost=", host, out);
        }
        self.text(" deviceExternalId=", beat.agent, out);
        for (nth, label, number) in [
            (1, "linesWaiting", beat.waiting),
            (2, "recordsRead", beat.read),
            (3, "linesProved", beat.proved),
        ] {
            let _ = write!(out, " cn{nth}Label={label} cn{nth}={number}");
        }
        self.text(" cs1Label=state cs1=", beat.state, out);
        self.text(" cs2Label=hour cs2=", beat.hour, out);
        self.text(" cs3Label=ledger cs3=", beat.ledger, out);
    }

    fn text(&self, lead: &str, text: &str, out: &mut String) {
        out.push_str(lead);
        self.extension.write(text, out);
    }
}
